/**
 * The waiting hooks of one owner (pure values). Hooks run in the order given; those of one transition (the specific
 * and the generic one) run all or none; a newer transition drops the older ones that have not begun. Events that are
 * no transition (a lower priority heard) drop nothing but their own older copies.
 */
import type { HookRun } from '../../ports/process.ts';

type Entry = { readonly hook: HookRun; readonly group: number };

export type HookQueue = {
  readonly waiting: readonly Entry[];
  readonly group: number; // of the newest transition
  readonly groupState: string; // its state, '' = none yet
  readonly groupWhats: readonly string[]; // its hooks so far
  readonly begun: number; // newest group of which a hook was taken
};

export const EMPTY_QUEUE: HookQueue = { waiting: [], group: 0, groupState: '', groupWhats: [], begun: 0 };
/** Hooks waiting for one owner; more can come only of `keep` hooks. */
export const MAX_WAITING = 64;

/** Told to hooks besides the transitions; see keepalived.conf(5) 'notify_master_rx_lower_pri', 'notify_priority_changes'. */
const EVENTS = new Set(['MASTER_RX_LOWER_PRI', 'MASTER_PRIORITY', 'BACKUP_PRIORITY']);
/** Events belong to no transition. */
const NO_GROUP = -1;

export type Pushed = { readonly queue: HookQueue; readonly superseded: readonly HookRun[] };

function part(
  waiting: readonly Entry[],
  drop: (e: Entry) => boolean,
): { kept: readonly Entry[]; dropped: readonly HookRun[] } {
  return { kept: waiting.filter((e) => !drop(e)), dropped: waiting.filter(drop).map((e) => e.hook) };
}

/** The oldest that may be dropped; with nothing but `keep` hooks the oldest of all. */
function bound(waiting: readonly Entry[]): { kept: readonly Entry[]; dropped: readonly HookRun[] } {
  if (waiting.length <= MAX_WAITING) return { kept: waiting, dropped: [] };
  const index = Math.max(
    0,
    waiting.findIndex((e) => !e.hook.keep),
  );
  return {
    kept: waiting.filter((_, i) => i !== index),
    dropped: waiting.filter((_, i) => i === index).map((e) => e.hook),
  };
}

export function push(queue: HookQueue, hook: HookRun): Pushed {
  const event = EVENTS.has(hook.state);
  const joins = !event && queue.groupState === hook.state && !queue.groupWhats.includes(hook.what);
  const group = event ? NO_GROUP : joins ? queue.group : queue.group + 1;
  const older = part(queue.waiting, (e) => {
    if (e.hook.keep) return false;
    if (event) return e.group === NO_GROUP && e.hook.state === hook.state && e.hook.what === hook.what;
    return !joins && (e.group === NO_GROUP || e.group > queue.begun);
  });
  const full = bound([...older.kept, { hook, group }]);
  return {
    queue: {
      waiting: full.kept,
      group: event ? queue.group : group,
      groupState: event ? queue.groupState : hook.state,
      groupWhats: event ? queue.groupWhats : joins ? [...queue.groupWhats, hook.what] : [hook.what],
      begun: queue.begun,
    },
    superseded: [...older.dropped, ...full.dropped],
  };
}

export type Taken = { readonly queue: HookQueue; readonly hook: HookRun | undefined };

/** The next to run. */
export function take(queue: HookQueue): Taken {
  const [first, ...rest] = queue.waiting;
  if (first === undefined) return { queue, hook: undefined };
  return {
    queue: { ...queue, waiting: rest, begun: Math.max(queue.begun, first.group) },
    hook: first.hook,
  };
}
