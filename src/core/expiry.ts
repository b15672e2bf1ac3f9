/**
 * An expired master-down deadline is believed only after what waits in the socket was read: after a stall the adverts that
 * disprove it wait there. After a stall with nothing there the master gets one more advert interval, once.
 */
import { deadlineUs } from '../vrrp/step.ts';
import type { Event } from '../vrrp/types.ts';
import type { Backlogs } from './backlogs.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';
import { STALL_US } from './stalls.ts';
import { isAlive } from './watching.ts';

/**
 * What the deadline of `r` means, which is served `lateUs` after its time: an event for its machine; or 'prolonged', the
 * watch has heard its master; 'heard', the machine has; 'later', not everything that waits could be read in this turn.
 * `pump` hands the machines what was read.
 */
export function expired(
  ctx: Context,
  r: Router,
  nowUs: number,
  lateUs: number,
  backlogs: Backlogs,
  pump: () => void,
): Event | 'prolonged' | 'heard' | 'later' {
  if (r.state.name !== 'backup' || r.socketKey === '') return { type: 'timer' };
  if (isAlive(ctx, r, nowUs)) return 'prolonged';
  backlogs.read(r);
  pump();
  if (deadlineUs(r.state) > nowUs) return 'heard';
  const late = backlogs.lateUs(r, lateUs);
  if (late === undefined) return 'later';
  if (late < Math.max(STALL_US, masterAdverIntUs(r)) || r.gaveChance) return { type: 'timer' };
  r.gaveChance = true;
  return { type: 'stalled' };
}

/** What was read may have ended its being a backup: then nobody is waited for. */
const masterAdverIntUs = (r: Router): number =>
  r.state.name === 'backup' ? r.state.masterAdverIntUs : Number.POSITIVE_INFINITY;
