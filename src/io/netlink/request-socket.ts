/**
 * The socket for requests: rtnetlink answers inside sendmsg, so a request is synchronous and its answers are waiting
 * when the send returns. Answers are matched by sequence number; every loop has a bound. A dump that fails half-way
 * leaves the kernel's side busy, so the socket is then replaced.
 */
import { constants } from 'node:os';
import { MessageType as Control, Flags } from 'netlink/dist/constants.js';
import { readS32 } from 'netlink/dist/structs.js';
import type { Native } from '../../native.ts';
import { decodeAck, encodeMessage, type NetlinkMessage, type Request, splitDatagram } from './messages.ts';

/** What the sockets need of the addon; tests give a fake. */
export type SocketNative = Pick<Native, 'netlinkOpen' | 'netlinkSend' | 'netlinkReceive' | 'close'>;

/** The kernel's answer to one request: `code` is '' when it was carried out. */
export type Answer = { readonly code: string; readonly text: string };

/** A system call's error in Node's form. */
export type SystemError = Error & { readonly code: string; readonly syscall: string };

export function isSystemError(e: unknown): e is SystemError {
  return e instanceof Error && 'code' in e && 'syscall' in e && typeof e.code === 'string';
}

const NETLINK_ROUTE = 0;
/** Room for the acknowledgements of a chunk even where SO_RCVBUFFORCE is refused and rmem_max is Debian's 212992. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** The kernel fills at most 32 KiB of a dump at a time; one message larger than this buffer is EMSGSIZE. */
const DATAGRAM_BYTES = 1 << 16;
/** Requests in one send; each acknowledgement occupies less than 1 KiB of the receive buffer. */
export const CHUNK_REQUESTS = 256;
const STRAY_DATAGRAMS = 64;
const DUMP_DATAGRAMS = 1 << 16;
const DUMP_ATTEMPTS = 8;
const INTERRUPTIONS = 8;

const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  // The first name wins: EAGAIN before EWOULDBLOCK.
  Object.entries(constants.errno)
    .reverse()
    .map(([name, value]) => [value, name]),
);
/** As Node names them: 95 is 'ENOTSUP'. */
export const errnoName = (errno: number): string => ERRNO_NAMES.get(errno) ?? `errno ${errno}`;

/** A dump that did not come to a good end within its attempts. */
export class DumpError extends Error {
  override readonly name = 'DumpError';
  readonly code: string;
  constructor(code: string, text: string) {
    super(`the kernel's list of links and addresses could not be read: ${code}${text && `, ${text}`}`);
    this.code = code;
  }
}

export class RequestSocket {
  /** Datagrams or parts of them that were no answer to anything asked. */
  strayCount = 0;
  /** Dumps that were begun again. */
  dumpRepeatCount = 0;
  readonly #bufferBytes: number;
  readonly #native: SocketNative;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES);
  #fd = -1;
  #closed = false;
  #seq = 0;

  /** Throws what netlinkOpen throws. */
  /** `bufferBytes`: at least, of the receive buffer; 0..2^30 - 1. */
  constructor(native: SocketNative, bufferBytes = 0) {
    this.#native = native;
    this.#bufferBytes = Math.max(RECEIVE_BUFFER_BYTES, bufferBytes);
    this.#open();
  }

  /** The answers in the order of the requests; never throws for what the kernel or the socket says. */
  transact(requests: readonly Request[]): readonly Answer[] {
    const answers: (Answer | undefined)[] = requests.map(() => undefined);
    // The second round is for answers that an overrun took away: additions and deletions may be repeated.
    for (let round = 0; round < 2; round++) {
      const open = [...answers.keys()].filter((i) => answers[i] === undefined);
      for (let at = 0; at < open.length; at += CHUNK_REQUESTS)
        this.#exchange(requests, open.slice(at, at + CHUNK_REQUESTS), answers);
    }
    return answers.map((a) => a ?? { code: 'EIO', text: 'the kernel did not answer' });
  }

  /** Every message of a dump that the kernel calls consistent. Throws DumpError or the error of a system call. */
  dump(request: Request): readonly NetlinkMessage[] {
    let failure: DumpError | undefined;
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      if (attempt > 0) this.dumpRepeatCount++;
      const got = this.#dumpOnce(request);
      if (!(got instanceof DumpError)) return got;
      failure = got;
      if (got.code !== 'EINTR') this.#drop();
    }
    throw failure ?? new DumpError('EIO', '');
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  /** The next request opens a new socket, so a failure to open passes as soon as its cause does. */
  #drop(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#native.close(fd);
  }

  #open(): void {
    if (this.#fd < 0 && !this.#closed)
      this.#fd = this.#native.netlinkOpen(NETLINK_ROUTE, 0, this.#bufferBytes);
  }

  #nextSeq(): number {
    this.#seq = this.#seq === 0xffffffff ? 1 : this.#seq + 1;
    return this.#seq;
  }

  /** One send and its answers; what stays undefined in `answers` was not answered. */
  #exchange(requests: readonly Request[], which: readonly number[], answers: (Answer | undefined)[]): void {
    const bySeq = new Map<number, number>();
    const parts: Uint8Array[] = [];
    for (const i of which) {
      const seq = this.#nextSeq();
      bySeq.set(seq, i);
      parts.push(...encodeMessage(requests[i] as Request, seq));
    }
    const refused = this.#send(Buffer.concat(parts));
    if (refused !== undefined) {
      for (const i of which) answers[i] = { code: refused.code, text: refused.message };
      return;
    }
    const failed = this.#collectAnswers(bySeq, answers);
    if (failed !== undefined)
      for (const i of bySeq.values()) answers[i] = { code: failed.code, text: failed.message };
  }

  /** Moves what has come from `bySeq` to `answers`; returns the error that ended it early. */
  #collectAnswers(bySeq: Map<number, number>, answers: (Answer | undefined)[]): SystemError | undefined {
    const limit = bySeq.size + STRAY_DATAGRAMS;
    for (let reads = 0; reads < limit && bySeq.size > 0; reads++) {
      const got = this.#receive();
      if (got === 'none') return undefined;
      if (got === 'lost') continue;
      if (got instanceof Error) return got;
      for (const m of got) {
        const ack = m.type === Control.ERROR ? decodeAck(m) : 'garbage';
        const i = ack === 'garbage' ? undefined : bySeq.get(ack.seq);
        if (ack === 'garbage' || i === undefined) {
          this.strayCount++;
          continue;
        }
        bySeq.delete(ack.seq);
        answers[i] = { code: ack.errno === 0 ? '' : errnoName(ack.errno), text: ack.text };
      }
    }
    // More strangers than can be: whatever they are, they shall not stand before the next answers too.
    if (bySeq.size > 0) this.#drop();
    return undefined;
  }

  #dumpOnce(request: Request): readonly NetlinkMessage[] | DumpError {
    const seq = this.#nextSeq();
    const refused = this.#send(Buffer.concat(encodeMessage(request, seq)));
    if (refused !== undefined) throw refused;
    const kept: NetlinkMessage[] = [];
    let interrupted = false;
    for (let reads = 0; reads < DUMP_DATAGRAMS; reads++) {
      const got = this.#receive();
      if (got === 'none') return new DumpError('EIO', 'it ended early');
      if (got === 'lost') return new DumpError('ENOBUFS', 'a part was lost');
      if (got instanceof Error) throw got;
      for (const m of got) {
        if (m.seq !== seq) {
          this.strayCount++;
          continue;
        }
        interrupted ||= (m.flags & Flags.DUMP_INTR) !== 0;
        if (m.type === Control.ERROR) {
          const ack = decodeAck(m);
          return ack === 'garbage'
            ? new DumpError('EIO', 'an answer was cut short')
            : new DumpError(errnoName(ack.errno), ack.text);
        }
        if (m.type === Control.DONE) {
          const errno = m.data.length >= 4 ? -readS32.call(m.data, 0) : 0;
          if (errno > 0) return new DumpError(errnoName(errno), '');
          return interrupted ? new DumpError('EINTR', 'it changed while it was read') : kept;
        }
        // The buffer is used again for the next datagram.
        kept.push({ ...m, data: Buffer.from(m.data) });
      }
    }
    return new DumpError('EIO', 'it did not end');
  }

  #send(message: Uint8Array): SystemError | undefined {
    for (let i = 0; ; i++) {
      try {
        this.#open();
        this.#native.netlinkSend(this.#fd, message);
        return undefined;
      } catch (e) {
        if (!isSystemError(e)) throw e;
        if (e.code !== 'EINTR' || i >= INTERRUPTIONS) return e;
      }
    }
  }

  /** 'lost': the receive buffer overran, or a datagram was larger than ours; the next read goes on. */
  #receive(): readonly NetlinkMessage[] | 'none' | 'lost' | SystemError {
    for (let i = 0; ; i++) {
      try {
        const length = this.#native.netlinkReceive(this.#fd, this.#buffer);
        if (length === 0) return 'none';
        const { messages, whole } = splitDatagram(this.#buffer.subarray(0, length));
        if (!whole) this.strayCount++;
        return messages;
      } catch (e) {
        if (!isSystemError(e)) throw e;
        if (e.code === 'EINTR' && i < INTERRUPTIONS) continue;
        if (e.code === 'ENOBUFS' || e.code === 'ENOMEM' || e.code === 'EMSGSIZE') return 'lost';
        return e;
      }
    }
  }
}
