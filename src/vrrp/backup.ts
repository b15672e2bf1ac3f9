/**
 * State BACKUP: RFC 9568 section 6.4.2, RFC 3768 section 6.4.2, and keepalived's preempt_delay, start-up delay and sync groups.
 */
import { assertNever } from '../base/assert.ts';
import {
  enterMaster,
  freshBackup,
  learnt,
  NEVER,
  published,
  stay,
  transition,
  withEffects,
} from './enter.ts';
import { masterDownUs, OWNER, skewUs } from './timers.ts';
import type { AdvertEvent, BackupState, Effect, Event, Params, Reason, Step } from './types.ts';

export function inBackup(p: Params, s: BackupState, e: Event, nowUs: number): Step {
  switch (e.type) {
    case 'advert':
      return advert(p, s, e, nowUs);
    case 'timer':
      return nowUs >= s.masterDownAtUs ? expired(p, s, nowUs) : stay(s);
    case 'stalled': {
      const chanceUs = s.masterAdverIntUs + skewUs(p, s.priority, s.masterAdverIntUs);
      return stay({ ...s, masterDownAtUs: Math.max(s.masterDownAtUs, nowUs + chanceUs) });
    }
    case 'priority':
      return p.basePriority === OWNER ? stay(s) : stay(withPriority(p, s, e.priority, nowUs));
    case 'group-master':
      return enterMaster(p, s, s.wantsMaster ? s.expiry : 'group', nowUs);
    case 'shutdown':
      return leave(s, 'init', 'stop');
    case 'fault':
      return leave(s, 'fault', e.byGroup ? 'group' : 'fault');
    case 'reconfigured':
      return stay(reconfigured(p, s, e.priority, nowUs));
    case 'startup':
    case 'successor-announced':
    case 'fault-cleared':
    case 'address-deleted': // the addresses are absent by our own wish
    case 'group-backup':
    case 'group-announce':
    case 'lease-lost':
      return stay(s);
    default:
      return assertNever(e);
  }
}

function advert(p: Params, s: BackupState, e: AdvertEvent, nowUs: number): Step {
  // KEEPALIVED: 'vrrp_startup_delay' is deaf. 2.2.7 listened and stretched its timer with each advert.
  if (nowUs < s.notBeforeUs) return stay(s);
  const priority = p.basePriority === OWNER && e.priority < OWNER ? OWNER : s.priority;
  if (e.priority === 0) return resigned(p, s, nowUs);
  const preempting = (p.preempt || p.basePriority === OWNER) && e.priority < priority;
  if (!preempting) {
    // RFC 9568 6.4.2 (450): equal or higher, or Preempt_Mode false. Addresses are not compared here.
    const cancelled = s.preemptAtUs !== NEVER;
    return accepted(p, s, e, NEVER, cancelled ? 'preempt-delay-cancelled' : undefined, nowUs);
  }
  // KEEPALIVED: the first lower advert starts 'preempt_delay'; until its end lower adverts count. An owner does not wait.
  if (p.preemptDelayUs > 0 && p.basePriority !== OWNER) {
    if (s.preemptAtUs === NEVER)
      return accepted(p, s, e, nowUs + p.preemptDelayUs, 'preempt-delay-started', nowUs);
    if (nowUs < s.preemptAtUs) return accepted(p, s, e, s.preemptAtUs, undefined, nowUs);
  }
  return discarded(s, priority, e.priority);
}

/** RFC 9568 6.4.2 (420): priority 0 sets the timer to Skew_Time. */
function resigned(p: Params, s: BackupState, nowUs: number): Step {
  if (s.unannounced) return stay(s); // an owner that starts is about to take over anyway
  return stay({
    name: 'backup',
    priority: s.priority,
    masterAdverIntUs: s.masterAdverIntUs,
    masterDownAtUs: nowUs + skewUs(p, s.priority, s.masterAdverIntUs),
    preemptAtUs: s.preemptAtUs,
    notBeforeUs: s.notBeforeUs,
    expiry: 'master-resigned',
    wantsMaster: s.wantsMaster,
    unannounced: false,
  });
}

function accepted(
  p: Params,
  s: BackupState,
  e: AdvertEvent,
  preemptAtUs: number,
  note: 'preempt-delay-started' | 'preempt-delay-cancelled' | undefined,
  nowUs: number,
): Step {
  const masterAdverIntUs = learnt(p, e.adverIntUs);
  const step = stay({
    name: 'backup',
    priority: s.priority,
    masterAdverIntUs,
    masterDownAtUs: nowUs + masterDownUs(p, s.priority, masterAdverIntUs),
    preemptAtUs,
    notBeforeUs: s.notBeforeUs,
    expiry: 'master-silent',
    wantsMaster: false,
    unannounced: false,
  });
  if (note === undefined && !s.unannounced) return step;
  const effects: Effect[] = [];
  if (s.unannounced) effects.push(transition('init', 'backup', 'owner-conflict'));
  if (note !== undefined) effects.push({ type: 'note', note, priority: e.priority });
  return withEffects(step.state, effects);
}

/** RFC 9568 6.4.2 (475): a lower priority is discarded and the timer runs on. `priority`: an owner is 255 again. */
function discarded(s: BackupState, priority: number, heard: number): Step {
  const state: BackupState = {
    name: 'backup',
    priority,
    masterAdverIntUs: s.masterAdverIntUs,
    masterDownAtUs: s.masterDownAtUs,
    preemptAtUs: s.preemptAtUs,
    notBeforeUs: s.notBeforeUs,
    expiry: s.unannounced ? s.expiry : 'preempt',
    wantsMaster: s.wantsMaster,
    unannounced: s.unannounced,
  };
  return withEffects(state, [{ type: 'note', note: 'lower-priority-discarded', priority: heard }]);
}

/** A member of a sync group asks first, and waits a full interval for the answer (keepalived). */
function expired(p: Params, s: BackupState, nowUs: number): Step {
  if (!p.inGroup) return enterMaster(p, s, s.expiry, nowUs);
  const effects: Effect[] = s.unannounced ? [transition('init', 'backup', 'start')] : [];
  effects.push({ type: 'wants-master' });
  const masterDownAtUs = nowUs + masterDownUs(p, s.priority, s.masterAdverIntUs);
  return withEffects({ ...s, masterDownAtUs, wantsMaster: true, unannounced: false }, effects);
}

/** KEEPALIVED: a new effective priority shifts the running expiry by the difference of the two down intervals. */
function withPriority(p: Params, s: BackupState, priority: number, nowUs: number): BackupState {
  const differenceUs =
    masterDownUs(p, priority, s.masterAdverIntUs) - masterDownUs(p, s.priority, s.masterAdverIntUs);
  // Not into the past: what was due later than now is due now at the earliest.
  const masterDownAtUs = Math.max(s.masterDownAtUs + differenceUs, Math.min(s.masterDownAtUs, nowUs));
  return { ...s, priority, masterDownAtUs };
}

/** Reload: the timer starts again with the new parameters, except where a takeover is already under way. */
function reconfigured(p: Params, s: BackupState, priority: number, nowUs: number): BackupState {
  const masterAdverIntUs = learnt(p, s.masterAdverIntUs);
  const fresh = freshBackup(p, priority, masterAdverIntUs, Math.max(nowUs, s.notBeforeUs));
  const underWay = s.unannounced || s.wantsMaster || s.expiry === 'master-resigned';
  // KEEPALIVED: every reload starts the timer anew, so a backup that is reloaded often never takes over from a dead
  // master. Here only another interval does: the master may already keep to it.
  const kept = underWay || masterAdverIntUs === s.masterAdverIntUs;
  return {
    ...s,
    priority,
    masterAdverIntUs,
    masterDownAtUs: kept ? Math.min(s.masterDownAtUs, fresh.masterDownAtUs) : fresh.masterDownAtUs,
    preemptAtUs: p.preempt && p.preemptDelayUs > 0 ? s.preemptAtUs : NEVER,
    wantsMaster: s.wantsMaster && p.inGroup,
  };
}

function leave(s: BackupState, to: 'init' | 'fault', reason: Reason): Step {
  const from = published(s);
  const state =
    to === 'init'
      ? { name: to, priority: s.priority }
      : { name: to, priority: s.priority, notBeforeUs: s.notBeforeUs };
  return from === to ? stay(state) : withEffects(state, [transition(from, to, reason)]);
}
