/** native/packet.c: bad arguments and the loopback interface. What needs CAP_NET_RAW is skipped without it. */
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';

const n = native();
/** The addon without types: what a mistaken caller could hand it. */
const raw = n as unknown as Record<string, (...args: unknown[]) => unknown>;
const NONE = new Uint8Array(0);
/** `ret #0`: nothing gets in. */
const DROP_ALL = Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0);

function mayOpen(): boolean {
  try {
    n.close(n.packetOpen(0, 0, NONE));
    return true;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EPERM') return false;
    throw e;
  }
}
const skip = mayOpen() ? false : 'needs CAP_NET_RAW';

describe('packet arguments', () => {
  it('too few', () => {
    for (const name of ['packetOpen', 'packetSend', 'packetReceive'])
      for (const list of [[], [0]]) assert.throws(() => raw[name]?.(...list), { name: 'TypeError' }, name);
    assert.throws(() => raw['packetOpen']?.(0, 0), { name: 'TypeError' });
    assert.throws(() => raw['packetSend']?.(0, 0), { name: 'TypeError' });
  });
  it('packetOpen: wrong types and ranges', () => {
    for (const list of [
      ['lo', 0, NONE],
      [-1, 0, NONE],
      [1.5, 0, NONE],
      [0, 0x10000, NONE],
      [0, '2054', NONE],
      [0, 0, undefined],
      [0, 0, new Uint8Array(7)],
      [0, 0, new Uint8Array(8 * 4097)],
      [0, 0, new Uint32Array(2)],
    ])
      assert.throws(() => raw['packetOpen']?.(...list), { name: 'TypeError' }, String(list));
  });
  it('packetSend: wrong types and lengths', () => {
    const fd = openSync('/dev/null', 'r');
    for (const list of [
      ['0', 1, []],
      [Number.NaN, 1, []],
      [fd, -1, []],
      [fd, 1, null],
      [fd, 1, { length: 1, 0: new Uint8Array(60) }],
      [fd, 1, [new Uint8Array(60), 'frame']],
      [fd, 1, [new Uint8Array(13)]],
      [fd, 1, [new Uint8Array(65_536)]],
      [fd, 1, [new Uint16Array(60)]],
      [fd, 1, [undefined]],
    ])
      assert.throws(() => raw['packetSend']?.(...list), { name: 'TypeError' }, String(list));
    assert.throws(() => n.packetSend(fd, 1, [new Uint8Array(60)]), { code: 'ENOTSOCK', syscall: 'sendmmsg' });
    assert.throws(() => n.packetSend(9999, 1, [new Uint8Array(60)]), { code: 'EBADF' });
    assert.equal(n.packetSend(9999, 1, []), 0);
    closeSync(fd);
  });
  it('an element that throws while it is read stops the call with its own error', () => {
    const frames = Object.defineProperty([], 0, {
      get: () => {
        throw new RangeError('mine');
      },
    });
    assert.throws(() => n.packetSend(9999, 1, frames), { name: 'RangeError', message: 'mine' });
  });
  it('packetClose: wrong types, not open, no socket', () => {
    for (const list of [[], ['3'], [-1], [Number.NaN], [null]])
      assert.throws(() => raw['packetClose']?.(...list), { name: 'TypeError' });
    assert.throws(() => n.packetClose(9999), { code: 'EBADF' });
    const fd = openSync('/dev/null', 'r');
    assert.throws(() => n.packetClose(fd), { code: 'ENOTSOCK' });
    closeSync(fd);
  });
  it('packetReceive: wrong types', () => {
    for (const list of [
      ['0', new Uint8Array(9)],
      [0, 'out'],
      [0, new Uint8Array(0)],
      [0, new DataView(new ArrayBuffer(8))],
    ])
      assert.throws(() => raw['packetReceive']?.(...list), { name: 'TypeError' });
    assert.throws(() => n.packetReceive(9999, new Uint8Array(9)), { code: 'EBADF', syscall: 'recv' });
  });
});

describe('packet sockets', { skip }, () => {
  const LOOPBACK = 1;
  /** Ethernet: to and from nobody, ether type 0x88b5 (for local experiments), 46 octets. */
  const frame = (mark: number): Uint8Array => {
    const out = new Uint8Array(60).fill(mark, 14);
    out.set([0x88, 0xb5], 12);
    return out;
  };
  it('an unknown interface is ENODEV; sending to one is ENXIO', () => {
    assert.throws(() => n.packetOpen(2 ** 31 - 2, 0x88b5, NONE), { code: 'ENODEV', syscall: 'bind' });
    const fd = n.packetOpen(0, 0, NONE);
    assert.throws(() => n.packetSend(fd, 2 ** 31 - 2, [frame(1)]), { code: 'ENXIO' });
    n.close(fd);
  });
  it('packetClose closes, but not what is watched', async () => {
    const fd = n.packetOpen(LOOPBACK, 0x88b5, NONE);
    const handle = n.pollStart(fd, () => {});
    assert.throws(() => n.packetClose(fd), { code: 'EBUSY' });
    n.pollStop(handle);
    n.packetClose(fd);
    for (let i = 0; i < 500 && existsSync(`/proc/self/fd/${fd}`); i++)
      await new Promise((done) => setTimeout(done, 5));
    assert.ok(!existsSync(`/proc/self/fd/${fd}`));
  });
  it('an invalid filter is EINVAL', () => {
    assert.throws(() => n.packetOpen(LOOPBACK, 0x88b5, new Uint8Array(8).fill(0xff)), {
      code: 'EINVAL',
      syscall: 'setsockopt',
    });
  });
  it('more frames than one sendmmsg takes, all in order; and a frame that does not fit', () => {
    const out = n.packetOpen(0, 0, NONE);
    const into = n.packetOpen(LOOPBACK, 0x88b5, NONE);
    const count = 600;
    const frames = Array.from({ length: count }, (_, i) => frame(i % 256));
    const buffer = new Uint8Array(64);
    const got: number[] = [];
    assert.equal(n.packetSend(out, LOOPBACK, frames), count);
    for (let length = n.packetReceive(into, buffer); length > 0; length = n.packetReceive(into, buffer)) {
      assert.equal(length, 60);
      got.push(buffer[20] as number);
    }
    // A receive buffer of the default size holds a few hundred small frames; those that came are the first ones.
    assert.ok(got.length > 100, String(got.length));
    assert.deepEqual(
      got,
      Array.from({ length: got.length }, (_, i) => i % 256),
    );
    assert.equal(n.packetSend(out, LOOPBACK, [frame(9)]), 1);
    assert.throws(() => n.packetReceive(into, new Uint8Array(20)), { code: 'EMSGSIZE' });
    assert.equal(n.packetReceive(into, buffer), 0);
    n.close(out);
    n.close(into);
  });
  it('a filter keeps frames out from the first moment', () => {
    const out = n.packetOpen(0, 0, NONE);
    const into = n.packetOpen(LOOPBACK, 0x88b5, DROP_ALL);
    assert.equal(n.packetSend(out, LOOPBACK, [frame(1), frame(2)]), 2);
    assert.equal(n.packetReceive(into, new Uint8Array(64)), 0);
    n.close(out);
    n.close(into);
  });
});
