/** A watchdog in virtual time for core's tests, and core beside it. */
import type { Config, InstanceConfig } from '../../../src/config/config.ts';
import type { WatchdogPort } from '../../../src/ports/watchdog.ts';
import type { ReceivedAdvert } from '../../../src/vrrp/accept.ts';
import { config, World } from './fakes.ts';

export const KEY = 'ipv4 eth0 2 multicast 224.0.0.18';
type Vigil = { readonly atUs: number; readonly downUs: number };
type Entry = { key: string; octets: string; vrid: number; count: number; lastUs: number };

/** Everything of a packet that is on the wire. */
const octetsOf = (p: ReceivedAdvert): string => JSON.stringify([p.source, p.ttl, p.vrid, p.decoded]);

/** The kernel in virtual time. */
export class VirtualWatchdog implements WatchdogPort {
  readonly entries: Map<number, Entry> = new Map<number, Entry>();
  mostVigils: number = Number.POSITIVE_INFINITY;
  readonly vigils: Map<number, Vigil> = new Map<number, Vigil>();
  readonly #world: World;
  taken: number = 0;
  last: ReceivedAdvert | undefined;
  /** The filter is at an equal advert while the next watch ends: noted before that has returned, or later. */
  racing: 'no' | 'now' | 'later' = 'no';
  late: Entry | undefined;

  constructor(world: World) {
    this.#world = world;
  }
  watch(id: number, key: string, received: ReceivedAdvert): boolean {
    if (this.last !== received) return false;
    const { count, lastUs } = this.entries.get(id) ?? { count: 0, lastUs: 0 };
    this.entries.set(id, { key, octets: octetsOf(received), vrid: received.vrid, count, lastUs });
    return true;
  }
  unwatch(id: number): void {
    const e = this.entries.get(id);
    if (e === undefined) return;
    if (this.racing === 'now') this.stamp(e);
    if (this.racing === 'later') this.late = e;
    this.racing = 'no';
    e.octets = '';
  }
  noted(id: number): number {
    return this.entries.get(id)?.count ?? 0;
  }
  lastUs(id: number): number {
    return this.entries.get(id)?.lastUs ?? 0;
  }
  keepVigil(id: number, atUs: number, downUs: number): boolean {
    if (this.vigils.size >= this.mostVigils && !this.vigils.has(id)) return false;
    this.vigils.set(id, { atUs, downUs });
    return true;
  }
  endVigil(id: number): void {
    this.vigils.delete(id);
  }
  dueUs(id: number): number {
    const { atUs, downUs } = this.vigils.get(id) as Vigil;
    const lastUs = this.lastUs(id);
    return lastUs === 0 ? atUs : Math.max(atUs, lastUs + downUs);
  }
  due(nowUs: number): number[] {
    return [...this.vigils.keys()].filter((id) => this.dueUs(id) <= nowUs);
  }
  forget(id: number): void {
    this.vigils.delete(id);
    this.entries.delete(id);
  }
  obstacle(): string {
    return '';
  }
  stamp(e: Entry): void {
    e.count++;
    e.lastUs = this.#world.nowUs;
    this.taken++;
  }
  /** true: it is noted and does not come to core. */
  takes(packet: ReceivedAdvert): boolean {
    for (const e of this.entries.values()) {
      if (e.key !== KEY || e.octets !== octetsOf(packet)) continue;
      this.stamp(e);
      return true;
    }
    return false;
  }
}

export type Kind = 'plain' | 'watched';
export type Lab = { readonly w: World; readonly dog: VirtualWatchdog | undefined };

export function build(instances: readonly InstanceConfig[], kind: Kind, more: Partial<Config> = {}): Lab {
  const dogs: VirtualWatchdog[] = [];
  const hands = {} as { watchdog?: WatchdogPort };
  if (kind === 'watched')
    hands.watchdog = {
      watch: (...a) => dogs[0]?.watch(...a) ?? false,
      unwatch: (id) => dogs[0]?.unwatch(id),
      noted: (id) => dogs[0]?.noted(id) ?? 0,
      lastUs: (id) => dogs[0]?.lastUs(id) ?? 0,
      keepVigil: (...a) => dogs[0]?.keepVigil(...a) ?? false,
      endVigil: (id) => dogs[0]?.endVigil(id),
      due: (nowUs) => dogs[0]?.due(nowUs) ?? [],
      forget: (id) => dogs[0]?.forget(id),
      obstacle: () => '',
    };
  const w = new World(config(instances, more), true, undefined, hands);
  if (kind === 'watched') {
    const dog = new VirtualWatchdog(w);
    dogs.push(dog);
    w.vigilUs = () =>
      Math.min(Number.POSITIVE_INFINITY, ...[...dog.vigils.keys()].map((id) => dog.dueUs(id)));
  }
  return { w, dog: dogs[0] };
}

export function hear({ w, dog }: Lab, packet: ReceivedAdvert): void {
  if (dog?.takes(packet) === true) return;
  if (dog !== undefined) dog.last = packet;
  w.core.onAdvert(KEY, packet);
}
