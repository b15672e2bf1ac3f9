/** Each finding about virtual servers: its example has that one mistake and no other. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LVS_CODES } from '../../../src/config/codes/lvs.table.ts';
import type { CodeRow } from '../../../src/config/codes/row.ts';
import { load } from './support.ts';

for (const [code, row] of Object.entries<CodeRow>(LVS_CODES))
  if (row.example !== undefined)
    it(`lvs-codes/${code} ${row.title}`, () => {
      const found = load(row.example ?? '').diagnostics.filter((d) => d.severity !== 'hint');
      assert.deepEqual(
        found.map((d) => [d.code, d.keepalivedClass]),
        [[code, code === 'KA1121' ? 'none' : row.class]],
      );
    });
