/**
 * Effective values: what the data dump of Debian's keepalived 2.2.7 showed for each text in
 * `test/golden/config-values.json`, run in a namespace with eth0, eth1 and eth2. `exit`: the daemon refused to start.
 * Rows in DIFFERS are the places where vipd follows 2.4.3 or is safer, with the value expected instead.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { shape, type Values } from '../../config-shape.ts';
import { configOf, interfaces, load } from './support.ts';

type Row = {
  readonly name: string;
  readonly text: string;
  readonly exit?: number;
  readonly instances?: readonly Values[];
};

const DIFFERS: Readonly<Record<string, Partial<Values>>> = {
  // 2.4.3 reports and skips an address that is already there.
  'dup-vip': { vips: ['192.0.2.1 dev eth0 scope global'] },
  evips: { evips: ['10.0.0.1/8 dev eth0 scope global', '2001:db8::1 dev eth0 scope global deprecated'] },
  uni: { peers: ['192.0.2.60 min_ttl 0 max_ttl 255', '192.0.2.61 min_ttl 10 max_ttl 20'] },
  // 2.4.3 keeps the earlier value where 2.2.7 takes 'x' for 0 and 0 for 1.
  'garp-bad': { garp: [5, 5, 0, 1, 5, 5] },
};

const machine = {
  interfaces: interfaces('eth0', 'eth1', 'eth2'),
  userExists: (u: string) => u === 'root' || u === 'nobody',
  groupExists: (g: string) => g === 'root',
};

for (const row of JSON.parse(readFileSync('test/golden/config-values.json', 'utf8')) as readonly Row[])
  it(`values/${row.name}`, () => {
    const result = load(row.text, machine);
    assert.equal(result.fatal?.exit, row.exit);
    if (row.instances === undefined) return;
    const expected = row.instances.map((i) => ({ ...i, ...DIFFERS[row.name] }));
    const got = configOf(result).instances.map(shape);
    // Only what was measured: a daemon that had become master no longer showed the state it started in.
    assert.deepEqual(
      got.map((v, n) => Object.fromEntries(Object.entries(v).filter(([k]) => k in (expected[n] ?? {})))),
      expected,
    );
  });
