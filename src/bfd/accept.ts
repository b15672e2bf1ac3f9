/**
 * Whether a received control packet is believed: the checks of RFC 5880 6.8.6 and RFC 5881 5 that need more than the
 * packet. First to which session it belongs, then whether that session takes it.
 */
import type { Control, StateName } from './types.ts';

/** Closed set; at once the counter and the log word. */
export type Refusal = 'authentication' | 'no-discriminator' | 'unknown-session' | 'ttl' | 'not-running';

/**
 * How the session of a packet is found: by our discriminator when the peer knows it, else by addresses, which only a
 * peer that is down may need.
 */
export function lookupOf(packet: Control): 'discriminator' | 'addresses' | Refusal {
  if (packet.authentication) return 'authentication';
  if (packet.yourDiscriminator !== 0) return 'discriminator';
  return packet.state === 'down' || packet.state === 'admin-down' ? 'addresses' : 'no-discriminator';
}

export type Guard = {
  readonly ttl: number; // 1..255, what we send and the peer is expected to send
  readonly maxHops: number; // how much of it may be lost on the way; -1: not looked at
};

/**
 * `ttl` as received. KEEPALIVED: measured against the own 'ttl', not against 255: both ends need the same 'ttl'; RFC 5881 5
 * is what comes of the defaults over IPv4.
 */
export function refusalOf(guard: Guard, state: StateName, ttl: number): Refusal | undefined {
  if (guard.maxHops >= 0 && ttl < guard.ttl - guard.maxHops) return 'ttl';
  return state === 'admin-down' ? 'not-running' : undefined;
}
