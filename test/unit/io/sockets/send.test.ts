/** Sending: octets, errors, and never after close. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { formatIp } from '../../../../src/base/ip.ts';
import { GuardedSocket } from '../../../../src/io/sockets/guarded-socket.ts';
import { FakeWorld } from './fake-raw-socket.ts';
import { ADVERT, ADVERT6, SPEC, SPEC6, setup, UNICAST } from './setup.ts';

/** A frame that keepalived 2.2.7 sent. */
function goldenHex(name: string): string {
  const lines = readFileSync('test/golden/keepalived-2.2.7.jsonl', 'utf8').trim().split('\n');
  const found = lines
    .map((line) => JSON.parse(line) as { name?: string; hex?: string })
    .find((one) => one.name === name);
  assert.ok(found?.hex);
  return found.hex;
}

describe('send', () => {
  it('writes the octets that keepalived writes', () => {
    const hex = goldenHex('v2-mcast-noauth/advert-a-1');
    const { sockets, at } = setup();
    sockets.open('a', SPEC);
    assert.deepEqual(sockets.send('a', ADVERT), { sent: 1 });
    assert.deepEqual(at(1).fake.sent, [
      { packet: Buffer.from(hex, 'hex').subarray(14), address: '224.0.0.18' },
    ]);
    assert.equal(at(0).fake.sent.length, 0);
  });
  it('over IPv6 the whole packet too, but for the flow label, which is the kernel of the sender', () => {
    const want = Buffer.from(goldenHex('v3-ipv6-mcast/advert-a-1'), 'hex').subarray(14);
    // 0xc0, network control, stands across the first two octets.
    want.set([0x6c, 0, 0, 0]);
    const { sockets, at } = setup();
    sockets.open('a', SPEC6);
    const linkLocal = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5e, 1, 0);
    const addresses = [linkLocal, ...ADVERT6.addresses];
    assert.deepEqual(sockets.send('a', { ...ADVERT6, addresses }), { sent: 1 });
    assert.deepEqual(at(1).fake.sent, [{ packet: want, address: 'ff02::12' }]);
    const toIpv4 = sockets.send('a', { ...ADVERT6, destinations: ['192.0.2.1'] });
    assert.deepEqual(toIpv4, { sent: 0, error: 'EINVAL' });
  });
  it('one packet for each peer, with its own destination; a peer that fails does not stop the others', () => {
    const { sockets, at } = setup();
    sockets.open('a', UNICAST);
    at(1).fake.sendError = (address) => (address === '192.0.2.3' ? 'No route to host' : undefined);
    const peers = ['192.0.2.2', '192.0.2.3', 'not an address', '192.0.2.4'];
    assert.deepEqual(sockets.send('a', { ...ADVERT, destinations: peers }), {
      sent: 2,
      error: 'EHOSTUNREACH',
    });
    assert.deepEqual(
      at(1).fake.sent.map(({ packet: sent, address }) => [
        address,
        formatIp(sent.subarray(16, 20)),
        sent.readUInt16BE(4),
      ]),
      [
        ['192.0.2.2', '192.0.2.2', 1],
        ['192.0.2.4', '192.0.2.4', 1],
      ],
    );
  });
  for (const [text, code] of [
    ['No such device', 'ENODEV'],
    ['Network is down', 'ENETDOWN'],
    ['Resource temporarily unavailable', 'EAGAIN'],
    ['Message too long', 'EMSGSIZE'],
    ['a text of some other libc', 'UNKNOWN'],
  ] as const)
    it(`never throws: ${code}`, () => {
      const { sockets, at } = setup();
      sockets.open('a', SPEC);
      at(1).fake.sendError = () => text;
      assert.deepEqual(sockets.send('a', ADVERT), { sent: 0, error: code });
    });
});

describe('send that cannot', () => {
  it('never throws: no source address, no such destination, a value that no header can hold', () => {
    const { problems, sockets } = setup();
    sockets.open('a', SPEC);
    assert.deepEqual(sockets.send('a', { ...ADVERT, source: '' }), { sent: 0, error: 'EADDRNOTAVAIL' });
    assert.deepEqual(sockets.send('a', { ...ADVERT, destinations: ['::1'] }), { sent: 0, error: 'EINVAL' });
    assert.deepEqual(
      problems.splice(0).map(([, , code]) => code),
      ['EINVAL'],
    );
    assert.deepEqual(sockets.send('a', { ...ADVERT, priority: 256 }), { sent: 0, error: 'EINVAL' });
    assert.match(problems[0]?.[1] ?? '', /^encode: priority 256/);
    assert.deepEqual(sockets.send('a', { ...ADVERT, destinations: [] }), { sent: 0 });
  });
  it('never after close, which would open a new socket without options', () => {
    const { world, sockets, at } = setup();
    sockets.open('a', SPEC);
    sockets.close('a');
    sockets.close('a');
    assert.deepEqual(sockets.send('a', ADVERT), { sent: 0, error: 'EBADF' });
    assert.equal(sockets.drain('a'), 0);
    assert.deepEqual(
      world.sockets.map((socket) => socket.fake.zombies),
      [0, 0],
    );
    assert.ok(at(0).fake.closed && at(1).fake.closed);
  });
  it('a guarded socket itself refuses too', () => {
    const world = new FakeWorld();
    const events = { readable: () => {}, fault: () => {} };
    const socket = new GuardedSocket(world, world.native, 4, 112, events);
    socket.close();
    assert.equal(socket.send(Buffer.alloc(20), '192.0.2.1'), false);
    assert.equal(socket.receive(Buffer.alloc(20), new Uint8Array(40)), -1);
    assert.equal(world.sockets[0]?.fake.zombies, 0);
  });
  it('encode gives the same octets and leaves out what cannot be sent', () => {
    const { sockets } = setup();
    const list = sockets.encode({ ...ADVERT, priority: 0, destinations: ['192.0.2.2', 'x', '192.0.2.3'] });
    assert.deepEqual(
      list.map((octets) => formatIp(octets.subarray(16, 20))),
      ['192.0.2.2', '192.0.2.3'],
    );
  });
});
