/**
 * What happens on the way from one state into another: the order of effects (behaviour of keepalived, RFC 9568 section 6.4)
 * and the deadlines that the new state starts with. Every transition of the machine is built here.
 */
import { masterDownUs, OWNER } from './timers.ts';
import type { BackupState, Effect, MasterState, Params, Reason, State, StateName, Step } from './types.ts';

export const NEVER: number = Number.POSITIVE_INFINITY;
const NO_EFFECTS: readonly Effect[] = Object.freeze([]);

/** No effect; the event changed nothing, or only fields of the state. */
export const stay = (state: State): Step => ({ state, effects: NO_EFFECTS });

export const withEffects = (state: State, effects: readonly Effect[]): Step => ({ state, effects });

export const sendAdvert = (priority: number): Effect => ({ type: 'send-advert', priority });

export const transition = (from: StateName, to: StateName, reason: Reason): Effect => ({
  type: 'transition',
  from,
  to,
  reason,
});

/** The state the world was told of last: an owner that starts is in BACKUP for a moment that nobody hears of. */
export const published = (s: State): StateName => (s.name === 'backup' && s.unannounced ? 'init' : s.name);

/** The learnt Master_Adver_Interval: v3 takes the master's, v2 has no such thing and uses its own. */
export const learnt = (p: Params, adverIntUs: number): number =>
  p.version === 3 ? adverIntUs : p.adverIntUs;

/** The end of every mastership; who is told before that (priority 0 or nobody) is the caller's. */
export const releaseEffects = (): Effect[] => [
  { type: 'forget-announcements' },
  { type: 'addresses', want: 'absent' },
];

export function burstEffect(burst: 'first' | 'second' | 'refresh' | 'lower-priority', p: Params): Effect[] {
  const repeatCount =
    burst === 'refresh'
      ? p.garp.refreshRepeatCount
      : burst === 'lower-priority'
        ? p.garp.lowerPrioRepeatCount
        : p.garp.repeatCount;
  return repeatCount > 0 ? [{ type: 'announce', burst, repeatCount }] : [];
}

/**
 * RFC 9568 6.4.2 (370) to (410). The advert goes first so that the old master lets go before our addresses are up.
 * KEEPALIVED: an owner that stood at 254 is 255 again.
 */
export function enterMaster(p: Params, s: BackupState, reason: Reason, nowUs: number): Step {
  const priority = p.basePriority === OWNER ? OWNER : s.priority;
  const state: MasterState = {
    name: 'master',
    priority,
    masterAdverIntUs: s.masterAdverIntUs,
    adverAtUs: nowUs + p.adverIntUs,
    secondBurstAtUs: secondBurstAt(p, nowUs),
    refreshAtUs: p.garp.refreshUs > 0 ? nowUs + p.garp.delayUs + p.garp.refreshUs : NEVER,
    lowerPrioBurstAtUs: NEVER,
    answerCount: 0,
    answersUntilUs: 0,
    ownerConflictCount: 0,
    ownerConflictUntilUs: NEVER,
  };
  const effects: Effect[] = [
    sendAdvert(priority),
    { type: 'addresses', want: 'present' },
    ...burstEffect('first', p),
    transition(published(s), 'master', reason),
  ];
  return withEffects(state, effects);
}

/** KEEPALIVED: 'garp_master_delay' 0 = no second burst. */
export const secondBurstAt = (p: Params, nowUs: number): number =>
  p.garp.delayUs > 0 ? nowUs + p.garp.delayUs : NEVER;

/** A backup that has just begun to listen: full Master_Down_Interval from `fromUs`, nothing remembered. */
export function freshBackup(
  p: Params,
  priority: number,
  masterAdverIntUs: number,
  fromUs: number,
): BackupState {
  return {
    name: 'backup',
    priority,
    masterAdverIntUs,
    masterDownAtUs: fromUs + masterDownUs(p, priority, masterAdverIntUs),
    preemptAtUs: NEVER,
    notBeforeUs: fromUs,
    expiry: 'master-silent',
    wantsMaster: false,
    unannounced: false,
  };
}
