/**
 * One fault, several times: start the nodes, let them settle, strike, settle, take the fault back, settle. Each time at
 * another moment within the intervals, because when a master dies just before its next advert the backup has already
 * waited most of its time.
 */
import type { InstanceConfig } from '../config/config.ts';
import type { InstanceSnapshot } from '../core/snapshot.ts';
import { type Fault, strike, takeBack } from './fault.ts';
import { Holders, type Span, same } from './holders.ts';
import type { Plan } from './plan.ts';
import { World } from './world.ts';

export type Range = { readonly min: number; readonly median: number; readonly max: number };
/** How one node stands for a virtual router once all is quiet. */
export type Standing = {
  readonly node: string;
  readonly state: 'absent' | 'down' | InstanceSnapshot['state'];
  readonly basePriority: number;
  readonly priority: number; // effective
  readonly weights: readonly number[]; // what counts now, in order
  readonly faults: readonly string[];
  readonly lastRejection: string; // '' = none
};
/** What happened to one virtual router in one stretch; times in seconds. */
export type Outcome = {
  readonly before: readonly string[]; // nodes that hold the address
  readonly after: readonly string[];
  readonly takeoverS: Range | null; // null: nothing moved
  readonly noHolderS: Range; // nobody answers for the address
  readonly twoHoldersS: Range;
  readonly standings: readonly Standing[];
};
export type Trial = {
  readonly fault: Fault;
  readonly struck: readonly Outcome[];
  readonly back: readonly Outcome[];
};

const S = 1_000_000;
/** Of the golden ratio: phases that never fall together, however many there are. */
const STEP = 0.618033988749895;
/** The same of the square root of two, for a second phase. */
const OTHER_STEP = 0.414213562373095;

const most = (values: readonly number[]): number => Math.max(0, ...values);

/**
 * After this long nothing more will happen: every timer of the configuration that `fault` concerns has ended and the new
 * master was heard. The master's silence counts twice where a sync group may have to wait for its second member.
 */
export function settleUs(plan: Plan, fault: Fault): number {
  const configs = plan.nodes.map((n) => n.config);
  const instances = configs.flatMap((c) => c.instances);
  const interval = most(instances.map((c) => c.adverIntUs));
  const down = interval * (most(instances.map((c) => c.downTimerAdverts)) + 1);
  const scripts = most(
    configs.flatMap((c) =>
      c.scripts.map(
        (s) => s.intervalUs * (Math.max(s.rise, s.fall) + 1) + Math.min(s.timeoutUs, s.intervalUs),
      ),
    ),
  );
  const delay = most(instances.map((c) => c.preemptDelayUs));
  const startup = most(configs.map((c) => c.global.startupDelayUs));
  const starts = fault.type === 'none' || fault.type === 'stop' || fault.type === 'crash';
  const tracked =
    fault.type === 'script-fails'
      ? scripts
      : fault.type === 'process-ends'
        ? most(
            configs.flatMap((c) => c.trackProcesses.map((p) => Math.max(p.forkDelayUs, p.terminateDelayUs))),
          )
        : fault.type === 'link-down'
          ? most(configs.flatMap((c) => c.global.interfaceDelays.map((d) => Math.max(d.downUs, d.upUs))))
          : 0;
  const waits = delay + (starts ? startup : 0) + tracked;
  const groups = configs.some((c) => c.groups.length > 0) ? down : 0;
  return Math.ceil(down + groups + interval + waits + S / 4);
}

/** The longest of the intervals against which a fault can fall early or late. */
function longestIntervalUs(plan: Plan): number {
  const configs = plan.nodes.map((n) => n.config);
  return Math.max(
    S / 100,
    ...configs.flatMap((c) => [
      ...c.instances.map((i) => i.adverIntUs),
      ...c.scripts.map((s) => s.intervalUs),
    ]),
  );
}

type Run = { readonly struck: readonly Span[]; readonly back: readonly Span[] };

/** Nodes that have started and come to rest. */
class Lab {
  readonly world: World;
  readonly holders: Holders;

  constructor(plan: Plan, seed: number, scriptPhase: number) {
    this.world = new World(plan, seed);
    this.holders = new Holders(this.world, plan.routers);
    for (const [id, node] of this.world.nodes.entries())
      this.world.agenda.at(id * Math.floor(0.37 * S), () => node.start(scriptPhase));
    this.world.pass(settleUs(plan, { type: 'none' }) + 2 * longestIntervalUs(plan));
  }

  stretch(act: () => void, us: number): readonly Span[] {
    this.holders.begin();
    act();
    this.world.pass(us);
    return this.holders.end();
  }
}

export function runTrial(plan: Plan, fault: Fault, phases: number): Trial {
  const runs: Run[] = [];
  let lab: Lab | undefined;
  let standings: { readonly struck: Standing[][]; readonly back: Standing[][] } | undefined;
  const quietUs = settleUs(plan, fault);
  for (let i = 0; i < phases; i++) {
    lab ??= new Lab(plan, i + 1, fault.type === 'script-fails' ? (0.1 + i * OTHER_STEP) % 1 : 0);
    const { world } = lab;
    world.pass(Math.floor(((0.25 + i * STEP) % 1) * longestIntervalUs(plan)));
    if (fault.type === 'none') {
      const now = lab.stretch(() => {}, 0);
      const how = standingsOf(world, plan);
      return { fault, struck: outcomes(plan, [now], how), back: [] };
    }
    const struck = lab.stretch(() => strike(world, fault), quietUs);
    const then = standings === undefined ? standingsOf(world, plan) : [];
    const back = lab.stretch(() => takeBack(world, fault), quietUs);
    standings ??= { struck: then, back: standingsOf(world, plan) };
    runs.push({ struck, back });
    // Where all is as it was the next phase goes on here; else, and for another phase of the scripts, all start anew.
    if (fault.type === 'script-fails' || !back.every((s, at) => same(s.after, struck[at]?.before ?? [])))
      lab = undefined;
  }
  return {
    fault,
    struck: outcomes(
      plan,
      runs.map((r) => r.struck),
      standings?.struck ?? [],
    ),
    back: outcomes(
      plan,
      runs.map((r) => r.back),
      standings?.back ?? [],
    ),
  };
}

function outcomes(
  plan: Plan,
  runs: readonly (readonly Span[])[],
  standings: readonly (readonly Standing[])[],
): readonly Outcome[] {
  return plan.routers.map((_, at) => {
    const spans = runs.map((r) => r[at] as Span);
    const first = spans[0] as Span;
    const moved = spans.flatMap((s) => (s.movedUs === undefined ? [] : [s.movedUs]));
    const names = (ids: readonly number[]): string[] => ids.map((id) => plan.nodes[id]?.name ?? '');
    return {
      before: names(first.before),
      after: names(first.after),
      takeoverS: moved.length === 0 ? null : range(moved),
      noHolderS: range(spans.map((s) => s.noHolderUs)),
      twoHoldersS: range(spans.map((s) => s.twoHoldersUs)),
      standings: standings[at] ?? [],
    };
  });
}

function range(us: readonly number[]): Range {
  const sorted = us.toSorted((x, y) => x - y).map((x) => Math.round(x / 1000) / 1000);
  const at = (i: number): number => sorted[i] ?? 0;
  return { min: at(0), median: at(Math.floor(sorted.length / 2)), max: at(sorted.length - 1) };
}

function standingsOf(world: World, plan: Plan): Standing[][] {
  const byName = world.nodes.map((n) => new Map(n.instances().map((i) => [i.name, i])));
  return plan.routers.map((r) =>
    r.sides.map((side, id) => {
      const snapshot = side === undefined ? undefined : byName[id]?.get(side.name);
      return standing(world.node(id).name, side, snapshot);
    }),
  );
}

function standing(
  node: string,
  side: InstanceConfig | undefined,
  snapshot: InstanceSnapshot | undefined,
): Standing {
  const rejection = snapshot?.lastRejection;
  return {
    node,
    state: side === undefined ? 'absent' : (snapshot?.state ?? 'down'),
    basePriority: side?.priority ?? 0,
    priority: snapshot?.effectivePriority ?? 0,
    weights: snapshot?.contributions.map((c) => c.weight) ?? [],
    faults: snapshot?.faults.map((f) => f.detail) ?? [],
    lastRejection:
      rejection === undefined || rejection === null ? '' : `${rejection.reason}: ${rejection.detail}`,
  };
}
