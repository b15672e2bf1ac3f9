/**
 * Sums of the pseudo headers that take part in upper-layer checksums, as seeds for `sum16`.
 * RFC 793 section 3.1 for IPv4, RFC 8200 section 8.1 for IPv6.
 */
import { sum16 } from '../base/checksum.ts';

/** `source` and `destination` are of one family, 4 or 16 octets; `length` is that of the upper-layer message. */
export function pseudoHeaderSum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): number {
  // IPv4 writes length in 16 bits and IPv6 in 32; the sum of the words is the same for both.
  return sum16(destination, sum16(source, protocol + (length >>> 16) + (length & 0xffff)));
}

/** Adds two one's-complement sums. The sum of a correct message with its pseudo header is 0xffff. */
export function addSums(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff ? (sum & 0xffff) + (sum >>> 16) : sum;
}
