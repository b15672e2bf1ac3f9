/** The completion scripts: bash's is run in a bash, the others are read by their shells where these are installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { SHELLS } from '../../../src/cli/check-options.ts';
import { CODES } from '../../../src/config/codes.ts';
import { completionScript } from '../../../src/manual/completions.ts';
import { statusJson } from '../../../src/report/status.ts';
import { SNAPSHOT } from '../report/fixture.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-completion-'));
  for (const shell of SHELLS) writeFileSync(join(folder, shell), completionScript(shell));
  // A vipd that answers as a running one, so that names come from where they really come from.
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'status.json'), statusJson(SNAPSHOT));
  writeFileSync(join(folder, 'bin/vipd'), `#!/bin/sh\nexec cat '${folder}/status.json'\n`);
  chmodSync(join(folder, 'bin/vipd'), 0o755);
  mkdirSync(join(folder, 'work/conf.d'), { recursive: true });
  writeFileSync(join(folder, 'work/a b.conf'), '');
});
after(() => rmSync(folder, { recursive: true }));

/** What bash would offer for a line; the last word is the one under the cursor. */
function offered(...words: readonly string[]): readonly string[] {
  const program = `
    source "${folder}/bash"
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
    [[ $(complete -p vipd) == 'complete -F _vipd vipd' ]] || exit 9
    _vipd vipd "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
    ((\${#COMPREPLY[@]})) && printf '%s\\n' "\${COMPREPLY[@]}"
    exit 0`;
  const run = spawnSync('bash', ['--norc', '-c', program, 'bash', ...words], {
    encoding: 'utf8',
    cwd: join(folder, 'work'),
    env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}` },
  });
  assert.deepEqual([run.status, run.stderr], [0, '']);
  return run.stdout.split('\n').filter((l) => l !== '');
}

const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['commands', ['vipd', 'co'], ['config', 'completions']],
  ['options of a command', ['vipd', 'check', '--s'], ['--strict']],
  ['options of the daemon', ['vipd', '--log-f'], ['--log-facility', '--log-file', '--log-format']],
  ['choices', ['vipd', 'check', '--format', ''], ['text', 'json', 'github']],
  ['instances', ['vipd', 'status', ''], ['VI_1', 'VI_2', 'VI_3']],
  ['instances behind an option', ['vipd', 'status', '-v', 'VI_2'], ['VI_2']],
  ['codes', ['vipd', 'explain', 'KA066'], Object.keys(CODES).filter((c) => c.startsWith('KA066'))],
  ['keywords', ['vipd', 'explain', 'virtual_router'], ['virtual_router_id']],
  ['files with blanks', ['vipd', 'check', 'a'], ['a b.conf']],
  ['folders alone', ['vipd', 'status', '--run-dir', ''], ['conf.d']],
  ['file of the daemon', ['vipd', '-n', '-f', 'a'], ['a b.conf']],
  ['shells', ['vipd', 'completions', 'z'], ['zsh']],
  ['nothing behind a number', ['vipd', 'check', '--max', ''], []],
  ['help for a command', ['vipd', 'help', 'ch'], ['check']],
];
for (const [name, words, expected] of rows)
  it(`completion/bash/${name}`, () => assert.deepEqual(offered(...words), expected));

for (const shell of SHELLS)
  it(`completion/${shell} reads its script`, (t) => {
    const run = spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' });
    if (run.error !== undefined) t.skip(`${shell} is not installed`);
    else assert.deepEqual([run.status, run.stderr], [0, '']);
  });
