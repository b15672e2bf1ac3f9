/**
 * Big-endian fields of a byte string. Callers check lengths first; a read past the end gives zero bits, it never
 * leaves the view and never throws.
 */
import { assert } from '../base/assert.ts';

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x1_0000 + u16(bytes, at + 2);
}

/**
 * Octets `start` to `end` in memory of their own. Not `slice`: on a Buffer, which is what sockets hand over, that is
 * a view, and the receive buffer is reused.
 */
export function copy(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  const length = Math.max(0, Math.min(end, bytes.length) - start);
  const out = new Uint8Array(length);
  // For addresses a loop is three times as fast as a view and a copy of it.
  for (let i = 0; i < length; i++) out[i] = bytes[start + i] as number;
  return out;
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value >>> 16);
  putU16(bytes, at + 2, value & 0xffff);
}

/** Fails for a caller that hands an encoder a field its header cannot hold. */
export function assertField(name: string, value: number, min: number, max: number): void {
  assert(
    Number.isInteger(value) && value >= min && value <= max,
    `${name} ${value} is not in ${min}..${max}`,
  );
}
