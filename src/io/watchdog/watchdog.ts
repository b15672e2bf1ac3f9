/**
 * WatchdogPort over eBPF receive filters: for each receive socket a program and the records that it shares with us. The advert
 * sockets ask for the program, and say what they have read. Where the kernel or our rights have no eBPF for us there is none,
 * and the sockets keep their classic filter.
 */
import type { Native } from '../../native.ts';
import type { SocketSpec } from '../../ports/advert.ts';
import type { WatchdogPort } from '../../ports/watchdog.ts';
import type { ReceivedAdvert } from '../../wire/received.ts';
import { VrrpField } from '../../wire/vrrp.ts';
import { codeOf } from '../errno.ts';
import type { PreciseTimer } from '../precise-timer.ts';
import type { FilterFor, SocketWatch } from '../sockets/socket-watch.ts';
import { MOST_WATCHED_BYTES, RECORD_BYTES, watchFilter } from '../sockets/watch-filter.ts';
import { canWatch, type Watched, WatchRecord } from '../sockets/watch-record.ts';
import { trial } from './trial.ts';

export type WatchdogNative = Pick<Native, 'bpfArray' | 'bpfFilter' | 'bpfTestRun' | 'close'>;

/** Of the timer of core. */
export type Vigils = Pick<PreciseTimer, 'keepVigil' | 'endVigil' | 'due'>;

export type WatchdogOptions = {
  readonly native: WatchdogNative;
  readonly vigils: Vigils;
  readonly onProblem: (key: string, what: string, code: string) => void;
  /** Once, and never again: nothing will be watched. */
  readonly onObstacle: (why: string) => void;
};

type Entry = {
  readonly record: WatchRecord;
  readonly vrid: number;
  handled: number; // packets of this VRID that were read, modulo 2^32
  passed: number; // that the filter had let in when the last one was read
  gap: number; // between the two at the end of the last round; 0 = none
  inRound: boolean;
  received: ReceivedAdvert | undefined; // the last one
  message: Uint8Array; // its octets
  length: number; // 0: cannot be watched
  owner: number; // id, -1 = nobody
};
type Socket = { readonly lowest: number; readonly entries: readonly Entry[]; readonly round: Entry[] };
type Owner = { entry: Entry | undefined; before: number; from: number; vigil: Vigil | undefined };
type Vigil = { readonly atUs: number; readonly downUs: number };

const NOBODY = -1;
const ALL_VRIDS = 256;
/** Where the first packets are of an older filter: no number of packets that were let in comes near. */
const FAR = 2 ** 31;

export class Watchdog implements WatchdogPort, SocketWatch {
  readonly #options: WatchdogOptions;
  readonly #sockets = new Map<string, Socket>();
  readonly #owners = new Map<number, Owner>();
  #obstacle: string | undefined; // undefined: not tried yet

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  obstacle(): string {
    if (this.#obstacle === undefined) {
      this.#obstacle = trial(this.#options.native);
      if (this.#obstacle !== '') this.#options.onObstacle(this.#obstacle);
    }
    return this.#obstacle;
  }

  // --- for core

  watch(id: number, socketKey: string, received: ReceivedAdvert): boolean {
    const entry = this.#entry(socketKey, received.vrid);
    if (entry === undefined || entry.received !== received || entry.length === 0) return false;
    if (entry.owner !== NOBODY && entry.owner !== id) return false;
    this.#own(id, entry);
    const message = entry.message.subarray(0, entry.length);
    // The one that is being handed over is read, as far as the record is concerned.
    entry.record.arm({ message, source: received.sourceBytes, ttl: received.ttl }, entry.handled + 1);
    return true;
  }

  unwatch(id: number): void {
    this.#owners.get(id)?.entry?.record.disarm();
  }

  noted(id: number): number {
    const owner = this.#owners.get(id);
    if (owner === undefined) return 0;
    return owner.entry === undefined ? owner.before : owner.before + owner.entry.record.count() - owner.from;
  }

  lastUs(id: number): number {
    return this.#owners.get(id)?.entry?.record.lastUs() ?? 0;
  }

  keepVigil(id: number, atUs: number, downUs: number): boolean {
    const owner = this.#owners.get(id);
    const kept = this.#options.vigils.keepVigil(id, atUs, downUs, owner?.entry?.record.seen);
    if (owner !== undefined) owner.vigil = kept ? { atUs, downUs } : undefined;
    return kept;
  }

  endVigil(id: number): void {
    const owner = this.#owners.get(id);
    if (owner !== undefined) owner.vigil = undefined;
    this.#options.vigils.endVigil(id);
  }

  due(nowUs: number): readonly number[] {
    return this.#options.vigils.due(nowUs);
  }

  forget(id: number): void {
    this.endVigil(id);
    this.#release(id);
    this.#owners.delete(id);
  }

  // --- for the sockets

  attach(key: string, spec: SocketSpec, asked: FilterFor): void {
    const renewed = this.#sockets.has(key);
    this.closeKey(key);
    // Behind an authentication header every advert is another one.
    if (asked.vrids.length === 0 || spec.protocol !== 112 || this.obstacle() !== '') return;
    try {
      this.#attach(key, spec, asked, renewed);
    } catch (e) {
      this.closeKey(key);
      this.#options.onProblem(key, 'watchdog', codeOf(e));
    }
  }

  #attach(key: string, spec: SocketSpec, { vrids, destination, put }: FilterFor, renewed: boolean): void {
    const { native } = this.#options;
    // A socket with one VRID (its own VMAC) needs one record; where others join there is room for all that may follow.
    const lowestVrid = renewed ? 0 : Math.min(...vrids);
    const count = renewed ? ALL_VRIDS : Math.max(...vrids) - lowestVrid + 1;
    const { fd: mapFd, memory } = native.bpfArray(RECORD_BYTES, count);
    let program = -1;
    try {
      program = native.bpfFilter(watchFilter({ mode: spec.mode, destination, mapFd, lowestVrid }));
      const entries = Array.from({ length: count }, (_, i) =>
        newEntry(memory, i, lowestVrid + i, renewed ? FAR : 0),
      );
      this.#sockets.set(key, { lowest: lowestVrid, entries, round: [] });
      this.admit(key, vrids);
      put(program);
    } finally {
      native.close(mapFd);
      if (program >= 0) native.close(program);
    }
  }

  admit(key: string, vrids: readonly number[]): boolean {
    const socket = this.#sockets.get(key);
    if (socket === undefined) return false;
    const { lowest, entries } = socket;
    if (vrids.some((v) => v < lowest || v >= lowest + entries.length)) return false;
    const ours = new Set(vrids);
    for (const e of entries) e.record.admit(ours.has(e.vrid));
    return true;
  }

  /**
   * Where more adverts come than this thread can judge none would ever find its record without an unread one before it. This is
   * a twentieth of the work, and the queue becomes shorter.
   */
  repeated(key: string, packet: Watched): boolean {
    const socket = this.#sockets.get(key);
    const entry = this.#entry(key, packet.message[VrrpField.vrid] ?? -1);
    if (socket === undefined || entry?.record.matches(packet) !== true) return false;
    entry.record.stamp(process.hrtime.bigint());
    this.#enter(socket, entry);
    this.#handled(entry);
    return true;
  }

  reading(key: string, received: ReceivedAdvert, packet: Uint8Array): void {
    const socket = this.#sockets.get(key);
    const entry = this.#entry(key, received.vrid);
    if (socket === undefined || entry === undefined) return;
    const at = received.sourceBytes.length === 4 ? ((packet[0] as number) & 15) * 4 : 0;
    const length = packet.length - at;
    entry.received = received;
    entry.length = received.decoded.ok && canWatch(length) ? length : 0;
    if (entry.length > 0) keep(entry, packet.subarray(at));
    this.#enter(socket, entry);
  }

  #enter(socket: Socket, entry: Entry): void {
    entry.passed = entry.record.passed();
    if (entry.inRound) return;
    entry.inRound = true;
    socket.round.push(entry);
  }

  read(key: string, received: ReceivedAdvert): void {
    const entry = this.#entry(key, received.vrid);
    if (entry?.received !== received) return;
    this.#handled(entry);
  }

  #handled(entry: Entry): void {
    entry.handled = (entry.handled + 1) >>> 0;
    entry.record.handle(entry.handled);
  }

  /**
   * A packet that was let in and then lost (the buffer was full), or that an older filter let in, makes the two counts differ
   * for ever: what differs by as much at the end of two rounds is put right. Until then nothing is noted.
   */
  drained(key: string): void {
    const round = this.#sockets.get(key)?.round;
    if (round === undefined) return;
    for (const e of round) {
      e.inRound = false;
      const gap = (e.passed - e.handled) >>> 0;
      if (gap !== 0 && gap === e.gap) {
        e.handled = e.passed;
        e.record.handle(e.handled);
        e.gap = 0;
      } else e.gap = gap;
    }
    round.length = 0;
  }

  closeKey(key: string): void {
    for (const e of this.#sockets.get(key)?.entries ?? []) if (e.owner !== NOBODY) this.#release(e.owner);
    this.#sockets.delete(key);
  }

  #entry(key: string, vrid: number): Entry | undefined {
    const socket = this.#sockets.get(key);
    return socket?.entries[vrid - socket.lowest];
  }

  /** What was noted so far is kept, for the vigil too. */
  #release(id: number): void {
    const owner = this.#owners.get(id);
    if (owner?.entry === undefined) return;
    owner.entry.record.disarm();
    owner.before = this.noted(id);
    if (owner.vigil !== undefined) {
      const { atUs, downUs } = owner.vigil;
      const lastUs = owner.entry.record.lastUs();
      this.#options.vigils.keepVigil(
        id,
        lastUs === 0 ? atUs : Math.max(atUs, lastUs + downUs),
        downUs,
        undefined,
      );
    }
    owner.entry.owner = NOBODY;
    owner.entry = undefined;
  }

  #own(id: number, entry: Entry): void {
    const owner = this.#owners.get(id) ?? { entry: undefined, before: 0, from: 0, vigil: undefined };
    this.#owners.set(id, owner);
    if (owner.entry === entry) return;
    this.#release(id);
    entry.owner = id;
    owner.entry = entry;
    owner.from = entry.record.count();
  }
}

const NOTHING = new Uint8Array(0);

function keep(entry: Entry, message: Uint8Array): void {
  if (entry.message === NOTHING) entry.message = new Uint8Array(MOST_WATCHED_BYTES);
  entry.message.set(message);
}

const newEntry = (memory: ArrayBuffer, index: number, vrid: number, handled: number): Entry => ({
  record: new WatchRecord(memory, index),
  vrid,
  handled,
  passed: 0,
  gap: 0,
  inRound: false,
  received: undefined,
  message: NOTHING,
  length: 0,
  owner: NOBODY,
});
