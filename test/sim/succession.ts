/**
 * A healthy segment loses its master once, in order or by a crash: who follows, when, and was the address ever unheld.
 *
 * Priorities are far enough apart that the skews differ by more than a round trip, so exactly one router may rise, the highest.
 * Orderly: it rises within D + its skew after the priority 0. Crash: its timer runs from the last advert it heard, so it rises
 * within D + down after the crash, and not before down - I.
 * Make before break: the leaving router holds the address until 10 ms after the successor's first advert or until its
 * announcement; with addresses that answer within that time (the model's `addressUs`) nobody ever finds the address unheld.
 */
import { lingerBoundUs, masterDownUs, skewUs } from '../../src/vrrp/timers.ts';
import type { Params } from '../../src/vrrp/types.ts';
import { type Machine, Net, type RouterSpec, S } from './net.ts';
import { after, Watch } from './watch.ts';

export type How = 'linger' | 'stop' | 'crash' | 'tie';
export type Result = {
  readonly problems: readonly string[];
  readonly unheldUs: number; // after the departure
  readonly bothHeldUs: number;
  readonly skewUs: number; // of the successor
};

const STEP = 20; // of priorities; 20/256 of an interval

export function succession(seed: number, how: How, machine?: Machine): Result {
  const version = seed % 2 === 0 ? 2 : 3;
  const adverIntUs = version === 2 ? S : ([200_000, 500_000, S][seed % 3] as number);
  // The skews of neighbours differ by 15.6 ms at the least.
  const maxDelayUs = adverIntUs === S ? 20_000 : 5000;
  const count = 2 + (seed % 4);
  const params: Params = {
    vrid: 51,
    version,
    basePriority: 100,
    adverIntUs,
    downTimerAdverts: 3,
    preempt: true,
    preemptDelayUs: 0,
    lowerPrioNoAdvert: seed % 5 === 0,
    higherPrioSendAdvert: false,
    garp: {
      repeatCount: 1,
      delayUs: 5 * S,
      refreshUs: 0,
      refreshRepeatCount: 1,
      lowerPrioRepeatCount: 1,
      lowerPrioDelayUs: 5 * S,
    },
    inGroup: false,
    expiredPriority: 0,
  };
  if (how === 'tie') return tie(seed, params, count, machine);
  const low = 1 + ((seed * 37) % (254 - STEP * count));
  const routers: RouterSpec[] = Array.from({ length: count }, (_, id) => {
    const priority = low + STEP * ((id * 3 + seed) % count);
    return { params: { ...params, basePriority: priority }, priority, originUs: id * 1e9 };
  });
  // Three does not divide the counts but 3: then it would give equal priorities.
  if (count === 3) for (const [id, r] of routers.entries()) routers[id] = { ...r, priority: low + STEP * id };
  const net = new Net({
    seed,
    routers,
    link: { minDelayUs: 0, maxDelayUs, ordered: true, lossRate: 0, duplicateRate: 0 },
    addressUs: [0, 500, 5000][seed % 3] as number,
    ...(machine === undefined ? {} : { machine }),
  });
  return depart(net, how);
}

function depart(net: Net, how: How): Result {
  const watch = new Watch(net);
  for (const r of net.routers) net.start(r.id);
  const order = net.routers.toSorted((a, b) => b.priority - a.priority);
  const [top, next] = order;
  if (top === undefined || next === undefined)
    return { problems: ['no routers'], unheldUs: 0, bothHeldUs: 0, skewUs: 0 };
  const p = next.spec.params;
  const atUs = 10 * S + Math.floor(net.random() * p.adverIntUs);
  net.run(atUs);
  const problems: string[] = [];
  if (top.state.name !== 'master') problems.push(`before: router ${top.id} is ${top.state.name}`);
  if (how === 'crash') net.crash(top.id);
  else
    net.send(top.id, { type: 'shutdown', lingerUs: how === 'linger' ? lingerBoundUs(top.spec.params) : 0 });
  net.run(atUs + 10 * S);
  watch.end();

  const rises = net.changes.filter((c) => c.atUs >= atUs && c.to === 'master');
  const delayUs = net.link.maxDelayUs;
  const skew = skewUs(p, next.priority, p.adverIntUs);
  const down = masterDownUs(p, next.priority, p.adverIntUs);
  const first = rises[0];
  if (rises.length !== 1 || first === undefined || first.router !== next.id)
    problems.push(`succession: [${rises.map((c) => c.router).join()}] rose, want [${next.id}]`);
  else {
    const tookUs = first.atUs - atUs;
    const [least, most] = how === 'crash' ? [down - p.adverIntUs, down + delayUs] : [skew, skew + delayUs];
    if (tookUs < least || tookUs > most) problems.push(`time: it took ${tookUs} us, want ${least}..${most}`);
  }
  if (watch.overlaps.some((o) => after(o, atUs) > 0)) problems.push('safety: two masters');
  let unheldUs = 0;
  for (const s of watch.unheld) unheldUs += after(s, atUs);
  if (how === 'linger' && unheldUs > 0) problems.push(`address: unheld for ${unheldUs} us`);
  const fallen = net.changes.find((c) => c.atUs > atUs && c.router === top.id && c.to === 'init');
  const bothHeldUs = fallen === undefined || first === undefined ? 0 : Math.max(0, fallen.atUs - first.atUs);
  if (how === 'linger' && bothHeldUs > delayUs + 10_000)
    problems.push(`address: held by both for ${bothHeldUs} us`);
  return { problems, unheldUs, bothHeldUs, skewUs: skew };
}

/**
 * Equal priorities, started in one instant on a link without jitter: all timers end together and all adverts cross.
 * The highest address has to stay, the others to yield, and nobody may ever rise again.
 */
function tie(seed: number, params: Params, count: number, machine: Machine | undefined): Result {
  const net = new Net({
    seed,
    routers: Array.from({ length: count }, (_, id) => ({ params, priority: 100, originUs: id * 1e9 })),
    link: { minDelayUs: 2000, maxDelayUs: 2000, ordered: true, lossRate: 0, duplicateRate: 0 },
    ...(machine === undefined ? {} : { machine }),
  });
  const watch = new Watch(net);
  for (const r of net.routers) net.start(r.id);
  net.run(30 * S);
  watch.end();
  const problems: string[] = net.stormy ? ['storm'] : [];
  const masters = net.masters().map((r) => r.id);
  if (masters.join() !== String(count - 1))
    problems.push(`tie: masters are [${masters.join()}], want [${count - 1}]`);
  const risenUs = masterDownUs(params, 100, params.adverIntUs);
  for (const s of watch.masterless)
    if (after(s, risenUs) > 0) problems.push(`liveness: no master ${s.fromUs}..${s.toUs}`);
  for (const o of watch.overlaps)
    if (o.toUs > risenUs + 2 * net.link.maxDelayUs)
      problems.push(`safety: ${o.a} and ${o.b} until ${o.toUs}`);
  return { problems, unheldUs: 0, bothHeldUs: 0, skewUs: 0 };
}
