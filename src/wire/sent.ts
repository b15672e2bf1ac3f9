/**
 * An advert turned into the packet that a socket with IP_HDRINCL or IPV6_HDRINCL takes, signed where it is to be. The hashes
 * are the caller's. The other way: received.ts.
 */

import { sum16 } from '../base/checksum.ts';
import { isMulticast } from '../base/ip.ts';
import { AH_LENGTH, encodeAhInto, sealAh } from './ah.ts';
import { encodeHmacTrailerInto, type HmacTrailerFields } from './hmac-trailer.ts';
import { encodeIpv4HeaderInto, IPV4_HEADER_LENGTH, type Ipv4Fields } from './ipv4.ts';
import { encodeIpv6HeaderInto, IPV6_HEADER_LENGTH, type Ipv6Fields } from './ipv6.ts';
import { putU16 } from './octets.ts';
import { IPPROTO_AH, IPPROTO_VRRP } from './protocols.ts';
import { pseudoHeaderSum } from './pseudo-header.ts';
import {
  type AdvertFields,
  encodedVrrpLength,
  encodeVrrpInto,
  HMAC_TRAILER_LENGTH,
  VrrpField,
} from './vrrp.ts';

/** HMAC-SHA256 (32 octets) and HMAC-MD5 (16 octets), RFC 2104. */
export type Macs = {
  readonly hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  readonly hmacMd5: (key: Uint8Array, data: Uint8Array) => Uint8Array;
};

/** How an advert is signed. `key` is read when it is encoded, and kept by nobody. */
export type Signature =
  /** IPv4, version 2. `key`: 8 octets; `sequence`: 1..2^32-1. */
  | { readonly type: 'ah'; readonly key: Uint8Array; readonly sequence: number }
  /** 'auth_hmac'. `key`: 32..64 octets. */
  | ({ readonly type: 'hmac'; readonly key: Uint8Array } & HmacTrailerFields);

export type SignedFields = AdvertFields & { readonly signature?: Signature };

/** The whole IPv4 packet, written once into one buffer. */
export function encodeAdvertIpv4(
  advert: SignedFields,
  ip: Omit<Ipv4Fields, 'protocol'>,
  macs: Macs,
): Uint8Array {
  const { signature } = advert;
  const at = IPV4_HEADER_LENGTH + (signature?.type === 'ah' ? AH_LENGTH : 0);
  const end = at + encodedVrrpLength(advert, 4);
  const out = new Uint8Array(end + (signature?.type === 'hmac' ? HMAC_TRAILER_LENGTH : 0));
  const message = out.subarray(at, end);
  encodeVrrpInto(advert, 4, ip.source, ip.destination, message);
  if (signature?.type === 'hmac') sign(signature, 4, ip.source, message, macs, out.subarray(end));
  const protocol = signature?.type === 'ah' ? IPPROTO_AH : IPPROTO_VRRP;
  const { id, ttl, source, destination } = ip;
  encodeIpv4HeaderInto({ id, ttl, protocol, source, destination }, out);
  if (signature?.type === 'ah') {
    encodeAhInto(source, signature.sequence, out.subarray(IPV4_HEADER_LENGTH, at));
    // KEEPALIVED: see receiveAh.
    sealAh(out, IPV4_HEADER_LENGTH, isMulticast(destination) ? 'kept' : 'zeroed', (data) =>
      macs.hmacMd5(signature.key, data),
    );
  }
  return out;
}

const SHORTEST_MESSAGE = 8;

/** CS6, network control, as keepalived sets it. */
const TRAFFIC_CLASS = 0xc0;

/**
 * The whole IPv6 packet. KEEPALIVED: a flow label is there where the kernel writes the header; RFC 6437 lets a sender leave
 * it 0.
 */
export function encodeAdvertIpv6(
  advert: SignedFields,
  ip: Pick<Ipv6Fields, 'source' | 'destination' | 'hopLimit'>,
  macs: Macs,
): Uint8Array {
  const { source, destination, hopLimit } = ip;
  const payload = encodePayloadIpv6(advert, source, destination, macs);
  const out = new Uint8Array(IPV6_HEADER_LENGTH + payload.length);
  out.set(payload, IPV6_HEADER_LENGTH);
  encodeIpv6HeaderInto(
    {
      trafficClass: TRAFFIC_CLASS,
      flowLabel: 0,
      nextHeader: IPPROTO_VRRP,
      hopLimit,
      source,
      destination,
    },
    out,
  );
  return out;
}

/** The payload of an IPv6 packet. Its checksum covers a trailer too: that is what the kernel makes of it (RFC 8200 8.1). */
export function encodePayloadIpv6(
  advert: SignedFields,
  source: Uint8Array,
  destination: Uint8Array,
  macs: Macs,
): Uint8Array {
  const { signature } = advert;
  const end = encodedVrrpLength(advert, 6);
  if (signature?.type !== 'hmac') {
    const out = new Uint8Array(end);
    encodeVrrpInto(advert, 6, source, destination, out);
    return out;
  }
  const out = new Uint8Array(end + HMAC_TRAILER_LENGTH);
  const message = out.subarray(0, end);
  encodeVrrpInto(advert, 6, source, destination, message);
  sign(signature, 6, source, message, macs, out.subarray(end));
  sealIpv6(source, destination, out);
  return out;
}

/** `payload` with its trailer gets its checksum. */
function sealIpv6(source: Uint8Array, destination: Uint8Array, payload: Uint8Array): void {
  putU16(payload, VrrpField.checksum, 0);
  const seed = pseudoHeaderSum(source, destination, IPPROTO_VRRP, payload.length);
  putU16(payload, VrrpField.checksum, ~sum16(payload, seed) & 0xffff);
}

/**
 * A whole packet with an 'auth_hmac' trailer, as made above, gets another one: the time in it is that at which it leaves.
 * Returns false, and changes nothing, for octets that are no such packet.
 */
export function signAgain(
  packet: Uint8Array,
  signature: Signature & { readonly type: 'hmac' },
  macs: Macs,
): boolean {
  const family = (packet[0] ?? 0) >> 4;
  const header = family === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
  const end = packet.length - HMAC_TRAILER_LENGTH;
  if ((family !== 4 && family !== 6) || end < header + SHORTEST_MESSAGE) return false;
  const source = family === 4 ? packet.subarray(12, 16) : packet.subarray(8, 24);
  sign(signature, family, source, packet.subarray(header, end), macs, packet.subarray(end));
  if (family === 6) sealIpv6(source, packet.subarray(24, 40), packet.subarray(header));
  return true;
}

function sign(
  signature: Signature & { readonly type: 'hmac' },
  family: 4 | 6,
  source: Uint8Array,
  message: Uint8Array,
  macs: Macs,
  out: Uint8Array,
): void {
  const mac = (data: Uint8Array): Uint8Array => macs.hmacSha256(signature.key, data);
  encodeHmacTrailerInto(signature, family, source, message, mac, out);
}
