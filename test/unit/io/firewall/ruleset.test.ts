/**
 * Our rules, sets and elements against what nft 1.0.6 sends when it loads keepalived 2.4.3's listings
 * (test/golden/nft-rules.json, recorded with strace; vrrp.51 is interface 4, eth0 interface 3).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { toHex } from '../../../../src/base/bytes.ts';
import { addressContents, missing, vmacContents } from '../../../../src/io/firewall/contents.ts';
import { Ruleset } from '../../../../src/io/firewall/ruleset.ts';
import type { BlockedAddress, FilteredVmac } from '../../../../src/ports/firewall.ts';
import { join } from '../../../../src/wire/netlink/attributes.ts';
import { encodeBatch, type NftCommand, type NftFamily } from '../../../../src/wire/netlink/nft-batch.ts';

type Golden = {
  readonly rules: readonly { readonly chain: string; readonly expressions: string }[];
  readonly elements: Readonly<Record<string, string>>;
  readonly sets: readonly {
    readonly name: string;
    readonly flags: string;
    readonly key: string;
    readonly data: string;
  }[];
};
const golden = JSON.parse(readFileSync('test/golden/nft-rules.json', 'utf8')) as Record<string, Golden>;
const of = (family: NftFamily): Golden => golden[family] as Golden;

const VMAC: FilteredVmac = {
  name: 'vrrp.51',
  interfaceIndex: 4,
  parentIndex: 3,
  ipv4: true,
  ipv6: true,
  parentLinkLocal: Uint8Array.from([0xfe, 0x80, ...new Array(13).fill(0), 0x0a]),
};
const BLOCKED: readonly BlockedAddress[] = [
  { family: 4, bytes: Uint8Array.of(192, 0, 2, 100), interfaceIndex: 4 },
  {
    family: 6,
    bytes: Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Array(10).fill(0), 1, 0]),
    interfaceIndex: 4,
  },
  {
    family: 6,
    bytes: Uint8Array.from([0xfe, 0x80, ...new Array(11).fill(0), 0x5e, 1, 0]),
    interfaceIndex: 4,
  },
];

/** What follows an attribute: its parts by type, or its octets. nft numbers sets of a batch; we name them. */
type Tree = string | readonly (readonly [number, Tree])[];
/** An empty counter, as both send it. */
const COUNTER = '140001800c000100636f756e7465720004000280';

function tree(octets: Buffer, name = ''): Tree {
  const out: [number, Tree][] = [];
  let expression = name;
  for (let at = 0; at + 4 <= octets.length; ) {
    const length = octets.readUInt16LE(at);
    const type = octets.readUInt16LE(at + 2);
    const body = octets.subarray(at + 4, at + length);
    if ((type & 0x8000) === 0) {
      if (type === 1 && name === '') expression = body.toString('latin1').replace('\0', '');
      // NFTA_LOOKUP_SET_ID
      if (!(name === 'lookup' && type === 4)) out.push([type, body.toString('hex')]);
    } else out.push([type & 0x7fff, tree(body, expression === 'lookup' && type === 0x8002 ? 'lookup' : '')]);
    at += (length + 3) & ~3;
  }
  return out.sort(([a], [b]) => a - b);
}

const commandsOf = (family: NftFamily): NftCommand[] => {
  const rules = new Ruleset(family, { table: 'keepalived', priority: -1, counters: false });
  return [...rules.part('vmacs'), ...rules.part('addresses')];
};

/** The rules of a chain as they stand in the end: those put first are put in front. */
function chain(commands: readonly NftCommand[], name: string): string[] {
  const out: string[] = [];
  for (const c of commands) {
    if (c.type !== 'add-rule' || c.chain !== name) continue;
    const text = JSON.stringify(tree(Buffer.from(join(c.expressions))));
    if (c.first === true) out.unshift(text);
    else out.push(text);
  }
  return out;
}

for (const family of [4, 6] as const) {
  it(`io/firewall: the rules for IPv${family} are those that nft makes of keepalived's listing`, () => {
    const commands = commandsOf(family);
    for (const name of new Set(of(family).rules.map((r) => r.chain)))
      assert.deepEqual(
        chain(commands, name),
        of(family)
          .rules.filter((r) => r.chain === name)
          // The recorded IPv4 rules have counters.
          .map((r) => r.expressions.replaceAll(COUNTER, ''))
          .map((hex) => JSON.stringify(tree(Buffer.from(hex, 'hex')))),
        name,
      );
  });

  it(`io/firewall: sets and elements for IPv${family}, by type, length, flags and octets`, () => {
    const contents = new Map([...vmacContents([VMAC], family), ...addressContents(BLOCKED, family)]);
    const batch = Buffer.from(encodeBatch(commandsOf(family), 1)).toString('hex');
    for (const set of of(family).sets) {
      const name = `${Buffer.from(`${set.name}\0`).toString('hex')}`;
      const at = batch.indexOf(name);
      assert.ok(at > 0, set.name);
      const part = batch.slice(at, at + 200);
      assert.ok(part.includes(`08000400${set.key.slice(0, 8)}08000500${set.key.slice(8)}`), set.name);
      if (set.data !== '')
        assert.ok(part.includes(`08000600${set.data.slice(0, 8)}08000700${set.data.slice(8)}`), set.name);
      assert.equal(part.includes(`08000300${set.flags}`), set.flags !== '00000000', set.name);
    }
    for (const { set, elements } of missing(undefined, contents)) {
      const rules = new Ruleset(family, { table: 'keepalived', priority: -1, counters: false });
      const hex = toHex(encodeBatch([rules.elements('add-elements', set, elements)], 1));
      assert.ok(hex.includes(of(family).elements[set] as string), `${set}: ${hex}`);
    }
  });
}

it('io/firewall: only what differs is sent', () => {
  const one = vmacContents([VMAC], 6);
  assert.deepEqual(missing(one, one), []);
  const moved = vmacContents([{ ...VMAC, interfaceIndex: 9 }], 6);
  assert.deepEqual(
    missing(one, moved).map((c) => c.set),
    ['vmac_map', 'vmac_set'],
  );
  assert.deepEqual(missing(moved, vmacContents([], 6)), []);
});
