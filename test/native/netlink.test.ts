/** netlink.c on real sockets of this machine (reading needs no rights), and every bad argument it must refuse. */
import assert from 'node:assert/strict';
import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';

const ROUTE = 0;
/** nlmsghdr and ifinfomsg: a dump of all links, sequence number 7. */
const GET_LINKS = Buffer.from(`20000000${'1200'}${'0103'}07000000${'00000000'}${'00'.repeat(16)}`, 'hex');
const sockets = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch (e) {
      // The descriptor of the listing itself.
      if ((e as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw e;
    }
  }).length;
function withSocket(use: (fd: number) => void, groups = 0, bytes = 0): void {
  const fd = native().netlinkOpen(ROUTE, groups, bytes);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}
/** Calls through a type that allows what TypeScript would refuse. */
const call = (name: 'netlinkOpen' | 'netlinkSend' | 'netlinkReceive', ...args: unknown[]): unknown =>
  (native()[name] as (...a: unknown[]) => unknown)(...args);

describe('a request and its answers', () => {
  it('the whole dump is there when send returns', () => {
    withSocket((fd) => {
      const out = Buffer.alloc(65536);
      assert.equal(native().netlinkReceive(fd, out), 0);
      native().netlinkSend(fd, GET_LINKS);
      const types: number[] = [];
      for (let i = 0; i < 1000; i++) {
        const length = native().netlinkReceive(fd, out);
        if (length === 0) break;
        for (let at = 0; at < length; at += (out.readUInt32LE(at) + 3) & ~3) {
          assert.equal(out.readUInt32LE(at + 8), 7);
          types.push(out.readUInt16LE(at + 4));
        }
      }
      assert.ok(types.length >= 2);
      assert.equal(types.pop(), 3);
      assert.ok(types.every((t) => t === 16));
    });
  });
  it('an answer larger than the buffer is EMSGSIZE, and the next read goes on', () => {
    withSocket((fd) => {
      // An unknown type is answered by an NLMSG_ERROR of 36 octets or more.
      const unknown = Buffer.from(`10000000${'f0ff'}${'0500'}09000000${'00000000'}`, 'hex');
      native().netlinkSend(fd, unknown);
      assert.throws(() => native().netlinkReceive(fd, Buffer.alloc(20)), {
        code: 'EMSGSIZE',
        syscall: 'recvmsg',
        errno: -90,
      });
      native().netlinkSend(fd, unknown);
      const out = Buffer.alloc(4096);
      assert.ok(native().netlinkReceive(fd, out) >= 36);
      assert.equal(out.readUInt16LE(4), 2);
    });
  });
  it("garbage is the kernel's to drop", () => {
    withSocket((fd) => {
      native().netlinkSend(fd, Buffer.from([1, 2, 3]));
      native().netlinkSend(fd, Buffer.alloc(4096, 0xff));
      assert.equal(native().netlinkReceive(fd, Buffer.alloc(64)), 0);
    });
  });
  it('answers that do not fit into the receive buffer are ENOBUFS once, then the rest can be read', () => {
    withSocket(
      (fd) => {
        const noop = Buffer.from(`10000000${'f0ff'}${'0500'}09000000${'00000000'}`, 'hex');
        native().netlinkSend(fd, Buffer.concat(Array.from({ length: 500 }, () => noop)));
        const out = Buffer.alloc(4096);
        assert.throws(() => native().netlinkReceive(fd, out), { code: 'ENOBUFS', syscall: 'recvmsg' });
        let read = 0;
        while (native().netlinkReceive(fd, out) > 0) read++;
        assert.ok(read > 0 && read < 500, `${read} read`);
      },
      0,
      2304,
    );
  });
});

describe('errors', () => {
  it('of the system carry code, errno and syscall, and leave no descriptor behind', () => {
    const before = sockets();
    assert.throws(() => native().netlinkOpen(99, 0, 0), { code: 'EPROTONOSUPPORT', syscall: 'socket' });
    for (const fd of [-1, 1 << 20]) {
      assert.throws(() => native().netlinkSend(fd, GET_LINKS), {
        code: 'EBADF',
        syscall: 'sendto',
        errno: -9,
      });
      assert.throws(() => native().netlinkReceive(fd, Buffer.alloc(9)), {
        code: 'EBADF',
        syscall: 'recvmsg',
      });
    }
    withSocket((fd) => {
      assert.throws(() => native().netlinkSend(fd, Buffer.alloc(1 << 24)), {
        code: 'EMSGSIZE',
        syscall: 'sendto',
      });
    });
    assert.equal(sockets(), before);
  });
  it('of the caller are TypeErrors that name the argument', () => {
    withSocket((fd) => {
      const rows: [Parameters<typeof call>, RegExp][] = [
        [['netlinkOpen'], /too few/],
        [['netlinkOpen', 0, 0], /too few/],
        [['netlinkOpen', '0', 0, 0], /protocol/],
        [['netlinkOpen', 0, 'x', 0], /groups/],
        [['netlinkOpen', 0, -1, 0], /groups/],
        [['netlinkOpen', 0, 2 ** 32, 0], /groups/],
        [['netlinkOpen', 0, 0, -1], /receiveBufferBytes/],
        [['netlinkOpen', 0, 0, 2 ** 30], /receiveBufferBytes/],
        [['netlinkOpen', 0, 0, null], /receiveBufferBytes/],
        [['netlinkSend', fd], /too few/],
        [['netlinkSend', null, GET_LINKS], /fd/],
        [['netlinkSend', fd, 'text'], /message/],
        [['netlinkSend', fd, new Uint16Array(9)], /message/],
        [['netlinkSend', fd, new DataView(new ArrayBuffer(20))], /message/],
        [['netlinkSend', fd, new Uint8Array(0)], /message/],
        [['netlinkReceive', fd], /too few/],
        [['netlinkReceive', {}, Buffer.alloc(9)], /fd/],
        [['netlinkReceive', fd, undefined], /out/],
        [['netlinkReceive', fd, new Float64Array(9)], /out/],
        [['netlinkReceive', fd, new Uint8Array(0)], /out/],
      ];
      for (const [args, pattern] of rows)
        assert.throws(
          () => call(...args),
          (e) => e instanceof TypeError && pattern.test(e.message),
          `${args}`,
        );
    });
  });
});
