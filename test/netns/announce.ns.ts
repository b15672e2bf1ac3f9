/**
 * Announcer over AF_PACKET and the real kernel. Run as root: node --test build/test/netns/announce.ns.js
 */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { formatIp, parseIp } from '../../src/base/ip.ts';
import { Announcer } from '../../src/io/announce/announcer.ts';
import { native } from '../../src/native.ts';
import type { Announcement } from '../../src/ports/announce.ts';
import { encodeGratuitousArp } from '../../src/wire/arp.ts';
import { encodeUnsolicitedNa } from '../../src/wire/nd.ts';
import { gap } from '../unit/io/announce/fakes.ts';
import {
  golden,
  indexOf,
  inNamespace,
  ip,
  MAC_A,
  MAC_B,
  makePair,
  received,
  turn,
  until,
  Wire,
} from './veth.ts';

const ETH_P_ALL = 0x0003;
const octets = (text: string): Uint8Array => {
  const found = parseIp(text);
  assert.ok(found);
  return found;
};
const of = (address: string, interfaceName = 'va'): Announcement => ({
  interface: interfaceName,
  interfaceIndex: indexOf(interfaceName),
  mac: MAC_A,
  family: address.includes(':') ? 6 : 4,
  address: octets(address),
});

let announcer: Announcer;
let problems: string[] = [];
let seen: string[] = [];
const note = (address: Uint8Array, mac: Uint8Array): void => {
  seen.push(`${formatIp(address)} ${mac.at(-1)}`);
};
const descriptors = (): number => readdirSync('/proc/self/fd').length;
const forward = (value: 0 | 1): void => writeFileSync('/proc/sys/net/ipv6/conf/va/forwarding', `${value}\n`);

inNamespace(import.meta.url, () => {
  before(() => makePair());
  beforeEach(() => {
    problems = [];
    seen = [];
    announcer = new Announcer({
      native: native(),
      onProblem: (...problem) => problems.push(problem.join(' ')),
    });
  });
  afterEach(() => announcer.close());
  after(() => ip('link', 'del', 'va'));
  describe('announcements on the wire', onTheWire);
  describe('interfaces in trouble', inTrouble);
  describe('the successor', successor);
});

function onTheWire(): void {
  const taken = (etherType: string): string[] =>
    wire.take().filter((frame) => frame.slice(24, 28) === etherType);
  let wire: Wire;
  beforeEach(() => {
    wire = new Wire(ETH_P_ALL);
  });
  afterEach(() => wire.close());

  it('a gratuitous ARP is, octet for octet, the frame that keepalived sends', () => {
    announcer.announce('VI_1', [of('192.0.2.100')], 2, gap(0));
    const frame = golden('v2-mcast-noauth/garp-a-192_0_2_100');
    assert.deepEqual(taken('0806'), [frame, frame]);
    assert.equal(announcer.sentCount(), 2);
  });
  it('an unsolicited neighbour advertisement too, with the Router flag of the interface', () => {
    const list = [of('2001:db8::100'), of('fe80::5e:100')];
    const sent = (scenario: string): void => {
      const mine = new Announcer({
        native: native(),
        onProblem: (...problem) => problems.push(problem.join()),
      });
      mine.announce('VI_1', list, 1, gap(0));
      mine.close();
      const want = ['2001_db8__100', 'fe80__5e_100'].map((name) => golden(`${scenario}/na-a-${name}`));
      assert.deepEqual(
        taken('86dd').filter((frame) => frame.slice(108, 110) === '88'),
        want,
      );
    };
    sent('v3-ipv6-mcast');
    forward(1);
    sent('v3-ipv6-mcast-fwd');
    forward(0);
  });
  it('1,000 addresses, 5 rounds, in one go', async () => {
    const list = Array.from({ length: 1000 }, (_, i) => of(`10.1.${i >> 8}.${i & 255}`));
    const from = received('vb');
    announcer.announce('VI_1', list, 5, gap(0));
    await until(() => announcer.sentCount() === 5000, '5,000 frames taken');
    await until(() => received('vb') - from >= 5000, '5,000 frames on the wire');
    assert.deepEqual(problems, []);
  });
  it('spaced: one every 20 ms, addresses taking turns', async () => {
    announcer.announce('VI_1', [of('192.0.2.100'), of('192.0.2.101')], 2, gap(20_000));
    assert.equal(announcer.sentCount(), 1);
    const from = performance.now();
    await until(() => announcer.sentCount() === 4, 'four frames');
    assert.ok(performance.now() - from >= 55, `${performance.now() - from} ms`);
    assert.deepEqual(
      taken('0806').map((frame) => frame.slice(-2)),
      ['64', '65', '64', '65'],
    );
  });
}

function inTrouble(): void {
  it('down, gone, too small: reported, nothing thrown, and the next goes out', () => {
    const announcement = of('192.0.2.100');
    ip('link', 'set', 'va', 'down');
    announcer.announce('VI_1', [announcement], 5, gap(0));
    ip('link', 'set', 'va', 'up');
    announcer.announce('VI_1', [{ ...announcement, interfaceIndex: 9999 }], 5, gap(0));
    announcer.announce('VI_1', [announcement], 5, gap(0));
    assert.deepEqual([problems, announcer.sentCount()], [['va send ENETDOWN', 'va send ENXIO'], 5]);
  });
  it('a frame longer than the MTU is EMSGSIZE; those before it are counted', () => {
    const n = native();
    const fd = n.packetOpen(0, 0, new Uint8Array(0));
    const small = encodeGratuitousArp(MAC_A, octets('192.0.2.100'));
    const large = new Uint8Array(1600);
    large.set(small);
    assert.equal(n.packetSend(fd, indexOf('va'), [small, small, large, small]), 2);
    assert.throws(() => n.packetSend(fd, indexOf('va'), [large, small]), { code: 'EMSGSIZE' });
    n.close(fd);
  });
}

function successor(): void {
  let wire: Wire;
  const vip = octets('192.0.2.100');
  const put = (...frames: Uint8Array[]): void => wire.putFrames(frames);
  beforeEach(() => {
    wire = new Wire();
  });
  afterEach(() => wire.close());

  it('is seen by its gratuitous ARP; others, ordinary requests and ourselves are not', async () => {
    announcer.watch(indexOf('va'), MAC_A, [octets('192.0.2.101'), vip], note);
    announcer.announce('VI_1', [of('192.0.2.100')], 5, gap(0));
    const request = encodeGratuitousArp(MAC_B, vip);
    request[41] = 99;
    put(encodeGratuitousArp(MAC_B, octets('192.0.2.9')), request, encodeGratuitousArp(MAC_A, vip));
    put(encodeGratuitousArp(MAC_B, vip));
    await until(() => seen.length > 0, 'the successor');
    await turn(20);
    assert.deepEqual([seen, problems], [['192.0.2.100 11'], []]);
  });
  it('with the same virtual MAC it is seen too, our own frames still are not', async () => {
    announcer.watch(indexOf('va'), new Uint8Array(0), [vip], note);
    announcer.announce('VI_1', [of('192.0.2.100')], 5, gap(0));
    await turn(20);
    assert.deepEqual(seen, []);
    put(encodeGratuitousArp(MAC_A, vip));
    await until(() => seen.length === 1, 'the successor');
  });
  it('by its neighbour advertisement', async () => {
    const vip6 = octets('2001:db8::100');
    announcer.watch(indexOf('va'), MAC_A, [vip6], note);
    put(encodeUnsolicitedNa(MAC_B, octets('2001:db8::1'), false), encodeUnsolicitedNa(MAC_B, vip6, false));
    await until(() => seen.length > 0, 'the successor');
    assert.deepEqual(seen, ['2001:db8::100 11']);
  });
  it('also after the link was down', async () => {
    announcer.watch(indexOf('va'), MAC_A, [vip], note);
    ip('link', 'set', 'va', 'down');
    await turn(50);
    ip('link', 'set', 'va', 'up');
    await turn(20);
    put(encodeGratuitousArp(MAC_B, vip));
    await until(() => seen.length > 0, 'the successor');
    assert.deepEqual(problems, []);
  });
  it('an interface that is not there is reported; ended watches leave no descriptor', async () => {
    const count = descriptors();
    announcer.watch(9999, MAC_A, [vip], note)();
    assert.deepEqual(problems, ['interface 9999 watch ENODEV']);
    const from = performance.now();
    for (let i = 0; i < 200; i++) announcer.watch(indexOf('va'), MAC_A, [vip], note)();
    const longest = performance.now() - from;
    assert.ok(longest < 1000, `200 watches took ${longest} ms: closing must not stop the loop`);
    await until(() => descriptors() <= count, 'all descriptors closed');
  });
}
