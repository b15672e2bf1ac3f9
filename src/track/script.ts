/**
 * The machine of one `vrrp_script`: rise and fall counters and the schedule. It asks for runs and hears their results;
 * what a result means for a priority is in priority.ts. keepalived.conf(5) 'vrrp_script', behaviour measured on 2.2.7.
 */
import { assertNever } from '../base/assert.ts';

export type ScriptParams = {
  readonly intervalUs: number; // > 0
  readonly rise: number; // successes in a row to go up, >= 1
  readonly fall: number; // failures in a row to go down, >= 1
  readonly initFail: boolean; // 'init_fail': down until its first result
};

/** 'init': it has not ended once; keeps instances that track it without weight in FAULT, silently. */
export type ScriptStatus = 'init' | 'up' | 'down';

export type ScriptState = {
  readonly status: ScriptStatus;
  readonly known: boolean; // a result has been counted
  readonly streak: number; // results in a row against `status`
  readonly running: boolean;
  readonly startedAtUs: number; // of the run going on or the last one
  readonly nextAtUs: number; // when to run; Infinity while running
  readonly hung: boolean; // the last run overran its timeout
};

export type ScriptEvent =
  | { readonly type: 'timer' }
  /** `inconclusive`: nothing was learnt (no process could be made). */
  | {
      readonly type: 'result';
      readonly ok: boolean;
      readonly timedOut: boolean;
      readonly inconclusive: boolean;
    }
  /** The run that was asked for did not begin: the one before has not died yet. */
  | { readonly type: 'busy' }
  /** Reload; `params` of the step are the new ones. Another command starts from the beginning, the same keeps its result. */
  | { readonly type: 'reconfigured'; readonly sameCommand: boolean };

export type ScriptEffect =
  | { readonly type: 'run' }
  /** `first`: the first result, so nothing has changed for the better or worse, it only became known. */
  | { readonly type: 'status'; readonly status: ScriptStatus; readonly first: boolean };

export type ScriptStep = { readonly state: ScriptState; readonly effects: readonly ScriptEffect[] };

/** State before the first run, which is due at once. */
export function initialScript(params: ScriptParams, nowUs: number): ScriptState {
  return {
    status: params.initFail ? 'down' : 'init',
    known: false,
    streak: 0,
    running: false,
    startedAtUs: nowUs,
    nextAtUs: nowUs,
    hung: false,
  };
}

/** When the machine wants its next 'timer' event; Infinity = a result comes first. */
export function scriptDeadlineUs(state: ScriptState): number {
  return state.nextAtUs;
}

/** Results in a row that turn the status. The first result decides alone, with 'init_fail' too (measured, 2.2.7). */
function needed(params: ScriptParams, state: ScriptState): number {
  if (!state.known) return 1;
  return state.status === 'up' ? params.fall : params.rise;
}

/** Counts one success or failure. */
function count(params: ScriptParams, state: ScriptState, ok: boolean): ScriptStep {
  const towards: ScriptStatus = ok ? 'up' : 'down';
  const streak = state.status === towards ? 0 : state.streak + 1;
  if (state.status === towards || streak < needed(params, state))
    return { state: { ...state, known: true, streak }, effects: [] };
  return {
    state: { ...state, known: true, status: towards, streak: 0 },
    effects: [{ type: 'status', status: towards, first: !state.known }],
  };
}

/** The next run: one interval after the start of the last, but not before that has ended. */
function ended(params: ScriptParams, state: ScriptState, hung: boolean, nowUs: number): ScriptState {
  return {
    ...state,
    running: false,
    hung,
    nextAtUs: Math.max(state.startedAtUs + params.intervalUs, nowUs),
  };
}

function reconfigured(
  params: ScriptParams,
  state: ScriptState,
  sameCommand: boolean,
  nowUs: number,
): ScriptStep {
  if (!sameCommand) {
    const fresh = initialScript(params, nowUs);
    const effects: ScriptEffect[] =
      fresh.status === state.status ? [] : [{ type: 'status', status: fresh.status, first: false }];
    return { state: fresh, effects };
  }
  if (state.running) return { state, effects: [] };
  const nextAtUs = Math.min(state.nextAtUs, nowUs + params.intervalUs);
  return { state: { ...state, nextAtUs }, effects: [] };
}

/** Total: an event that means nothing in a state changes nothing. */
export function stepScript(
  params: ScriptParams,
  state: ScriptState,
  event: ScriptEvent,
  nowUs: number,
): ScriptStep {
  switch (event.type) {
    case 'timer':
      if (state.running || nowUs < state.nextAtUs) return { state, effects: [] };
      return {
        state: { ...state, running: true, startedAtUs: nowUs, nextAtUs: Number.POSITIVE_INFINITY },
        effects: [{ type: 'run' }],
      };
    case 'result': {
      if (!state.running) return { state, effects: [] };
      const after = ended(params, state, event.timedOut, nowUs);
      return event.inconclusive
        ? { state: after, effects: [] }
        : count(params, after, event.ok && !event.timedOut);
    }
    case 'busy': {
      if (!state.running) return { state, effects: [] };
      const after = ended(params, state, state.hung, nowUs);
      // A check that cannot even be ended is failing, or a script that hangs for ever would be counted once only.
      return state.hung ? count(params, after, false) : { state: after, effects: [] };
    }
    case 'reconfigured':
      return reconfigured(params, state, event.sameCommand, nowUs);
    default:
      return assertNever(event);
  }
}
