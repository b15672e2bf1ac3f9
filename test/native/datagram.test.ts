/** native/datagram.c: bad arguments, and a UDP socket over the loopback's IPv6 in place of a raw one. Needs no privilege. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';

const n = native();
/** The addon without types: what a mistaken caller could hand it. */
const raw = n as unknown as Record<string, (...args: unknown[]) => unknown>;

type Handle = { readonly fd: number; recvStop(): void };

/** A bound IPv6 socket of Node that does not read, and its descriptor, which Node keeps to itself as raw-socket does. */
async function withSocket(
  body: (fd: number, send: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const socket = createSocket('udp6');
  await new Promise<void>((done) => socket.bind(0, '::1', done));
  const { port } = socket.address();
  const state = Object.getOwnPropertySymbols(socket).find((one) => String(one).includes('state'));
  const { handle } = (socket as unknown as Record<symbol, { handle: Handle }>)[state as symbol] as {
    handle: Handle;
  };
  handle.recvStop();
  try {
    await body(
      handle.fd,
      (text) => new Promise<void>((done) => socket.send(text, port, '::1', () => done())),
    );
  } finally {
    socket.close();
  }
}

describe('receiveIpv6', () => {
  it('refuses what is no descriptor and no buffer', () => {
    const out = new Uint8Array(10);
    const about = new Uint8Array(40);
    for (const args of [
      [],
      [Number.NaN, out, about],
      [-1, out, about],
      [0, 'x', about],
      [0, new Uint8Array(0), about],
      [0, out, new Uint8Array(39)],
      [0, out, new Uint8Array(41)],
      [0, out],
    ])
      assert.throws(() => raw['receiveIpv6']?.(...args), TypeError, String(args));
    assert.throws(() => n.receiveIpv6(999_999, out, about), { code: 'EBADF', syscall: 'recvmsg' });
  });
  it('nothing is -1, a packet is its octets and where it came from, one that does not fit is gone', async () => {
    await withSocket(async (fd, send) => {
      const out = new Uint8Array(8);
      const about = new Uint8Array(40).fill(0xa5);
      assert.equal(n.receiveIpv6(fd, out, about), -1);
      await send('hello');
      assert.equal(n.receiveIpv6(fd, out, about), 5);
      assert.equal(Buffer.from(out.subarray(0, 5)).toString(), 'hello');
      // ::1, then no destination and no hop limit: nobody asked the socket for them.
      assert.equal(Buffer.from(about.subarray(0, 16)).toString('hex'), `${'0'.repeat(31)}1`);
      assert.equal(Buffer.from(about.subarray(16)).toString('hex'), `${'0'.repeat(32)}ffffffff00000000`);
      await send('longer than eight');
      assert.throws(() => n.receiveIpv6(fd, out, about), { code: 'EMSGSIZE' });
      assert.equal(n.receiveIpv6(fd, out, about), -1);
      await send('');
      assert.equal(n.receiveIpv6(fd, out, about), 0);
      assert.equal(n.receiveIpv6(fd, out, about), -1);
    });
  });
});

describe('socketOfCookie', () => {
  it('refuses what is no cookie, and says when nobody has it', () => {
    for (const cookie of [undefined, 7, new Uint8Array(7), new Uint8Array(9)])
      assert.throws(() => raw['socketOfCookie']?.(cookie), TypeError);
    assert.throws(() => n.socketOfCookie(new Uint8Array(8).fill(0xff)), { code: 'ENOENT' });
  });
});
