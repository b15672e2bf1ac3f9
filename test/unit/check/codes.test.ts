/** Each code is explained, and each example is a file of which `vipd check` finds that and no other above a hint. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MACHINE_CODES } from '../../../src/config/codes/machine.table.ts';
import type { CodeRow } from '../../../src/config/codes/row.ts';
import { CODES } from '../../../src/config/codes.ts';
import type { Diagnostic } from '../../../src/config/diagnostic.ts';
import type { LoadEnvironment } from '../../../src/config/environment.ts';
import { judge } from '../../../src/config/lint/judge.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { memoryMachine } from '../config/machine.ts';
import { interfaces, MAIN } from '../config/support.ts';

const machine: Partial<LoadEnvironment> = {
  interfaces: interfaces('eth0', 'eth1', 'eth2'),
  userExists: (name) => name === 'root' || name === 'nobody',
  groupExists: (name) => name === 'root',
};
/** Where it is known what the programs are. */
const scripts: Partial<LoadEnvironment> = {
  ...machine,
  scriptState: (path) => (path.includes('missing') ? 'missing' : 'executable'),
};

function check(text: string, more: Partial<LoadEnvironment>): readonly Diagnostic[] {
  const environment = memoryMachine({ [MAIN]: text }, more);
  return judge(loadConfig(MAIN, environment), environment);
}

for (const [code, row] of Object.entries<CodeRow>(CODES)) {
  it(`code/${code} is explained`, () => {
    const text = row.text ?? '';
    assert.match(text, /[.]$/);
    assert.ok(text.length >= 30 && text.length <= 600, `${text.length} characters`);
  });
  const { example } = row;
  // Those about the machine and about two nodes need more than one file; the tests of their rules have it.
  if (example === undefined || Object.hasOwn(MACHINE_CODES, code) || code >= 'KA3000') continue;
  it(`code/${code} example`, () => {
    assert.ok(example.endsWith('\n'));
    const found = check(example, code === 'KA1003' || code === 'KA1004' ? scripts : machine);
    const grave = found.filter((d) => d.severity !== 'hint' && d.code !== code).map((d) => d.code);
    assert.deepEqual(grave, []);
    assert.equal(found.filter((d) => d.code === code).length, 1);
  });
}
