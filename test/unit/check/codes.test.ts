/** Each code is explained, and each example is a file with that one finding and no other above a hint. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { CodeRow } from '../../../src/config/codes/row.ts';
import { CODES } from '../../../src/config/codes.ts';
import { codes, interfaces, load } from '../config/support.ts';

const machine = {
  interfaces: interfaces('eth0', 'eth1', 'eth2'),
  userExists: (name: string) => name === 'root' || name === 'nobody',
  groupExists: (name: string) => name === 'root',
  scriptState: (path: string) => (path.includes('missing') ? 'missing' : 'executable'),
} as const;

for (const [code, row] of Object.entries(CODES) as [string, CodeRow][]) {
  it(`code/${code} is explained`, () => {
    const text = row.text ?? '';
    assert.match(text, /[.]$/);
    assert.ok(text.length >= 30 && text.length <= 500, `${text.length} characters`);
  });
  // From KA2000 on it takes more than loading; lint.test.ts and the tests of pairs prove those.
  if (row.example !== undefined && code < 'KA2000')
    it(`code/${code} example`, () => {
      const result = load(row.example ?? '', machine);
      const found = result.diagnostics;
      const counted = codes(result);
      assert.deepEqual(
        row.severity === 'hint' && counted.length === 0
          ? [...new Set(found.map((d) => d.code))]
          : counted.map((c) => c.split(' ')[0]),
        [code],
        found.map((d) => `${d.code} ${d.message}`).join('\n'),
      );
      assert.ok((row.example ?? '').endsWith('\n'));
    });
}
