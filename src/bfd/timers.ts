/** Intervals of a session. RFC 5880 6.8.2 (negotiation), 6.8.4 (detection time), 6.8.7 (jitter). */
import type { Params, Session } from './types.ts';

/** Between our packets, before jitter. Infinity: the peer wants none. */
export function sendIntervalUs(s: Session): number {
  return s.remote.minRxUs === 0 ? Number.POSITIVE_INFINITY : Math.max(s.paceTxUs, s.remote.minRxUs);
}

/** A peer that is silent for so long is gone. 0: it was not heard yet. */
export function detectionUs(s: Session): number {
  return s.remote.multiplier * Math.max(s.watchRxUs, s.remote.minTxUs);
}

/** The peer's transmit interval, 0 when it was not heard yet. */
export function remoteIntervalUs(s: Session): number {
  return s.remote.multiplier === 0 ? 0 : Math.max(s.watchRxUs, s.remote.minTxUs);
}

/** The detection time at the peer, for display. 0: it was not heard yet. */
export function remoteDetectionUs(p: Params, s: Session): number {
  return s.remote.multiplier === 0 || s.remote.minRxUs === 0 ? 0 : p.multiplier * sendIntervalUs(s);
}

/**
 * The interval shortened by chance: to 75..100 %, with a multiplier of 1 to 75..90 %, so that one late packet
 * is not a failure. `random` in 0..1.
 */
export function jitteredUs(intervalUs: number, multiplier: number, random: number): number {
  const longest = multiplier === 1 ? 0.9 : 1;
  return Math.floor(intervalUs * (0.75 + (longest - 0.75) * random));
}

/** The next time the machine wants a `timer` event. */
export const deadlineUs = (s: Session): number => Math.min(s.sendAtUs, s.silentAtUs);
