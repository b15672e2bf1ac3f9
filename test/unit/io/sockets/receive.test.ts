/** Receiving: budgets, re-entrance, errors of the socket and of its watch. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketWatch } from '../../../../src/io/sockets/socket-watch.ts';
import { ADVERT, ADVERT6, nextTurn, packet, SPEC, SPEC6, setup } from './setup.ts';

describe('receive', () => {
  it('a wake-up reads all there is, by our own reading', () => {
    const { world, received, sockets, at } = setup();
    sockets.open('a', SPEC);
    at(0).fake.queue.push(packet(sockets), packet(sockets));
    at(0).fake.emit('recvReady');
    assert.deepEqual(received, ['a 192.0.2.10 51', 'a 192.0.2.10 51']);
    assert.equal(world.ownReads, 0, "the package's own receive path is off");
  });
  it('32 packets a turn, the rest in later ones, and others in between', async () => {
    const { received, sockets, at } = setup();
    sockets.open('a', SPEC);
    sockets.open('b', { ...SPEC, interface: 'eth1', interfaceIndex: 8 });
    for (let i = 0; i < 100; i++) at(0).fake.queue.push(packet(sockets));
    at(2).fake.queue.push(packet(sockets));
    at(0).fake.emit('recvReady');
    at(2).fake.emit('recvReady');
    const counts = [received.length];
    for (let turn = 0; turn < 4; turn++) {
      await nextTurn();
      counts.push(received.length);
    }
    assert.deepEqual(counts, [33, 65, 97, 101, 101]);
    assert.equal(received[32], 'b 192.0.2.10 51');
  });
  it('drain reads until EAGAIN, 1,024 at most, says how many may wait, and goes on later', async () => {
    const { received, sockets, at } = setup();
    sockets.open('a', SPEC);
    const one = packet(sockets);
    for (let i = 0; i < 2000; i++) at(0).fake.queue.push(one);
    assert.equal(sockets.waiting('a'), 0, 'nothing was found waiting yet');
    assert.equal(sockets.drain('a'), 1024);
    assert.equal(received.length, 1024);
    assert.ok(sockets.waiting('a') >= 2000 - 1024);
    await nextTurn();
    assert.equal(received.length, 1024 + 32);
    assert.equal(sockets.drain('a'), 2000 - 1024 - 32);
    assert.equal(sockets.waiting('a'), 0);
    assert.equal(sockets.drain('a'), 0);
    assert.equal(sockets.waiting('nobody'), 0);
  });
  it('drain inside the sink reads nothing: the outer loop goes on', () => {
    const inner: number[] = [];
    const { sockets, at } = setup((key, _vrid, own) => inner.push(own.drain(key)));
    sockets.open('a', SPEC);
    at(0).fake.queue.push(packet(sockets), packet(sockets));
    assert.equal(sockets.drain('a'), 2);
    assert.deepEqual(inner, [0, 0]);
  });
  it('close and re-open inside the sink end the loop over the old socket', async () => {
    const { world, received, sockets, at } = setup((key, vrid, own) => {
      if (vrid === 1) own.close(key);
      if (vrid === 2) own.open(key, SPEC);
    });
    sockets.open('a', SPEC);
    at(0).fake.queue.push(packet(sockets, 1), packet(sockets, 51));
    assert.equal(sockets.drain('a'), 1);
    sockets.open('b', SPEC);
    at(2).fake.queue.push(packet(sockets, 2), packet(sockets, 51));
    at(2).fake.emit('recvReady');
    assert.deepEqual(received, ['a 192.0.2.10 1', 'b 192.0.2.10 2']);
    assert.ok(world.sockets.every((socket) => socket.fake.zombies === 0));
  });
});

describe('receive beside a watch', () => {
  /** Takes what has TTL 255 and, behind the IP header, this VRID. */
  const watch = (vrid: number, from: number[]): SocketWatch => ({
    attach: () => {},
    admit: () => true,
    repeated: (_key, { message, source, ttl }) => {
      from.push(source.at(-1) ?? -1);
      return ttl === 255 && message[1] === vrid;
    },
    reading: () => {},
    read: () => {},
    drained: () => {},
    closeKey: () => {},
  });

  it('what it has noted is read and counted, and goes no further', () => {
    const from: number[] = [];
    const { received, sockets, at } = setup(undefined, watch(51, from));
    sockets.open('a', SPEC);
    const one = packet(sockets);
    const withOptions = Uint8Array.from([0x46, ...one.subarray(1, 20), 1, 1, 1, 1, ...one.subarray(20)]);
    const nearer = Uint8Array.from(one);
    nearer[8] = 254;
    at(0).fake.queue.push(one, packet(sockets, 52), withOptions, nearer, one);
    assert.equal(sockets.drain('a'), 5);
    assert.deepEqual(from, [10, 10, 10, 10], 'a header with options is never asked about');
    assert.equal(received.length, 3);
  });
});

describe('receive over IPv6', () => {
  const payload = (vrid: number): Uint8Array => {
    const [whole] = setup().sockets.encode({ ...ADVERT6, vrid, source: 'fe80::b' });
    assert.ok(whole);
    return whole.subarray(40);
  };
  it('the payload is judged with what the kernel tells beside it, in the same budgets', async () => {
    const { received, sockets, at } = setup();
    sockets.open('a', SPEC6);
    for (let i = 0; i < 40; i++) at(0).fake.queue.push(payload(51));
    at(0).fake.emit('recvReady');
    assert.equal(received.length, 32);
    await nextTurn();
    assert.equal(received.length, 40);
    assert.equal(received[0], 'a fe80::b 51');
    assert.equal(sockets.drain('a'), 0);
  });
  it('an error is told and read off; nothing is read after close, when the descriptor may be somebody else’s', () => {
    const { problems, received, sockets, at } = setup();
    sockets.open('a', SPEC6);
    at(0).fake.queue.push(
      Object.assign(new Error('down'), { code: 'ENETDOWN' }),
      Uint8Array.of(1),
      payload(7),
    );
    assert.equal(sockets.drain('a'), 2);
    assert.deepEqual(problems, [['a', 'receive', 'ENETDOWN']]);
    assert.deepEqual(received, ['a fe80::b -1', 'a fe80::b 7']);
    at(0).fake.queue.push(payload(51));
    sockets.close('a');
    at(0).fake.emit('recvReady');
    assert.equal(sockets.drain('a'), 0);
  });
});

describe('receive trouble', () => {
  it('what the sink throws reaches the caller, and the socket goes on', () => {
    let fail = true;
    const { received, sockets, at } = setup(() => {
      if (fail) throw new RangeError('of the sink');
    });
    sockets.open('a', SPEC);
    at(0).fake.queue.push(packet(sockets), packet(sockets));
    assert.throws(() => sockets.drain('a'), { name: 'RangeError' });
    fail = false;
    assert.equal(sockets.drain('a'), 1);
    assert.equal(received.length, 2);
    assert.ok(!at(0).fake.closed);
  });
  it('garbage reaches the sink as a decoding error', () => {
    const { received, sockets, at } = setup();
    sockets.open('a', SPEC);
    at(0).fake.queue.push(Uint8Array.of(1), new Uint8Array(60), packet(sockets).subarray(0, 25));
    assert.equal(sockets.drain('a'), 3);
    assert.equal(received.length, 3);
  });
  it('an error that the socket holds is told and read off, the packets behind it are read', () => {
    const { problems, sockets, at } = setup();
    sockets.open('a', SPEC);
    at(0).fake.queue.push(new Error('Network is down'), packet(sockets));
    assert.equal(sockets.drain('a'), 1);
    assert.deepEqual(problems, [['a', 'receive', 'ENETDOWN']]);
  });
  it('a receive buffer that overflowed is told once for each time', () => {
    const { problems, sockets, at } = setup();
    sockets.open('a', SPEC);
    const flood = (overflows: number): void => {
      for (let i = 0; i < 4096; i++) at(0).fake.queue.push(packet(sockets));
      at(0).overflows = overflows;
      sockets.drain('a');
    };
    flood(0);
    assert.deepEqual(problems, []);
    flood(12);
    flood(12);
    flood(13);
    assert.deepEqual(problems, [
      ['a', 'receive-overflow', 'ENOBUFS'],
      ['a', 'receive-overflow', 'ENOBUFS'],
    ]);
  });
});

describe('a watch error', () => {
  it('does not close the socket: the watch is started again and the socket read', async () => {
    const { received, problems, sockets, at } = setup();
    sockets.open('a', SPEC);
    at(0).fake.queue.push(packet(sockets));
    at(0).fake.emit('error', new Error('-9'));
    await nextTurn();
    assert.deepEqual([at(0).fake.closed, at(0).fake.pauses, received.length], [false, [[false, true]], 1]);
    assert.deepEqual(problems, []);
    at(0).emit('error', new Error('nobody listens: this would throw'));
  });
  it('a hundred in a row, without a packet, end the watch', () => {
    const { problems, sockets, at } = setup();
    sockets.open('a', SPEC);
    for (let i = 0; i < 99; i++) at(0).fake.emit('error', new Error('-9'));
    at(0).fake.queue.push(packet(sockets));
    sockets.drain('a');
    for (let i = 0; i < 99; i++) at(0).fake.emit('error', new Error('-9'));
    assert.deepEqual(problems, []);
    at(0).fake.emit('error', new Error('-9'));
    assert.deepEqual(problems, [['a', 'receive-watch', 'EBADF']]);
    assert.deepEqual(at(0).fake.pauses.at(-1), [true, true]);
    assert.equal(sockets.send('a', ADVERT).sent, 1, 'sending is not concerned');
  });
  it('events after close are nothing', async () => {
    const { received, sockets, at } = setup();
    sockets.open('a', SPEC);
    sockets.close('a');
    at(0).fake.emit('recvReady');
    at(0).fake.emit('error', new Error('-9'));
    await nextTurn();
    assert.deepEqual([received, at(0).fake.zombies, at(0).fake.pauses], [[], 0, []]);
  });
});
