/**
 * Netlink attributes of the netfilter subsystems: header in the host's byte order, which is little endian on all that
 * Node runs on but s390x, values big endian. Encoding only; uapi/linux/netlink.h.
 *
 *   0               2               4
 *   | length (with header) | type | value, padded with zeros to a multiple of 4 (padding not counted) |
 */
import { assert } from '../../base/assert.ts';
import { putU32 } from '../octets.ts';

const HEADER_BYTES = 4;
const NESTED = 0x8000;
const LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** 16 bits as the kernel of this machine reads them. */
export function putHost16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at + (LITTLE_ENDIAN ? 0 : 1)] = value;
  bytes[at + (LITTLE_ENDIAN ? 1 : 0)] = value >>> 8;
}

/** 32 bits as the kernel of this machine reads them: interface numbers in sets, the heads of messages. */
export function host32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  putHost16(out, LITTLE_ENDIAN ? 0 : 2, value & 0xffff);
  putHost16(out, LITTLE_ENDIAN ? 2 : 0, value >>> 16);
  return out;
}

/** 32 bits in network order, also of a negative number. */
export function net32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  putU32(out, 0, value);
  return out;
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** One attribute with its padding; the value is at most 65,531 octets. */
export function attribute(type: number, value: Uint8Array): Uint8Array {
  const length = HEADER_BYTES + value.length;
  assert(length <= 0xffff, 'an attribute is at most 65,535 octets long');
  const out = new Uint8Array((length + 3) & ~3);
  putHost16(out, 0, length);
  putHost16(out, 2, type);
  out.set(value, HEADER_BYTES);
  return out;
}

export const number = (type: number, value: number): Uint8Array => attribute(type, net32(value));

/** With the NUL that ends it. */
export const text = (type: number, value: string): Uint8Array =>
  attribute(type, Uint8Array.from([...new TextEncoder().encode(value), 0]));

export const nested = (type: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  attribute(type | NESTED, join(parts));
