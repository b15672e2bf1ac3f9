/**
 * AdvertSockets over the real raw-socket and the real kernel. Run as root: node --test build/test/netns/sockets.ns.js
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { macs } from '../../src/io/mac.ts';
import { AdvertSockets } from '../../src/io/sockets/advert-sockets.ts';
import { openSocketCount, type SocketNative } from '../../src/io/sockets/guarded-socket.ts';
import { native } from '../../src/native.ts';
import type { AdvertSink, OutgoingAdvert, SocketSpec } from '../../src/ports/advert.ts';
import { encodeAdvertIpv4 } from '../../src/wire/sent.ts';
import { block, golden, indexOf, inNamespace, ip, makePair, turn, until, Wire } from './veth.ts';

type Received = Parameters<AdvertSink>[1];
const GROUP = '224.0.0.18';
const multicast = (vrids: readonly number[] = [51]): SocketSpec => ({
  family: 4,
  interface: 'va',
  interfaceIndex: indexOf('va'),
  protocol: 112,
  mode: 'multicast',
  group: GROUP,
  source: '',
  vrids,
  receiveBufferBytes: 0,
});
const unicast = (): SocketSpec => ({ ...multicast(), mode: 'unicast', group: '', source: '192.0.2.10' });
const ADVERT: OutgoingAdvert = {
  version: 2,
  vrid: 51,
  priority: 200,
  adverIntUs: 1_000_000,
  addresses: [Uint8Array.of(192, 0, 2, 100)],
  authType: 0,
  authData: new Uint8Array(8),
  source: '192.0.2.10',
  destinations: [GROUP],
  ttl: 255,
  ipId: 1,
  checksumForm: 'standard',
};

/** What another router sends. */
type Foreign = { vrid?: number; ttl?: number; to?: readonly number[]; id?: number };
const foreign = ({ vrid = 51, ttl = 255, to = [224, 0, 0, 18], id = 1 }: Foreign = {}): Uint8Array =>
  encodeAdvertIpv4(
    { ...ADVERT, vrid, priority: 100 },
    { id, ttl, source: Uint8Array.of(192, 0, 2, 20), destination: Uint8Array.from(to) },
    macs,
  );

let wire: Wire;
let got: Received[] = [];
let problems: string[] = [];
let onAdvert: (received: Received) => void = () => {};
let opened: AdvertSockets[] = [];
function make(withNative: SocketNative = native()): AdvertSockets {
  const sockets = new AdvertSockets({
    native: withNative,
    sink: (_key, received) => {
      got.push(received);
      onAdvert(received);
    },
    onProblem: (...problem) => problems.push(problem.join(' ')),
  });
  opened.push(sockets);
  return sockets;
}
const descriptors = (): number => readdirSync('/proc/self/fd').length;
/** Octets in the receive queues of all protocol-112 sockets of this namespace. */
const queued = (): number[] =>
  readFileSync('/proc/net/raw', 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number.parseInt(/:([0-9A-F]{8}) \d\d:/.exec(line)?.[1] ?? 'x', 16));

inNamespace(import.meta.url, () => {
  before(() => makePair());
  beforeEach(() => {
    wire = new Wire();
    got = [];
    problems = [];
    onAdvert = () => {};
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
  describe('under load', underLoad);
  describe('an interface that goes and comes', comesAndGoes);
  describe('what the process holds', holds);
});

function onTheWire(): void {
  it('a multicast advert is, octet for octet, the frame that keepalived sends', () => {
    const sockets = make();
    sockets.open('a', multicast());
    assert.deepEqual(sockets.send('a', ADVERT), { sent: 1 });
    assert.deepEqual(
      wire.take().filter((frame) => frame.slice(46, 48) === '70'),
      [golden('v2-mcast-noauth/advert-a-1')],
    );
  });
  it('a unicast advert too, to each peer', () => {
    const sockets = make();
    sockets.open('a', unicast());
    const advert: OutgoingAdvert = { ...ADVERT, version: 3, destinations: ['192.0.2.20'] };
    assert.deepEqual(sockets.send('a', advert), { sent: 1 });
    const frames = wire.take().filter((frame) => frame.slice(46, 48) === '70');
    // Captured between .2.10 and .2.20.
    assert.deepEqual(frames, [golden('v3-ipv4-ucast/advert-a-1')]);
  });
  it('the source is the one given, also when it is not ours', () => {
    const sockets = make();
    sockets.open('a', multicast());
    assert.equal(sockets.send('a', { ...ADVERT, source: '198.51.100.7', ttl: 64, ipId: 65535 }).sent, 1);
    const [frame] = wire.take().filter((one) => one.slice(46, 48) === '70');
    assert.equal(frame?.slice(52, 60), 'c6336407');
    assert.equal(frame?.slice(36, 40), 'ffff');
    assert.equal(frame?.slice(44, 46), '40');
  });
  it('our own adverts do not come back, and the send socket hears nothing', async () => {
    const sockets = make();
    sockets.open('a', multicast());
    sockets.send('a', ADVERT);
    block(20);
    assert.deepEqual([queued(), sockets.drain('a')], [[0, 0], 0]);
    wire.putPackets([foreign(), foreign()]);
    assert.equal(queued().filter((octets) => octets > 0).length, 1, 'one socket of two holds them');
    await until(() => got.length === 2, 'two adverts');
    assert.deepEqual(queued(), [0, 0]);
  });
  it('an advert comes in by events', async () => {
    const sockets = make();
    sockets.open('a', multicast());
    wire.putPackets([foreign({ id: 7 })]);
    await until(() => got.length === 1, 'an advert');
    const [first] = got;
    assert.deepEqual(
      [first?.source, first?.ttl, first?.vrid, first?.multicast],
      ['192.0.2.20', 255, 51, true],
    );
    assert.ok(first?.decoded.ok && first.decoded.value.checksum.standard);
  });
  it('promises of the sink are settled at once, not at some later event', async () => {
    const sockets = make();
    sockets.open('a', multicast());
    let waitedMs = -1;
    onAdvert = () => {
      const from = performance.now();
      void Promise.resolve().then(() => {
        waitedMs = performance.now() - from;
      });
    };
    await turn(100); // nothing else is going on in the process by then
    setTimeout(() => wire.putPackets([foreign()]), 20);
    await turn(400);
    assert.ok(waitedMs >= 0 && waitedMs < 50, `${waitedMs} ms`);
  });
}

function throughTheFilter(): void {
  it('multicast: TTL 254, other VRIDs and other destinations stay in the kernel; malformed ones of ours do not', () => {
    const sockets = make();
    sockets.open('a', multicast([51, 200]));
    const broken = foreign({ id: 9 });
    broken[20] = 0xff; // version 15
    wire.putPackets([
      foreign({ ttl: 254 }),
      foreign({ vrid: 52 }),
      foreign({ to: [224, 0, 0, 19] }),
      foreign({ to: [192, 0, 2, 10] }),
      foreign({ id: 5 }),
      foreign({ id: 6, vrid: 200 }),
      broken,
    ]);
    assert.deepEqual(queued().filter((octets) => octets > 0).length, 1);
    assert.equal(sockets.drain('a'), 3);
    assert.deepEqual(
      got.map(({ vrid, decoded }) => [vrid, decoded.ok || decoded.error.code]),
      [
        [51, true],
        [200, true],
        [51, 'version'],
      ],
    );
  });
  it('unicast: any TTL, only to our address', () => {
    const sockets = make();
    sockets.open('a', unicast());
    const to = [192, 0, 2, 10];
    wire.putPackets([
      foreign(),
      foreign({ to, ttl: 1 }),
      foreign({ to, ttl: 255 }),
      foreign({ to, vrid: 9 }),
    ]);
    assert.equal(sockets.drain('a'), 2);
    assert.deepEqual(
      got.map(({ ttl, multicast: group }) => [ttl, group]),
      [
        [1, false],
        [255, false],
      ],
    );
  });
  it('multicast and unicast beside each other each get their own', () => {
    const sockets = make();
    sockets.open('m', multicast());
    sockets.open('u', unicast());
    wire.putPackets([foreign(), foreign({ to: [192, 0, 2, 10] }), foreign()]);
    assert.deepEqual([sockets.drain('m'), sockets.drain('u')], [2, 1]);
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
  it('adverts of another interface are not heard', () => {
    ip('link', 'add', 'vc', 'type', 'veth', 'peer', 'name', 'vd');
    ip('link', 'set', 'vc', 'up');
    ip('link', 'set', 'vd', 'up');
    const sockets = make();
    sockets.open('c', { ...multicast(), interface: 'vc', interfaceIndex: indexOf('vc') });
    wire.putPackets([foreign()]);
    assert.equal(sockets.drain('c'), 0);
    ip('link', 'del', 'vc');
  });
}

function underLoad(): void {
  it('2,000 adverts that came while the loop was blocked are all read by drain, in order', () => {
    const sockets = make();
    sockets.open('a', multicast());
    wire.putPackets(Array.from({ length: 2000 }, (_, i) => foreign({ id: i + 1, vrid: 51 })));
    block(300);
    // One drain has a bound.
    assert.deepEqual([sockets.drain('a'), sockets.drain('a')], [1024, 976]);
    assert.deepEqual([got.length, sockets.drain('a'), problems], [2000, 0, []]);
  });
  it('and by events, with timers in between', async () => {
    const sockets = make();
    sockets.open('a', multicast());
    wire.putPackets(Array.from({ length: 1000 }, () => foreign()));
    block(50);
    const seen: number[] = [];
    const timer = setInterval(() => seen.push(got.length), 1).unref();
    await until(() => got.length === 1000, '1,000 adverts');
    clearInterval(timer);
    assert.ok(
      seen.some((count) => count > 0 && count < 1000),
      'a timer ran in the middle',
    );
  });
  it('more than the buffer holds is lost, and told', () => {
    const sockets = make();
    sockets.open('a', multicast());
    const one = foreign();
    for (let i = 0; i < 20; i++) wire.putPackets(Array.from({ length: 1000 }, () => one));
    let read = 0;
    for (let i = 0; i < 10; i++) read += sockets.drain('a');
    assert.ok(read >= 4096 && read < 20_000, String(read));
    assert.ok(problems.includes('a receive-overflow ENOBUFS'), problems.join());
  });
}

function comesAndGoes(): void {
  it('deleted: ENODEV and silence; back again: open again and go on', () => {
    const sockets = make();
    const gone = multicast();
    sockets.open('a', gone);
    assert.equal(sockets.send('a', ADVERT).sent, 1);
    wire.close();
    ip('link', 'del', 'va');
    assert.deepEqual(sockets.send('a', ADVERT), { sent: 0, error: 'ENODEV' });
    assert.equal(sockets.drain('a'), 0);
    assert.throws(() => sockets.open('a', gone), { code: 'ENODEV', syscall: 'setsockopt' });
    makePair();
    wire = new Wire();
    sockets.open('a', multicast());
    assert.equal(sockets.send('a', ADVERT).sent, 1);
    assert.equal(wire.take().filter((frame) => frame.slice(46, 48) === '70').length, 1);
    wire.putPackets([foreign()]);
    assert.equal(sockets.drain('a'), 1);
  });
  it('down: an error each time; up: the same sockets work', () => {
    const sockets = make();
    sockets.open('a', multicast());
    ip('link', 'set', 'va', 'down');
    const { sent, error } = sockets.send('a', ADVERT);
    assert.deepEqual([sent, ['ENETDOWN', 'ENETUNREACH', 'ENODEV'].includes(error ?? '')], [0, true], error);
    ip('link', 'set', 'va', 'up');
    assert.equal(sockets.send('a', ADVERT).sent, 1);
    wire.take();
    wire.putPackets([foreign()]);
    assert.equal(sockets.drain('a'), 1);
    ip('neighbour', 'replace', '192.0.2.20', 'lladdr', '02:00:00:00:00:0b', 'dev', 'va');
  });
  it('an index that is not that of the name is an error, not another interface', () => {
    const sockets = make();
    assert.throws(() => sockets.open('a', { ...multicast(), interfaceIndex: 9999 }), { code: 'ENODEV' });
    assert.throws(() => sockets.open('a', { ...multicast(), interface: 'nosuch0' }), { code: 'ENODEV' });
  });
}
/** What a child finds open, one line a descriptor; its own three are files. */
function inheritedBy(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vipd-ns-'));
  const out = openSync(join(folder, 'out'), 'w');
  try {
    spawnSync('ls', ['-l', '/proc/self/fd'], { stdio: ['ignore', out, out] });
    return readFileSync(join(folder, 'out'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('socket:'));
  } finally {
    closeSync(out);
    rmSync(folder, { recursive: true });
  }
}

function holds(): void {
  it('200 times open, re-open and close leave no descriptor', async () => {
    const sockets = make();
    sockets.open('a', multicast());
    sockets.close('a');
    await turn(10);
    const count = descriptors();
    for (let i = 0; i < 200; i++) {
      sockets.open('a', multicast());
      if (i % 3 === 0) sockets.open('a', unicast());
      sockets.close('a');
      assert.throws(() => sockets.open('a', { ...multicast(), interfaceIndex: 9999 }), { code: 'ENODEV' });
    }
    await turn(10);
    assert.equal(descriptors(), count);
  });
  it('a child inherits no socket', () => {
    const sockets = make();
    sockets.open('a', multicast());
    sockets.open('b', unicast());
    assert.deepEqual(inheritedBy(), []);
    sockets.closeAll();
    // The same without the guard, to see that the test would notice.
    const leaky = make({ ...native(), closeOnExecFrom: () => {} });
    leaky.open('a', multicast());
    assert.equal(inheritedBy().length, 2);
  });
  it('the garbage collector does not close sockets that nobody else refers to', async () => {
    const { gc } = globalThis;
    assert.ok(gc, 'run with --expose-gc');
    const count = descriptors();
    const weak = (() => {
      const sockets = make();
      opened = [];
      sockets.open('a', multicast());
      return new WeakRef(sockets);
    })();
    for (let i = 0; i < 5; i++) {
      gc();
      await turn(5);
    }
    assert.equal(descriptors(), count + 2);
    wire.putPackets([foreign()]);
    await until(() => got.length === 1, 'an advert after the collection');
    assert.equal(openSocketCount(), 2);
    weak.deref()?.closeAll();
  });
}
