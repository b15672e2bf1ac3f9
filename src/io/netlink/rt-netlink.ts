/**
 * NetlinkPort over two sockets of the addon: one asks, one listens. The listening one fills a picture and emits what
 * changed. When its buffer overran, what was lost is unknown: it is emptied first (until then the kernel drops further
 * news without saying so again), then the picture is read anew and the differences are emitted.
 */
import { MessageType } from 'netlink/dist/rt/gen_structs.js';
import type { Native, PollHandle } from '../../native.ts';
import type {
  AddressRequest,
  AddressResult,
  KernelAddress,
  Link,
  NetlinkEvent,
  NetlinkPort,
  NetlinkSink,
} from '../../ports/netlink.ts';
import { readKernel } from './dump.ts';
import {
  decodeAddress,
  decodeLink,
  encodeAddAddress,
  encodeDeleteAddress,
  type NetlinkMessage,
  splitDatagram,
} from './messages.ts';
import { Picture } from './picture.ts';
import { type Answer, DumpError, isSystemError, RequestSocket, type SocketNative } from './request-socket.ts';
import { addResult, deleteResult } from './results.ts';
import { IFAPROT_KEEPALIVED, NOTIFICATION_GROUPS } from './rtnetlink.table.ts';

/** What RtNetlink needs of the addon; tests give a fake. */
export type NetlinkNative = SocketNative & Pick<Native, 'pollStart' | 'pollStop'>;

export type RtNetlinkOptions = {
  /** Receive buffer for notifications, bytes as given to SO_RCVBUF; 0: the system's default. Default 2 MiB. */
  readonly receiveBufferBytes?: number;
  /** The same for the answers to requests; never less than what a chunk of them needs. */
  readonly commandBufferBytes?: number;
  /** Time until a failed reading of the whole picture is tried again. Default 100. */
  readonly retryMs?: number;
};

export type NetlinkCounters = {
  readonly overruns: number;
  /** Notifications that were not understood, and answers to nothing asked. */
  readonly garbage: number;
  /** Dumps begun again because the kernel changed under them. */
  readonly dumpRepeats: number;
  /** Attempts to rebuild the picture after an overrun that failed. */
  readonly rebuildFailures: number;
};

const NETLINK_ROUTE = 0;
const RECEIVE_BUFFER_BYTES = 2 << 20;
const RETRY_MS = 100;
const DATAGRAM_BYTES = 1 << 16;
/** Datagrams of one wake-up; the rest waits for the next turn of the loop. */
const WAKE_DATAGRAMS = 64;
/** Datagrams of one drain(): more than core could have to know before it acts, and a bound. */
const DRAIN_DATAGRAMS = 4096;
/** No skb charges the receive buffer less; the kernel doubles the size asked for. */
const SKB_BYTES = 256;
const INTERRUPTIONS = 8;
/** Overruns that are folded into one while the socket is being emptied. */
const FOLDED_OVERRUNS = 8;

/** The addresses that carry keepalived's mark: after a crash, those that we left behind. */
export function ownedAddresses(addresses: readonly KernelAddress[]): readonly KernelAddress[] {
  return addresses.filter((a) => a.protocol === IFAPROT_KEEPALIVED);
}

export class RtNetlink implements NetlinkPort {
  readonly #native: NetlinkNative;
  readonly #sink: NetlinkSink;
  readonly #bufferBytes: number;
  readonly #retryMs: number;
  readonly #requests: RequestSocket;
  readonly #picture = new Picture();
  readonly #datagram: Buffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES);
  #fd = -1;
  #watch: PollHandle | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #draining = false;
  /** Something was lost that only a dump can tell. */
  #lost = false;
  /** Whether the kernel takes IFA_PROTO; kernels before 5.18 ignore it or, checking strictly, refuse it. */
  #tagging: 'unknown' | 'yes' | 'no' = 'unknown';
  #overruns = 0;
  #garbage = 0;
  #rebuildFailures = 0;

  /** Opens the socket for requests; throws what netlinkOpen throws. Events come only after start(). */
  constructor(native: NetlinkNative, sink: NetlinkSink, options: RtNetlinkOptions = {}) {
    this.#native = native;
    this.#sink = sink;
    this.#bufferBytes = options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    this.#requests = new RequestSocket(native, options.commandBufferBytes);
  }

  /** Listens, then reads the first picture, which emits no events: ask links() and addresses(). Throws when it cannot. */
  start(): void {
    if (this.#closed || this.#fd >= 0) return;
    const fd = this.#native.netlinkOpen(NETLINK_ROUTE, NOTIFICATION_GROUPS, this.#bufferBytes);
    try {
      const { links, addresses } = readKernel(this.#requests);
      this.#picture.replace(links, addresses);
      // A negative status announces an error that the next read reports: an overrun.
      this.#watch = this.#native.pollStart(fd, () => this.#drain(WAKE_DATAGRAMS));
    } catch (e) {
      this.#native.close(fd);
      throw e;
    }
    this.#fd = fd;
  }

  addAddresses(requests: readonly AddressRequest[]): readonly AddressResult[] {
    const tag = this.#tagging !== 'no';
    const answers = [...this.#requests.transact(requests.map((r) => encodeAddAddress(r, tag)))];
    if (this.#tagging === 'unknown') this.#learnTagging(requests, answers);
    return answers.map(addResult);
  }

  deleteAddresses(requests: readonly AddressRequest[]): readonly AddressResult[] {
    return this.#requests.transact(requests.map(encodeDeleteAddress)).map(deleteResult);
  }

  links(): readonly Link[] {
    return this.#picture.links();
  }

  addresses(): readonly KernelAddress[] {
    return this.#picture.addresses();
  }

  drain(): void {
    this.#drain(DRAIN_DATAGRAMS);
  }

  counters(): NetlinkCounters {
    return {
      overruns: this.#overruns,
      garbage: this.#garbage + this.#requests.strayCount,
      dumpRepeats: this.#requests.dumpRepeatCount,
      rebuildFailures: this.#rebuildFailures,
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    if (this.#watch !== undefined) this.#native.pollStop(this.#watch);
    this.#watch = undefined;
    if (this.#fd >= 0) this.#native.close(this.#fd);
    this.#fd = -1;
    this.#requests.close();
  }

  /** One accepted request settles it; where all were refused as malformed, the same without the mark tells. */
  #learnTagging(requests: readonly AddressRequest[], answers: Answer[]): void {
    if (answers.some((a) => a.code === '' || a.code === 'EEXIST')) {
      this.#tagging = 'yes';
      return;
    }
    const refused = [...answers.keys()].filter((i) => answers[i]?.code === 'EINVAL');
    if (refused.length === 0) return;
    const again = this.#requests.transact(
      refused.map((i) => encodeAddAddress(requests[i] as AddressRequest, false)),
    );
    for (const [n, i] of refused.entries()) answers[i] = again[n] as Answer;
    if (again.some((a) => a.code === '' || a.code === 'EEXIST')) this.#tagging = 'no';
  }

  #drain(limit: number): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let i = 0; i < limit && this.#fd >= 0; i++) {
        if (this.#lost && !this.#rebuild()) return;
        if (this.#fd < 0) return;
        const got = this.#read();
        if (got === 'none') return;
        if (got === 'lost') this.#overrun();
        else this.#take(got);
      }
    } finally {
      this.#draining = false;
      if (this.#lost) this.#retryLater();
    }
  }

  #overrun(): void {
    this.#lost = true;
    this.#overruns++;
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.drain();
    }, this.#retryMs);
  }

  #read(): readonly NetlinkMessage[] | 'none' | 'lost' {
    for (let i = 0; ; i++) {
      try {
        const length = this.#native.netlinkReceive(this.#fd, this.#datagram);
        if (length === 0) return 'none';
        const { messages, whole } = splitDatagram(this.#datagram.subarray(0, length));
        if (!whole) this.#garbage++;
        return messages;
      } catch (e) {
        if (!isSystemError(e)) throw e;
        if (e.code === 'EINTR' && i < INTERRUPTIONS) continue;
        if (e.code === 'ENOBUFS' || e.code === 'ENOMEM' || e.code === 'EMSGSIZE') return 'lost';
        throw e;
      }
    }
  }

  /** False: not yet. After a failure only the timer tries again, or a busy kernel would be dumped at each wake-up. */
  #rebuild(): boolean {
    if (!this.#empty() || this.#retry !== undefined) return false;
    let events: readonly NetlinkEvent[];
    try {
      const { links, addresses } = readKernel(this.#requests);
      events = this.#picture.replace(links, addresses);
    } catch (e) {
      if (!(e instanceof DumpError) && !isSystemError(e)) throw e;
      this.#rebuildFailures++;
      return false;
    }
    this.#lost = false;
    this.#emit([{ type: 'overrun' }, ...events]);
    return true;
  }

  /**
   * Reads until nothing waits. The kernel queues nothing new until the queue was once empty, so more reads than the
   * buffer has room for prove that it was.
   */
  #empty(): boolean {
    const room = Math.ceil((2 * (this.#bufferBytes || RECEIVE_BUFFER_BYTES)) / SKB_BYTES);
    let folded = 0;
    for (let i = 0; i < room; i++) {
      const got = this.#read();
      if (got === 'none') return true;
      if (got !== 'lost') continue;
      if (++folded > FOLDED_OVERRUNS) return false;
      i = 0;
    }
    return true;
  }

  #take(messages: readonly NetlinkMessage[]): void {
    for (const m of messages) {
      if (this.#closed) return;
      this.#emit(this.#learn(m));
    }
  }

  #emit(events: readonly NetlinkEvent[]): void {
    for (const e of events) {
      if (this.#closed) return;
      this.#sink(e);
    }
  }

  #learn(m: NetlinkMessage): readonly NetlinkEvent[] {
    if (m.type === MessageType.NEWLINK || m.type === MessageType.DELLINK) {
      const news = decodeLink(m.data);
      if (typeof news === 'string') return this.#refuse(news);
      return m.type === MessageType.NEWLINK
        ? this.#picture.setLink(news)
        : this.#picture.removeLink(news.index);
    }
    if (m.type === MessageType.NEWADDR || m.type === MessageType.DELADDR) {
      const address = decodeAddress(m.data);
      if (typeof address === 'string') return this.#refuse(address);
      return m.type === MessageType.NEWADDR
        ? this.#picture.setAddress(address)
        : this.#picture.removeAddress(address);
    }
    return [];
  }

  #refuse(why: 'garbage' | 'other'): readonly NetlinkEvent[] {
    if (why === 'garbage') this.#garbage++;
    return [];
  }
}
