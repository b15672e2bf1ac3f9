/**
 * State MASTER: RFC 9568 section 6.4.3 (RFC 3768/5798 with 'lower_prio_no_advert'), keepalived's announcement bursts,
 * two address owners, orderly stop. The advert timer starts again only when an advert was really sent: keepalived restarts
 * it for every packet of its VRID, and two masters that reject each other's adverts then fall silent.
 */
import { assertNever } from '../base/assert.ts';
import {
  burstEffect,
  freshBackup,
  learnt,
  NEVER,
  releaseEffects,
  secondBurstAt,
  sendAdvert,
  stay,
  transition,
  withEffects,
} from './enter.ts';
import { masterDownUs, OWNER, skewUs } from './timers.ts';
import type { AdvertEvent, BackupState, Effect, Event, MasterState, Params, Reason, Step } from './types.ts';

/** KEEPALIVED: own adverts that another owner may ignore before the window for our giving way opens. */
const OWNER_CONFLICT_ADVERTS = 2;
/** The rule for 'fault' says twice: once on entering, once in the release. */
const FAULT_ADVERTS = 2;

/**
 * Lower adverts that are answered, those of priority 0 among them, in each tenth of a second; the rest is discarded as RFC 5798
 * has it. Two masters that both believe they win (equal priorities, addresses translated on the way) would answer each other at
 * line rate, and each forged advert would cost a burst of announcements. A minimum gap would not do: the simulation shows
 * elections that need the next answer.
 */
const ANSWERS = 16;
const ANSWER_WINDOW_US = 100_000;

export function inMaster(p: Params, s: MasterState, e: Event, nowUs: number): Step {
  switch (e.type) {
    case 'timer':
      return timer(p, s, nowUs);
    case 'advert':
      return advert(p, s, e, nowUs);
    case 'shutdown':
      return e.lingerUs > 0 ? linger(s, nowUs + e.lingerUs) : stop(s);
    case 'priority':
      // KEEPALIVED: no advert at once; the next one carries it and the normal election follows.
      return p.basePriority === OWNER ? stay(s) : stay({ ...s, priority: e.priority });
    case 'fault':
      return fault(s, e.byGroup);
    case 'address-deleted': {
      // KEEPALIVED: gives up with priority 0 and comes back after its own skew, before the others' longer one ends.
      const b = freshBackup(p, s.priority, p.adverIntUs, nowUs);
      const masterDownAtUs = nowUs + skewUs(p, s.priority, p.adverIntUs);
      const back: BackupState = { ...b, masterDownAtUs, expiry: 'address-deleted' };
      return toBackup(back, [sendAdvert(0)], 'address-deleted');
    }
    case 'reconfigured':
      return reconfigured(p, s, e.priority, e.addressesAdded, nowUs);
    case 'lease-lost':
      return toBackup(freshBackup(p, s.priority, learnt(p, s.masterAdverIntUs), nowUs), [], 'lease-lost');
    case 'group-backup':
      return toBackup(freshBackup(p, s.priority, learnt(p, s.masterAdverIntUs), nowUs), [], 'group');
    case 'group-announce':
      return lowerPriorityBurst(p, s, nowUs);
    case 'startup':
    case 'stalled':
    case 'successor-announced':
    case 'fault-cleared':
    case 'group-master':
      return stay(s);
    default:
      return assertNever(e);
  }
}

/**
 * KEEPALIVED 'timer_expired_backup': since the last own advert so much time went by that a peer of that priority has taken
 * over. It is the master now; we say nothing, because what we would say could only disturb it.
 */
const overslept = (p: Params, s: MasterState, nowUs: number): boolean =>
  p.expiredPriority > 0 &&
  nowUs - (s.adverAtUs - p.adverIntUs) > masterDownUs(p, p.expiredPriority, p.adverIntUs);

/** Advert before announcements: others' down timers wait for it. Late deadlines are served once, not once for each period missed. */
function timer(p: Params, s: MasterState, nowUs: number): Step {
  if (overslept(p, s, nowUs))
    return toBackup(freshBackup(p, s.priority, learnt(p, s.masterAdverIntUs), nowUs), [], 'overslept');
  if (nowUs >= s.adverAtUs && nowUs < bursts(s)) {
    return withEffects(afterAdvert(p, s, p.adverIntUs, nowUs), [sendAdvert(s.priority)]);
  }
  const effects: Effect[] = [];
  let next = s;
  if (nowUs >= s.adverAtUs) {
    next = afterAdvert(p, s, p.adverIntUs, nowUs);
    effects.push(sendAdvert(s.priority));
  }
  if (nowUs >= s.secondBurstAtUs) {
    next = { ...next, secondBurstAtUs: NEVER };
    effects.push(...burstEffect('second', p));
  }
  if (nowUs >= s.refreshAtUs) {
    next = { ...next, refreshAtUs: p.garp.refreshUs > 0 ? nowUs + p.garp.refreshUs : NEVER };
    effects.push(...burstEffect('refresh', p));
  }
  if (nowUs >= s.lowerPrioBurstAtUs) {
    next = { ...next, lowerPrioBurstAtUs: NEVER };
    effects.push(...burstEffect('lower-priority', p));
  }
  return withEffects(next, effects);
}

/** The earliest deadline that is not the advert's. */
export const bursts = (s: MasterState): number =>
  Math.min(s.secondBurstAtUs, s.refreshAtUs, s.lowerPrioBurstAtUs);

/** The state after one own advert: timer restarted, and counted when another owner is about. */
function afterAdvert(p: Params, s: MasterState, rivalIntUs: number, nowUs: number): MasterState {
  const count = s.ownerConflictCount > 0 ? s.ownerConflictCount + 1 : 0;
  const armed = count > OWNER_CONFLICT_ADVERTS && s.ownerConflictUntilUs === NEVER;
  return {
    name: 'master',
    priority: s.priority,
    masterAdverIntUs: s.masterAdverIntUs,
    adverAtUs: nowUs + p.adverIntUs,
    secondBurstAtUs: s.secondBurstAtUs,
    refreshAtUs: s.refreshAtUs,
    lowerPrioBurstAtUs: s.lowerPrioBurstAtUs,
    answerCount: s.answerCount,
    answersUntilUs: s.answersUntilUs,
    ownerConflictCount: count,
    // KEEPALIVED: 1.2 intervals of the slower of the two.
    ownerConflictUntilUs: armed
      ? nowUs + Math.ceil(1.2 * Math.max(p.adverIntUs, rivalIntUs))
      : s.ownerConflictUntilUs,
  };
}

function advert(p: Params, s: MasterState, e: AdvertEvent, nowUs: number): Step {
  // RFC 9568 6.4.3 (640): somebody gave up; answer so that no backup starts its skew for nothing.
  if (e.priority === 0) {
    const counted = countAnswer(s, nowUs);
    if (counted === undefined) return stay(s);
    return withEffects(afterAdvert(p, counted, p.adverIntUs, nowUs), [sendAdvert(s.priority)]);
  }
  if (e.priority === s.priority && e.sourceOrder === 0)
    return withEffects(s, [{ type: 'note', note: 'own-address', priority: e.priority }]);
  const higher = e.priority > s.priority;
  // RFC 9568 6.4.3 (705): equal priorities are told apart by the address; only two masters compare it.
  if (higher || (e.priority === s.priority && e.sourceOrder > 0)) return yieldTo(p, s, e, higher, nowUs);
  if (e.priority === OWNER) return rivalOwner(p, s, e, nowUs);
  return lowerAdvert(p, s, e, nowUs);
}

function yieldTo(p: Params, s: MasterState, e: AdvertEvent, higher: boolean, nowUs: number): Step {
  const twoOwners = p.basePriority === OWNER && e.priority === OWNER;
  const effects: Effect[] = twoOwners ? [{ type: 'note', note: 'owner-conflict', priority: e.priority }] : [];
  if (p.higherPrioSendAdvert) effects.push(sendAdvert(s.priority));
  const reason: Reason = twoOwners
    ? 'owner-conflict'
    : higher
      ? 'higher-priority'
      : 'equal-priority-higher-address';
  return toBackup(freshBackup(p, s.priority, learnt(p, e.adverIntUs), nowUs), effects, reason);
}

/** RFC 9568 6.4.3 (725): discard and send at once. 'lower_prio_no_advert' = RFC 3768 and 5798: discard. */
function lowerAdvert(p: Params, s: MasterState, e: AdvertEvent, nowUs: number): Step {
  const counted = countAnswer(s, nowUs);
  if (counted === undefined) return stay(s);
  const effects: Effect[] = [{ type: 'note', note: 'new-election', priority: e.priority }];
  let next = counted;
  if (!p.lowerPrioNoAdvert) {
    next = afterAdvert(p, counted, e.adverIntUs, nowUs);
    effects.push(sendAdvert(s.priority));
  }
  const burst = lowerPriorityBurst(p, next, nowUs);
  effects.push(...burst.effects, { type: 'lower-priority-received' });
  return withEffects(burst.state, effects);
}

/** undefined: enough were answered in this window. */
function countAnswer(s: MasterState, nowUs: number): MasterState | undefined {
  if (nowUs >= s.answersUntilUs) return { ...s, answerCount: 1, answersUntilUs: nowUs + ANSWER_WINDOW_US };
  return s.answerCount < ANSWERS ? { ...s, answerCount: s.answerCount + 1 } : undefined;
}

/** 'garp_lower_prio_repeat' now and once more after 'garp_lower_prio_delay'; a second burst that is due stays where it is. */
function lowerPriorityBurst(p: Params, s: MasterState, nowUs: number): Step {
  if (p.garp.lowerPrioRepeatCount <= 0) return stay(s);
  const again = p.garp.lowerPrioDelayUs > 0 && s.lowerPrioBurstAtUs === NEVER;
  const next = again ? { ...s, lowerPrioBurstAtUs: nowUs + p.garp.lowerPrioDelayUs } : s;
  return withEffects(next, burstEffect('lower-priority', p));
}

/**
 * KEEPALIVED: two owners, and our address is the higher one. We insist with two adverts; if the other still speaks within
 * 1.2 intervals after them it will not yield, so we do, at 254 until it is gone.
 */
function rivalOwner(p: Params, s: MasterState, e: AdvertEvent, nowUs: number): Step {
  const note: Effect = { type: 'note', note: 'owner-conflict', priority: e.priority };
  if (s.ownerConflictUntilUs !== NEVER && nowUs <= s.ownerConflictUntilUs) {
    const back = freshBackup(p, OWNER - 1, learnt(p, e.adverIntUs), nowUs);
    return toBackup(back, [note], 'owner-conflict');
  }
  const stale = s.ownerConflictUntilUs !== NEVER;
  const count = stale || s.ownerConflictCount === 0 ? 1 : s.ownerConflictCount;
  const heard: MasterState = { ...s, ownerConflictCount: count, ownerConflictUntilUs: NEVER };
  const step = lowerAdvert(p, heard, e, nowUs);
  return withEffects(step.state, [note, ...step.effects.slice(1)]);
}

function toBackup(state: BackupState, before: readonly Effect[], reason: Reason): Step {
  return withEffects(state, [...before, ...releaseEffects(), transition('master', 'backup', reason)]);
}

/** KEEPALIVED: a MASTER stays MASTER whatever the new priority, and speaks at once; bursts only for new addresses. */
function reconfigured(
  p: Params,
  s: MasterState,
  priority: number,
  addressesAdded: boolean,
  nowUs: number,
): Step {
  const { refreshUs } = p.garp;
  const refreshAtUs = refreshUs <= 0 ? NEVER : Math.min(s.refreshAtUs, nowUs + p.garp.delayUs + refreshUs);
  const state: MasterState = {
    ...afterAdvert(p, s, p.adverIntUs, nowUs),
    priority,
    masterAdverIntUs: learnt(p, s.masterAdverIntUs),
    secondBurstAtUs: addressesAdded ? secondBurstAt(p, nowUs) : s.secondBurstAtUs,
    refreshAtUs,
  };
  const effects: Effect[] = [sendAdvert(priority), { type: 'addresses', want: 'present' }];
  if (addressesAdded) effects.push(...burstEffect('first', p));
  return withEffects(state, effects);
}

/** keepalived's order: priority 0, addresses go at once. */
function stop(s: MasterState): Step {
  return withEffects({ name: 'init', priority: s.priority }, [
    sendAdvert(0),
    ...releaseEffects(),
    transition('master', 'init', 'stop'),
  ]);
}

/** Make before break: priority 0 now, the addresses when the successor speaks (leaving.ts). */
function linger(s: MasterState, releaseAtUs: number): Step {
  return withEffects({ name: 'leaving', priority: s.priority, releaseAtUs, heard: false }, [
    sendAdvert(0),
    transition('master', 'leaving', 'stop'),
  ]);
}

function fault(s: MasterState, byGroup: boolean): Step {
  const adverts = byGroup ? 1 : FAULT_ADVERTS; // KEEPALIVED: twice when the fault is our own
  return withEffects({ name: 'fault', priority: s.priority, notBeforeUs: 0 }, [
    ...Array.from({ length: adverts }, () => sendAdvert(0)),
    ...releaseEffects(),
    transition('master', 'fault', byGroup ? 'group' : 'fault'),
  ]);
}
