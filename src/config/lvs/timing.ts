/** The rhythm of checks and how it is inherited: checker <- real server <- virtual server <- built-in. */
import type { BuildContext } from '../context.ts';
import type { Block } from '../settings.ts';
import type { CheckDefaults, CheckTiming } from './lvs-config.ts';

const S = 1_000_000;
const BUILT_IN: CheckDefaults = Object.freeze({
  delayLoopUs: 60 * S,
  connectTimeoutUs: 5 * S,
  retry: undefined,
  delayBeforeRetryUs: undefined,
  warmupUs: undefined,
});

/** A level's defaults: `outer` itself when the block sets none of the five keywords. */
export function checkDefaults(block: Block, outer: CheckDefaults = BUILT_IN): CheckDefaults {
  let found = false;
  let { delayLoopUs, connectTimeoutUs, retry, delayBeforeRetryUs, warmupUs } = outer;
  for (const { statement, value } of block.settings) {
    if (typeof value !== 'number') continue;
    const { keyword } = statement.row;
    if (keyword === 'delay_loop') delayLoopUs = value;
    else if (keyword === 'connect_timeout') connectTimeoutUs = value;
    else if (keyword === 'retry') retry = value;
    else if (keyword === 'delay_before_retry') delayBeforeRetryUs = value;
    else if (keyword === 'warmup') warmupUs = value;
    else continue;
    found = true;
  }
  return found ? { delayLoopUs, connectTimeoutUs, retry, delayBeforeRetryUs, warmupUs } : outer;
}

/** What differs between the types of checkers; `delayBeforeRetryUs` undefined: as long as delay_loop. */
type Kind = {
  readonly index: number;
  readonly retry: number;
  readonly delayBeforeRetryUs: number | undefined;
};
export const PLAIN: Kind = { index: 0, retry: 1, delayBeforeRetryUs: S };
export const HTTP: Kind = { index: 1, retry: 1, delayBeforeRetryUs: 3 * S };
export const DNS: Kind = { index: 2, retry: 3, delayBeforeRetryUs: undefined };
export const MISC: Kind = { index: 3, retry: 0, delayBeforeRetryUs: S };

/** What a checker takes from its real server. */
export type Level = {
  readonly checks: CheckDefaults;
  readonly alpha: boolean;
  /** Timings of checkers that set nothing themselves, by kind; servers with equal levels share one. */
  readonly shared: (CheckTiming | undefined)[];
};

export function timingOf(blocks: readonly Block[], kind: Kind, level: Level, c: BuildContext): CheckTiming {
  const own = blocks.some((b) => b.settings.length > 0) ? ownTiming(blocks, kind, level, c) : undefined;
  if (own !== undefined) return own;
  const known = level.shared[kind.index];
  if (known !== undefined) return known;
  const made = timing(level.checks, level.alpha, c.globals.checkerLogAllFailures, kind);
  level.shared[kind.index] = made;
  return made;
}

function timing(d: CheckDefaults, alpha: boolean, logAllFailures: boolean, kind: Kind): CheckTiming {
  return {
    delayLoopUs: d.delayLoopUs,
    warmupUs: d.warmupUs ?? d.delayLoopUs,
    retry: d.retry ?? kind.retry,
    delayBeforeRetryUs: d.delayBeforeRetryUs ?? kind.delayBeforeRetryUs ?? d.delayLoopUs,
    alpha,
    logAllFailures,
  };
}

/** undefined when no line of the blocks is about timing. */
function ownTiming(
  blocks: readonly Block[],
  kind: Kind,
  level: Level,
  c: BuildContext,
): CheckTiming | undefined {
  let found = false;
  let { delayLoopUs, retry, delayBeforeRetryUs, warmupUs } = level.checks;
  let alpha = level.alpha;
  let log = c.globals.checkerLogAllFailures;
  for (const block of blocks)
    for (const { statement, value } of block.settings) {
      const { keyword } = statement.row;
      if (typeof value === 'boolean') {
        if (keyword === 'alpha') alpha = value;
        else if (keyword === 'log_all_failures') log = value;
        else continue;
      } else if (typeof value !== 'number') continue;
      else if (keyword === 'delay_loop') delayLoopUs = value;
      else if (keyword === 'retry' || keyword === 'nb_get_retry') retry = value;
      else if (keyword === 'delay_before_retry') delayBeforeRetryUs = value;
      else if (keyword === 'warmup') warmupUs = value;
      else continue;
      found = true;
    }
  if (!found) return undefined;
  const { connectTimeoutUs } = level.checks;
  return timing({ delayLoopUs, connectTimeoutUs, retry, delayBeforeRetryUs, warmupUs }, alpha, log, kind);
}
