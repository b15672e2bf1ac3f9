/**
 * AnnouncePort over AF_PACKET: gratuitous ARP and unsolicited neighbour advertisements in one sendmmsg for each interface, or
 * spaced out by a queue for each lane. Needs no address on the interface. Does not know who announces or why, nor
 * that NOARP interfaces are not to be announced on.
 */
import { toHex } from '../../base/bytes.ts';
import type { Native } from '../../native.ts';
import type { Announcement, AnnouncePort, Spacing } from '../../ports/announce.ts';
import { encodeGratuitousArp } from '../../wire/arp.ts';
import { encodeUnsolicitedNa } from '../../wire/nd.ts';
import { codeOf } from '../errno.ts';
import { type Framed, isTransient, Lane, type Outcome, type Timing } from './lane.ts';
import { RouterFlags } from './router-flag.ts';
import { startWatch, type WatchNative } from './watch.ts';

/** Frames of one burst on one interface: 100 times what a large configuration (100 addresses, 5 rounds) sends. */
const MAX_BURST = 50_000;
/** Idle queues are dropped beyond this: a host whose interfaces change would collect them. */
const MAX_IDLE_LANES = 64;
const MAC_LENGTH = 6;
const NO_FILTER = new Uint8Array(0);

export type AnnouncerOptions = {
  readonly native: WatchNative & Pick<Native, 'packetSend'>;
  /**
   * `where`: interface name ('interface 7' for a watch). `what`: 'send' (the rest of a burst or queue
   * was dropped; EAFNOSUPPORT: not an Ethernet interface),
   * 'burst' (E2BIG: cut), 'watch'. Not rate-limited.
   */
  readonly onProblem: (where: string, what: string, code: string) => void;
  readonly timing?: Timing;
  /** Whether the interface forwards IPv6. */
  readonly isRouter?: (interfaceName: string) => boolean;
};

/** The frames of one interface, one for each announcement in order. */
type Batch = {
  readonly name: string;
  readonly index: number;
  readonly ids: string[];
  readonly frames: Uint8Array[];
};

const framed = (batch: Batch, i: number): Framed => ({
  name: batch.name,
  index: batch.index,
  bytes: batch.frames[i] as Uint8Array,
});

const systemTiming: Timing = {
  nowUs: () => Math.round(performance.now() * 1000),
  after: (delayUs, run) => {
    const timer = setTimeout(run, Math.ceil(delayUs / 1000));
    return () => clearTimeout(timer);
  },
};

export class Announcer implements AnnouncePort {
  readonly #options: AnnouncerOptions;
  readonly #timing: Timing;
  readonly #isRouter: (interfaceName: string) => boolean;
  readonly #lanes = new Map<string, Lane>();
  readonly #watches = new Set<() => void>();
  #fd = -1;
  #sent = 0;
  #closed = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#timing = options.timing ?? systemTiming;
    const flags = new RouterFlags(() => this.#timing.nowUs());
    this.#isRouter = options.isRouter ?? ((name) => flags.get(name));
  }

  announce(owner: string, list: readonly Announcement[], repeatCount: number, spacing: Spacing): void {
    if (this.#closed || repeatCount < 1) return;
    if (spacing.us > 0) this.#queue(owner, this.#batches(list), repeatCount, spacing);
    else for (const batch of this.#batches(list)) this.#burst(owner, batch, repeatCount);
  }

  forget(owner: string): void {
    for (const lane of this.#lanes.values()) lane.forget(owner);
  }

  sentCount(): number {
    return this.#sent;
  }

  watch(
    interfaceIndex: number,
    ownMac: Uint8Array,
    addresses: readonly Uint8Array[],
    seen: (address: Uint8Array, mac: Uint8Array) => void,
  ): () => void {
    if (this.#closed) return () => {};
    const problem = (code: string): void =>
      this.#options.onProblem(`interface ${interfaceIndex}`, 'watch', code);
    const end = startWatch(this.#options.native, { interfaceIndex, ownMac, addresses, seen, problem });
    this.#watches.add(end);
    return () => {
      this.#watches.delete(end);
      end();
    };
  }

  /** Drops what is queued and ends all watches; harmless when repeated. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) lane.stop();
    this.#lanes.clear();
    for (const end of this.#watches) end();
    this.#watches.clear();
    if (this.#fd >= 0) this.#options.native.packetClose(this.#fd);
    this.#fd = -1;
  }

  #batches(list: readonly Announcement[]): Iterable<Batch> {
    const batches = new Map<number, Batch>();
    for (const one of list) {
      if (one.mac.length !== MAC_LENGTH) {
        // InfiniBand, a tunnel: no Ethernet frame can be made for it.
        this.#options.onProblem(one.interface, 'send', 'EAFNOSUPPORT');
        continue;
      }
      let batch = batches.get(one.interfaceIndex);
      if (batch === undefined) {
        batch = { name: one.interface, index: one.interfaceIndex, ids: [], frames: [] };
        batches.set(one.interfaceIndex, batch);
      }
      batch.ids.push(`${one.interfaceIndex} ${toHex(one.mac)} ${toHex(one.address)}`);
      batch.frames.push(
        one.family === 4
          ? encodeGratuitousArp(one.mac, one.address)
          : encodeUnsolicitedNa(one.mac, one.address, this.#isRouter(one.interface)),
      );
    }
    return batches.values();
  }

  #queue(owner: string, batches: Iterable<Batch>, count: number, spacing: Spacing): void {
    const lane = this.#lane(spacing.lane);
    for (const batch of batches)
      for (const i of batch.frames.keys())
        lane.add(owner, batch.ids[i] as string, framed(batch, i), count, spacing.us);
    lane.run();
  }

  #burst(owner: string, batch: Batch, repeatCount: number): void {
    const size = batch.frames.length;
    const rounds = Math.min(repeatCount, Math.floor(MAX_BURST / size));
    if (rounds < repeatCount) this.#options.onProblem(batch.name, 'burst', 'E2BIG');
    const frames = Array.from({ length: rounds * size }, (_, i) => batch.frames[i % size] as Uint8Array);
    const { taken, code } = this.#transmit(batch.index, frames);
    if (code === undefined) return;
    if (!isTransient(code)) {
      this.#options.onProblem(batch.name, 'send', code);
      return;
    }
    // The device's queue is full: the rest goes as soon as it has room, in the same order.
    const lane = this.#lane(`interface ${batch.index}`);
    for (let i = 0; i < size; i++) {
      const at = (taken + i) % size;
      const left = Math.ceil((frames.length - taken - i) / size);
      if (left > 0) lane.add(owner, batch.ids[at] as string, framed(batch, at), left, 0);
    }
    lane.run();
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    if (this.#lanes.size >= MAX_IDLE_LANES)
      for (const [other, lane] of this.#lanes) if (lane.idle) this.#lanes.delete(other);
    const lane = new Lane(
      (frames) => this.#transmitEach(frames),
      this.#timing,
      (where, code) => this.#options.onProblem(where, 'send', code),
    );
    this.#lanes.set(name, lane);
    return lane;
  }

  /** Runs of frames for one interface, in order. */
  #transmitEach(frames: readonly Framed[]): Outcome {
    for (let at = 0; at < frames.length; ) {
      const { index } = frames[at] as Framed;
      let end = at + 1;
      while (frames[end]?.index === index) end++;
      const run = frames.slice(at, end).map((f) => f.bytes);
      const { taken, code } = this.#transmit(index, run);
      if (code !== undefined) return { taken: at + taken, code };
      at = end;
    }
    return { taken: frames.length };
  }

  /** Every call that takes something is followed by another for the rest, so the loop ends. */
  #transmit(index: number, frames: readonly Uint8Array[]): Outcome {
    const { native } = this.#options;
    let taken = 0;
    try {
      if (this.#fd < 0) this.#fd = native.packetOpen(0, 0, NO_FILTER);
      while (taken < frames.length) {
        const more = native.packetSend(this.#fd, index, taken === 0 ? frames : frames.slice(taken));
        if (more === 0) return { taken, code: 'EAGAIN' };
        taken += more;
        this.#sent += more;
      }
      return { taken };
    } catch (e) {
      return { taken, code: codeOf(e) };
    }
  }
}
