/**
 * BfdPort over UDP sockets of the addon, which gives the TTL of each datagram. One receive socket for each family and port,
 * read in batches; one send socket for each session. Judges nothing.
 */
import type { Native, PollHandle } from '../../native.ts';
import type { BfdDestination, BfdEnd, BfdListener, BfdPort, BfdReceived, BfdSink } from '../../ports/bfd.ts';
import { BFD_LENGTH, type ControlFacts, decodeControl, encodeControl } from '../../wire/bfd.ts';
import { codeOf } from '../errno.ts';

/** RFC 5881 4, RFC 5883 5. */
const SINGLE_HOP_PORT = 3784;
const MULTIHOP_PORT = 4784;
/** RFC 5881 4: source ports 49152..65535. */
const FIRST_SOURCE_PORT = 49_152;
const SOURCE_PORTS = 65_536 - FIRST_SOURCE_PORT;
const PORT_TRIES = 32;
const RECEIVE_TTL = 255; // nothing is sent from there
/** 200 sessions at 10 ms fill it in a stall of 5 s. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** A send socket hears nothing that matters: the least the kernel gives. */
const NO_BUFFER_BYTES = 1;
/** The longest that the length field can say; a longer datagram has octets behind it, which do not count. */
const SLOT_BYTES = 256;
const BATCH = 32;
const ACCOUNT_BYTES = 48;
/** Batches of one wake-up and of one drain: then other sockets and timers get their turn. */
const WAKE_BATCHES = 4;
const DRAIN_BATCHES = 512;

export type BfdNative = Pick<
  Native,
  'udpOpen' | 'udpSend' | 'udpReceive' | 'pollStart' | 'pollStop' | 'close'
>;

export type BfdSocketsOptions = {
  readonly native: BfdNative;
  readonly sink: BfdSink;
  /** The number of an interface, 0 = there is none. */
  readonly interfaceIndex: (name: string) => number;
  /** In 0..1. */
  readonly random: () => number;
  /** 'receive' failed with this code; the socket goes on. Not rate-limited. */
  readonly onProblem: (where: string, what: string, code: string) => void;
};

type Receiver = {
  readonly listener: BfdListener;
  readonly fd: number;
  readonly watch: PollHandle;
  reading: boolean;
};

const keyOf = (l: BfdListener): string =>
  `BFD IPv${l.family} port ${l.multihop ? MULTIHOP_PORT : SINGLE_HOP_PORT}`;

export class BfdSockets implements BfdPort {
  readonly #o: BfdSocketsOptions;
  readonly #receivers = new Map<string, Receiver>();
  readonly #senders = new Map<string, number>();
  readonly #packet = new Uint8Array(BFD_LENGTH);
  readonly #slots = new Uint8Array(BATCH * SLOT_BYTES);
  readonly #accounts = new Uint8Array(BATCH * ACCOUNT_BYTES);
  readonly #numbers = new Int32Array(this.#accounts.buffer);

  constructor(options: BfdSocketsOptions) {
    this.#o = options;
  }

  interfaceIndex(name: string): number {
    return this.#o.interfaceIndex(name);
  }

  listen(listener: BfdListener): void {
    const key = keyOf(listener);
    if (this.#receivers.has(key)) return;
    const any = new Uint8Array(listener.family === 4 ? 4 : 16);
    const port = listener.multihop ? MULTIHOP_PORT : SINGLE_HOP_PORT;
    const fd = this.#o.native.udpOpen(any, 0, port, RECEIVE_TTL, RECEIVE_BUFFER_BYTES);
    const watch = this.#o.native.pollStart(fd, () => this.#wake(key));
    this.#receivers.set(key, { listener, fd, watch, reading: false });
  }

  unlisten(listener: BfdListener): void {
    const receiver = this.#receivers.get(keyOf(listener));
    if (receiver === undefined) return;
    this.#receivers.delete(keyOf(listener));
    this.#o.native.pollStop(receiver.watch);
    this.#o.native.close(receiver.fd);
  }

  open(name: string, end: BfdEnd): void {
    this.close(name);
    const scope = this.#scope(end.interface);
    if (scope === undefined)
      throw Object.assign(new Error(`ENODEV: no interface ${end.interface}`), { code: 'ENODEV' });
    for (let i = 1; ; i++) {
      const port = FIRST_SOURCE_PORT + Math.floor(this.#o.random() * SOURCE_PORTS);
      try {
        this.#senders.set(name, this.#o.native.udpOpen(end.source, scope, port, end.ttl, NO_BUFFER_BYTES));
        return;
      } catch (e) {
        if (codeOf(e) !== 'EADDRINUSE' || i === PORT_TRIES) throw e;
      }
    }
  }

  close(name: string): void {
    const fd = this.#senders.get(name);
    this.#senders.delete(name);
    if (fd !== undefined) this.#o.native.close(fd);
  }

  send(name: string, to: BfdDestination, packet: ControlFacts): string | undefined {
    const fd = this.#senders.get(name);
    const scope = this.#scope(to.interface);
    if (fd === undefined) return 'EBADF';
    if (scope === undefined) return 'ENODEV';
    encodeControl(packet, this.#packet);
    try {
      this.#o.native.udpSend(
        fd,
        to.address,
        scope,
        to.multihop ? MULTIHOP_PORT : SINGLE_HOP_PORT,
        this.#packet,
      );
      return undefined;
    } catch (e) {
      return codeOf(e);
    }
  }

  /** undefined: the interface is not there. */
  #scope(name: string): number | undefined {
    if (name === '') return 0;
    const index = this.#o.interfaceIndex(name);
    return index === 0 ? undefined : index;
  }

  drain(listener: BfdListener): number {
    const receiver = this.#receivers.get(keyOf(listener));
    return receiver === undefined ? 0 : this.#read(receiver, DRAIN_BATCHES);
  }

  #wake(key: string): void {
    const receiver = this.#receivers.get(key);
    // What is left over makes the socket readable again, after timers and other sockets.
    if (receiver !== undefined) this.#read(receiver, WAKE_BATCHES);
  }

  /** Nothing within the sink of the same socket: the buffers are in use. */
  #read(receiver: Receiver, batches: number): number {
    if (receiver.reading) return 0;
    receiver.reading = true;
    let total = 0;
    try {
      for (let i = 0; i < batches; i++) {
        const count = this.#receive(receiver);
        total += count;
        if (count < BATCH) break;
      }
    } finally {
      receiver.reading = false;
    }
    return total;
  }

  #receive(receiver: Receiver): number {
    let count: number;
    try {
      count = this.#o.native.udpReceive(receiver.fd, SLOT_BYTES, this.#slots, this.#accounts);
    } catch (e) {
      this.#o.onProblem(keyOf(receiver.listener), 'receive', codeOf(e));
      return 0;
    }
    // All is taken out of the shared buffers before the sink may read again.
    const list: BfdReceived[] = [];
    for (let i = 0; i < count; i++) list.push(this.#received(receiver.listener, i));
    for (const received of list) this.#o.sink(received);
    return count;
  }

  #received(listener: BfdListener, i: number): BfdReceived {
    const at = i * ACCOUNT_BYTES;
    const number = i * (ACCOUNT_BYTES / 4);
    const length = Math.min(this.#numbers[number] as number, SLOT_BYTES);
    const octets = listener.family === 4 ? 4 : 16;
    return {
      ...listener,
      source: this.#accounts.slice(at + 16, at + 16 + octets),
      destination: this.#accounts.slice(at + 32, at + 32 + octets),
      interfaceIndex: this.#numbers[number + 2] as number,
      port: this.#numbers[number + 3] as number,
      ttl: this.#numbers[number + 1] as number,
      packet: decodeControl(this.#slots.subarray(i * SLOT_BYTES, i * SLOT_BYTES + length)),
    };
  }

  closeAll(): void {
    for (const { listener } of [...this.#receivers.values()]) this.unlisten(listener);
    for (const name of [...this.#senders.keys()]) this.close(name);
  }
}
