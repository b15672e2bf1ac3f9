/** Machines with one rule broken, each of which the simulation must find; else its checks prove nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { step } from '../../src/vrrp/step.ts';
import { skewUs } from '../../src/vrrp/timers.ts';
import type { Effect, Step } from '../../src/vrrp/types.ts';
import { chaos } from './chaos.ts';
import type { Machine } from './net.ts';
import { type How, succession } from './succession.ts';

const without = (s: Step, drop: (f: Effect) => boolean): Step => ({
  state: s.state,
  effects: s.effects.filter((f) => !drop(f)),
});

type Mutant = {
  readonly name: string;
  readonly machine: Machine;
  /** Where it must show, and as what. */
  readonly where: How | 'chaos';
  readonly problem: RegExp;
};

const elections: readonly Mutant[] = [
  {
    name: 'accepts a lower priority while preempting',
    machine: (p, s, e, t) => step({ ...p, preempt: false }, s, e, t),
    where: 'chaos',
    problem: /agreement: \d is master, \d has a higher/,
  },
  {
    name: 'a MASTER does not yield',
    machine: (p, s, e, t) =>
      s.name === 'master' && e.type === 'advert' ? { state: s, effects: [] } : step(p, s, e, t),
    where: 'chaos',
    problem: /safety/,
  },
  {
    name: 'both yield to an equal priority',
    machine: (p, s, e, t) => step(p, s, e.type === 'advert' ? { ...e, sourceOrder: 1 } : e, t),
    where: 'tie',
    problem: /liveness/,
  },
  {
    name: 'nobody yields to an equal priority',
    machine: (p, s, e, t) => step(p, s, e.type === 'advert' ? { ...e, sourceOrder: -1 } : e, t),
    where: 'chaos',
    problem: /agreement: masters are|storm/,
  },
  {
    name: 'no answer to a lower advert',
    machine: (p, s, e, t) => step({ ...p, lowerPrioNoAdvert: true }, s, e, t),
    where: 'chaos',
    problem: /safety/,
  },
  {
    name: "keepalived's: the advert timer restarts without an advert",
    machine: (p, s, e, t) => {
      const next = step(p, s, e, t);
      const heard = e.type === 'advert' && s.name === 'master' && next.state.name === 'master';
      if (!heard || next.effects.some((f) => f.type === 'send-advert')) return next;
      return { ...next, state: { ...next.state, adverAtUs: t + p.adverIntUs } };
    },
    where: 'chaos',
    problem: /safety/,
  },
  {
    name: 'v3 does not learn the interval',
    machine: (p, s, e, t) => step(p, s, e.type === 'advert' ? { ...e, adverIntUs: p.adverIntUs } : e, t),
    where: 'chaos',
    problem: /stability/,
  },
  {
    name: 'the down timer is not restarted by an advert',
    machine: (p, s, e, t) => {
      const next = step(p, s, e, t);
      return e.type === 'advert' && s.name === 'backup' && next.state.name === 'backup'
        ? { ...next, state: { ...next.state, masterDownAtUs: s.masterDownAtUs } }
        : next;
    },
    where: 'chaos',
    problem: /stability/,
  },
  {
    name: 'the preempt delay never ends',
    machine: (p, s, e, t) => step(p.preemptDelayUs > 0 ? { ...p, preemptDelayUs: 1e12 } : p, s, e, t),
    where: 'chaos',
    problem: /agreement: \d is master, \d has a higher/,
  },
  {
    name: 'the addresses stay behind',
    machine: (p, s, e, t) => without(step(p, s, e, t), (f) => f.type === 'addresses' && f.want === 'absent'),
    where: 'chaos',
    problem: /address: router \d is backup and holds it/,
  },
];

const successions: readonly Mutant[] = [
  {
    name: 'skew ignored',
    machine: (p, s, e, t) => {
      const { state, effects } = step(p, s, e, t);
      if (state.name !== 'backup' || (s.name === 'backup' && s.masterDownAtUs === state.masterDownAtUs))
        return { state, effects };
      const skew = skewUs(p, state.priority, state.masterAdverIntUs);
      return { state: { ...state, masterDownAtUs: state.masterDownAtUs - skew }, effects };
    },
    where: 'crash',
    problem: /succession/,
  },
  {
    name: 'a BACKUP does not know priority 0',
    machine: (p, s, e, t) =>
      s.name === 'backup' && e.type === 'advert' && e.priority === 0
        ? { state: s, effects: [] }
        : step(p, s, e, t),
    where: 'stop',
    problem: /time/,
  },
  {
    name: 'a MASTER stops without priority 0',
    machine: (p, s, e, t) => without(step(p, s, e, t), (f) => f.type === 'send-advert' && f.priority === 0),
    where: 'stop',
    problem: /time/,
  },
  {
    name: 'no advert on becoming MASTER',
    machine: (p, s, e, t) =>
      without(step(p, s, e, t), (f) => f.type === 'send-advert' && s.name === 'backup'),
    where: 'crash',
    problem: /succession/,
  },
  {
    name: 'break before make',
    machine: (p, s, e, t) => step(p, s, e.type === 'shutdown' ? { ...e, lingerUs: 0 } : e, t),
    where: 'linger',
    problem: /address: unheld/,
  },
  {
    name: 'the leaving MASTER takes priority 0 of anyone for a successor',
    machine: (p, s, e, t) => step(p, s, s.name === 'leaving' ? { type: 'successor-announced' } : e, t),
    where: 'linger',
    problem: /address: unheld/,
  },
  {
    name: 'the leaving MASTER hears no successor',
    machine: (p, s, e, t) =>
      s.name === 'leaving' && e.type !== 'timer' ? { state: s, effects: [] } : step(p, s, e, t),
    where: 'linger',
    problem: /address: held by both/,
  },
];

const SEEDS = 300;

/** The first seed that shows the problem. */
function firstSeed(m: Mutant): number | undefined {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { problems } = m.where === 'chaos' ? chaos(seed, m.machine) : succession(seed, m.where, m.machine);
    if (problems.some((text) => m.problem.test(text))) return seed;
  }
  return undefined;
}

describe('the simulation finds', () => {
  for (const m of [...elections, ...successions])
    it(m.name, (t) => {
      const seed = firstSeed(m);
      assert.ok(seed !== undefined, `no seed of ${SEEDS} shows ${m.problem}`);
      t.diagnostic(`SEED=${seed}`);
    });
});
