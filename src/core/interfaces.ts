/**
 * Interfaces as tracked things: what the kernel says of a link, or what the link itself says where it is polled
 * ('linkbeat_interfaces'), and after that how long it has lasted ('interface_up_down_delays').
 */
import type { Config } from '../config/config.ts';
import type { InterfaceDelay } from '../config/global-config.ts';
import type { CarrierMethod } from '../ports/carrier.ts';
import { cutDelay, type DebounceState, initialDebounce, stepDebounce } from '../track/debounce.ts';
import { interfaceDetail, interfaceStatus, type LinkFlags } from '../track/interface.ts';
import { type Tracked, trackedStatus } from '../track/priority.ts';
import { concerned } from './concerns.ts';
import type { Context } from './context.ts';
import { linkFlags, watchedInterfaces } from './network.ts';
import type { Router } from './router.ts';
import type { InterfaceSnapshot } from './snapshot.ts';
import type { TrackHands, TrackSource } from './track-source.ts';

/** keepalived asks each link once a second. */
const POLL_US = 1_000_000;
/** 'auto' takes the first that answers. */
const METHODS: readonly CarrierMethod[] = ['MII', 'ETHTOOL', 'IOCTL'];

type Polled = { readonly methods: readonly CarrierMethod[]; by: CarrierMethod | undefined; carrier: boolean };
type Delayed = { readonly id: number; config: InterfaceDelay; state: DebounceState };

export class Interfaces implements TrackSource {
  readonly #ctx: Context;
  readonly #hands: TrackHands;
  readonly #pollId: number;
  #polled = new Map<string, Polled>();
  #delayed = new Map<string, Delayed>();

  constructor(ctx: Context, hands: TrackHands) {
    this.#ctx = ctx;
    this.#hands = hands;
    this.#pollId = hands.allocate();
  }

  configure(config: Config): void {
    const before = this.#polled;
    this.#polled = new Map();
    for (const [name, methods] of polledOf(config)) {
      const old = before.get(name);
      this.#polled.set(name, { methods, by: undefined, carrier: old?.carrier ?? true });
      this.#ask(name);
    }
    this.#hands.setDeadline(
      this.#pollId,
      this.#polled.size > 0 ? this.#ctx.ports.clock.nowUs() + POLL_US : Number.POSITIVE_INFINITY,
    );
    const delayed = this.#delayed;
    this.#delayed = new Map();
    for (const delay of config.global.interfaceDelays) {
      const old = delayed.get(delay.interface);
      delayed.delete(delay.interface);
      this.#delayed.set(delay.interface, {
        id: old?.id ?? this.#hands.allocate(),
        config: delay,
        state: old?.state ?? initialDebounce(this.#usable(delay.interface)),
      });
    }
    for (const gone of delayed.values()) this.#hands.setDeadline(gone.id, Number.POSITIVE_INFINITY);
  }

  attach(): void {}

  /** What the kernel, or the link itself, says now. */
  #flags(name: string): LinkFlags {
    const { links, devices } = this.#ctx;
    const flags = linkFlags(links.get(name), links.get(devices.parentOf(name) ?? name));
    const polled = this.#polled.get(name);
    return polled?.by === undefined ? flags : { ...flags, running: polled.carrier };
  }

  #usable(name: string): boolean {
    return interfaceStatus(this.#flags(name)) === 'up';
  }

  trackedOf(r: Router): readonly Tracked[] {
    const own = watchedInterfaces(r.config).map((name) => this.#tracked(`interface ${name}`, name, 0, false));
    const group = this.#ctx.config.groups.find((g) => g.members.includes(r.config.name));
    const listed = [...r.config.trackInterfaces, ...(group?.trackInterfaces ?? [])].map((t) =>
      this.#tracked(`track_interface ${t.interface}`, t.interface, t.weight, t.reverse),
    );
    return [...own, ...listed];
  }

  #tracked(what: string, name: string, weight: number, reverse: boolean): Tracked {
    const flags = this.#flags(name);
    const delayed = this.#delayed.get(name);
    const detail = interfaceDetail(name, flags);
    const status = delayed === undefined ? interfaceStatus(flags) : delayed.state.up ? 'up' : 'down';
    return trackedStatus({
      what,
      weight,
      reverse,
      status,
      detail: `interface ${detail !== '' ? detail : status === 'up' ? `${name} is up` : `${name} is not up for long enough`}`,
    });
  }

  /** The kernel said something of this link, or of all of them; before its instances are looked at. */
  onLink(name?: string): void {
    for (const iface of name === undefined ? [...this.#delayed.keys()] : [name]) this.#settle(iface);
  }

  #settle(name: string): void {
    const d = this.#delayed.get(name);
    if (d === undefined) return;
    const nowUs = this.#ctx.ports.clock.nowUs();
    const up = this.#usable(name);
    const gone = !this.#ctx.links.has(name);
    const before = d.state.changeAtUs;
    d.state = stepDebounce(this.#limited(d.config), d.state, { type: 'seen', up, gone }, nowUs);
    this.#hands.setDeadline(d.id, d.state.changeAtUs);
    if (d.state.changeAtUs !== Number.POSITIVE_INFINITY && before === Number.POSITIVE_INFINITY)
      this.#ctx.ports.log.log(
        'info',
        `interface ${name} is ${up ? 'up' : 'down'}: it counts if that lasts ${(d.state.changeAtUs - nowUs) / 1e6} s (interface_up_down_delays)`,
        { interface: name },
      );
  }

  /** No longer than the peers of its instances wait, by the interval that is in force. */
  #limited(config: InterfaceDelay): InterfaceDelay {
    let { downUs, upUs } = config;
    for (const r of this.#ctx.routers) {
      if (r.config.interface !== config.interface) continue;
      const s = r.state;
      const interval = s.name === 'backup' || s.name === 'master' ? s.masterAdverIntUs : r.config.adverIntUs;
      downUs = cutDelay(downUs, r.config.downTimerAdverts, interval);
      upUs = cutDelay(upUs, r.config.downTimerAdverts, interval);
    }
    return { interface: config.interface, downUs, upUs };
  }

  onDeadline(id: number, nowUs: number): boolean {
    if (id === this.#pollId) {
      this.#poll(nowUs);
      return true;
    }
    for (const [name, d] of this.#delayed) {
      if (d.id !== id) continue;
      const before = d.state.up;
      d.state = stepDebounce(d.config, d.state, { type: 'timer' }, nowUs);
      this.#hands.setDeadline(d.id, d.state.changeAtUs);
      if (d.state.up !== before) this.#changed(name);
      return true;
    }
    return false;
  }

  #poll(nowUs: number): void {
    this.#hands.setDeadline(this.#pollId, nowUs + POLL_US);
    for (const name of this.#polled.keys()) {
      if (!this.#ask(name)) continue;
      this.#settle(name);
      this.#ctx.ports.log.log(
        'info',
        `linkbeat: ${name} has ${this.#polled.get(name)?.carrier === true ? 'its' : 'no'} carrier`,
        { interface: name },
      );
      this.#changed(name);
    }
  }

  /** True: the answer is another one than before. An interface that cannot be asked keeps what the kernel says. */
  #ask(name: string): boolean {
    const polled = this.#polled.get(name);
    if (polled === undefined) return false;
    const before = polled.carrier;
    for (const method of polled.by === undefined ? polled.methods : [polled.by]) {
      const answer = this.#ctx.ports.carrier.carrier(name, method);
      if (answer === undefined) continue;
      polled.by = method;
      polled.carrier = answer;
      return answer !== before;
    }
    polled.by = undefined;
    polled.carrier = linkFlags(this.#ctx.links.get(name)).running;
    return polled.carrier !== before;
  }

  #changed(name: string): void {
    for (const r of concerned(this.#ctx, name)) this.#hands.changed(r);
  }

  stop(): void {
    this.#hands.setDeadline(this.#pollId, Number.POSITIVE_INFINITY);
    for (const d of this.#delayed.values()) this.#hands.setDeadline(d.id, Number.POSITIVE_INFINITY);
  }

  /** Those that are polled or delayed. */
  snapshot(): readonly InterfaceSnapshot[] {
    const names = new Set([...this.#polled.keys(), ...this.#delayed.keys()]);
    const nowUs = this.#ctx.ports.clock.nowUs();
    return [...names].map((name) => {
      const delayed = this.#delayed.get(name);
      const usable = this.#usable(name);
      return {
        name,
        usable,
        counts: delayed === undefined ? usable : delayed.state.up,
        changesInUs:
          delayed === undefined || delayed.state.changeAtUs === Number.POSITIVE_INFINITY
            ? -1
            : Math.max(0, delayed.state.changeAtUs - nowUs),
        polledBy: this.#polled.has(name) ? (this.#polled.get(name)?.by ?? 'netlink') : '',
      };
    });
  }
}

/** Which links are polled, and how: KEEPALIVED: VMACs and ipvlans are not. */
function polledOf({ global, instances }: Config): Map<string, readonly CarrierMethod[]> {
  const out = new Map<string, readonly CarrierMethod[]>();
  for (const i of instances)
    if (i.interface !== '' && (global.linkbeat.all || i.linkbeatPolling)) out.set(i.interface, METHODS);
  for (const { interface: name, method } of global.linkbeat.interfaces)
    out.set(name, method === 'auto' ? METHODS : [method]);
  return out;
}
