/** Opening: the options of both sockets in their order, and each way in which it can fail. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DROP_ALL } from '../../../../src/io/bpf.ts';
import { advertFilter, advertFilter6 } from '../../../../src/io/sockets/advert-filter.ts';
import { openSocketCount } from '../../../../src/io/sockets/guarded-socket.ts';
import { SOL_SOCKET } from './fake-raw-socket.ts';
import { ADVERT, GROUP6, nextTurn, SPEC, SPEC6, setup, UNICAST } from './setup.ts';

const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const IP_HDRINCL = 3;
const IP_ADD_MEMBERSHIP = 35;

describe('open', () => {
  it('a receive socket of protocol 112 and a send socket that receives nothing, close-on-exec before anything else, deaf until the filter is on', () => {
    const { world, sockets, at } = setup();
    sockets.open('a', SPEC);
    assert.deepEqual(world.log, [
      ...['socket 1 112', 'cloexec 3', '1/26', '1/25', '1/33', '0/49', '0/35', '1/26'],
      ...['socket 1 255', 'cloexec 3', '1/26', '1/25', '0/3', '0/1', '0/2', '0/32', '0/34', '0/33', '1/5'],
    ]);
    assert.deepEqual(world.programs, [
      DROP_ALL,
      advertFilter('multicast', 112, Uint8Array.of(224, 0, 0, 18), [51]),
      DROP_ALL,
    ]);
    const option = (i: number, level: number, name: number) =>
      at(i).options.find((o) => o.level === level && o.option === name)?.value;
    assert.deepEqual(option(0, SOL_SOCKET, SO_BINDTODEVICE), Buffer.from('eth0\0'));
    assert.deepEqual(option(0, 0, IP_ADD_MEMBERSHIP), Buffer.from('e00000120000000007000000', 'hex'));
    assert.equal(option(0, SOL_SOCKET, SO_RCVBUFFORCE), 4 << 20);
    assert.equal(option(0, 0, 49), 0);
    assert.deepEqual(option(1, 0, 32), Buffer.from('000000000000000007000000', 'hex'));
    assert.deepEqual(
      [option(1, 0, IP_HDRINCL), option(1, 0, 1), option(1, 0, 33), option(1, 0, 34)],
      [1, 0xc0, 255, 0],
    );
  });
  it('unicast joins no group; without an interface it is bound to none', () => {
    const { world, sockets } = setup();
    sockets.open('a', { ...UNICAST, interface: '', interfaceIndex: 0 });
    assert.deepEqual(world.log, [
      ...['socket 1 112', 'cloexec 3', '1/26', '1/33', '0/49', '1/26'],
      ...['socket 1 255', 'cloexec 3', '1/26', '0/3', '0/1', '0/2'],
    ]);
    assert.deepEqual(world.programs[1], advertFilter('unicast', 112, Uint8Array.of(192, 0, 2, 10), [51]));
  });
  it('what arrived before the filter is thrown away', async () => {
    const { world, received, sockets, at } = setup();
    world.strays = 20;
    sockets.open('a', SPEC);
    at(0).fake.emit('recvReady');
    await nextTurn();
    assert.deepEqual([sockets.drain('a'), received], [0, []]);
  });
  it('IPv6: the descriptor is found by its cookie, hop limit and destination are asked for, the header is ours', () => {
    const { world, sockets, at } = setup();
    sockets.open('a', SPEC6);
    assert.deepEqual(world.log, [
      ...['socket 2 112', 'cloexec 3', 'cookie', '1/26', '1/25', '1/33'],
      ...['41/29', '41/49', '41/51', '41/20', '1/26'],
      ...['socket 2 255', 'cloexec 3', 'cookie', '1/26', '1/25', '41/36', '41/17', '41/19', '41/18'],
    ]);
    assert.deepEqual(world.programs[1], advertFilter6(GROUP6, [51]));
    const mreq = Buffer.from(`ff02${'0'.repeat(26)}1207000000`, 'hex');
    assert.deepEqual(at(0).options.find((o) => o.level === 41 && o.option === 20)?.value, mreq);
    assert.deepEqual(at(1).options.find((o) => o.level === 41 && o.option === 17)?.value, 7);
    assert.deepEqual(at(1).options.find((o) => o.level === 41 && o.option === 19)?.value, 0);
    world.log.length = 0;
    sockets.open('u', { ...SPEC6, mode: 'unicast', group: '', source: '2001:db8::a' });
    assert.ok(!world.log.includes('41/20') && !world.log.includes('41/17'), 'unicast joins nothing');
  });
  it('what cannot be opened is EINVAL', () => {
    const { world, sockets } = setup();
    for (const wrong of [
      { ...SPEC, group: '192.0.2.1' },
      { ...SPEC, group: '' },
      { ...SPEC, interface: '' },
      { ...SPEC, interfaceIndex: 0 },
      { ...SPEC, interface: 'a-name-of-sixteen' },
      { ...UNICAST, source: '' },
      { ...SPEC, family: 6 as const },
      { ...SPEC6, group: 'fe80::12' },
      { ...SPEC6, mode: 'unicast' as const, group: '', source: 'ff02::12' },
      { ...UNICAST, source: 'fe80::1' },
    ])
      assert.throws(() => sockets.open('a', wrong), { code: 'EINVAL' });
    assert.equal(world.sockets.length, 0);
  });
});

describe('open that fails', () => {
  it('no permission: EPERM with errno and syscall', () => {
    const { world, sockets } = setup();
    world.createError = 'Operation not permitted';
    assert.throws(() => sockets.open('a', SPEC), { code: 'EPERM', errno: -1, syscall: 'socket' });
  });
  for (const [level, option, text, code] of [
    [SOL_SOCKET, SO_BINDTODEVICE, 'No such device', 'ENODEV'],
    [0, IP_ADD_MEMBERSHIP, 'No buffer space available', 'ENOBUFS'],
    [0, IP_HDRINCL, 'Invalid argument', 'EINVAL'],
    [SOL_SOCKET, SO_RCVBUFFORCE, 'Bad file descriptor', 'EBADF'],
  ] as const)
    it(`${level}/${option} fails: ${code}, and nothing stays open`, () => {
      const { world, sockets } = setup();
      world.optionError = (l, o) => (l === level && o === option ? text : undefined);
      assert.throws(() => sockets.open('a', SPEC), { code, syscall: 'setsockopt' });
      assert.ok(world.sockets.every((socket) => socket.fake.closed));
      assert.equal(openSocketCount(), 0);
      assert.deepEqual(sockets.send('a', ADVERT), { sent: 0, error: 'EBADF' });
    });
  it('without CAP_NET_ADMIN the receive buffer is what the system allows, and this is told', () => {
    const { world, problems, sockets, at } = setup();
    world.optionError = (l, o) =>
      l === SOL_SOCKET && o === SO_RCVBUFFORCE ? 'Operation not permitted' : undefined;
    sockets.open('a', SPEC);
    assert.deepEqual(problems, [['a', 'receive-buffer', 'EPERM']]);
    assert.ok(at(0).options.some((o) => o.option === 8 && o.value === 4 << 20));
  });
});

describe('open again', () => {
  it('a second open replaces the first; a failing one leaves the key closed', () => {
    const { world, sockets, at } = setup();
    sockets.open('a', SPEC);
    sockets.open('a', { ...SPEC, interfaceIndex: 9 });
    assert.deepEqual(
      world.sockets.map((socket) => socket.fake.closed),
      [true, true, false, false],
    );
    assert.equal(sockets.send('a', ADVERT).sent, 1);
    assert.equal(at(3).fake.sent.length, 1);
    world.createError = 'Too many open files';
    assert.throws(() => sockets.open('a', SPEC), { code: 'EMFILE' });
    assert.ok(world.sockets.every((socket) => socket.fake.closed));
  });
  it('share replaces the filter of the receive socket', () => {
    const { world, sockets, at } = setup();
    sockets.open('a', SPEC);
    const before = at(1).options.length;
    sockets.share('a', { vrids: [51, 52], receiveBufferBytes: 0 });
    sockets.share('unknown', { vrids: [1], receiveBufferBytes: 0 });
    assert.deepEqual(
      world.programs.at(-1),
      advertFilter('multicast', 112, Uint8Array.of(224, 0, 0, 18), [51, 52]),
    );
    assert.equal(at(1).options.length, before);
  });
});
