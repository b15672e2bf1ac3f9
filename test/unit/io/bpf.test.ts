/** The assembler and all filters, run by an interpreter of our own; the netns tests run the same in the kernel. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arpFilter, neighbourAdvertFilter } from '../../../src/io/announce/watch-filter.ts';
import { assembleBpf, DROP_ALL, JA, JEQ_K, LD_IMM, RET_K } from '../../../src/io/bpf.ts';
import { advertFilter, advertFilter6 } from '../../../src/io/sockets/advert-filter.ts';
import { encodeGratuitousArp } from '../../../src/wire/arp.ts';
import { encodeUnsolicitedNa } from '../../../src/wire/nd.ts';
import { runBpf } from './bpf-machine.ts';

const GROUP = Uint8Array.of(224, 0, 0, 18);
const OWN = Uint8Array.of(192, 0, 2, 1);

type Shape = { ihl: number; ttl: number; destination: Uint8Array; vrid: number; length: number };
function packet({ ihl, ttl, destination, vrid, length }: Shape): Uint8Array {
  const out = new Uint8Array(ihl * 4 + length);
  out[0] = 0x40 | ihl;
  out[8] = ttl;
  out.set(destination, 16);
  if (length > 1) out[ihl * 4 + 1] = vrid;
  return out;
}

describe('assembler', () => {
  it('writes struct sock_filter in host order', () => {
    const words = new Uint32Array(
      assembleBpf([
        [LD_IMM, 7],
        [JEQ_K, 7, 'yes', ''],
        [JA, 0, 'end', ''],
        'yes',
        [RET_K, 5],
        'end',
        [RET_K, 0],
      ]).buffer,
    );
    assert.deepEqual([words[1], words[7 - 2], words[9]], [7, 1, 0]);
  });
  it('refuses unknown labels, jumps back, far jumps and empty programs', () => {
    const far = Array.from({ length: 300 }, () => [LD_IMM, 0] as const);
    for (const lines of [
      [],
      [[JEQ_K, 0, 'nowhere', ''] as const],
      ['back', [LD_IMM, 0] as const, [JEQ_K, 0, 'back', ''] as const],
      [[JEQ_K, 0, 'far', ''] as const, ...far, 'far', [RET_K, 0] as const],
    ])
      assert.throws(() => assembleBpf(lines), { name: 'AssertionError' });
  });
  it('drop-all drops', () => assert.equal(runBpf(DROP_ALL, new Uint8Array(60)), 0));
});

describe('advert filter', () => {
  const shapes = fc.record(
    {
      ihl: fc.integer({ min: 5, max: 15 }),
      ttl: fc.constantFrom(0, 1, 64, 254, 255),
      destination: fc.constantFrom(GROUP, OWN, Uint8Array.of(224, 0, 0, 19), Uint8Array.of(192, 0, 2, 2)),
      vrid: fc.integer({ min: 0, max: 255 }),
      length: fc.integer({ min: 0, max: 60 }),
    },
    { noNullPrototype: true },
  );
  const sets = fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 255 });
  for (const mode of ['multicast', 'unicast'] as const)
    it(`${mode}: passes exactly what its head comment says`, () =>
      fc.assert(
        fc.property(shapes, sets, (shape, vrids) => {
          const to = mode === 'multicast' ? GROUP : OWN;
          const want =
            shape.length >= 2 &&
            (mode === 'unicast' || shape.ttl === 255) &&
            shape.destination.every((octet, i) => octet === to[i]) &&
            vrids.includes(shape.vrid);
          assert.equal(runBpf(advertFilter(mode, 112, to, vrids), packet(shape)) > 0, want);
        }),
        { seed: 112, numRuns: 500 },
      ));
  it('every single VRID, and all of them', () => {
    const shape = { ihl: 5, ttl: 255, destination: GROUP, length: 20 };
    const all = Array.from({ length: 255 }, (_, i) => i + 1);
    for (const vrid of all) {
      const one = advertFilter('multicast', 112, GROUP, [vrid]);
      assert.deepEqual(
        all.filter((other) => runBpf(one, packet({ ...shape, vrid: other })) > 0),
        [vrid],
      );
    }
    const everything = advertFilter('multicast', 112, GROUP, all);
    assert.ok(all.every((vrid) => runBpf(everything, packet({ ...shape, vrid })) > 0));
    assert.ok(everything.length / 8 <= 44, 'the length that the comment promises');
  });
  it('hides nothing else: malformed adverts of our VRIDs pass whole', () => {
    const filter = advertFilter('multicast', 112, GROUP, [51]);
    for (const length of [2, 7, 8, 9, 33, 1100])
      for (const first of [0x00, 0x21, 0x2f, 0x41, 0xff]) {
        const bad = packet({ ihl: 5, ttl: 255, destination: GROUP, vrid: 51, length });
        bad[20] = first;
        assert.ok(runBpf(filter, bad) >= bad.length);
      }
  });
});

describe('advert filter of IPv6', () => {
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
  const header = (destination: Uint8Array): Uint8Array => {
    const out = new Uint8Array(40);
    out.set(destination, 24);
    return out;
  };
  const message = (vrid: number, length = 40): Uint8Array => new Uint8Array(length).fill(vrid, 1, 2);
  it('looks at the destination in the header and at the VRID in the payload, and at nothing else', () => {
    const filter = advertFilter6(group, [51, 200]);
    const passes = (payload: Uint8Array, destination = group): boolean =>
      runBpf(filter, payload, header(destination)) >= Math.max(payload.length, 1);
    assert.deepEqual(
      Array.from({ length: 256 }, (_, vrid) => vrid).filter((vrid) => passes(message(vrid))),
      [51, 200],
    );
    for (let i = 0; i < 16; i++) assert.ok(!passes(message(51), group.with(i, 0x77)), `octet ${i}`);
    for (const length of [2, 3, 8, 1400]) assert.ok(passes(message(51, length)), `${length} octets`);
    for (const length of [0, 1]) assert.ok(!passes(message(51, length)), `${length} octets`);
  });
  it('holds every VRID in the length that its comment promises', () => {
    const all = Array.from({ length: 255 }, (_, i) => i + 1);
    const filter = advertFilter6(group, all);
    assert.ok(filter.length / 8 <= 47, String(filter.length / 8));
    assert.ok(all.every((vrid) => runBpf(filter, message(vrid), header(group)) > 0));
  });
});

describe('watch filters', () => {
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 0x0b);
  const own = Uint8Array.of(2, 0, 0, 0, 0, 0x0a);
  const address = (last: number): Uint8Array => Uint8Array.of(192, 0, 2, last);
  it('gratuitous ARP for a watched address from another MAC', () => {
    const filter = arpFilter(own, [address(1), address(100), address(200)]);
    const passes = (frame: Uint8Array): boolean => runBpf(filter, frame) > 0;
    assert.ok([1, 100, 200].every((last) => passes(encodeGratuitousArp(mac, address(last)))));
    assert.ok(!passes(encodeGratuitousArp(mac, address(2))), 'another address');
    assert.ok(!passes(encodeGratuitousArp(own, address(100))), 'our own MAC');
    const request = encodeGratuitousArp(mac, address(100));
    request[41] = 1;
    assert.ok(!passes(request), 'an ordinary request');
    assert.ok(!passes(encodeGratuitousArp(mac, address(100)).subarray(0, 40)), 'cut short');
    const neighbour = Uint8Array.of(2, 0, 0, 0, 1, 0x0a);
    assert.ok(passes(encodeGratuitousArp(neighbour, address(100))), 'a MAC that shares our last octets');
  });
  it('without an own MAC anyone counts; with thousands of addresses the reader compares', () => {
    assert.ok(runBpf(arpFilter(new Uint8Array(0), [address(9)]), encodeGratuitousArp(own, address(9))) > 0);
    const many = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(10, 0, i >> 8, i & 255));
    assert.ok(runBpf(arpFilter(own, many), encodeGratuitousArp(mac, address(9))) > 0);
    assert.equal(runBpf(arpFilter(own, many), encodeGratuitousArp(own, address(9))), 0);
    const thousand = arpFilter(own, many.slice(0, 1000));
    assert.ok(runBpf(thousand, encodeGratuitousArp(mac, many[999] as Uint8Array)) > 0);
    assert.equal(runBpf(thousand, encodeGratuitousArp(mac, many[1000] as Uint8Array)), 0);
  });
  it('neighbour advertisements only', () => {
    const vip = new Uint8Array(16).fill(0x20);
    const na = encodeUnsolicitedNa(mac, vip, false);
    assert.ok(runBpf(neighbourAdvertFilter(), na) > 0);
    assert.equal(runBpf(neighbourAdvertFilter(), na.with(54, 135)), 0);
    assert.equal(runBpf(neighbourAdvertFilter(), na.with(20, 6)), 0);
  });
});
