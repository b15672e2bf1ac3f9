/**
 * The two states in which no advert is heard or sent: INIT (RFC 9568 section 6.4.1) and keepalived's FAULT.
 */
import { assertNever } from '../base/assert.ts';
import { freshBackup, stay, transition, withEffects } from './enter.ts';
import { OWNER } from './timers.ts';
import type { Effect, Event, FaultState, InitState, Params, Step } from './types.ts';

export function inInit(p: Params, s: InitState, e: Event, nowUs: number): Step {
  switch (e.type) {
    case 'startup':
      return startup(p, s, e.fault, e.notBeforeUs, nowUs);
    case 'priority':
      return p.basePriority === OWNER ? stay(s) : stay({ name: 'init', priority: e.priority });
    case 'reconfigured':
      return stay({ name: 'init', priority: e.priority });
    case 'timer':
    case 'stalled':
    case 'shutdown':
    case 'advert':
    case 'successor-announced':
    case 'fault':
    case 'fault-cleared':
    case 'address-deleted':
    case 'group-master':
    case 'group-backup':
    case 'group-announce':
    case 'lease-lost':
      return stay(s);
    default:
      return assertNever(e);
  }
}

/** Addresses that a crash left behind go first; BACKUP listens for a full down interval whatever 'state MASTER' says. */
function startup(p: Params, s: InitState, fault: boolean, notBeforeUs: number, nowUs: number): Step {
  const absent: Effect = { type: 'addresses', want: 'absent' };
  if (fault) {
    const state: FaultState = { name: 'fault', priority: s.priority, notBeforeUs };
    return withEffects(state, [absent, transition('init', 'fault', 'fault')]);
  }
  const backup = freshBackup(p, s.priority, p.adverIntUs, Math.max(nowUs, notBeforeUs));
  if (p.basePriority !== OWNER) return withEffects(backup, [absent, transition('init', 'backup', 'start')]);
  // RFC 9568 6.4.1 (110). KEEPALIVED: the owner listens for a timer of nothing, and MASTER is the first that is heard of it.
  const owner = { ...backup, masterDownAtUs: backup.notBeforeUs, expiry: 'owner' } as const;
  if (notBeforeUs > nowUs) return withEffects(owner, [absent, transition('init', 'backup', 'start')]);
  return stay({ ...owner, unannounced: true });
}

export function inFault(p: Params, s: FaultState, e: Event, nowUs: number): Step {
  switch (e.type) {
    case 'fault-cleared':
      // KEEPALIVED: full down interval with the own advert interval, for the owner too.
      return withEffects(freshBackup(p, s.priority, p.adverIntUs, Math.max(nowUs, s.notBeforeUs)), [
        transition('fault', 'backup', 'fault-cleared'),
      ]);
    case 'shutdown':
      return withEffects({ name: 'init', priority: s.priority }, [transition('fault', 'init', 'stop')]);
    case 'priority':
      return p.basePriority === OWNER ? stay(s) : stay({ ...s, priority: e.priority });
    case 'reconfigured':
      return stay({ ...s, priority: e.priority });
    case 'timer':
    case 'stalled':
    case 'startup':
    case 'advert':
    case 'successor-announced':
    case 'fault':
    case 'address-deleted':
    case 'group-master':
    case 'group-backup':
    case 'group-announce':
    case 'lease-lost':
      return stay(s);
    default:
      return assertNever(e);
  }
}
