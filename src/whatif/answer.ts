/** Questions ("what if this fails") and their answers in words, for the table and for JSON. */
import { type Outcome, type Range, runTrial, type Standing } from './experiment.ts';
import { allFaults, type Fault, faultText, hasGoodAnswer, recoveryText } from './fault.ts';
import type { Plan, PlannedRouter } from './plan.ts';

/** `counts`: exactly one holder is asked for; anything else makes the whole answer negative. */
export type Question = { readonly fault: Fault; readonly counts: boolean };

export type Row = {
  readonly what: string; // 'chk_haproxy fails on lb1'
  readonly fault: Fault;
  readonly recovery: boolean; // the fault is taken back
  readonly standing: string; // 'lb1 101-2=99 < lb2 100+2=102'
  readonly result: string; // 'lb2 takes over after 3.6 s'
  readonly why: readonly string[]; // where not exactly one node holds the address
  readonly outcome: Outcome;
  readonly bad: boolean;
  readonly eventful: boolean;
};
export type RouterAnswer = {
  readonly title: string;
  readonly names: readonly string[];
  readonly rows: readonly Row[];
};
export type Answer = {
  readonly nodes: readonly string[];
  readonly phases: number; // moments within the intervals at which each fault was tried
  readonly routers: readonly RouterAnswer[];
  readonly notSimulated: readonly string[];
  readonly notes: readonly string[];
  readonly negative: boolean;
};

/** Shorter than this, seconds, is the time of a packet and not worth a word. */
const NEGLIGIBLE_S = 0.05;
/** Phases of the whole table and of one question. */
export const TABLE_PHASES = 4;
export const QUESTION_PHASES = 9;
/** Adverts that one table may cost: large configurations are tried at fewer moments. */
const MANY_INSTANCES = 16;

export function wholeTable(plan: Plan): readonly Question[] {
  return allFaults(plan).map((fault) => ({ fault, counts: hasGoodAnswer(fault, plan.nodes.length) }));
}

export function answer(plan: Plan, questions: readonly Question[], phases: number): Answer {
  const tried = plan.routers.length > MANY_INSTANCES ? 1 : phases;
  const trials = questions.map((q) => ({ ...q, trial: runTrial(plan, q.fault, tried) }));
  const usual = trials.find((t) => t.fault.type === 'none') ?? { trial: runTrial(plan, { type: 'none' }, 1) };
  const routers = plan.routers.map((router, at) => {
    const normal = standingText(usual.trial.struck[at]?.standings ?? []);
    const rows = trials.flatMap(({ fault, counts, trial }): Row[] => {
      const struck = trial.struck[at];
      const back = trial.back[at];
      if (struck === undefined) return [];
      const first = row({ what: faultText(plan, fault), fault, recovery: false, counts, normal }, struck);
      if (back === undefined) return [first];
      const second = row({ what: recoveryText(plan, fault), fault, recovery: true, counts, normal }, back);
      return [first, { ...second, eventful: second.eventful || moved(struck) }];
    });
    return { ...title(router), rows };
  });
  return {
    nodes: plan.nodes.map((n) => n.name),
    phases: tried,
    routers,
    notSimulated: plan.notSimulated,
    notes: plan.notes,
    negative: routers.some((r) => r.rows.some((x) => x.bad)),
  };
}

function title(router: PlannedRouter): { readonly title: string; readonly names: readonly string[] } {
  const sides = router.sides.filter((s) => s !== undefined);
  const one = (values: readonly (string | number)[]): string => [...new Set(values)].join(' / ');
  const vips = sides.map((s) => s.vips[0]?.address ?? s.excludedVips[0]?.address ?? '');
  return {
    title: `${one(sides.map((s) => s.name))} (VRID ${one(sides.map((s) => s.vrid))}, ${one(vips)})`,
    names: router.sides.map((s) => s?.name ?? ''),
  };
}

type About = Pick<Row, 'what' | 'fault' | 'recovery'> & { readonly counts: boolean; readonly normal: string };

function row(about: About, outcome: Outcome): Row {
  const { counts, normal, ...rest } = about;
  const standing = standingText(outcome.standings);
  const one = outcome.after.length === 1;
  return {
    ...rest,
    standing,
    result: resultText(about.fault, outcome),
    why: one ? [] : reasons(outcome.standings),
    outcome,
    bad: counts && !one,
    eventful: moved(outcome) || outcome.after.length !== 1 || (!about.recovery && standing !== normal),
  };
}

function moved(o: Outcome): boolean {
  return o.takeoverS !== null || o.before.join() !== o.after.join() || o.noHolderS.max > NEGLIGIBLE_S;
}

function standingText(list: readonly Standing[]): string {
  const texts = list.map(one);
  const [a, b] = list;
  const fair = (s: Standing | undefined): boolean => s !== undefined && s.state !== 'fault' && s.priority > 0;
  if (a === undefined || b === undefined || !fair(a) || !fair(b)) return texts.join(', ');
  return texts.join(a.priority < b.priority ? ' < ' : a.priority > b.priority ? ' > ' : ' = ');
}

function one(s: Standing): string {
  if (s.state === 'absent') return `${s.node} has no such instance`;
  if (s.state === 'down') return `${s.node} down`;
  if (s.state === 'fault') return `${s.node} FAULT`;
  const sum = s.weights.map((w) => (w < 0 ? `${w}` : `+${w}`)).join('');
  return `${s.node} ${s.basePriority}${sum}${sum === '' ? '' : `=${s.priority}`}`;
}

function resultText(fault: Fault, o: Outcome): string {
  const [holder] = o.after;
  if (holder === undefined) return 'NO NODE holds the VIP';
  const gap = o.noHolderS.max > NEGLIGIBLE_S ? `, VIP absent ${seconds(o.noHolderS)}` : '';
  if (o.after.length > 1) return 'BOTH hold the VIP';
  const both = o.twoHoldersS.max > NEGLIGIBLE_S ? `, two holders for ${seconds(o.twoHoldersS)}` : '';
  if (fault.type === 'none') return `${holder} holds the VIP`;
  if (o.takeoverS === null) return `${holder} keeps the VIP${gap}${both}`;
  const again = o.before.includes(holder)
    ? 'holds it again'
    : o.before.length === 0
      ? 'holds the VIP'
      : 'takes over';
  return `${holder} ${again} after ${seconds(o.takeoverS)}${gap}${both}`;
}

/** '3.6 s' where all phases agree, else '2.7..3.6 s'. */
export function seconds(r: Range): string {
  const text = (s: number): string => (r.max < 1 ? s.toFixed(2) : s.toFixed(1));
  const [low, high] = [text(r.min), text(r.max)];
  return low === high ? `${low} s` : `${low}..${high} s`;
}

function reasons(list: readonly Standing[]): readonly string[] {
  return list.flatMap((s) => [
    ...s.faults.map((f) => `${s.node}: ${f}`),
    ...(s.lastRejection === '' ? [] : [`${s.node} rejects the adverts it hears (${s.lastRejection})`]),
  ]);
}
