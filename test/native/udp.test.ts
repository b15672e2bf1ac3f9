/** native/udp.c: bad arguments, and the loopback interface. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';

const n = native();
/** The addon without types: what a mistaken caller could hand it. */
const raw = n as unknown as Record<string, (...args: unknown[]) => unknown>;
const LO4 = Uint8Array.of(127, 0, 0, 1);
const LO6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const ACCOUNT = 48;
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (e) {
    return (e as NodeJS.ErrnoException).code ?? (e as Error).name;
  }
  return undefined;
};

/** A socket on a port that is free. */
function open(address: Uint8Array, ttl = 255): { fd: number; port: number } {
  for (let i = 0; i < 100; i++) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    try {
      return { fd: n.udpOpen(address, 0, port, ttl, 0), port };
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw e;
    }
  }
  throw new Error('no free port');
}
const noIpv6 = codeOf(() => n.close(open(LO6).fd)) === undefined ? false : 'no IPv6 here';

function receive(fd: number, slot: number, room: number) {
  const out = new Uint8Array(slot * room);
  const info = new Uint8Array(ACCOUNT * room);
  const count = n.udpReceive(fd, slot, out, info);
  const numbers = new Int32Array(info.buffer);
  return Array.from({ length: count }, (_, i) => ({
    data: [...out.subarray(i * slot, i * slot + Math.min(slot, numbers[i * 12] as number))],
    length: numbers[i * 12],
    ttl: numbers[i * 12 + 1],
    index: numbers[i * 12 + 2],
    port: numbers[i * 12 + 3],
    source: [...info.subarray(i * ACCOUNT + 16, i * ACCOUNT + 32)],
    destination: [...info.subarray(i * ACCOUNT + 32, i * ACCOUNT + 48)],
  }));
}

describe('udp arguments', () => {
  it('wrong types and ranges', () => {
    const lists: readonly (readonly [string, readonly unknown[]])[] = [
      ['udpOpen', []],
      ['udpOpen', ['127.0.0.1', 0, 0, 255, 0]],
      ['udpOpen', [new Uint8Array(5), 0, 0, 255, 0]],
      ['udpOpen', [LO4, 0, 65_536, 255, 0]],
      ['udpOpen', [LO4, -1, 0, 255, 0]],
      ['udpOpen', [LO4, 0, 0, 0, 0]],
      ['udpOpen', [LO4, 0, 0, 256, 0]],
      ['udpSend', [0, LO4, 0, 1]],
      ['udpSend', [-1, LO4, 0, 1, LO4]],
      ['udpSend', [0, LO4, 0, 1, 'text']],
      ['udpReceive', [0, 0, LO4, new Uint8Array(ACCOUNT)]],
      ['udpReceive', [0, 5, LO4, new Uint8Array(ACCOUNT)]],
      ['udpReceive', [0, 4, LO4, new Uint8Array(ACCOUNT - 1)]],
    ];
    for (const [name, list] of lists)
      assert.throws(() => raw[name]?.(...list), { name: 'TypeError' }, `${name} ${list}`);
  });
  it('descriptors that are none', () => {
    assert.equal(
      codeOf(() => n.udpSend(999_999, LO4, 0, 1, LO4)),
      'EBADF',
    );
    assert.equal(
      codeOf(() => receive(999_999, 4, 1)),
      'EBADF',
    );
  });
  it('an address that is not ours, a port that is taken; nothing stays open', () => {
    const { fd, port } = open(LO4);
    const before = readdirSync('/proc/self/fd').length;
    assert.equal(
      codeOf(() => n.udpOpen(Uint8Array.of(192, 0, 2, 77), 0, 0, 255, 0)),
      'EADDRNOTAVAIL',
    );
    assert.equal(
      codeOf(() => n.udpOpen(LO4, 0, port, 255, 0)),
      'EADDRINUSE',
    );
    assert.equal(readdirSync('/proc/self/fd').length, before);
    n.close(fd);
  });
});

describe('udp datagrams', () => {
  it('IPv4: data, TTL, interface, addresses', () => {
    const a = open(LO4, 77);
    const b = open(LO4);
    assert.deepEqual(receive(b.fd, 8, 1), []);
    n.udpSend(a.fd, LO4, 0, b.port, Uint8Array.of(1, 2, 3));
    const zeros = Array<number>(12).fill(0);
    assert.deepEqual(receive(b.fd, 8, 1), [
      {
        data: [1, 2, 3],
        length: 3,
        ttl: 77,
        index: 1,
        port: a.port,
        source: [...LO4, ...zeros],
        destination: [...LO4, ...zeros],
      },
    ]);
    n.close(a.fd);
    n.close(b.fd);
  });
  it('IPv6 likewise, and no IPv4 on it', { skip: noIpv6 }, () => {
    const a = open(LO6, 64);
    const b = open(LO6);
    n.udpSend(a.fd, LO6, 0, b.port, Uint8Array.of(9));
    assert.deepEqual(receive(b.fd, 8, 1), [
      { data: [9], length: 1, ttl: 64, index: 1, port: a.port, source: [...LO6], destination: [...LO6] },
    ]);
    assert.notEqual(
      codeOf(() => n.udpSend(a.fd, LO4, 0, b.port, LO4)),
      undefined,
    );
    n.close(a.fd);
    n.close(b.fd);
  });
  it('batches: at most 32, in order; what does not fit is cut and says so', () => {
    const a = open(LO4);
    const b = open(LO4);
    for (let i = 0; i < 40; i++) n.udpSend(a.fd, LO4, 0, b.port, new Uint8Array(6).fill(i));
    const first = receive(b.fd, 4, 64);
    assert.deepEqual(
      first.map((d) => d.data[0]),
      Array.from({ length: 32 }, (_, i) => i),
    );
    assert.deepEqual([first[0]?.length, first[0]?.data.length], [6, 4]);
    assert.equal(receive(b.fd, 8, 3).length, 3);
    assert.equal(receive(b.fd, 8, 64).length, 5);
    n.close(a.fd);
    n.close(b.fd);
  });
});
