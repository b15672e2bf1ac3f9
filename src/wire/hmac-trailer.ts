/**
 * keepalived 2.4's 'auth_hmac' trailer, 28 octets behind the VRRP message: its octets and the input of its HMAC; the
 * hash itself is the caller's.
 *
 *  0               1               2               3
 * | ext type = 1  | key id        | reserved = 0              |
 * | seconds of UTC, low 32 bits                               |
 * | fraction of a second / 65536  | counter                   |
 * | HMAC-SHA256, first 16 octets                              |
 */

import { assertField, copy, putU16, putU32, u16, u32 } from './octets.ts';
import { HMAC_TRAILER_LENGTH, VrrpField } from './vrrp.ts';

/** Field offsets in octets. */
const Field = {
  extType: 0,
  keyId: 1,
  reserved: 2,
  seconds: 4,
  subseconds: 8,
  counter: 10,
  hmac: 12,
} as const;
const PSEUDO_LENGTH = 20;
const EXT_HMAC_SHA256_128 = 1;
const HMAC_LENGTH = 16;

export type HmacTrailer = {
  readonly extType: number; // 1 = HMAC-SHA256 cut to 128 bits
  readonly keyId: number; // 1..255
  readonly reserved: number;
  readonly seconds: number;
  readonly subseconds: number; // 1/65536 s
  readonly counter: number;
  readonly hmac: Uint8Array; // 16 octets, a copy
};

/** undefined unless `trailer` is exactly 28 octets. */
export function decodeHmacTrailer(trailer: Uint8Array): HmacTrailer | undefined {
  if (trailer.length !== HMAC_TRAILER_LENGTH) return undefined;
  return {
    extType: trailer[Field.extType] as number,
    keyId: trailer[Field.keyId] as number,
    reserved: u16(trailer, Field.reserved),
    seconds: u32(trailer, Field.seconds),
    subseconds: u16(trailer, Field.subseconds),
    counter: u16(trailer, Field.counter),
    hmac: copy(trailer, Field.hmac),
  };
}

/**
 * What the HMAC covers: family, version, VRID, 0, source address in 16 octets; `message` with its checksum zeroed;
 * the trailer with its HMAC zeroed. `message` has at least 8 octets, `trailer` exactly 28.
 */
export function hmacInput(
  family: 4 | 6,
  source: Uint8Array,
  message: Uint8Array,
  trailer: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(PSEUDO_LENGTH + message.length + HMAC_TRAILER_LENGTH);
  out[0] = family;
  out[1] = (message[VrrpField.verType] as number) >> 4;
  out[2] = message[VrrpField.vrid] as number;
  out.set(source, 4);
  out.set(message, PSEUDO_LENGTH);
  out.fill(0, PSEUDO_LENGTH + VrrpField.checksum, PSEUDO_LENGTH + VrrpField.checksum + 2);
  out.set(trailer.subarray(0, Field.hmac), PSEUDO_LENGTH + message.length);
  return out;
}

/** What a sender chooses; the rest follows from the message. */
export type HmacTrailerFields = {
  readonly keyId: number; // 1..255
  readonly seconds: number; // 32 bits
  readonly subseconds: number; // 16 bits, 1/65536 s
  readonly counter: number; // 16 bits
};

/** Writes the 28 octets of `out` behind the finished `message`; `mac` is HMAC-SHA256. */
export function encodeHmacTrailerInto(
  fields: HmacTrailerFields,
  family: 4 | 6,
  source: Uint8Array,
  message: Uint8Array,
  mac: (data: Uint8Array) => Uint8Array,
  out: Uint8Array,
): void {
  assertField('HMAC trailer length', out.length, HMAC_TRAILER_LENGTH, HMAC_TRAILER_LENGTH);
  assertField('HMAC key id', fields.keyId, 1, 255);
  assertField('HMAC seconds', fields.seconds, 0, 0xffff_ffff);
  assertField('HMAC subseconds', fields.subseconds, 0, 0xffff);
  assertField('HMAC counter', fields.counter, 0, 0xffff);
  out[Field.extType] = EXT_HMAC_SHA256_128;
  out[Field.keyId] = fields.keyId;
  putU16(out, Field.reserved, 0);
  putU32(out, Field.seconds, fields.seconds);
  putU16(out, Field.subseconds, fields.subseconds);
  putU16(out, Field.counter, fields.counter);
  out.set(mac(hmacInput(family, source, message, out)).subarray(0, HMAC_LENGTH), Field.hmac);
}
