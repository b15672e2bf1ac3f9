/** What is made from the tables: the committed files are current, complete and well formed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { describeCommands } from '../../../src/cli/describe.ts';
import { COMMANDS } from '../../../src/cli/tool-options.ts';
import { CODES } from '../../../src/config/codes.ts';
import { KEYWORDS } from '../../../src/config/keywords.table.ts';
import { pages } from '../../../src/manual/pages.ts';

for (const [path, text] of Object.entries(pages())) {
  it(`pages/${path} is current (npm run docs)`, () => assert.ok(readFileSync(path, 'utf8') === text));
  if (path.startsWith('man/'))
    it(`pages/${path} has no warning`, (t) => {
      const run = spawnSync('groff', ['-man', '-ww', '-Tutf8', path], { encoding: 'utf8' });
      if (run.error !== undefined) t.skip('groff is not installed');
      else assert.equal(run.stderr, '');
    });
}

it('pages/each code and each keyword is there', () => {
  const all = pages();
  const diagnostics = all['docs/diagnostics.md'] ?? '';
  for (const [code, row] of Object.entries(CODES))
    assert.ok(diagnostics.includes(`### ${code}: ${row.title}\n`), code);
  const configuration = all['docs/configuration.md'] ?? '';
  const man = all['man/vipd.conf.5'] ?? '';
  for (const { keyword } of KEYWORDS) {
    assert.ok(configuration.includes(`\`${keyword}`), keyword);
    assert.ok(man.includes(`\\fB${keyword.replaceAll('-', '\\-')}\\fR`), keyword);
  }
});

it('pages/no line of a man page is taken for a request by mistake', () => {
  const known = /^\.(?:TH|SH|SS|PP|TP|B|br|nf|fi|RS|RE|\\")/;
  for (const path of ['man/vipd.8', 'man/vipd.conf.5'])
    for (const line of (pages()[path] ?? '').split('\n')) {
      assert.ok(!/^['.]/.test(line) || known.test(line), `${path}: ${line}`);
    }
});

it('pages/every command is described', () => {
  assert.deepEqual(
    describeCommands()
      .map((c) => c.name)
      .sort(),
    [...COMMANDS].sort(),
  );
  for (const c of describeCommands()) assert.ok(c.text.length > 10, c.name);
});
