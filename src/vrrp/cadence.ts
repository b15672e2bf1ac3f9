/**
 * What of a master may be repeated without asking the machine: its advert, at its interval. Somebody who repeats it (the
 * pacer) tells the machine afterwards how far that has gone, and the machine is the same as if its own timer had done it.
 */
import { bursts } from './master.ts';
import { deadlineUs } from './step.ts';
import type { Params, State } from './types.ts';

export type Cadence = {
  readonly priority: number; // of the advert, 1..255
  readonly intervalUs: number;
  readonly nextAtUs: number;
};

/** undefined: each advert must come from the machine, which counts them while another owner of the addresses is about. */
export function cadence(p: Params, s: State): Cadence | undefined {
  if (s.name !== 'master' || s.ownerConflictCount > 0) return undefined;
  return { priority: s.priority, intervalUs: p.adverIntUs, nextAtUs: s.adverAtUs };
}

/** The state after adverts were repeated for it; the next one is due at `nextAtUs`. */
export function repeated(s: State, nextAtUs: number): State {
  return s.name === 'master' && nextAtUs > s.adverAtUs ? { ...s, adverAtUs: nextAtUs } : s;
}

/** When the machine wants a `timer` event while somebody else repeats its adverts. */
export const deadlineWhilePacedUs = (s: State): number => (s.name === 'master' ? bursts(s) : deadlineUs(s));
