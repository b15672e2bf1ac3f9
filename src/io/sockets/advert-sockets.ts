/**
 * AdvertPort over npm raw-socket: one receive and one send socket for each key, packets drained in bounded rounds, adverts
 * encoded at send time and sent synchronously. Judges nothing: what the kernel filter lets through goes to the sink.
 */
import { AssertionError } from '../../base/assert.ts';
import { parseIp } from '../../base/ip.ts';
import type { AdvertPort, AdvertSink, OutgoingAdvert, SendResult, SocketSpec } from '../../ports/advert.ts';
import type { ReceivedAdvert } from '../../wire/received.ts';
import { codeOf } from '../errno.ts';
import {
  ABOUT_LENGTH,
  type GuardedSocket,
  loadRawSocket,
  type RawSocketModule,
  type SocketNative,
} from './guarded-socket.ts';
import { PreparedAdvert } from './prepared-advert.ts';
import {
  familyOf,
  filterDestination,
  growReceiveBuffer,
  mostQueued,
  openReceiver,
  openSender,
  overflowCount,
  receiveFilter,
  type SocketTools,
} from './setup.ts';
import type { SocketWatch } from './socket-watch.ts';

/** Packets of one socket for each turn of the loop, so that timers and other sockets get theirs. */
const BUDGET = 32;
/** Packets of one `drain`: some milliseconds. */
const DRAIN_BUDGET = 1024;
/** The longest datagram: nothing is ever cut. */
const LONGEST_PACKET = 65_535;

export type AdvertSocketsOptions = {
  readonly native: SocketNative;
  readonly sink: AdvertSink;
  /**
   * What went wrong without a caller to tell: 'receive' (a socket error), 'receive-watch' (given up after 100 errors in
   * a row: open it again), 'receive-overflow' (the buffer was full, adverts are lost), 'receive-buffer' (smaller
   * than wanted), 'encode: …' (an advert that no header can hold). Not rate-limited.
   */
  readonly onProblem: (key: string, what: string, code: string) => void;
  readonly rawSocket?: RawSocketModule;
  /** Before the sockets of `key` are closed, also when nothing was open. */
  readonly onClose?: (key: string) => void;
  /** Absent: no advert is kept from us. */
  readonly watch?: SocketWatch;
};

type Entry = {
  readonly key: string;
  readonly spec: SocketSpec;
  readonly receiver: GuardedSocket;
  readonly sender: GuardedSocket;
  reading: boolean;
  overflows: number;
  bufferBytes: number; // asked for
};

type Encoded =
  | { readonly packet: Buffer }
  | { readonly packet?: never; readonly code: string; readonly why: string };

export class AdvertSockets implements AdvertPort {
  readonly #options: AdvertSocketsOptions;
  readonly #entries = new Map<string, Entry>();
  /** Keys with more to read than a budget, and the one immediate that will read them. */
  readonly #readable = new Set<string>();
  #immediate: NodeJS.Immediate | undefined;
  readonly #buffer = Buffer.allocUnsafeSlow(LONGEST_PACKET);
  readonly #about = new Uint8Array(ABOUT_LENGTH);
  readonly #prepared = new PreparedAdvert<Encoded>();
  #module: RawSocketModule | undefined;

  constructor(options: AdvertSocketsOptions) {
    this.#options = options;
    this.#module = options.rawSocket;
  }

  #tools(key: string): SocketTools {
    this.#module ??= loadRawSocket();
    return {
      module: this.#module,
      native: this.#options.native,
      degraded: (what, code) => this.#options.onProblem(key, what, code),
    };
  }

  /**
   * Opens or re-opens; what `key` had open is closed first, also when this throws: EPERM (CAP_NET_RAW), ENODEV (no such
   * interface), EINVAL (no address), EAFNOSUPPORT (a kernel without IPv6), ENOBUFS (igmp_max_memberships), EMFILE.
   */
  open(key: string, spec: SocketSpec): void {
    this.close(key);
    const tools = this.#tools(key);
    const receiver = openReceiver(tools, spec, {
      readable: () => this.#wake(key),
      fault: (goesOn) => this.#receiveFault(key, goesOn),
    });
    try {
      // The send socket's filter lets nothing in: it is never readable.
      const events = { readable: () => {}, fault: () => {} };
      const sender = openSender(tools, spec, events);
      const bufferBytes = spec.receiveBufferBytes;
      const entry: Entry = { key, spec, receiver, sender, reading: false, overflows: 0, bufferBytes };
      this.#watch(entry, spec.vrids);
      this.#entries.set(key, entry);
    } catch (e) {
      receiver.close();
      throw e;
    }
  }

  /** Harmless for a key that is not open. Adverts that are already queued may still come. */
  share(key: string, asked: Pick<SocketSpec, 'vrids' | 'receiveBufferBytes'>): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const { spec, receiver } = entry;
    if (this.#options.watch?.admit(key, asked.vrids) !== true) {
      receiver.attachFilter(receiveFilter(spec, asked.vrids));
      this.#watch(entry, asked.vrids);
    }
    if (asked.receiveBufferBytes <= entry.bufferBytes) return;
    entry.bufferBytes = asked.receiveBufferBytes;
    growReceiveBuffer(receiver, this.#tools(key), asked.receiveBufferBytes);
  }

  /** Puts the filter that keeps watch in the place of the classic one, where there is one. */
  #watch({ key, spec, receiver }: Entry, vrids: readonly number[]): void {
    this.#options.watch?.attach(key, spec, {
      vrids,
      destination: filterDestination(spec),
      put: (program) => receiver.attachProgram(program),
    });
  }

  /** What `key` was opened with; undefined while it is not open. */
  spec(key: string): SocketSpec | undefined {
    return this.#entries.get(key)?.spec;
  }

  /** Harmless when repeated, and inside the sink. */
  close(key: string): void {
    this.#options.onClose?.(key);
    this.#options.watch?.closeKey(key);
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    this.#readable.delete(key);
    entry?.receiver.close();
    entry?.sender.close();
  }

  /** The end: nothing keeps the loop alive after it. */
  closeAll(): void {
    for (const key of [...this.#entries.keys()]) this.close(key);
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }

  /**
   * One packet to each destination, whatever happened to those before; `error` is the first one: ENODEV (interface gone:
   * open again when it is back), ENETDOWN, ENETUNREACH, ENOBUFS, EMSGSIZE, EPERM (firewall), EBADF (`key` is not
   * open), EADDRNOTAVAIL (no source address), EINVAL (no such destination, or values no header can hold).
   */
  send(key: string, advert: OutgoingAdvert): SendResult {
    const entry = this.#entries.get(key);
    let sent = 0;
    let error: string | undefined;
    for (const [i, destination] of advert.destinations.entries()) {
      const encoded = this.#prepared.take(advert, i) ?? encodeOne(advert, destination);
      const code = entry === undefined ? 'EBADF' : this.#sendOne(entry, encoded, destination);
      if (code === undefined) sent++;
      else error ??= code;
    }
    return error === undefined ? { sent } : { sent, error };
  }

  #sendOne(entry: Entry, encoded: Encoded, destination: string): string | undefined {
    if (encoded.packet === undefined) {
      if (encoded.why !== '') this.#options.onProblem(entry.key, `encode: ${encoded.why}`, encoded.code);
      return encoded.code;
    }
    try {
      return entry.sender.send(encoded.packet, destination) ? undefined : 'EBADF';
    } catch (e) {
      return codeOf(e);
    }
  }

  /** Asked for again and again it goes the way of `send`, up to the socket. */
  prepare(advert: OutgoingAdvert): void {
    for (const i of advert.destinations.keys()) this.#prepared.take(advert, i);
    this.#prepared.prepare(advert, (destination) => encodeOne(advert, destination));
  }

  encode(advert: OutgoingAdvert): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    for (const destination of advert.destinations) {
      const { packet } = encodeOne(advert, destination);
      if (packet !== undefined) out.push(packet);
    }
    return out;
  }

  /** Packets handed to the sink, at most 1,024. 0 for a key that is not open, and inside the sink of the same key. */
  drain(key: string): number {
    const entry = this.#entries.get(key);
    // To be told that there is nothing is dearer: raw-socket throws it.
    if (entry === undefined || this.#queued(entry) === 0) return 0;
    return this.#read(entry, DRAIN_BUDGET);
  }

  waiting(key: string): number {
    const entry = this.#entries.get(key);
    return entry === undefined || !this.#readable.has(key) ? 0 : (this.#queued(entry) ?? 0);
  }

  /** undefined: it does not say. */
  #queued(entry: Entry): number | undefined {
    try {
      return mostQueued(entry.receiver);
    } catch (e) {
      this.#options.onProblem(entry.key, 'receive', codeOf(e));
      return undefined;
    }
  }

  #wake(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#read(entry, BUDGET);
  }

  /** What a budget left over is read in the next turn of the loop, after timers and other sockets. */
  #later(key: string): void {
    this.#readable.add(key);
    this.#immediate ??= setImmediate(() => this.#readAll());
  }

  #readAll(): void {
    this.#immediate = undefined;
    const keys = [...this.#readable];
    this.#readable.clear();
    for (const key of keys) this.#wake(key);
  }

  #read(entry: Entry, budget: number): number {
    if (entry.reading) return 0;
    entry.reading = true;
    let count = 0;
    let left = budget;
    try {
      for (; left > 0; left--) {
        const received = this.#receive(entry);
        if (received === 'none') {
          this.#options.watch?.drained(entry.key);
          break;
        }
        if (received === 'error') continue;
        count++;
        if (received === 'noted') continue;
        this.#options.sink(entry.key, received);
        this.#options.watch?.read(entry.key, received);
      }
    } finally {
      entry.reading = false;
    }
    if (left === 0 && !entry.receiver.closed) {
      this.#later(entry.key);
      this.#checkOverflow(entry);
    }
    return count;
  }

  /**
   * 'error': one was read off, there may be more; 'noted': one that says nothing new. Nothing of it lies in the buffer, which belongs
   * to the next packet.
   */
  #receive(entry: Entry): ReceivedAdvert | 'none' | 'error' | 'noted' {
    let length: number;
    try {
      length = entry.receiver.receive(this.#buffer, this.#about);
    } catch (e) {
      this.#options.onProblem(entry.key, 'receive', codeOf(e));
      return 'error';
    }
    if (length < 0) return 'none';
    const packet = this.#buffer.subarray(0, length);
    const family = familyOf(entry.spec.family);
    const watched = this.#options.watch === undefined ? undefined : family.watched(packet, this.#about);
    if (watched !== undefined && this.#options.watch?.repeated(entry.key, watched) === true) return 'noted';
    const received = family.decode(packet, this.#about);
    this.#options.watch?.reading(entry.key, received, packet);
    return received;
  }

  #receiveFault(key: string, goesOn: boolean): void {
    if (goesOn) this.#wake(key);
    else this.#options.onProblem(key, 'receive-watch', 'EBADF');
  }

  /** Asked only when there was much to read: a buffer that overflowed has much. */
  #checkOverflow(entry: Entry): void {
    let overflows: number;
    try {
      overflows = overflowCount(entry.receiver);
    } catch (e) {
      this.#options.onProblem(entry.key, 'receive', codeOf(e));
      return;
    }
    if (overflows !== entry.overflows) this.#options.onProblem(entry.key, 'receive-overflow', 'ENOBUFS');
    entry.overflows = overflows;
  }
}

/** `why` is '' where the code says all: the interface has no address yet. */
function encodeOne(advert: OutgoingAdvert, destination: string): Encoded {
  const source = parseIp(advert.source);
  const to = parseIp(destination);
  if (source === undefined) return { code: 'EADDRNOTAVAIL', why: '' };
  const family = source.length === 4 ? 4 : 6;
  if (to?.length !== source.length)
    return { code: 'EINVAL', why: `'${destination}' is not an IPv${family} address` };
  try {
    const octets = familyOf(family).encode(advert, source, to);
    return { packet: Buffer.from(octets.buffer, octets.byteOffset, octets.length) };
  } catch (e) {
    // The last advert of a failing daemon goes this way too: a value out of range must not end it.
    if (!(e instanceof AssertionError)) throw e;
    return { code: 'EINVAL', why: e.message };
  }
}
