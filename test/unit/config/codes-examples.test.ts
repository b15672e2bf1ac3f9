/** The examples of the codes for routes, rules, tracking and BFD hold exactly the mistake they are about. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ADDRESSES_CODES } from '../../../src/config/codes/addresses.table.ts';
import { BFD_CODES } from '../../../src/config/codes/bfd.table.ts';
import { ROUTES_CODES } from '../../../src/config/codes/routes.table.ts';
import type { CodeRow } from '../../../src/config/codes/row.ts';
import { TRACKING_CODES } from '../../../src/config/codes/tracking.table.ts';
import { interfaces, load } from './support.ts';

const machine = { interfaces: interfaces('eth0', 'eth1', 'eth2') };
const all: Readonly<Record<string, CodeRow>> = {
  ...ADDRESSES_CODES,
  ...ROUTES_CODES,
  ...BFD_CODES,
  ...TRACKING_CODES,
};

for (const [code, row] of Object.entries(all))
  if (row.example !== undefined)
    it(`codes/${code} ${row.title}`, () => {
      const found = load(row.example ?? '', machine).diagnostics;
      assert.deepEqual(
        found.map((d) => d.code),
        [code],
        found.map((d) => d.message).join(' | '),
      );
      assert.equal(found[0]?.severity, row.severity);
      assert.ok((row.text ?? '').length > 20);
    });
