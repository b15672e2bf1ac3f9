/**
 * Signed adverts between two whole daemons in virtual time, with clocks that are set, nodes that restart, and an attacker on
 * the segment who records every packet and sends old ones again to whomever he likes, the sender included. He has no key.
 * What he can do whatever the protocol: hold back what a node could not hear, and deliver it later, once.
 *
 * What must hold, with W the time_window:
 * - Clocks within W of each other, nobody restarts: packets sent again change nothing. Every holder of the address comes and goes at
 *   the same microsecond as without him.
 * - 'anti_replay time', clocks set by hours and nodes that restart: from W + one Master_Down_Interval after the last of
 *   that on, the node of the higher priority holds the address alone, attacker or not. Until then each node may refuse the
 *   other: as long as the clocks are further apart than W, and W after a restart. (What a clock that is ahead has signed becomes
 *   fresh when that time comes, and can cost another W then; the clocks here are ahead for longer than a history lasts.)
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prng } from '../../src/base/prng.ts';
import { macs } from '../../src/io/mac.ts';
import type { Node } from '../../src/whatif/node.ts';
import { planPair } from '../../src/whatif/plan.ts';
import { type Packet, World } from '../../src/whatif/world.ts';
import { conf, loadNode } from '../unit/whatif/support.ts';

/** More by hand: SEEDS=200. */
const SEEDS = Number(process.env['SEEDS'] ?? 6);
const S = 1_000_000;
const VIP = 'c0000264'; // 192.0.2.100
const ETH0 = 2;
const WINDOW_S = 5;
const DOWN_US = 4 * S;
const KEY = 'ab'.repeat(32);

const hmac = (more: string): string =>
  `auth_hmac {\n key 1 hex:${KEY}\n active_key 1\n time_window ${WINDOW_S}\n ${more}\n }`;
const AH = 'authentication {\n auth_type AH\n auth_pass 1111\n }';
const unicast = (own: number, peer: number): string =>
  `unicast_src_ip 192.0.2.${own}\n unicast_peer {\n 192.0.2.${peer}\n }`;

type Way = { readonly authentication: string; readonly unicast?: boolean; readonly version?: number };
const WAYS: Readonly<Record<string, Way>> = {
  'hmac time': { authentication: hmac('anti_replay time') },
  'hmac time v3': { authentication: hmac('anti_replay time'), version: 3 },
  'hmac time unicast': { authentication: hmac('anti_replay time'), unicast: true },
  'hmac monotonic': { authentication: hmac('anti_replay monotonic') },
  AH: { authentication: AH },
  'AH unicast': { authentication: AH, unicast: true },
};

/** `heard`: the other node was there to hear it. */
type Recorded = {
  readonly packet: Packet;
  readonly from: Node;
  readonly heard: boolean;
  readonly atUs: number;
};
/** A packet is with its receiver by then. */
const DELIVERED_US = 1000;

/** Two nodes, 200 and 100, and who held the address when. */
class Segment {
  readonly world: World;
  readonly history: string[] = [];
  readonly random: () => number;
  readonly #recorded: Recorded[] = [];
  replayed = 0;

  constructor(way: Way, seed: number) {
    const [a, b] = (['a', 'b'] as const).map((name, i) => {
      const addresses = way.unicast === true ? (i === 0 ? unicast(10, 20) : unicast(20, 10)) : '';
      const more = `version ${way.version ?? 2}\n ${way.authentication}\n ${addresses}`;
      return loadNode(conf({ priority: i === 0 ? 200 : 100, more }), name).config;
    });
    assert.ok(a !== undefined && b !== undefined);
    this.world = new World(planPair(['a', 'b'], a, b, macs), seed);
    this.random = prng(seed * 31 + 7);
    for (let i = 0; i < 4; i++) this.random();
    this.world.onPacket = (packet, from) => {
      const [one, two] = this.world.nodes;
      const other = from === one ? two : one;
      const heard = other?.alive === true && other.host.usable(ETH0);
      this.#recorded.push({ packet, from, heard, atUs: this.world.agenda.nowUs });
    };
    this.world.onChange = () => this.history.push(`${this.world.agenda.nowUs} ${this.holders()}`);
  }

  holders(): string {
    return this.world.nodes
      .filter((n) => n.alive && n.host.answersFor('eth0', VIP))
      .map((n) => n.name)
      .join('+');
  }

  at(us: number, run: () => void): void {
    this.world.agenda.at(us, run);
  }

  pass(us: number): void {
    assert.ok(this.world.pass(us), 'the nodes answer each other without end');
  }

  /** Old packets to either node, every 20 ms on average. `all`: also those that the node has missed. */
  attack(untilUs: number, all: boolean): void {
    const random = prng(99);
    const next = (us: number): void => {
      if (us > untilUs) return;
      this.at(us, () => {
        const back = random() < 0.3 ? Math.ceil(random() * 4) : Math.ceil(random() * this.#recorded.length);
        const old = this.#recorded.at(-back);
        const to = this.world.node(random() < 0.5 ? 0 : 1);
        if (old !== undefined && to.alive && old.atUs + DELIVERED_US < this.world.agenda.nowUs)
          if (all || old.heard || old.from === to) {
            this.replayed++;
            this.world.inject(to, ETH0, old.packet);
          }
        next(us + Math.floor(random() * 40_000));
      });
    };
    next(0);
  }
}

/** Carriers come and go, clocks are set by up to `stepMs`; both nodes run all the time. */
function quietHistory(way: Way, seed: number, stepMs: number, attacked: boolean): Segment {
  const s = new Segment(way, seed);
  const { random, world } = s;
  s.at(0, () => world.node(0).start());
  s.at(Math.floor(random() * 2 * S), () => world.node(1).start());
  for (let i = 0; i < 6; i++) {
    const node = world.node(random() < 0.5 ? 0 : 1);
    const fromUs = Math.floor((5 + random() * 40) * S);
    const untilUs = fromUs + Math.floor(random() * 6 * S);
    s.at(fromUs, () => node.host.setCarrier('eth0', false));
    s.at(untilUs, () => node.host.setCarrier('eth0', true));
    const stepped = world.node(random() < 0.5 ? 0 : 1);
    const ms = Math.floor((random() * 2 - 1) * stepMs);
    s.at(Math.floor(random() * 50 * S), () => {
      stepped.clockAheadMs = ms;
    });
  }
  if (attacked) s.attack(70 * S, false);
  s.pass(70 * S);
  return s;
}

describe('sim/authentication', () => {
  for (const [name, way] of Object.entries(WAYS))
    it(`${name}: packets sent again change nothing`, () => {
      let replayed = 0;
      let changes = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        // Together less than the window; in 'monotonic' and AH a clock may go wherever it likes.
        const stepMs = name.includes('time') ? 2_000 : 3_600_000;
        const alone = quietHistory(way, seed, stepMs, false);
        const attacked = quietHistory(way, seed, stepMs, true);
        assert.deepEqual(attacked.history, alone.history, `seed ${seed}`);
        assert.equal(attacked.holders(), 'a', `seed ${seed}`);
        replayed += attacked.replayed;
        changes += alone.history.length;
      }
      assert.ok(replayed > SEEDS * 1000, `only ${replayed} packets were sent again`);
      assert.ok(changes > SEEDS * 4, `only ${changes} changes: the histories are empty`);
    });

  for (const name of ['hmac time', 'hmac time v3', 'hmac time unicast'])
    it(`${name}: clocks set by hours and restarts cost two holders no longer than documented`, () => {
      let both = 0;
      for (let seed = 1; seed <= 2 * SEEDS; seed++) {
        const s = wildHistory(WAYS[name] as Way, seed);
        both += s.history.filter((line) => line.endsWith('a+b')).length;
        const late = s.history.filter((line) => Number(line.split(' ')[0]) > LAST_US + SETTLED_US);
        assert.deepEqual(late, [], `seed ${seed}: ${s.history.join(', ')}`);
        assert.equal(s.holders(), 'a', `seed ${seed}: ${s.history.join(', ')}`);
      }
      assert.ok(
        both > SEEDS / 2,
        'clocks that differ by hours must have made two masters: else nothing was tried',
      );
    });
});

const LAST_US = 60 * S;
const SETTLED_US = WINDOW_S * S + DOWN_US;

/** Clocks jump by up to four hours and are set right again, nodes stop, crash and start. The last of it at LAST_US. */
function wildHistory(way: Way, seed: number): Segment {
  const s = new Segment(way, seed);
  const { random, world } = s;
  // An orderly stop takes up to two seconds.
  const endUs = LAST_US - 3 * S;
  const when = (fromUs: number): number => fromUs + Math.floor(random() * (endUs - fromUs));
  for (const node of world.nodes) {
    s.at(0, () => node.start());
    for (let i = 0; i < 3; i++) {
      const fromUs = when(5 * S);
      const ms = Math.floor((random() < 0.5 ? -1 : 1) * (1 + random() * 70) * 200_000);
      s.at(fromUs, () => {
        node.clockAheadMs = random() < 0.3 ? 0 : ms;
      });
      const downUs = when(5 * S);
      const crash = random() < 0.5;
      s.at(downUs, () => (crash ? node.crash() : node.stop()));
      s.at(when(downUs), () => node.start());
    }
    s.at(LAST_US, () => {
      node.clockAheadMs = 0;
      node.start();
    });
  }
  s.attack(LAST_US + 60 * S, true);
  s.pass(LAST_US + 60 * S);
  return s;
}
