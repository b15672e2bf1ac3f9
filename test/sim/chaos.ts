/**
 * One seeded history of faults on one segment, and what must hold after the last of them (at T):
 *
 * D is the longest one-way delay, T' = T + D (nothing sent before T is under way any more), I(x) the interval of router x,
 * down the longest Master_Down_Interval that any router can run.
 *
 * Safety. Two masters W and L that hear each other, W the winner of RFC 9568 6.4.3 (705). W's next advert leaves at most I(W)
 * later and arrives within D: L yields. Or L's advert, at most I(L) later, is heard by W, which answers at once (725):
 * I(L) + 2 D. So after T' they are master together for at most min(I(W) + D, I(L) + 2 D); with 'lower_prio_no_advert' on W
 * there is no answer and I(W) + D is left. Becoming master sends an advert too, so overlaps that begin later obey the same bound.
 *
 * Liveness. Each backup's timer ends by T' + down, and whoever was master then still is or has yielded to a master:
 * after T' + down there is always a master.
 *
 * Agreement. By T' + down there is a master, an interval and D later all have heard it. That advert may be the first lower one
 * of a backup's preempt_delay; after the delay it accepts none, and its timer ends down later. So by
 * T' + 2 down + I + longest delay + 3 D all is decided: one master, nobody who preempts has a higher priority, and
 * nothing changes any more.
 *
 * Two owners (255) may both give way, each on the other's advert, when the healing comes within keepalived's window for
 * insisting (two own adverts and 1.2 intervals): then `down` is longer by 4 I and another down interval.
 *
 * What VRRPv3 itself does not give, found here: agreement where intervals differ and (a) a link delivers out of order or (b) a
 * master does not answer a lower advert (RFC 5798, 'lower_prio_no_advert'). A backup that accepts equal or lower priorities learns the
 * interval of any advert. When the last advert of a yielding short-interval master is heard after the advert it yields to,
 * that backup waits by the short interval, rises in its turn, yields, and so on; with (b) for ever where the periods are in step.
 * With order kept and the answer of RFC 9568 the answer comes last and heals it. There only safety and liveness are asked for.
 */

import { lingerBoundUs, masterDownUs, OWNER } from '../../src/vrrp/timers.ts';
import type { Params } from '../../src/vrrp/types.ts';
import { type Machine, Net, type Router, type RouterSpec, S } from './net.ts';
import { after, Watch } from './watch.ts';

export type Outcome = {
  readonly settles: boolean; // agreement and stability were asked for
  readonly problems: readonly string[];
  readonly steps: number;
  readonly log: () => string;
};

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

const garp: Params['garp'] = {
  repeatCount: 1,
  delayUs: 5 * S,
  refreshUs: 0,
  refreshRepeatCount: 1,
  lowerPrioRepeatCount: 1,
  lowerPrioDelayUs: 5 * S,
};

/** 2 to 5 routers; intervals equal in v2, as the ladder demands, and mixed in v3. */
function routers(random: Random): readonly RouterSpec[] {
  const version = random() < 0.4 ? 2 : 3;
  const commonUs = pick(random, [S, 2 * S]);
  const priorities = pick(random, [
    () => between(random, 1, 254),
    () => between(random, 1, 254),
    () => pick(random, [100, 101, 150]),
    () => 100,
    () => pick(random, [100, 200, OWNER]),
  ]);
  const preempting = pick(random, [1, 1, 1, 0.5, 0]);
  const delaying = random() < 0.2;
  const silent = pick(random, [0, 0, 0.5, 1]);
  return Array.from({ length: between(random, 2, 5) }, () => {
    const priority = priorities();
    const params: Params = {
      vrid: 51,
      version,
      basePriority: priority,
      adverIntUs: version === 2 ? commonUs : pick(random, [100_000, 200_000, 500_000, S, 2 * S]),
      downTimerAdverts: pick(random, [3, 3, 3, 2]),
      preempt: random() < preempting,
      preemptDelayUs: delaying && random() < 0.5 ? pick(random, [S, 3 * S]) : 0,
      lowerPrioNoAdvert: random() < silent,
      higherPrioSendAdvert: random() < 0.2,
      garp,
      inGroup: false,
      expiredPriority: 0,
    };
    return { params, priority, originUs: between(random, 0, 1e12) };
  });
}

/** One fault at the present moment, over before `endUs`. */
function fault(net: Net, endUs: number): void {
  const random = net.random;
  const r = pick(random, net.routers);
  const leftUs = Math.max(0, endUs - net.nowUs);
  const laterUs = net.nowUs + Math.floor(random() * Math.min(leftUs, 8 * S));
  const p = r.spec.params;
  pick(random, [
    () => {
      net.crash(r.id);
      net.at(laterUs, () => net.start(r.id));
    },
    () => net.start(r.id),
    () => {
      net.send(r.id, { type: 'shutdown', lingerUs: random() < 0.5 ? lingerBoundUs(p) : 0 });
      net.at(laterUs, () => net.start(r.id));
    },
    () => net.stall(r.id, laterUs - net.nowUs),
    () => net.stall(r.id, laterUs - net.nowUs),
    () => {
      // One direction, or the router alone, or a split in the middle.
      const how = random();
      for (const a of net.routers)
        for (const b of net.routers) {
          const split = a.id <= r.id !== b.id <= r.id;
          const hit = how < 0.3 ? a.id === r.id : how < 0.6 ? a.id === r.id || b.id === r.id : split;
          if (hit) {
            net.cut(a.id, b.id, true);
            net.at(laterUs, () => net.cut(a.id, b.id, false));
          }
        }
    },
    () => {
      if (p.basePriority !== OWNER) net.send(r.id, { type: 'priority', priority: between(random, 1, 254) });
    },
    () => {
      net.send(r.id, { type: 'fault', byGroup: false });
      net.at(laterUs, () => net.send(r.id, { type: 'fault-cleared' }));
    },
    () => net.send(r.id, { type: 'address-deleted' }),
  ])();
}

/** The winner of two masters first. */
const ranked = (a: Router, b: Router): readonly [Router, Router] =>
  a.priority > b.priority || (a.priority === b.priority && a.id > b.id) ? [a, b] : [b, a];

export function overlapBoundUs(a: Router, b: Router, maxDelayUs: number): number {
  const [w, l] = ranked(a, b);
  const periodUs = w.spec.params.adverIntUs + maxDelayUs;
  return w.spec.params.lowerPrioNoAdvert
    ? periodUs
    : Math.min(periodUs, l.spec.params.adverIntUs + 2 * maxDelayUs);
}

const preempts = (r: Router): boolean => r.spec.params.preempt || r.spec.params.basePriority === OWNER;

/** Everything that did not hold after the last fault. */
function judge(
  net: Net,
  watch: Watch,
  t: { quietUs: number; downUs: number; decidedUs: number; settles: boolean },
): string[] {
  const problems: string[] = net.stormy ? ['storm: the routers answer each other without end'] : [];
  for (const o of watch.overlaps) {
    const boundUs = overlapBoundUs(net.router(o.a), net.router(o.b), net.link.maxDelayUs);
    if (after(o, t.quietUs) > boundUs)
      problems.push(
        `safety: ${o.a} and ${o.b} were master together for ${after(o, t.quietUs)} us, bound ${boundUs}`,
      );
  }
  for (const s of watch.masterless)
    if (after(s, t.quietUs + t.downUs) > 0)
      problems.push(
        `liveness: no master ${s.fromUs}..${s.toUs}, ${after(s, t.quietUs + t.downUs)} us too long`,
      );
  for (const s of watch.unheld)
    if (after(s, t.quietUs + t.downUs) > 0) problems.push(`address: nobody held it ${s.fromUs}..${s.toUs}`);
  for (const r of net.routers)
    if (r.alive && r.holdsAddress !== (r.state.name === 'master'))
      problems.push(
        `address: router ${r.id} is ${r.state.name} and ${r.holdsAddress ? 'holds' : 'lacks'} it`,
      );
  if (!t.settles) return problems;
  const masters = net.masters();
  const [master] = masters;
  if (master === undefined || masters.length !== 1)
    problems.push(`agreement: masters are [${masters.map((m) => m.id).join()}]`);
  else
    for (const r of net.routers)
      if (r.state.name === 'backup' && r.alive && preempts(r) && r.priority > master.priority)
        problems.push(`agreement: ${master.id} is master, ${r.id} has a higher priority`);
  const late = net.changes.find((c) => c.atUs > t.decidedUs && c.from !== 'leaving');
  if (late !== undefined)
    problems.push(`stability: router ${late.router} ${late.from}>${late.to} at ${late.atUs}`);
  return problems;
}

export function chaos(seed: number, machine?: Machine): Outcome {
  const net = new Net({
    seed,
    routers: [],
    link: { minDelayUs: 0, maxDelayUs: 0, ordered: false, lossRate: 0, duplicateRate: 0 },
  });
  const { random } = net;
  const specs = routers(random);
  const world = new Net({
    seed: seed + 1_000_000,
    routers: specs,
    link: {
      minDelayUs: 0,
      maxDelayUs: pick(random, [1000, 5000, 20_000]),
      ordered: random() < 0.5,
      lossRate: pick(random, [0, 0.05, 0.3]),
      duplicateRate: pick(random, [0, 0.2]),
    },
    ...(machine === undefined ? {} : { machine }),
  });
  return play(world, specs);
}

function play(net: Net, specs: readonly RouterSpec[]): Outcome {
  const watch = new Watch(net);
  const { random } = net;
  const intervalUs = Math.max(...specs.map((s) => s.params.adverIntUs));
  const endUs = 6 * S + 8 * intervalUs;
  for (const r of net.routers) net.at(between(random, 0, intervalUs), () => net.start(r.id));
  for (let i = between(random, 2, 12); i > 0; i--)
    net.at(between(random, intervalUs, endUs - 1), () => fault(net, endUs));
  net.run(endUs);
  net.heal();
  for (const r of net.routers) if (r.state.name === 'fault') net.send(r.id, { type: 'fault-cleared' });
  // Who is down comes back, or not; but not all stay away.
  const idle = net.routers.filter((r) => !r.alive || r.state.name === 'init');
  for (const [i, r] of idle.entries())
    if (random() < 0.5 || (i === 0 && idle.length === net.routers.length)) net.start(r.id);
  if (net.routers.every((r) => r.state.name === 'leaving')) net.start(0);
  const delayUs = net.link.maxDelayUs;
  const oneDownUs = Math.max(
    ...specs.map((s) => masterDownUs(s.params, s.priority === OWNER ? OWNER : 1, intervalUs)),
  );
  const owners = specs.filter((s) => s.priority === OWNER).length;
  const downUs = owners < 2 ? oneDownUs : 2 * oneDownUs + 4 * intervalUs;
  const preemptUs = Math.max(...specs.map((s) => s.params.preemptDelayUs));
  const quietUs = endUs + delayUs;
  const decidedUs = quietUs + 2 * downUs + intervalUs + preemptUs + 3 * delayUs;
  const mixed = specs.some((r) => r.params.adverIntUs !== specs[0]?.params.adverIntUs);
  const settles = !mixed || (net.link.ordered && !specs.some((r) => r.params.lowerPrioNoAdvert));
  net.run(decidedUs + 4 * intervalUs + downUs);
  watch.end();
  return {
    settles,
    problems: judge(net, watch, { quietUs, downUs, decidedUs, settles }),
    steps: net.steps,
    log: () => history(net, endUs),
  };
}

/** For a person who repeats a seed. */
function history(net: Net, endUs: number): string {
  const who = net.routers.map(
    ({ id, spec: { params: p }, priority }) =>
      `${id}: v${p.version} priority ${priority} interval ${p.adverIntUs} preempt ${p.preempt} delay ${p.preemptDelayUs} silent ${p.lowerPrioNoAdvert}`,
  );
  const what = net.changes.map((c) => `${c.atUs} ${c.router} ${c.from}>${c.to} ${c.reason}`);
  return [
    ...who,
    `delay ${net.link.maxDelayUs}, ordered ${net.link.ordered}, last fault ${endUs}`,
    ...what,
  ].join('\n');
}
