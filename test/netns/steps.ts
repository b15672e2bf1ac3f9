/** The language of scenarios/NAME/steps.json, and its change by overrides.json where a pairing is known to differ. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Frame filter. `where`: dotted field -> value, one of several, or '!value' for "not". */
export type FrameFilter = {
  readonly kind?: string;
  readonly node?: string;
  readonly dst_mac?: string;
  readonly where?: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  /** 0 first (default), -1 last in the window. */
  readonly nth?: number;
};
type Window = { readonly from?: string; readonly to?: string };

/** `n`: node; times in seconds; each of start, term, kill, hup and a sh without `quiet` sets the mark 'last'. */
export type Step =
  | { readonly op: 'start' | 'kill'; readonly n: string }
  | { readonly op: 'term'; readonly n: string; readonly wait?: boolean }
  /** Copies `conf` over the node's running file and sends SIGHUP. */
  | { readonly op: 'hup'; readonly n: string; readonly conf: string }
  /** Runs in the node's (or 'sw', the bridges') network; `nocheck`: its status does not matter. */
  | {
      readonly op: 'sh';
      readonly n: string;
      readonly cmd: string;
      readonly quiet?: number;
      readonly nocheck?: number;
    }
  | { readonly op: 'mark'; readonly name: string }
  | { readonly op: 'sleep'; readonly s: number }
  /** Waits for the address to be (`present`, default) or not to be on the node; its delay after `since` is checked. */
  | {
      readonly op: 'vip';
      readonly n: string;
      readonly vip: string;
      readonly min?: number;
      readonly max?: number;
      readonly present?: boolean;
      readonly since?: string;
    }
  /** Who holds it right now: 'a', 'ab', ''. */
  | { readonly op: 'holders'; readonly vip: string; readonly want: string }
  /** The holders are `want` and do not change for `s` seconds. */
  | { readonly op: 'stays'; readonly vip: string; readonly want: string; readonly s: number }
  /** Exactly one holder, always the same, for `s` seconds. */
  | { readonly op: 'single'; readonly vip: string; readonly s: number }
  | ({ readonly op: 'frames'; readonly min?: number; readonly max?: number } & FrameFilter & Window)
  /** Time from the first frame to the next one that matches `second`. */
  | ({
      readonly op: 'gap';
      readonly first: FrameFilter;
      readonly second: FrameFilter;
      readonly min_ms?: number;
      readonly max_ms?: number;
    } & Window)
  /** Regular expressions over what a command prints in the node's network. */
  | {
      readonly op: 'out';
      readonly n: string;
      readonly cmd: string;
      readonly match?: string | null;
      readonly absent?: string | null;
    }
  /** Lines in the node's log: recorded, never a failure (log words differ between versions). */
  | { readonly op: 'log'; readonly n: string; readonly match: string };

export type Scenario = {
  readonly doc: string;
  readonly nodes?: string;
  readonly second?: boolean;
  /** 'head': what Debian's keepalived 2.2.7 does not have; such a scenario is for vipd on both sides. */
  readonly needs?: readonly string[];
  readonly expect?: readonly string[];
  readonly steps: readonly Step[];
};

/** A known difference of one pairing: step index -> fields that replace those of the step. */
export type Override = {
  readonly scenario: string;
  /** Daemons of a and b, 'keepalived/vipd'. */
  readonly pairings: readonly string[];
  readonly change: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly reason: string;
};

export function loadScenario(folder: string): Scenario {
  return JSON.parse(readFileSync(join(folder, 'steps.json'), 'utf8')) as Scenario;
}

/** The scenario as this pairing must pass it, and why it was changed. A change of a step that does not exist is an error. */
export function applyOverrides(
  name: string,
  pairing: string,
  scenario: Scenario,
  overrides: readonly Override[],
): { readonly scenario: Scenario; readonly reasons: readonly string[] } {
  const mine = overrides.filter((o) => o.scenario === name && o.pairings.includes(pairing));
  const steps = [...scenario.steps];
  for (const o of mine)
    for (const [index, change] of Object.entries(o.change)) {
      const step = steps[Number(index)];
      if (step === undefined) throw new Error(`overrides.json: ${name} has no step ${index}`);
      steps[Number(index)] = { ...step, ...change } as Step;
    }
  return { scenario: { ...scenario, steps }, reasons: mine.map((o) => o.reason) };
}

/** Rough length in seconds, to start the long ones first. */
export function expectedSeconds(scenario: Scenario): number {
  let sum = 1;
  for (const s of scenario.steps)
    if (s.op === 'sleep' || s.op === 'stays' || s.op === 'single') sum += s.s;
    else if (s.op === 'vip') sum += ((s.min ?? 0) + (s.max ?? 1)) / 2;
  return sum;
}
