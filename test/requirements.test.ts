/** Holds docs/requirements.md and the tests together: see its head for the form of ids. Run from the repository root. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { it } from 'node:test';

const REASON = /^(not yet|not kept|kernel|elsewhere): \S.{10,}$/;

type Row = { readonly id: string; readonly level: string; readonly text: string; readonly keptBy: string };

const rows: readonly Row[] = readFileSync('docs/requirements.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| RFC'))
  .map((line) => {
    const [id = '', level = '', text = '', keptBy = '', ...rest] = line.slice(2, -2).split(' | ');
    assert.deepEqual(rest, [], `too many columns: ${line}`);
    return { id, level, text, keptBy };
  });

/** id -> test file -> the signs it carries there. */
const carried = new Map<string, Map<string, Set<string>>>();
for (const f of readdirSync('test', { recursive: true, withFileTypes: true })) {
  if (!f.isFile() || !f.name.endsWith('.ts')) continue;
  const path = posix.join(f.parentPath, f.name);
  for (const m of readFileSync(path, 'utf8').matchAll(/\[(RFC\d+-[\d.]+-\d+)([+-])\]/g)) {
    const byFile = carried.get(m[1] as string) ?? new Map<string, Set<string>>();
    carried.set(m[1] as string, byFile);
    const signs = byFile.get(path.slice('test/'.length)) ?? new Set<string>();
    byFile.set(path.slice('test/'.length), signs.add(m[2] as string));
  }
}

it('the table is whole: ids once, a level, a text', () => {
  assert.ok(rows.length > 80, `only ${rows.length} rows were read`);
  const ids = rows.map((r) => r.id);
  assert.deepEqual(
    ids.filter((id, i) => ids.indexOf(id) !== i),
    [],
  );
  for (const r of rows) {
    assert.match(r.id, /^RFC(3768|5798|9568)-\d[\d.]*-\d\d$/);
    assert.match(r.level, /^(MUST|MUST NOT|SHOULD|SHOULD NOT|MAY)$/, r.id);
    assert.ok(r.text.length > 10, r.id);
  }
});

it('each requirement has its tests or a reason', () => {
  const wrong: string[] = [];
  for (const r of rows) {
    const tests = [...(carried.get(r.id)?.keys() ?? [])].sort();
    const named = [...r.keptBy.matchAll(/`([^`]+\.ts)`/g)].map((m) => m[1] as string);
    if (named.length === 0 && !REASON.test(r.keptBy)) wrong.push(`${r.id}: neither test nor reason`);
    if (named.join() !== tests.join())
      wrong.push(`${r.id}: names [${named.join()}], tests are [${tests.join()}]`);
  }
  assert.deepEqual(wrong, []);
});

it('tests know no other ids, and each id has a test of the right case', () => {
  const known = new Set(rows.map((r) => r.id));
  const wrong: string[] = [];
  for (const [id, byFile] of carried) {
    if (!known.has(id)) wrong.push(`${id} is not in docs/requirements.md`);
    if (![...byFile.values()].some((signs) => signs.has('+'))) wrong.push(`${id}: no test with +`);
  }
  assert.deepEqual(wrong, []);
});
