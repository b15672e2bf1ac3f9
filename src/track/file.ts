/**
 * What the number in a tracked file does: times its weight it is added to the priority; -254 and below is FAULT, and so is
 * any number but 0 for weight 0. keepalived.conf(5) 'track_file'; every case measured on 2.2.7.
 */
import type { TrackEffect } from './priority.ts';

const FAULT = -254;
const MOST = 253;
const INT_MIN = -0x8000_0000;
const INT_MAX = 0x7fff_ffff;

/** C's strtol with base 0: leading blanks, a sign, 0x hexadecimal, 0 octal; what follows the number does not matter. */
const NUMBER = /^[\t-\r ]*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)/;

/** No number at all is 0. undefined: a number outside of 32 bits, which keepalived ignores: the last one stays. */
export function fileNumber(text: string): number | undefined {
  const [, sign, digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return 0;
  const octal = /^0[0-7]*/.exec(digits)?.[0];
  const amount =
    digits[1] === 'x' || digits[1] === 'X'
      ? Number.parseInt(digits.slice(2), 16)
      : Number.parseInt(octal ?? digits, octal === undefined ? 10 : 8);
  const value = sign === '-' ? -amount : amount;
  if (value < INT_MIN || value > INT_MAX) return undefined;
  return value === 0 ? 0 : value; // not -0
}

/** KEEPALIVED: with weight 0 'reverse' turns the sense: 0, and so a missing file, is the FAULT. */
export function fileEffect(value: number, weight: number, reverse: boolean): TrackEffect {
  const fault: TrackEffect = { type: 'fault', silent: false };
  if (weight === 0) return (value !== 0) === reverse ? { type: 'none' } : fault;
  const product = value * weight * (reverse ? -1 : 1);
  if (product <= FAULT) return fault;
  return product === 0 ? { type: 'none' } : { type: 'weight', weight: Math.min(product, MOST) };
}
