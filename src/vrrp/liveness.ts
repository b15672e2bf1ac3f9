/**
 * Which advert of a master, if it comes again unchanged, tells a backup nothing but that the master lives. Somebody who sees
 * such adverts (the watchdog) says afterwards when the last one came, and the machine is the same as if it had heard them all.
 */
import { step } from './step.ts';
import { masterDownUs } from './timers.ts';
import type { AdvertEvent, BackupState, Params, State } from './types.ts';

/** Whether hearing `e` at `atUs` would do no more than restart the master-down timer. */
export function onlyProlongs(p: Params, s: State, e: AdvertEvent, atUs: number): s is BackupState {
  // Priority 0 shortens the timer; what 'preempt_delay' makes of a lower advert changes when the delay ends.
  if (s.name !== 'backup' || e.priority === 0 || s.preemptAtUs !== Number.POSITIVE_INFINITY) return false;
  const { state, effects } = step(p, s, e, atUs);
  if (state.name !== 'backup' || effects.length > 0) return false;
  return (
    state.masterDownAtUs === atUs + masterDownUs(p, s.priority, s.masterAdverIntUs) &&
    state.priority === s.priority &&
    state.masterAdverIntUs === s.masterAdverIntUs &&
    state.preemptAtUs === s.preemptAtUs &&
    state.notBeforeUs === s.notBeforeUs &&
    state.expiry === s.expiry &&
    state.wantsMaster === s.wantsMaster &&
    state.unannounced === s.unannounced
  );
}

/** The state after adverts that only prolong it; the last one came at `lastUs`. */
export function prolonged(p: Params, s: BackupState, lastUs: number): BackupState {
  return {
    name: 'backup',
    priority: s.priority,
    masterAdverIntUs: s.masterAdverIntUs,
    masterDownAtUs: lastUs + masterDownUs(p, s.priority, s.masterAdverIntUs),
    preemptAtUs: s.preemptAtUs,
    notBeforeUs: s.notBeforeUs,
    expiry: s.expiry,
    wantsMaster: s.wantsMaster,
    unannounced: s.unannounced,
  };
}
