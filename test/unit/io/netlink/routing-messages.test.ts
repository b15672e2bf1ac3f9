/**
 * Bytes of routes and rules. The messages marked so were recorded from iproute2 6.1 (strace) for kernels that have what
 * this one lacks; test/netns/routing.ns.ts has the rest, against the kernel.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { itemOf, linesOf, type RoutingLine } from '../../../../src/core/routing-items.ts';
import type { Request } from '../../../../src/io/netlink/messages.ts';
import {
  encodeAddRoute,
  encodeDeleteRoute,
  network,
  type RouteItem,
} from '../../../../src/io/netlink/route-message.ts';
import { encodeAddRule, encodeDeleteRule } from '../../../../src/io/netlink/rule-message.ts';
import type { RoutingItem } from '../../../../src/ports/routing.ts';
import { configOf, load } from '../../config/support.ts';
import { link } from '../../core/fakes.ts';

const LINKS = new Map([
  ['eth0', link('eth0', 2)],
  ['eth1', link('eth1', 3)],
  ['vrf1', { ...link('vrf1', 4), vrfTable: 1077 }],
]);

function lineOf(kind: 'static_routes' | 'static_rules', text: string): RoutingLine {
  const c = configOf(load(`${kind} {\n${text}\n}\n`));
  const [line] = linesOf(c.staticRoutes, c.staticRules);
  assert.ok(line, text);
  return line;
}
function route(text: string): RouteItem {
  const item = itemOf(lineOf('static_routes', text), LINKS);
  assert.ok(item?.kind === 'route', text);
  return item;
}
const rule = (text: string) => (lineOf('static_rules', text) as RoutingItem & { kind: 'rule' }).rule;

const hexOf = (r: Request): string => Buffer.concat(r.parts).toString('hex');
/** Attributes behind the header, type to value; nested ones as they are. */
function attributes(r: Request): ReadonlyMap<number, string> {
  const data = Buffer.concat(r.parts).subarray(12);
  const out = new Map<number, string>();
  for (let at = 0; at + 4 <= data.length; ) {
    const length = data.readUInt16LE(at);
    out.set(data.readUInt16LE(at + 2) & 0x3fff, data.toString('hex', at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return out;
}
const [ENCAP_TYPE, ENCAP, TABLE, TUN_ID] = [21, 22, 15, 12];

describe('routes that this kernel cannot take', () => {
  it('mpls: recorded from iproute2', () => {
    const a = attributes(encodeAddRoute(route('10.1.0.0/24 encap mpls 100/200 via 192.0.2.1 dev eth0')));
    assert.equal(a.get(ENCAP), '0c00010000064000000c8100');
    assert.equal(a.get(ENCAP_TYPE), '0100');
  });
  it('ila: recorded from iproute2', () => {
    const a = attributes(encodeAddRoute(route('2001:db8:3::/64 encap ila 1:2:3:4 via 2001:db8::1 dev eth0')));
    assert.equal(a.get(ENCAP), '0c0001000001000200030004');
    assert.equal(a.get(ENCAP_TYPE), '0300');
  });
  it('ip with flags: the number in network order', () => {
    const a = attributes(encodeAddRoute(route('10.2.0.0/24 encap ip id 5 dst 192.0.2.9 flags 4 dev eth0')));
    assert.equal(a.get(ENCAP), '0c0001000000000000000005' + '08000200c0000209' + '060006000004');
  });
  it('ttl-propagate, a VRF, which is its table', () => {
    const r = route('10.2.0.0/24 via 192.0.2.1 dev eth0 ttl-propagate enabled vrf vrf1');
    const a = attributes(encodeAddRoute(r));
    assert.deepEqual([a.get(26), a.get(TABLE), r.table], ['01', '35040000', 1077]);
    assert.equal(itemOf(lineOf('static_routes', '10.2.0.0/24 dev eth0 vrf eth1'), LINKS), undefined);
  });
  it('tunnel-id of a rule: 64 bits in network order', () => {
    const a = attributes(encodeAddRule(rule('tunnel-id 5 table 100 priority 9')));
    assert.equal(a.get(TUN_ID), '0000000000000005');
  });
});

describe('flags of the request (behaviour.md C6)', () => {
  const [CREATE, EXCL, APPEND] = [0x400, 0x200, 0x800];
  it('prepend, append, add', () => {
    const flags = ['', 'append ', 'add '].map(
      (w) => encodeAddRoute(route(`${w}10.0.0.0/8 dev eth0`)).flags & ~5,
    );
    assert.deepEqual(flags, [CREATE, CREATE | APPEND, CREATE | EXCL]);
  });
  it('a rule is not added twice', () => {
    assert.equal(encodeAddRule(rule('table 100 priority 9')).flags & ~5, CREATE | EXCL);
    assert.equal(encodeDeleteRule(rule('table 100 priority 9')).flags, 5);
  });
});

describe('deletion', () => {
  it('names the route with its protocol, not its metrics or tunnel, in scope nowhere', () => {
    const r = route('10.1.0.0/24 encap ip dst 192.0.2.9 dev eth0 mtu 1400 metric 7 src 192.0.2.1');
    assert.equal(
      hexOf(encodeDeleteRoute(r)),
      '02180000fe12ff0100000000' + '080001000a010000' + '0800060007000000' + '0800040002000000',
    );
  });
  it('of a tracked rule names the protocol', () => {
    assert.equal(attributes(encodeDeleteRule(rule('from 10.0.0.0/8 table 100 priority 9'))).get(21), '12');
  });
});

it('host bits are cleared at any length', () => {
  const bytes = Uint8Array.of(255, 255, 255, 255);
  const masks = [0, 1, 9, 24, 31, 32].map((length) =>
    Buffer.from(network({ bytes, length })).toString('hex'),
  );
  assert.deepEqual(masks, ['00000000', '80000000', 'ff800000', 'ffffff00', 'fffffffe', 'ffffffff']);
});

it('a line without its interface cannot be asked for', () => {
  assert.equal(itemOf(lineOf('static_routes', '10.0.0.0/8 dev eth7'), LINKS), undefined);
  assert.equal(
    itemOf(lineOf('static_routes', '10.0.0.0/8 nexthop dev eth0 nexthop dev eth7'), LINKS),
    undefined,
  );
});
