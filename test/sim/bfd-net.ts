/**
 * Two BFD engines (the real core/bfd-sessions.ts) on a link in virtual time: seeded delay, loss and cuts; nodes that are late,
 * stall and shut down, each with its own monotonic clock. As an event loop does, timers run before what waits in the socket.
 */
import { prng } from '../../src/base/prng.ts';
import type { BfdConfig } from '../../src/config/bfd-config.ts';
import { BfdSessions } from '../../src/core/bfd-sessions.ts';
import { Limiter } from '../../src/core/limiter.ts';
import type { BfdSessionSnapshot } from '../../src/core/snapshot.ts';
import type { BfdPort, BfdReceived } from '../../src/ports/bfd.ts';
import { BFD_LENGTH, decodeControl, encodeControl } from '../../src/wire/bfd.ts';
import { bfdConfig } from '../unit/bfd/support.ts';

export const MS = 1000;
export const S = 1_000_000;
/** Datagrams that a socket holds. */
const SOCKET_PACKETS = 4096;
const STEP_LIMIT = 200_000;

export type LinkSpec = {
  minDelayUs: number;
  maxDelayUs: number;
  lossRate: number; // 0..1
  cut: boolean;
};

export type NetOptions = {
  readonly seed: number;
  readonly configs: readonly [Partial<BfdConfig>, Partial<BfdConfig>];
  readonly link?: Partial<LinkSpec>;
  /** A timer is served up to so much late. */
  readonly latenessUs?: number;
  /** false: the broken port whose `drain` reads nothing. */
  readonly drains?: boolean;
};

export type Change = { readonly atUs: number; readonly node: number; readonly up: boolean };
type Item = { readonly atUs: number; readonly order: number; readonly run: () => void };
type Node = {
  readonly sessions: BfdSessions;
  readonly socket: BfdReceived[];
  stalledUntilUs: number;
};

/** Node 0 is 192.0.2.1, node 1 is 192.0.2.2. */
const config = (node: number, change: Partial<BfdConfig>): BfdConfig =>
  bfdConfig('path', { neighbor: Uint8Array.of(192, 0, 2, 2 - node), ...change });

export class BfdNet {
  nowUs = 0;
  steps = 0;
  readonly link: LinkSpec;
  readonly changes: Change[] = [];
  readonly random: () => number;
  readonly #o: NetOptions;
  readonly #items: Item[] = [];
  readonly #nodes: Node[] = [];
  #order = 0;
  sent = 0;

  constructor(o: NetOptions) {
    this.#o = o;
    this.random = prng(o.seed * 7919 + 1);
    for (let i = 0; i < 4; i++) this.random(); // small seeds are alike in their first numbers
    this.link = { minDelayUs: 100, maxDelayUs: 1000, lossRate: 0, cut: false, ...o.link };
    for (const node of [0, 1]) this.#nodes.push(this.#node(node));
  }

  #node(node: number): Node {
    const originUs = node * 1e12;
    const clock = { nowUs: () => originUs + this.nowUs, wallMs: () => this.nowUs / 1000 };
    let armed = 0;
    const socket: BfdReceived[] = [];
    const sessions: BfdSessions = new BfdSessions({
      clock,
      timer: {
        arm: (atUs) => {
          const mine = ++armed;
          if (atUs === Number.POSITIVE_INFINITY) return;
          const lateUs = Math.floor(this.random() * (this.#o.latenessUs ?? MS));
          this.#whenAwake(node, Math.max(this.nowUs, atUs - originUs) + lateUs, () => {
            if (mine === armed) sessions.wake();
          });
        },
      },
      log: { log: () => {} },
      limiter: new Limiter(S),
      sockets: this.#port(node, socket),
      random: this.random,
      discriminator: () => 1 + Math.floor(this.random() * 0xffff_fffe),
      changed: () => {
        this.changes.push({ atUs: this.nowUs, node, up: sessions.stateOf('path').up });
      },
    });
    return { sessions, socket, stalledUntilUs: 0 };
  }

  #port(node: number, socket: BfdReceived[]): BfdPort {
    const nothing = (): void => {};
    return {
      listen: nothing,
      unlisten: nothing,
      open: nothing,
      close: nothing,
      closeAll: nothing,
      interfaceIndex: () => 1,
      send: (_name, _to, packet) => {
        const out = new Uint8Array(BFD_LENGTH);
        encodeControl(packet, out);
        this.#transmit(node, out);
        return undefined;
      },
      drain: () => (this.#o.drains === false ? 0 : this.#read(node, socket)),
    };
  }

  #transmit(from: number, octets: Uint8Array): void {
    this.sent++;
    const { minDelayUs, maxDelayUs, lossRate, cut } = this.link;
    if (cut || this.random() < lossRate) return;
    const to = this.node(1 - from);
    const received: BfdReceived = {
      family: 4,
      multihop: false,
      source: Uint8Array.of(192, 0, 2, from + 1),
      destination: Uint8Array.of(192, 0, 2, 2 - from),
      interfaceIndex: 1,
      port: 50_000,
      ttl: 255,
      packet: decodeControl(octets),
    };
    this.at(this.nowUs + minDelayUs + Math.floor(this.random() * (maxDelayUs - minDelayUs + 1)), () => {
      if (this.link.cut || to.socket.length >= SOCKET_PACKETS) return;
      to.socket.push(received);
      // Read in a turn of its own, after timers that are due.
      this.#whenAwake(1 - from, this.nowUs, () => this.#read(1 - from, to.socket));
    });
  }

  #read(node: number, socket: BfdReceived[]): number {
    const list = socket.splice(0);
    for (const received of list) this.node(node).sessions.receive(received);
    return list.length;
  }

  /** Runs at that time, or when the node is awake again. */
  #whenAwake(node: number, atUs: number, run: () => void): void {
    this.at(atUs, () => {
      const { stalledUntilUs } = this.node(node);
      if (stalledUntilUs > this.nowUs) this.#whenAwake(node, stalledUntilUs, run);
      else run();
    });
  }

  at(atUs: number, run: () => void): void {
    this.#items.push({ atUs, order: this.#order++, run });
  }

  node(node: number): Node {
    return this.#nodes[node] as Node;
  }

  start(node: number): void {
    this.node(node).sessions.configure([config(node, this.#o.configs[node] ?? {})]);
  }

  reconfigure(node: number, change: Partial<BfdConfig>): void {
    this.node(node).sessions.configure([config(node, change)]);
  }

  stall(node: number, us: number): void {
    this.node(node).stalledUntilUs = this.nowUs + us;
  }

  session(node: number): BfdSessionSnapshot {
    return this.node(node).sessions.snapshot().sessions[0] as BfdSessionSnapshot;
  }

  get bothUp(): boolean {
    return [0, 1].every((n) => this.session(n).state === 'up');
  }

  /** Ends that went from up to something else since then. */
  downs(sinceUs = 0): readonly Change[] {
    return this.changes.filter((c) => !c.up && c.atUs >= sinceUs);
  }

  /** Fails when the two answer each other without end. */
  run(us: number): void {
    const endUs = this.nowUs + us;
    for (;;) {
      let next = -1;
      for (const [i, item] of this.#items.entries()) {
        const best = this.#items[next];
        if (
          best === undefined ||
          item.atUs < best.atUs ||
          (item.atUs === best.atUs && item.order < best.order)
        )
          next = i;
      }
      const item = this.#items[next];
      if (item === undefined || item.atUs > endUs) break;
      this.#items.splice(next, 1);
      if (++this.steps > STEP_LIMIT)
        throw new Error(`a packet storm: ${this.sent} packets in ${this.nowUs} us`);
      this.nowUs = Math.max(this.nowUs, item.atUs);
      item.run();
    }
    this.nowUs = endUs;
  }
}
