/**
 * PacerPort over the addon's thread: its own send sockets, one for each key of the advert sockets; the packets of an advert;
 * the lease. A repetition that cannot be made is refused, and core sends by itself.
 */
import { getSystemErrorName } from 'node:util';
import { parseIp } from '../../base/ip.ts';
import type { Native } from '../../native.ts';
import type { AdvertPort, OutgoingAdvert, SocketSpec } from '../../ports/advert.ts';
import type { AddressRequest } from '../../ports/netlink.ts';
import type { LastWill, PacerPort, Progress, Repetition } from '../../ports/pacer.ts';
import type { PreparedRequest } from '../../ports/routing.ts';
import { codeOf } from '../errno.ts';
import { encodeDeleteAddress, encodeMessage } from '../netlink/messages.ts';
import { prepareSender } from '../sockets/setup.ts';
import { sockaddr } from './sockaddr.ts';

export type PacerNative = Pick<
  Native,
  | 'pacerStart'
  | 'pacerStop'
  | 'pacerUrgency'
  | 'pacerArm'
  | 'pacerDisarm'
  | 'pacerForget'
  | 'pacerAdvance'
  | 'pacerRead'
  | 'pacerRenew'
  | 'pacerKeep'
  | 'pacerLateness'
  | 'socketOpen'
  | 'socketOption'
  | 'close'
>;

export type PacerOptions = {
  readonly native: PacerNative;
  readonly adverts: Pick<AdvertPort, 'encode'> & { spec(key: string): SocketSpec | undefined };
  readonly leaseUs: number; // 0 = none
  /** The lease has run out; called until `renew` has said so. */
  readonly onLost: () => void;
  readonly onProblem: (where: string, what: string, code: string) => void;
};

const AF_INET = 2;
const AF_INET6 = 10;
/** Raw sockets of it send and never receive. */
const IPPROTO_RAW = 255;
const IPV4_ID_AT = 4;
const NO_COUNTER = -1;
/** Of the addon. */
const MOST_SLOTS = 65_536;

/** Of the clock, and as an interval: beyond any host's uptime, within what a double counts. */
const NEVER_US = 2 ** 52;

const NLM_F_REQUEST = 1;

/** Octets and where to. */
type Packets = readonly (readonly [Uint8Array, Uint8Array])[];

/** Nobody reads an answer: the messages ask for none. */
const farewell = (routing: readonly PreparedRequest[], addresses: readonly AddressRequest[]): Uint8Array =>
  Buffer.concat(
    [
      ...routing.map(({ type, body }) => ({ type, parts: [body] })),
      ...addresses.map(encodeDeleteAddress),
    ].flatMap(({ type, parts }) => encodeMessage({ type, parts, flags: NLM_F_REQUEST }, 0)),
  );

/** So many of one interval keep the times that the machine gives them, as keepalived does: there sharing saves little. */
const ALONE = 16;
/** Of a crowd, repetitions that share their time: a batch is no cheaper beyond that, and a burst for the peers. */
const TOGETHER = 128;
/** More than so many batches share times again. */
const PHASES = 16;
/** From here on the first comes early by a sixteenth of the interval at most: a gap of its own would be seen. */
const LONG_US = 1_000_000;

/**
 * The last time at or before `nextAtUs` that the other repetitions of this interval keep too: a hundred masters then wake the
 * thread once an interval, not a hundred times, and their packets leave in one call. So the next one comes up to one short
 * interval early; from there on the distance is the interval exactly. `slot`: of the addon, dense from 0.
 */
export function sharedTimeUs(nextAtUs: number, intervalUs: number, slot: number): number {
  if (intervalUs >= LONG_US) return nextAtUs - ((nextAtUs % intervalUs) % Math.ceil(intervalUs / PHASES));
  const phase = Math.floor(slot / TOGETHER) % PHASES;
  const offsetUs = Math.floor((phase * intervalUs) / PHASES);
  return nextAtUs - ((nextAtUs + intervalUs - offsetUs) % intervalUs);
}

type Sender = { readonly fd: number; readonly ids: Set<number> };
type Armed = { readonly key: string; readonly intervalUs: number };

export class Pacer implements PacerPort {
  readonly #options: PacerOptions;
  readonly #senders = new Map<string, Sender>();
  readonly #armed = new Map<number, Armed>();
  readonly #rhythms = new Map<number, Set<number>>(); // ids by interval
  /** Core's ids never come back, the addon's slots do. */
  readonly #slots = new Map<number, number>();
  readonly #free: number[] = [];
  #renewedUs = Number.NEGATIVE_INFINITY;

  /** Starts the thread; throws what pthread_create says. */
  constructor(options: PacerOptions) {
    this.#options = options;
    options.native.pacerStart();
    if (options.leaseUs > 0) options.native.pacerKeep(options.leaseUs, options.onLost);
  }

  repeat(id: number, what: Repetition): boolean {
    const spec = this.#options.adverts.spec(what.socketKey);
    const packets = spec === undefined ? [] : this.#packets(what.advert, spec);
    const slot = this.#slotOf(id);
    if (packets.length === 0 || slot === undefined) return false;
    const { intervalUs, nextAtUs } = what;
    const others = this.#rhythms.get(intervalUs);
    const crowd = others !== undefined && others.size - (others.has(id) ? 1 : 0) >= ALONE;
    const atUs = crowd ? sharedTimeUs(nextAtUs, intervalUs, slot) : nextAtUs;
    if (!this.#arm(id, what, packets, intervalUs, atUs)) return false;
    if (this.#rhythms.get(intervalUs)?.size === ALONE + 1) this.#gather(intervalUs);
    return true;
  }

  /** Those who were alone before they became a crowd. */
  #gather(intervalUs: number): void {
    const { native } = this.#options;
    for (const id of this.#rhythms.get(intervalUs) ?? []) {
      const slot = this.#slots.get(id) as number;
      const nextAtUs = native.pacerRead(slot)[3];
      native.pacerAdvance(slot, nextAtUs - sharedTimeUs(nextAtUs, intervalUs, slot));
    }
  }

  guard(id: number, will: LastWill): boolean {
    return this.#arm(id, will, [], NEVER_US, NEVER_US);
  }

  #arm(id: number, will: LastWill, packets: Packets, intervalUs: number, nextAtUs: number): boolean {
    const { native, adverts } = this.#options;
    const spec = adverts.spec(will.socketKey);
    const slot = this.#slotOf(id);
    if (spec === undefined || slot === undefined) return false;
    try {
      const sender = this.#sender(will.socketKey, spec);
      native.pacerArm(
        slot,
        sender.fd,
        packets,
        intervalUs,
        nextAtUs,
        spec.family === 4 ? IPV4_ID_AT : NO_COUNTER,
        will.resignation === undefined ? [] : this.#packets(will.resignation, spec),
        farewell(will.routing, will.addresses),
      );
      this.#leave(id);
      sender.ids.add(id);
      this.#armed.set(id, { key: will.socketKey, intervalUs });
      const rhythm = this.#rhythms.get(intervalUs);
      if (rhythm === undefined) this.#rhythms.set(intervalUs, new Set([id]));
      else rhythm.add(id);
      return true;
    } catch (e) {
      const code = codeOf(e);
      if (code === undefined) throw e;
      this.#options.onProblem(will.socketKey, 'pacer', code);
      return false;
    }
  }

  cease(id: number): void {
    const slot = this.#slots.get(id);
    if (slot !== undefined) this.#options.native.pacerDisarm(slot);
    this.#leave(id);
  }

  progress(id: number): Progress {
    const slot = this.#slots.get(id);
    if (slot === undefined) return { sent: 0, failed: 0, error: '', nextAtUs: 0 };
    const [sent, failed, errno, nextAtUs] = this.#options.native.pacerRead(slot);
    return { sent, failed, error: errno === 0 ? '' : getSystemErrorName(-errno), nextAtUs };
  }

  forget(id: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#options.native.pacerForget(slot);
    this.#leave(id);
    this.#slots.delete(id);
    this.#free.push(slot);
  }

  renew(nowUs: number): boolean {
    const { leaseUs, native } = this.#options;
    // Fresh: in the first quarter of it nothing can have run out.
    if (leaseUs === 0 || nowUs - this.#renewedUs < leaseUs / 4) return true;
    this.#renewedUs = nowUs;
    return native.pacerRenew(nowUs + leaseUs);
  }

  longestDelayUs(): number {
    return this.#options.native.pacerLateness();
  }

  /** 'vrrp_rt_priority'; throws EPERM. */
  setUrgency(priority: number): void {
    this.#options.native.pacerUrgency(priority);
  }

  /** The advert sockets of `key` are closed: core has ceased what it repeated there. */
  closeKey(key: string): void {
    const sender = this.#senders.get(key);
    if (sender === undefined) return;
    for (const id of [...sender.ids]) this.cease(id);
    this.#senders.delete(key);
    this.#options.native.close(sender.fd);
  }

  close(): void {
    this.#options.native.pacerStop();
    for (const { fd } of this.#senders.values()) this.#options.native.close(fd);
    this.#senders.clear();
  }

  #leave(id: number): void {
    const armed = this.#armed.get(id);
    if (armed === undefined) return;
    this.#armed.delete(id);
    this.#senders.get(armed.key)?.ids.delete(id);
    const rhythm = this.#rhythms.get(armed.intervalUs);
    rhythm?.delete(id);
    if (rhythm?.size === 0) this.#rhythms.delete(armed.intervalUs);
  }

  #slotOf(id: number): number | undefined {
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? this.#slots.size;
    if (slot >= MOST_SLOTS) return undefined;
    this.#slots.set(id, slot);
    return slot;
  }

  #sender(key: string, spec: SocketSpec): Sender {
    const known = this.#senders.get(key);
    if (known !== undefined) return known;
    const { native } = this.#options;
    const fd = native.socketOpen(spec.family === 4 ? AF_INET : AF_INET6, IPPROTO_RAW);
    try {
      prepareSender(
        {
          setOption: (level, option, value) => {
            const octets = typeof value === 'number' ? Buffer.from(Int32Array.of(value).buffer) : value;
            native.socketOption(fd, level, option, octets);
          },
        },
        spec,
      );
    } catch (e) {
      native.close(fd);
      throw e;
    }
    const sender = { fd, ids: new Set<number>() };
    this.#senders.set(key, sender);
    return sender;
  }

  #packets(advert: OutgoingAdvert, spec: SocketSpec): Packets {
    const packets = this.#options.adverts.encode(advert);
    if (packets.length !== advert.destinations.length) return [];
    return packets.flatMap((octets, i) => {
      const address = parseIp(advert.destinations[i] as string);
      return address === undefined ? [] : [[octets, sockaddr(address, spec.interfaceIndex)] as const];
    });
  }
}
