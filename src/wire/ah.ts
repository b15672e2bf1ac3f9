/**
 * IPsec Authentication Header as keepalived wraps VRRPv2 in it (RFC 2402 section 2, HMAC-MD5-96 of RFC 2403).
 * Its octets and the input of its check value; the hash itself is the caller's.
 *
 *  0               1               2               3
 * | next header   | length = 4    | reserved                  |
 * | SPI: the IPv4 source address                              |
 * | sequence number                                           |
 * | integrity check value, 12 octets                          |
 */
import { err, ok, type Result } from '../base/result.ts';
import { Ipv4Field } from './ipv4.ts';
import { assertField, copy, putU16, putU32, u16, u32 } from './octets.ts';
import { IPPROTO_VRRP } from './protocols.ts';

/** Field offsets in octets. */
const Field = { nextHeader: 0, payloadLength: 1, reserved: 2, spi: 4, sequence: 8, icv: 12 } as const;
/** Octets of the header with a check value of 96 bits. */
export const AH_LENGTH = 24;
/** Octets of a check value: HMAC-MD5 cut to 96 bits. */
const ICV_LENGTH = 12;
const PAYLOAD_LENGTH = AH_LENGTH / 4 - 2;
/** 'auth_pass' gives a key of 8 octets, cut or filled with zeros. */
const KEY_LENGTH = 8;

export type AuthenticationHeader = {
  readonly nextHeader: number;
  readonly payloadLength: number; // 32-bit words minus 2; 4
  readonly reserved: number;
  readonly spi: Uint8Array; // 4 octets, a copy
  readonly sequence: number; // 32 bits
  readonly icv: Uint8Array; // 12 octets, a copy
};

export type AhError = {
  readonly code: 'truncated' | 'length';
  readonly got: number;
  readonly want: number;
};

/** `payload` is that of the IPv4 packet; the message follows at `AH_LENGTH`. Total over all inputs. */
export function decodeAh(payload: Uint8Array): Result<AuthenticationHeader, AhError> {
  if (payload.length < AH_LENGTH) return err({ code: 'truncated', got: payload.length, want: AH_LENGTH });
  const length = payload[Field.payloadLength] as number;
  if (length !== PAYLOAD_LENGTH) return err({ code: 'length', got: length, want: PAYLOAD_LENGTH });
  return ok({
    nextHeader: payload[Field.nextHeader] as number,
    payloadLength: length,
    reserved: u16(payload, Field.reserved),
    spi: copy(payload, Field.spi, Field.sequence),
    sequence: u32(payload, Field.sequence),
    icv: copy(payload, Field.icv, Field.icv + ICV_LENGTH),
  });
}

/** Writes the 24 octets of `out`, the check value as zeros: `sealAh` fills it in when the rest of the packet is there. */
export function encodeAhInto(spi: Uint8Array, sequence: number, out: Uint8Array): void {
  assertField('AH length', out.length, AH_LENGTH, AH_LENGTH);
  assertField('AH sequence', sequence, 1, 0xffff_ffff);
  out.fill(0);
  out[Field.nextHeader] = IPPROTO_VRRP;
  out[Field.payloadLength] = PAYLOAD_LENGTH;
  putU16(out, Field.reserved, 0);
  out.set(spi, Field.spi);
  putU32(out, Field.sequence, sequence);
}

/** Puts the check value into a whole IPv4 packet; `mac` is HMAC-MD5. */
export function sealAh(
  packet: Uint8Array,
  headerLength: number,
  ttl: 'kept' | 'zeroed',
  mac: (data: Uint8Array) => Uint8Array,
): void {
  const icv = mac(ahInput(packet, headerLength, ttl));
  packet.set(icv.subarray(0, ICV_LENGTH), headerLength + Field.icv);
}

/**
 * What the check value covers: the packet with TOS, flags and fragment offset, header checksum and the value itself
 * zeroed. `ttl` 'zeroed' is RFC 2402 and keepalived's unicast; KEEPALIVED: for multicast it covers the TTL as sent.
 * `packet` is a whole IPv4 packet that `decodeIpv4` and `decodeAh` took.
 */
export function ahInput(packet: Uint8Array, headerLength: number, ttl: 'kept' | 'zeroed'): Uint8Array {
  const out = copy(packet);
  out[Ipv4Field.tos] = 0;
  out.fill(0, Ipv4Field.flagsFragment, Ipv4Field.flagsFragment + 2);
  if (ttl === 'zeroed') out[Ipv4Field.ttl] = 0;
  out.fill(0, Ipv4Field.checksum, Ipv4Field.checksum + 2);
  out.fill(0, headerLength + Field.icv, headerLength + AH_LENGTH);
  return out;
}

/** The HMAC-MD5 key that 'auth_pass' stands for. */
export function ahKey(password: Uint8Array): Uint8Array {
  const key = new Uint8Array(KEY_LENGTH);
  key.set(password.subarray(0, KEY_LENGTH));
  return key;
}
