/**
 * The sequence numbers of signed adverts. 'auth_hmac': 64 bits of UTC seconds, fraction and tie breaker, compared as RFC
 * 1982 has it. AH: 32 bits, one counter of an instance for all senders, its own adverts included.
 */

const BITS = 64;
const HALF = 1n << 63n;
const MS_PER_S = 1000;
const SUBSECONDS = 65_536;

/** KEEPALIVED: the last number that AH sends; there it stays, because after a wrap every receiver would see old numbers. */
export const LAST_AH_SEQUENCE = 0xffff_fffe;

export type HmacSequence = {
  readonly seconds: number;
  readonly subseconds: number;
  readonly counter: number;
};

export const packSequence = (s: HmacSequence): bigint =>
  (BigInt(s.seconds) << 32n) | (BigInt(s.subseconds) << 16n) | BigInt(s.counter);

export const unpackSequence = (sequence: bigint): HmacSequence => ({
  seconds: Number(sequence >> 32n),
  subseconds: Number((sequence >> 16n) & 0xffffn),
  counter: Number(sequence & 0xffffn),
});

/** RFC 1982 3.2 with 64 bits: `a` is later than `b`. */
export function isAfter(a: bigint, b: bigint): boolean {
  const distance = BigInt.asUintN(BITS, a - b);
  return distance !== 0n && distance < HALF;
}

/** The number that a clock gives; `wallMs` since 1970. */
export function sequenceAt(wallMs: number): bigint {
  const seconds = Math.floor(wallMs / MS_PER_S);
  const fraction = wallMs - seconds * MS_PER_S;
  return packSequence({
    seconds: seconds % 2 ** 32,
    subseconds: Math.floor((fraction * SUBSECONDS) / MS_PER_S),
    counter: 0,
  });
}

/** Whole seconds that `sequence` is ahead of the clock, negative behind; numbers of 32 bits that wrap. */
export function aheadS(seconds: number, wallMs: number): number {
  return (seconds - Math.floor(wallMs / MS_PER_S)) | 0;
}

/**
 * The number of the next advert: the clock's if that is later than the last, else the one after the last. In 'time' mode a
 * last one that is more than the window ahead (our clock was set back) would be stale everywhere: start again from the clock.
 */
export function nextHmacSequence(
  last: bigint | undefined,
  wallMs: number,
  antiReplay: 'time' | 'monotonic',
  windowS: number,
): bigint {
  const now = sequenceAt(wallMs);
  if (last === undefined || isAfter(now, last)) return now;
  if (antiReplay === 'time' && aheadS(unpackSequence(last).seconds, wallMs) > windowS) return now;
  return BigInt.asUintN(BITS, last + 1n);
}

/** 1 after none. */
export const nextAhSequence = (last: number): number => Math.min(last + 1, LAST_AH_SEQUENCE);
