/**
 * AdvertSockets over IPv6, the real raw-socket and the real kernel. Run as root: node --test build/test/netns/sockets6.ns.js
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { parseIpv6 } from '../../src/base/ip.ts';
import { macs } from '../../src/io/mac.ts';
import { AdvertSockets } from '../../src/io/sockets/advert-sockets.ts';
import { openSocketCount } from '../../src/io/sockets/guarded-socket.ts';
import { native } from '../../src/native.ts';
import type { AdvertSink, OutgoingAdvert, SocketSpec } from '../../src/ports/advert.ts';
import { encodeAdvertIpv6 } from '../../src/wire/sent.ts';
import { block, golden, indexOf, inNamespace, ip, makePair, until, Wire } from './veth.ts';

type Received = Parameters<AdvertSink>[1];
const GROUP = 'ff02::12';
const multicast = (vrids: readonly number[] = [51]): SocketSpec => ({
  family: 6,
  protocol: 112,
  interface: 'va',
  interfaceIndex: indexOf('va'),
  mode: 'multicast',
  group: GROUP,
  source: '',
  vrids,
  receiveBufferBytes: 0,
});
const unicast = (source = '2001:db8::a'): SocketSpec => ({
  ...multicast(),
  mode: 'unicast',
  group: '',
  source,
});
const bytes = (text: string): Uint8Array => {
  const octets = parseIpv6(text);
  assert.ok(octets, text);
  return octets;
};
const ADVERT: OutgoingAdvert = {
  version: 3,
  vrid: 51,
  priority: 200,
  adverIntUs: 1_000_000,
  addresses: [bytes('fe80::5e:100'), bytes('2001:db8::100')],
  authType: 0,
  authData: new Uint8Array(8),
  source: 'fe80::a',
  destinations: [GROUP],
  ttl: 255,
  ipId: 1,
  checksumForm: 'standard',
};

/** What another router sends. */
type Foreign = { vrid?: number; hopLimit?: number; to?: string; from?: string };
const foreign = ({ vrid = 51, hopLimit = 255, to = GROUP, from = 'fe80::b' }: Foreign = {}): Uint8Array =>
  encodeAdvertIpv6(
    { ...ADVERT, vrid, priority: 100 },
    { hopLimit, source: bytes(from), destination: bytes(to) },
    macs,
  );

let wire: Wire;
let got: Received[] = [];
let problems: string[] = [];
let opened: AdvertSockets[] = [];
function make(): AdvertSockets {
  const sockets = new AdvertSockets({
    native: native(),
    sink: (_key, received) => void got.push(received),
    onProblem: (...problem) => problems.push(problem.join(' ')),
  });
  opened.push(sockets);
  return sockets;
}
/** Adverts that left, the flow label (the sender's kernel) taken out. */
const adverts = (): string[] =>
  wire
    .take()
    .filter((frame) => frame.slice(40, 42) === '70')
    .map(labelless);
const labelless = (frame: string): string => `${frame.slice(0, 31)}00000${frame.slice(36)}`;
/** Groups joined on 'va'. */
const joined = (): string[] =>
  readFileSync('/proc/net/igmp6', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[1] === 'va')
    .map((words) => words[2] ?? '');

inNamespace(import.meta.url, () => {
  before(() => {
    makePair();
    for (const address of ['fe80::a/64', '2001:db8::a/64'])
      ip('address', 'add', address, 'dev', 'va', 'nodad');
    for (const peer of ['fe80::b', '2001:db8::b'])
      ip('neighbour', 'add', peer, 'lladdr', '02:00:00:00:00:0b', 'dev', 'va');
  });
  beforeEach(() => {
    wire = new Wire(0x86dd);
    got = [];
    problems = [];
    opened = [];
  });
  afterEach(() => {
    for (const sockets of opened) sockets.closeAll();
    assert.equal(openSocketCount(), 0);
    wire.close();
  });
  after(() => ip('link', 'del', 'va'));
  describe('on the wire', onTheWire);
  describe('through the filter', throughTheFilter);
  describe('beside it', besides);
});

function onTheWire(): void {
  it('a multicast advert is the frame that keepalived sends, but for the flow label', () => {
    const sockets = make();
    sockets.open('a', multicast());
    assert.deepEqual(sockets.send('a', ADVERT), { sent: 1 });
    assert.deepEqual(adverts(), [labelless(golden('v3-ipv6-mcast/advert-a-1'))]);
    assert.equal(sockets.send('a', { ...ADVERT, version: 2 }).sent, 1);
    assert.deepEqual(adverts(), [labelless(golden('v2-ipv6-mcast/advert-a-1'))]);
  });
  it('a unicast one too, with the hop limit that was asked for, to a peer on the link also by its link-local address', () => {
    const sockets = make();
    sockets.open('a', unicast());
    const advert: OutgoingAdvert = { ...ADVERT, source: '2001:db8::a', destinations: ['2001:db8::b'] };
    assert.deepEqual(sockets.send('a', { ...advert, ttl: 64 }), { sent: 1 });
    assert.deepEqual(sockets.send('a', { ...advert, ttl: 77 }), { sent: 1 });
    assert.deepEqual(adverts(), [
      labelless(golden('v3-ipv6-ucast/advert-a-1')),
      labelless(golden('v3-ipv6-ucast-ttl/advert-a-1')),
    ]);
    assert.deepEqual(sockets.send('a', { ...ADVERT, destinations: ['fe80::b'], ttl: 64 }), { sent: 1 });
    assert.equal(adverts().length, 1);
  });
  it('our own adverts do not come back, and the send socket hears nothing', async () => {
    const sockets = make();
    sockets.open('a', multicast());
    sockets.send('a', ADVERT);
    block(20);
    assert.equal(sockets.drain('a'), 0);
    wire.putPackets([foreign()]);
    await until(() => got.length === 1, 'one advert, by an event');
    const [first] = got;
    assert.deepEqual(
      [first?.source, first?.destination, first?.ttl, first?.vrid, first?.multicast],
      ['fe80::b', GROUP, 255, 51, true],
    );
    assert.ok(first?.decoded.ok && first.decoded.value.checksum.standard);
  });
  it('a packet longer than the MTU, no route, an interface that is down: an error, and the next one goes', () => {
    const sockets = make();
    sockets.open('a', multicast());
    const many = Array.from({ length: 100 }, (_, i) => bytes(`2001:db8::1:${i}`));
    assert.deepEqual(sockets.send('a', { ...ADVERT, addresses: many }), { sent: 0, error: 'EMSGSIZE' });
    ip('link', 'set', 'va', 'down');
    const { sent, error } = sockets.send('a', ADVERT);
    assert.deepEqual(
      [sent, ['ENETDOWN', 'ENETUNREACH', 'ENODEV', 'EADDRNOTAVAIL'].includes(error ?? '')],
      [0, true],
      error,
    );
    ip('link', 'set', 'va', 'up');
    ip('address', 'replace', '2001:db8::a/64', 'dev', 'va', 'nodad');
    ip('address', 'replace', 'fe80::a/64', 'dev', 'va', 'nodad');
    assert.equal(sockets.send('a', ADVERT).sent, 1);
  });
}

function throughTheFilter(): void {
  it('other VRIDs and destinations stay in the kernel; a wrong hop limit, checksum or version is for the ladder', () => {
    const sockets = make();
    sockets.open('a', multicast([51, 200]));
    const broken = foreign();
    broken[40] = 0xff; // version 15
    const damaged = foreign();
    damaged[42] = 77; // the checksum does not fit
    wire.putPackets([
      foreign({ vrid: 52 }),
      foreign({ to: 'ff02::1' }),
      foreign({ to: '2001:db8::a' }),
      foreign({ hopLimit: 254 }),
      foreign({ vrid: 200 }),
      broken,
      damaged,
    ]);
    assert.equal(sockets.drain('a'), 4);
    assert.deepEqual(
      got.map(({ ttl, vrid, decoded }) => [
        ttl,
        vrid,
        decoded.ok ? decoded.value.checksum.standard : decoded.error.code,
      ]),
      [
        [254, 51, true],
        [255, 200, true],
        [255, 51, 'version'],
        [255, 51, false],
      ],
    );
  });
  it('multicast and two unicast sockets beside each other each get their own', () => {
    const sockets = make();
    sockets.open('m', multicast());
    sockets.open('u', unicast());
    sockets.open('l', unicast('fe80::a'));
    wire.putPackets([
      foreign(),
      foreign({ to: '2001:db8::a', from: '2001:db8::b', hopLimit: 64 }),
      foreign({ to: 'fe80::a', hopLimit: 1 }),
      foreign({ to: 'fe80::a', vrid: 9 }),
    ]);
    assert.deepEqual([sockets.drain('m'), sockets.drain('u'), sockets.drain('l')], [1, 1, 1]);
    assert.deepEqual(
      got.map((r) => [r.ttl, r.multicast]),
      [
        [255, true],
        [64, false],
        [1, false],
      ],
    );
  });
  it('share changes the set of an open socket', () => {
    const sockets = make();
    sockets.open('a', multicast([51]));
    sockets.share('a', { vrids: [52], receiveBufferBytes: 0 });
    wire.putPackets([foreign({ vrid: 51 }), foreign({ vrid: 52 })]);
    sockets.share('a', { vrids: [], receiveBufferBytes: 0 });
    wire.putPackets([foreign({ vrid: 52 })]);
    assert.equal(sockets.drain('a'), 1);
    assert.equal(got[0]?.vrid, 52);
  });
}

function besides(): void {
  it('a payload behind an extension header is found; one that is empty or ends before the VRID is not', () => {
    const sockets = make();
    sockets.open('a', multicast());
    const inner = foreign();
    const options = Uint8Array.of(112, 0, 1, 4, 0, 0, 0, 0); // destination options: PadN
    const extended = Uint8Array.of(...inner.subarray(0, 40), ...options, ...inner.subarray(40));
    extended[6] = 60;
    extended[5] = (inner[5] as number) + options.length;
    const empty = foreign().subarray(0, 40).slice();
    empty[5] = 0;
    const one = foreign().subarray(0, 41).slice();
    one[5] = 1;
    wire.putPackets([empty, one, extended]);
    assert.equal(sockets.drain('a'), 1);
    assert.ok(got[0]?.decoded.ok && got[0].decoded.value.checksum.standard);
  });
  it('the group is joined while the socket is open, and left with it', () => {
    const sockets = make();
    sockets.open('a', multicast());
    assert.ok(joined().includes(`ff02${'0'.repeat(26)}12`), joined().join());
    sockets.close('a');
    assert.ok(!joined().includes(`ff02${'0'.repeat(26)}12`), joined().join());
  });
  it('2,000 adverts that came while the loop was blocked are all read by drain', () => {
    const sockets = make();
    sockets.open('a', multicast());
    wire.putPackets(Array.from({ length: 2000 }, () => foreign()));
    block(100);
    // One drain has a bound.
    assert.deepEqual([sockets.drain('a'), sockets.drain('a')], [1024, 976]);
    assert.deepEqual([got.length, sockets.drain('a'), problems], [2000, 0, []]);
  });
  it('the garbage collector leaves it, 100 times open and close leave no descriptor to be confused with another', () => {
    const sockets = make();
    for (let i = 0; i < 100; i++) {
      sockets.open('a', multicast());
      sockets.open('b', unicast());
      if (i % 2 === 0) globalThis.gc?.();
      wire.putPackets([foreign(), foreign({ to: '2001:db8::a', from: '2001:db8::b' })]);
      assert.deepEqual([sockets.drain('a'), sockets.drain('b')], [1, 1]);
      sockets.close(i % 3 === 0 ? 'a' : 'b');
      sockets.closeAll();
    }
  });
  it('an index that is not that of the name is an error, not another interface', () => {
    const sockets = make();
    assert.throws(() => sockets.open('a', { ...multicast(), interfaceIndex: 9999 }), { code: 'ENODEV' });
    assert.throws(() => sockets.open('a', { ...multicast(), interface: 'nosuch0' }), { code: 'ENODEV' });
  });
}
