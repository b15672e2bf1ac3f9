/** A kernel for tests: takes what is sent, answers from a script. Messages are built here by hand, little-endian, not with the codecs under test. */
import type { NetlinkNative } from '../../../../src/io/netlink/rt-netlink.ts';
import type { PollHandle } from '../../../../src/native.ts';

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const DUMP_INTR = 0x10;
export const IFF = { up: 1, loopback: 8, running: 0x40, noArp: 0x80, multicast: 0x1000 } as const;

export const u16 = (x: number): number[] => [x & 255, (x >> 8) & 255];
export const u32 = (x: number): number[] => [...u16(x & 0xffff), ...u16(x >>> 16)];
const padded = (bytes: readonly number[]): number[] => [
  ...bytes,
  ...Array<number>((4 - (bytes.length % 4)) % 4).fill(0),
];
export const attr = (type: number, data: readonly number[]): number[] =>
  padded([...u16(data.length + 4), ...u16(type), ...data]);
export const text = (s: string): number[] => [...Buffer.from(`${s}\0`)];
export const message = (type: number, flags: number, seq: number, body: readonly number[]): number[] =>
  padded([...u32(body.length + 16), ...u16(type), ...u16(flags), ...u32(seq), ...u32(0), ...body]);

/** `errno` positive; the acknowledgement repeats the header of the request. */
export const ack = (seq: number, errno = 0, tlvs: readonly number[] = [], flags = 0x100): number[] =>
  message(NLMSG_ERROR, flags | (tlvs.length > 0 ? 0x200 : 0), seq, [
    ...u32(-errno >>> 0),
    ...u32(16),
    ...u16(RTM_NEWADDR),
    ...u16(5),
    ...u32(seq),
    ...u32(0),
    ...tlvs,
  ]);

export const linkBody = (
  index: number,
  flags: number,
  attributes: readonly number[],
  family = 0,
): number[] => [family, 0, ...u16(1), ...u32(index), ...u32(flags), ...u32(0), ...attributes];
export const linkAttributes = (
  name: string,
  mtu = 1500,
  mac: readonly number[] = [2, 0, 0, 0, 0, 1],
): number[] => [...attr(3, text(name)), ...attr(4, u32(mtu)), ...attr(1, mac)];
export const ipv4Body = (
  index: number,
  local: readonly number[],
  extra: readonly number[] = [],
): number[] => [2, 24, 0x80, 0, ...u32(index), ...attr(1, local), ...attr(2, local), ...extra];

export class FakeError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly errno = -1;
  constructor(code: string, syscall = 'recvmsg') {
    super(`${code}: fake, ${syscall}`);
    this.code = code;
    this.syscall = syscall;
  }
}

/** A datagram, or an error thrown by its read; 'none' is an empty queue for one read although more follows. */
export type Item = readonly number[] | FakeError | 'none';
export type Sent = {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly body: Buffer;
};

export class FakeKernel implements NetlinkNative {
  /** Called for each message of each send; what it returns is queued on the same socket. */
  answer: (sent: Sent, nth: number) => readonly Item[] = (s): readonly Item[] => [ack(s.seq)];
  readonly sends: Sent[][] = [];
  readonly opened: { readonly fd: number; readonly groups: number; readonly bytes: number }[] = [];
  readonly open: Set<number> = new Set();
  /** Errors for the next sends. */
  readonly sendErrors: FakeError[] = [];
  readonly openErrors: FakeError[] = [];
  reads = 0;
  wake: ((status: number) => void) | undefined;
  #queues = new Map<number, Item[]>();
  #nextFd = 10;
  #messages = 0;

  /** The socket that listens, or the newest that asks. */
  fd(kind: 'listen' | 'ask'): number {
    const found = this.opened.findLast((o) => (o.groups !== 0) === (kind === 'listen'));
    if (found === undefined) throw new Error(`no ${kind} socket was opened`);
    return found.fd;
  }

  queue(kind: 'listen' | 'ask', ...items: Item[]): void {
    this.#queues.get(this.fd(kind))?.push(...items);
  }

  pending(kind: 'listen' | 'ask'): number {
    return this.#queues.get(this.fd(kind))?.length ?? 0;
  }

  netlinkOpen(_protocol: number, groups: number, bytes: number): number {
    const error = this.openErrors.shift();
    if (error !== undefined) throw error;
    const fd = this.#nextFd++;
    this.opened.push({ fd, groups, bytes });
    this.open.add(fd);
    this.#queues.set(fd, []);
    return fd;
  }

  netlinkSend(fd: number, bytes: Uint8Array): void {
    if (!this.open.has(fd)) throw new FakeError('EBADF', 'sendto');
    const error = this.sendErrors.shift();
    if (error !== undefined) throw error;
    const data = Buffer.from(bytes);
    const sent: Sent[] = [];
    for (let at = 0; at < data.length; ) {
      const length = data.readUInt32LE(at);
      sent.push({
        type: data.readUInt16LE(at + 4),
        flags: data.readUInt16LE(at + 6),
        seq: data.readUInt32LE(at + 8),
        body: data.subarray(at + 16, at + length),
      });
      at += (length + 3) & ~3;
    }
    this.sends.push(sent);
    for (const s of sent) this.#queues.get(fd)?.push(...this.answer(s, this.#messages++));
  }

  netlinkReceive(fd: number, out: Uint8Array): number {
    if (!this.open.has(fd)) throw new FakeError('EBADF');
    this.reads++;
    const item = this.#queues.get(fd)?.shift();
    if (item === undefined || item === 'none') return 0;
    if (item instanceof FakeError) throw item;
    out.set(item);
    return item.length;
  }

  close(fd: number): void {
    if (!this.open.delete(fd)) throw new FakeError('EBADF', 'close');
  }

  pollStart(fd: number, ready: (status: number) => void): PollHandle {
    if (fd !== this.fd('listen')) throw new Error('the wrong socket is watched');
    this.wake = ready;
    return { brand: 'poll' };
  }

  pollStop(): void {
    this.wake = undefined;
  }
}

/** Answers dumps from lists of message bodies and everything else with success. */
export function dumpAnswers(state: {
  links: readonly (readonly number[])[];
  addresses: readonly (readonly number[])[];
}): (s: Sent) => readonly Item[] {
  return (s) => {
    if (s.type !== RTM_GETLINK && s.type !== RTM_GETADDR) return [ack(s.seq)];
    const type = s.type === RTM_GETLINK ? RTM_NEWLINK : RTM_NEWADDR;
    const bodies = s.type === RTM_GETLINK ? state.links : state.addresses;
    const of = bodies.filter((b) => s.type === RTM_GETLINK || b[0] === s.body[0]);
    return [of.flatMap((b) => message(type, 2, s.seq, b)), message(NLMSG_DONE, 2, s.seq, u32(0))].filter(
      (d) => d.length > 0,
    );
  };
}
