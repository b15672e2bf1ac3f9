/**
 * One virtual router as a pure machine: RFC 9568 section 6.4 (v3) and RFC 3768 section 6.4 (v2) with keepalived's habits,
 * each marked where it happens. Knows no clock, no socket, no interface; the caller keeps the clock and carries out effects.
 * The caller drains the instance's socket before it sends a `timer` for an expired master-down deadline.
 */
import { assertNever } from '../base/assert.ts';
import { inBackup } from './backup.ts';
import { NEVER } from './enter.ts';
import { inFault, inInit } from './idle.ts';
import { inLeaving } from './leaving.ts';
import { bursts, inMaster } from './master.ts';
import type { Event, Params, State, Step } from './types.ts';

/** `priority`: the effective one at start, 1..255. */
export const initialState = (priority: number): State => ({ name: 'init', priority });

/** When the machine next wants a `timer` event, monotonic microseconds; Infinity = never. An early one is harmless. */
export function deadlineUs(s: State): number {
  switch (s.name) {
    case 'backup':
      return s.masterDownAtUs;
    case 'master':
      return Math.min(s.adverAtUs, bursts(s));
    case 'leaving':
      return s.releaseAtUs;
    case 'init':
    case 'fault':
      return NEVER;
    default:
      return assertNever(s);
  }
}

/** Pure: same arguments, same answer. `nowUs` never goes back. Effects are to be carried out in their order. */
export function step(p: Params, s: State, e: Event, nowUs: number): Step {
  switch (s.name) {
    case 'init':
      return inInit(p, s, e, nowUs);
    case 'fault':
      return inFault(p, s, e, nowUs);
    case 'backup':
      return inBackup(p, s, e, nowUs);
    case 'master':
      return inMaster(p, s, e, nowUs);
    case 'leaving':
      return inLeaving(s, e, nowUs);
    default:
      return assertNever(s);
  }
}
