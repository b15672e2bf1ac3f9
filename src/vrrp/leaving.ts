/**
 * State 'leaving': the master stops in order, make before break. Priority 0 is out, no advert follows; the addresses
 * stay until the successor speaks or the bound is reached. In no RFC: they let the addresses go with the priority 0.
 */
import { assertNever } from '../base/assert.ts';
import { releaseEffects, stay, transition, withEffects } from './enter.ts';
import type { Event, LeavingState, Step } from './types.ts';

/** From the successor's first advert to its addresses and gratuitous ARPs; keepalived takes 0.2..2 ms (measured). */
const AFTER_FIRST_ADVERT_US = 10_000;

export function inLeaving(s: LeavingState, e: Event, nowUs: number): Step {
  switch (e.type) {
    case 'timer':
      return nowUs >= s.releaseAtUs ? release(s) : stay(s);
    case 'advert':
      // Whoever is left takes over, so any priority but 0 is the successor. Only its first advert counts.
      if (e.priority === 0 || s.heard) return stay(s);
      return stay({
        name: 'leaving',
        priority: s.priority,
        releaseAtUs: Math.min(s.releaseAtUs, nowUs + AFTER_FIRST_ADVERT_US),
        heard: true,
      });
    case 'successor-announced':
    case 'fault': // a failed node does not linger
      return release(s);
    case 'shutdown':
      return e.lingerUs > 0 ? stay(s) : release(s);
    case 'startup':
    case 'stalled':
    case 'priority':
    case 'fault-cleared':
    case 'address-deleted':
    case 'reconfigured':
    case 'group-master':
    case 'group-backup':
    case 'group-announce':
    case 'lease-lost':
      return stay(s);
    default:
      return assertNever(e);
  }
}

function release(s: LeavingState): Step {
  return withEffects({ name: 'init', priority: s.priority }, [
    ...releaseEffects(),
    transition('leaving', 'init', 'stop'),
  ]);
}
