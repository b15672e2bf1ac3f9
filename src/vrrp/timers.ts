/**
 * Timer arithmetic of RFC 9568 section 6.1 and of keepalived, in whole microseconds. Multiplies before it divides.
 * v2 skews by a fixed second, v3 by the master's interval; keepalived works in centiseconds there, and so does this.
 */
import type { Params } from './types.ts';

export const OWNER = 255; // priority of the address owner, RFC 9568 section 5.2.4
const SECOND_US = 1_000_000;
const CENTISECOND_US = 10_000;
/** A successor's first advert may still be this far away when its skew has ended: scheduling and the wire. */
const LINGER_SLACK_US = 50_000;
const LINGER_MAX_US = 1_100_000;

/** What the arithmetic needs of `Params`. */
export type TimerParams = Pick<Params, 'version' | 'basePriority' | 'adverIntUs' | 'downTimerAdverts'>;

function skew(version: 2 | 3, priority: number, masterAdverIntUs: number): number {
  // RFC 3768 section 6.1: (256 - Priority) / 256 seconds, whatever the interval.
  if (version === 2) return Math.floor(((256 - priority) * SECOND_US) / 256);
  // RFC 9568 section 6.1, 10000 / 256 = 625 / 16. Field values are centiseconds, a fraction of one cannot be advertised.
  return Math.floor(((256 - priority) * Math.floor(masterAdverIntUs / CENTISECOND_US) * 625) / 16);
}

/**
 * Skew_Time for an effective priority of 1..255.
 * KEEPALIVED: an owner skews as 255 even while it gives way at 254.
 */
export function skewUs(p: TimerParams, priority: number, masterAdverIntUs: number): number {
  return skew(p.version, p.basePriority === OWNER ? OWNER : priority, masterAdverIntUs);
}

/** Master_Down_Interval (RFC 9568: Active_Down_Interval); 'down_timer_adverts' in place of the RFC's 3. */
export function masterDownUs(p: TimerParams, priority: number, masterAdverIntUs: number): number {
  return p.downTimerAdverts * masterAdverIntUs + skewUs(p, priority, masterAdverIntUs);
}

/**
 * How long a master that stops in order keeps its addresses when no successor speaks: the longest skew that a backup of
 * this virtual router can have (priority 1, our interval) and a little, at most 1.1 s (keepalived itself takes 1 s to stop).
 */
export function lingerBoundUs(p: TimerParams): number {
  return Math.min(LINGER_MAX_US, skew(p.version, 1, p.adverIntUs) + LINGER_SLACK_US);
}
