/** The successor's announcement: who is reported, who is not, and what the socket may say meanwhile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatIp } from '../../../../src/base/ip.ts';
import { Announcer } from '../../../../src/io/announce/announcer.ts';
import { RouterFlags } from '../../../../src/io/announce/router-flag.ts';
import { encodeGratuitousArp } from '../../../../src/wire/arp.ts';
import { encodeUnsolicitedNa } from '../../../../src/wire/nd.ts';
import { FakeNative, FakeTiming } from './fakes.ts';

const OWN = Uint8Array.of(2, 0, 0, 0, 0, 0x0a);
const OTHER = Uint8Array.of(2, 0, 0, 0, 0, 0x0b);
const VIP = Uint8Array.of(192, 0, 2, 100);
const VIP6 = new Uint8Array(16).fill(0x20);

function setup() {
  const timing = new FakeTiming();
  const fake = new FakeNative(timing);
  const problems: string[] = [];
  const seen: string[] = [];
  const announcer = new Announcer({
    native: fake.native,
    timing,
    onProblem: (...problem) => problems.push(problem.join(' ')),
  });
  const note = (address: Uint8Array, mac: Uint8Array): void => {
    seen.push(`${formatIp(address)} ${mac.at(-1)}`);
  };
  return { fake, problems, seen, announcer, note };
}

describe('watch', () => {
  it('reports a watched address announced by another MAC, and nothing else', () => {
    const { fake, seen, announcer, note } = setup();
    announcer.watch(3, OWN, [VIP], note);
    fake.incoming.push(
      encodeGratuitousArp(OTHER, Uint8Array.of(192, 0, 2, 9)),
      encodeGratuitousArp(OWN, VIP),
      new Uint8Array(3),
      'EMSGSIZE',
      'ENETDOWN',
      encodeGratuitousArp(OTHER, VIP),
    );
    fake.ready?.(-9);
    assert.deepEqual([fake.opened, seen], [[[3, 0x0806]], ['192.0.2.100 11']]);
  });
  it('IPv6 has a socket of its own', () => {
    const { fake, seen, announcer, note } = setup();
    const end = announcer.watch(3, OWN, [VIP, VIP6], note);
    fake.incoming.push(encodeUnsolicitedNa(OTHER, VIP6, true));
    fake.ready?.(0);
    assert.deepEqual(
      fake.opened.map(([, type]) => type),
      [0x0806, 0x86dd],
    );
    assert.deepEqual(seen, ['2020:2020:2020:2020:2020:2020:2020:2020 11']);
    end();
    end();
    assert.deepEqual(fake.closed, [10, 11]);
  });
  it('64 frames a turn, and none after its end in the middle of one', () => {
    const { fake, seen, announcer, note } = setup();
    for (let i = 0; i < 200; i++) fake.incoming.push(encodeGratuitousArp(OTHER, VIP));
    const end = announcer.watch(3, OWN, [VIP], (...found) => {
      note(...found);
      if (seen.length === 66) end();
    });
    fake.ready?.(0);
    assert.equal(seen.length, 64);
    fake.ready?.(0);
    assert.deepEqual([seen.length, fake.closed], [66, [10]]);
  });
  it('never throws: a missing interface, a watch that cannot start, a broken socket', () => {
    const { fake, problems, announcer, note } = setup();
    fake.openError = 'ENODEV';
    announcer.watch(3, OWN, [VIP], note)();
    fake.openError = undefined;
    fake.pollError = 'EEXIST';
    announcer.watch(3, OWN, [VIP], note)();
    assert.deepEqual(fake.closed, [10]);
    fake.pollError = undefined;
    announcer.watch(3, OWN, [VIP], note);
    fake.incoming.push('EBADF');
    fake.ready?.(0);
    assert.deepEqual(
      problems,
      ['ENODEV', 'EEXIST', 'EBADF'].map((code) => `interface 3 watch ${code}`),
    );
    announcer.close();
    assert.deepEqual(fake.closed, [10, 11]);
    announcer.watch(3, OWN, [VIP], note)();
    assert.equal(fake.opened.length, 2);
  });
});

describe('router flag', () => {
  it('is read anew after 5 s, and false where nothing can be read', () => {
    const timing = new FakeTiming();
    const reads: string[] = [];
    let content = '0\n';
    const flags = new RouterFlags(
      () => timing.nowUs(),
      (path) => {
        reads.push(path);
        if (content === '') throw Object.assign(new Error('none'), { code: 'ENOENT' });
        return content;
      },
    );
    assert.equal(flags.get('eth0.100'), false);
    content = '2\n';
    timing.advance(4_999_999);
    assert.equal(flags.get('eth0.100'), false);
    timing.advance(1);
    assert.equal(flags.get('eth0.100'), true);
    content = '';
    assert.equal(flags.get('gone'), false);
    assert.deepEqual(
      reads,
      ['eth0.100', 'eth0.100', 'gone'].map((name) => `/proc/sys/net/ipv6/conf/${name}/forwarding`),
    );
  });
});
