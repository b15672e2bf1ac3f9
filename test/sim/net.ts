/**
 * A segment with routers on it, in virtual time: seeded delay, loss, duplication and cuts; routers that stall, crash and
 * start again, each with its own monotonic clock. One seed, one history. Only the machine is real; what an event loop, a
 * socket and a kernel do around it is modelled here:
 * a packet waits in the socket while its router is stalled, and `drainFirst` says whether it is read before a timer is believed.
 */
import assert from 'node:assert/strict';
import { prng } from '../../src/base/prng.ts';
import { deadlineUs, initialState, step } from '../../src/vrrp/step.ts';
import type { Effect, Event, Params, Reason, State, StateName } from '../../src/vrrp/types.ts';

export const S = 1_000_000;
export const NEVER: number = Number.POSITIVE_INFINITY;
/** Datagrams that a socket holds; native-findings: the default buffer holds 256 adverts. */
const SOCKET_PACKETS = 256;

export type Machine = typeof step;

export type RouterSpec = {
  readonly params: Params;
  readonly priority: number;
  /** Its monotonic clock shows this at the beginning. */
  readonly originUs: number;
};

export type Link = {
  /** One-way, uniform between the two. */
  minDelayUs: number;
  maxDelayUs: number;
  /** Packets reach a router in the order they were sent, whoever sent them: the last switch port is a queue. */
  ordered: boolean;
  lossRate: number; // 0..1
  duplicateRate: number; // 0..1
};

export type NetOptions = {
  readonly seed: number;
  readonly routers: readonly RouterSpec[];
  readonly link: Link;
  readonly machine?: Machine;
  readonly drainFirst?: boolean;
  /** From the wish to addresses that answer, and then to the announcement; part of what a takeover costs. */
  readonly addressUs?: number;
  readonly stepLimit?: number;
};

type Packet = {
  readonly from: number;
  readonly priority: number;
  readonly adverIntUs: number;
};

export type Router = {
  readonly id: number; // also the order of addresses: the higher id has the higher one
  readonly spec: RouterSpec;
  priority: number; // effective, what 'priority' events said last
  state: State;
  alive: boolean;
  stalledUntilUs: number;
  socket: Packet[];
  holdsAddress: boolean;
  addressGeneration: number;
  wakeAtUs: number; // true time of the earliest wake-up in the queue
};

export type Change = {
  readonly atUs: number;
  readonly router: number;
  readonly from: StateName;
  readonly to: StateName;
  readonly reason: Reason | 'crash';
};

type Item = { readonly atUs: number; readonly sequence: number; readonly run: () => void };

export class Net {
  nowUs = 0;
  steps = 0;
  readonly routers: readonly Router[];
  readonly changes: Change[] = [];
  readonly link: Link;
  /** Called after every change of a state or of who holds the address. */
  onChange: () => void = () => {};
  readonly random: () => number;
  readonly #machine: Machine;
  readonly #drainFirst: boolean;
  readonly #addressUs: number;
  readonly #stepLimit: number;
  readonly #cut = new Set<number>(); // from * 256 + to
  readonly #lastArrivalUs = new Map<number, number>(); // by receiver
  readonly #heap: Item[] = [];
  #sequence = 0;

  constructor(o: NetOptions) {
    this.random = prng(o.seed * 7919 + 1);
    for (let i = 0; i < 4; i++) this.random(); // small seeds are alike in their first numbers
    this.link = { ...o.link };
    this.#machine = o.machine ?? step;
    this.#drainFirst = o.drainFirst ?? true;
    this.#addressUs = o.addressUs ?? 0;
    this.#stepLimit = o.stepLimit ?? 50_000;
    this.routers = o.routers.map((spec, id) => ({
      id,
      spec,
      priority: spec.priority,
      state: initialState(spec.priority),
      alive: false,
      stalledUntilUs: 0,
      socket: [],
      holdsAddress: false,
      addressGeneration: 0,
      wakeAtUs: NEVER,
    }));
  }

  router(id: number): Router {
    const r = this.routers[id];
    assert.ok(r, `router ${id}`);
    return r;
  }

  /** Too many steps: routers answer each other without end. Nothing happens any more. */
  get stormy(): boolean {
    return this.steps >= this.#stepLimit;
  }

  masters(): readonly Router[] {
    return this.routers.filter((r) => r.alive && r.state.name === 'master');
  }

  /** Schedules an action of the test at a true time. */
  at(atUs: number, run: () => void): void {
    this.#push(atUs, run);
  }

  /** Runs everything that is due until then. */
  run(untilUs: number): void {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atUs > untilUs || this.stormy) break;
      this.#pop();
      this.nowUs = Math.max(this.nowUs, next.atUs);
      next.run();
    }
    this.nowUs = untilUs;
  }

  /** A new process on the same host: leftovers of the old one are removed by its first wish. */
  start(id: number): void {
    const r = this.router(id);
    r.alive = true;
    r.stalledUntilUs = 0;
    r.socket = [];
    r.priority = r.spec.priority;
    r.state = initialState(r.spec.priority);
    this.#setAddress(r, false);
    this.send(id, { type: 'startup', fault: false, notBeforeUs: 0 });
  }

  /** No advert, no goodbye; the address stays on the dead host, which answers for it no more. */
  crash(id: number): void {
    const r = this.router(id);
    if (!r.alive) return;
    this.changes.push({ atUs: this.nowUs, router: id, from: r.state.name, to: 'init', reason: 'crash' });
    r.alive = false;
    r.socket = [];
    r.holdsAddress = false;
    r.addressGeneration++;
    this.onChange();
  }

  stall(id: number, lengthUs: number): void {
    const r = this.router(id);
    r.stalledUntilUs = Math.max(r.stalledUntilUs, this.nowUs + lengthUs);
    this.#push(r.stalledUntilUs, () => this.#serve(r));
  }

  cut(from: number, to: number, on: boolean): void {
    if (on) this.#cut.add(from * 256 + to);
    else this.#cut.delete(from * 256 + to);
  }

  heal(): void {
    this.#cut.clear();
    this.link.lossRate = 0;
    this.link.duplicateRate = 0;
  }

  /** An event that is not a packet. A stalled router gets it when it wakes up, as a queue of core would give it. */
  send(id: number, e: Event): void {
    const r = this.router(id);
    if (!r.alive) return;
    if (r.stalledUntilUs > this.nowUs) {
      this.#push(r.stalledUntilUs, () => this.send(id, e));
      return;
    }
    if (e.type === 'priority') r.priority = e.priority;
    this.#step(r, e);
    this.#arm(r);
  }

  #localUs(r: Router): number {
    return this.nowUs + r.spec.originUs;
  }

  #step(r: Router, e: Event): void {
    this.steps++;
    assert.ok(
      this.steps <= this.#stepLimit,
      `more than ${this.#stepLimit} steps by ${this.nowUs} us: a storm`,
    );
    const next = this.#machine(r.spec.params, r.state, e, this.#localUs(r));
    const changed = next.state.name !== r.state.name;
    r.state = next.state;
    for (const f of next.effects) this.#effect(r, f);
    if (changed) this.onChange();
  }

  /** One turn of the event loop: the socket until it is empty, and the timer. */
  #serve(r: Router): void {
    if (!r.alive || r.stalledUntilUs > this.nowUs) return;
    if (!this.#drainFirst) this.#timer(r);
    const waiting = r.socket;
    r.socket = [];
    for (const packet of waiting) {
      this.#step(r, {
        type: 'advert',
        priority: packet.priority,
        adverIntUs: packet.adverIntUs,
        sourceOrder: packet.from > r.id ? 1 : -1,
      });
    }
    if (this.#drainFirst) this.#timer(r);
    this.#arm(r);
  }

  #timer(r: Router): void {
    if (deadlineUs(r.state) <= this.#localUs(r)) this.#step(r, { type: 'timer' });
  }

  #arm(r: Router): void {
    const dueUs = Math.max(deadlineUs(r.state) - r.spec.originUs, this.nowUs);
    if (dueUs === NEVER || dueUs >= r.wakeAtUs) return;
    r.wakeAtUs = dueUs;
    this.#push(dueUs, () => {
      r.wakeAtUs = NEVER;
      this.#serve(r);
    });
  }

  #effect(r: Router, f: Effect): void {
    if (f.type === 'send-advert') {
      const adverIntUs = r.spec.params.adverIntUs;
      this.#broadcast(r.id, (to) => this.#receive(to, { from: r.id, priority: f.priority, adverIntUs }));
    } else if (f.type === 'addresses') {
      const generation = ++r.addressGeneration;
      if (f.want === 'absent' || this.#addressUs === 0) this.#setAddress(r, f.want === 'present');
      else
        this.#push(this.nowUs + this.#addressUs, () => {
          if (r.addressGeneration === generation) this.#setAddress(r, true);
        });
    } else if (f.type === 'announce') {
      this.#push(this.nowUs + this.#addressUs, () => {
        if (r.holdsAddress) this.#broadcast(r.id, (to) => this.send(to.id, { type: 'successor-announced' }));
      });
    } else if (f.type === 'transition') {
      this.changes.push({ atUs: this.nowUs, router: r.id, from: f.from, to: f.to, reason: f.reason });
    }
  }

  #setAddress(r: Router, holds: boolean): void {
    if (r.holdsAddress === holds) return;
    r.holdsAddress = holds;
    this.onChange();
  }

  #broadcast(from: number, deliver: (to: Router) => void): void {
    for (const to of this.routers) {
      if (to.id === from || this.#cut.has(from * 256 + to.id) || this.random() < this.link.lossRate) continue;
      const copies = this.random() < this.link.duplicateRate ? 2 : 1;
      for (let i = 0; i < copies; i++) this.#push(this.#arrivalUs(to.id), () => deliver(to));
    }
  }

  #arrivalUs(to: number): number {
    const { minDelayUs, maxDelayUs, ordered } = this.link;
    const atUs = this.nowUs + minDelayUs + Math.floor(this.random() * (maxDelayUs - minDelayUs + 1));
    if (!ordered) return atUs;
    const arrivalUs = Math.max(atUs, this.#lastArrivalUs.get(to) ?? 0);
    this.#lastArrivalUs.set(to, arrivalUs);
    return arrivalUs;
  }

  #receive(to: Router, packet: Packet): void {
    if (!to.alive || to.socket.length >= SOCKET_PACKETS) return;
    to.socket.push(packet);
    this.#serve(to);
  }

  #push(atUs: number, run: () => void): void {
    const heap = this.#heap;
    const item: Item = { atUs, sequence: this.#sequence++, run };
    let i = heap.length;
    heap.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(item, heap[parent] as Item)) break;
      heap[i] = heap[parent] as Item;
      i = parent;
    }
    heap[i] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Item, heap[child] as Item)) child++;
      if (!before(heap[child] as Item, item)) break;
      heap[i] = heap[child] as Item;
      i = child;
    }
    heap[i] = item;
  }
}

const before = (a: Item, b: Item): boolean =>
  a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);
