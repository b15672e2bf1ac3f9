/**
 * VRRP advertisement codec: version 2 (RFC 3768 5.1, authentication of RFC 2338 5.3.6) and version 3 (RFC 5798 5.1,
 * RFC 9568 5.1), over both families. Bytes to facts and back; which facts are acceptable is `vrrp/accept.ts`.
 *
 * Version 2                                             Version 3
 *  0               1               2               3     0               1               2               3
 * | ver=2 | type  | VRID          | priority | count N | | ver=3 | type  | VRID          | priority | count N |
 * | auth type     | adver int (s) | checksum           | | rsvd  | max adver int (cs)    | checksum           |
 * | N IPv4 addresses, 4 octets each                    | | N addresses, 4 or 16 octets each                   |
 * | authentication data, 8 octets                      |
 */
import { assert } from '../base/assert.ts';
import { sum16 } from '../base/checksum.ts';
import { err, ok, type Result } from '../base/result.ts';
import { assertField, copy, putU16, u16 } from './octets.ts';
import { IPPROTO_VRRP } from './protocols.ts';
import { addSums, pseudoHeaderSum } from './pseudo-header.ts';

/** Field offsets in octets; every reader and writer of this header uses these names. */
export const VrrpField = {
  verType: 0,
  vrid: 1,
  priority: 2,
  count: 3,
  authType: 4, // version 2
  adverInt: 5, // version 2, seconds
  maxAdverInt: 4, // version 3, the low 12 of 16 bits, centiseconds
  checksum: 6,
  addresses: 8,
} as const;

/** Octets in front of the address list, in both versions. */
export const VRRP_HEADER_LENGTH = 8;
const AUTH_DATA_LENGTH = 8;
/** Octets of keepalived 2.4's 'auth_hmac' trailer; what they mean: hmac-trailer.ts. */
export const HMAC_TRAILER_LENGTH = 28;
const TYPE_ADVERTISEMENT = 1;
const US_PER_S = 1_000_000;
const US_PER_CS = 10_000;
const MAX_ADVER_INT_CS = 0x0fff;
/** The payload of the shortest Ethernet frame; shorter packets are padded to it. */
const ETHERNET_MIN_PAYLOAD = 46;
/** The VRRP group, 224.0.0.18. */
export const GROUP_V4: Uint8Array = Uint8Array.of(224, 0, 0, 18);
const NONE: Uint8Array = new Uint8Array(0);

/** What the bytes say; nothing here was compared with any configuration. The same shape as in `vrrp/accept.ts`. */
export type AdvertFacts = {
  readonly version: 2 | 3;
  readonly type: number; // 0..15; 1 = advertisement
  readonly vrid: number; // 0..255
  readonly priority: number; // 0..255; 0 = the sender resigns
  readonly adverIntUs: number; // v2 0..255 s, v3 0..40.95 s
  readonly addresses: readonly Uint8Array[]; // 4 or 16 octets each, copies
  readonly authType: number; // v2; 0 for v3
  readonly authData: Uint8Array; // v2 over IPv4: 8 octets, a copy; else empty
  readonly checksum: {
    readonly standard: boolean; // v2 over IPv4: the message alone; all others: with the pseudo header
    readonly noPseudo: boolean; // the message alone
    readonly oldUnicast: boolean; // v3 over IPv4: pseudo header with 224.0.0.18 in place of the destination
  };
  /** 28 octets behind the message, taken for an 'auth_hmac' trailer: a copy. Else empty. */
  readonly trailer: Uint8Array;
};

/** Closed set: at once the counter, the metric label and the log word. `ip-header` and after: `received.ts`. */
export type AdvertError = {
  readonly code: 'truncated' | 'version' | 'length' | 'ip-header' | 'authentication-header';
  readonly got: number;
  readonly want: number;
};

export type AdvertFields = {
  readonly version: 2 | 3;
  readonly vrid: number; // 1..255
  readonly priority: number; // 0..255
  readonly adverIntUs: number; // v2 whole seconds to 255 s, v3 whole centiseconds to 40.95 s
  readonly addresses: readonly Uint8Array[]; // at most 255; 4 or 16 octets each
  readonly authType: number; // v2: 0 none, 1 simple password, 2 AH
  readonly authData: Uint8Array; // v2 over IPv4: 8 octets; else not used
  /** v3 over IPv4 only; all other adverts have one form. */
  readonly checksumForm: 'standard' | 'no-pseudo' | 'old-unicast';
};

/** Octets of a message with `count` addresses. Version 2 over IPv6 (keepalived's own) has no authentication data. */
export function vrrpLength(version: 2 | 3, family: 4 | 6, count: number): number {
  if (family === 6) return VRRP_HEADER_LENGTH + 16 * count;
  return VRRP_HEADER_LENGTH + 4 * count + (version === 2 ? AUTH_DATA_LENGTH : 0);
}

/**
 * Total over all inputs: never throws, whatever the bytes. `pdu` is the IP payload (behind AH, where there is one) and
 * may be reused afterwards; `source` and `destination` are octets of `family`. `headersLength` counts the octets of IP
 * and AH headers in front of `pdu`: it decides whether surplus octets can be Ethernet padding.
 * Errors: 'truncated' (shorter than a header), 'version' (neither 2 nor 3), 'length' (neither what the count asks for nor that
 * and a trailer).
 */
export function decodeVrrp(
  pdu: Uint8Array,
  family: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
  headersLength: number = family === 4 ? 20 : 40,
): Result<AdvertFacts, AdvertError> {
  if (pdu.length < VRRP_HEADER_LENGTH)
    return err({ code: 'truncated', got: pdu.length, want: VRRP_HEADER_LENGTH });
  const verType = pdu[VrrpField.verType] as number;
  const version = verType >> 4;
  if (version !== 2 && version !== 3) return err({ code: 'version', got: version, want: 3 });
  const count = pdu[VrrpField.count] as number;
  const want = vrrpLength(version, family, count);
  const signed = pdu.length === want + HMAC_TRAILER_LENGTH;
  if (pdu.length !== want && !signed && !isPadding(pdu.length - want, headersLength + want))
    return err({ code: 'length', got: pdu.length, want });
  const message = pdu.length === want ? pdu : pdu.subarray(0, want);
  const size = family === 4 ? 4 : 16;
  const addresses: Uint8Array[] = [];
  const body = copy(message, VRRP_HEADER_LENGTH); // one copy; the addresses are views of it
  for (let i = 0; i < count; i++) addresses.push(body.subarray(i * size, (i + 1) * size));
  const v2 = version === 2;
  return ok({
    version,
    type: verType & 0x0f,
    vrid: message[VrrpField.vrid] as number,
    priority: message[VrrpField.priority] as number,
    adverIntUs: v2
      ? (message[VrrpField.adverInt] as number) * US_PER_S
      : (u16(message, VrrpField.maxAdverInt) & MAX_ADVER_INT_CS) * US_PER_CS,
    addresses,
    authType: v2 ? (message[VrrpField.authType] as number) : 0,
    authData: v2 && family === 4 ? body.subarray(count * size) : NONE,
    // KEEPALIVED: the kernel makes the sum of IPv6 packets and knows of no trailer, so it covers that too.
    checksum: checksumFacts(signed && family === 6 ? pdu : message, version, family, source, destination),
    trailer: signed ? copy(pdu, want) : NONE,
  });
}

/**
 * KEEPALIVED: since 2.4 a longer packet is taken when an Ethernet driver may have padded it and the sender counted the
 * padding in. Packets are whole words, 46 is not, so padding leaves two octets over.
 */
function isPadding(surplus: number, expectedLength: number): boolean {
  return surplus > 0 && expectedLength < ETHERNET_MIN_PAYLOAD && surplus % 4 === 2;
}

function checksumFacts(
  message: Uint8Array,
  version: 2 | 3,
  family: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
): AdvertFacts['checksum'] {
  const alone = sum16(message);
  const noPseudo = alone === 0xffff;
  if (version === 2 && family === 4) return { standard: noPseudo, noPseudo, oldUnicast: false };
  const fits = (to: Uint8Array) =>
    addSums(alone, pseudoHeaderSum(source, to, IPPROTO_VRRP, message.length)) === 0xffff;
  return { standard: fits(destination), noPseudo, oldUnicast: family === 4 && fits(GROUP_V4) };
}

/** Octets that `encodeVrrpInto` writes. */
export function encodedVrrpLength(advert: AdvertFields, family: 4 | 6): number {
  return vrrpLength(advert.version, family, advert.addresses.length);
}

/** A new message; see `encodeVrrpInto`. */
export function encodeVrrp(
  advert: AdvertFields,
  family: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(encodedVrrpLength(advert, family));
  encodeVrrpInto(advert, family, source, destination, out);
  return out;
}

/**
 * Writes the message over exactly `encodedVrrpLength` octets of `out`; none is left as it was. The checksum is that of
 * `checksumForm`; over IPv6 it is always the one with the pseudo header, which is what the kernel writes too.
 */
export function encodeVrrpInto(
  advert: AdvertFields,
  family: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
  out: Uint8Array,
): void {
  assert(out.length === encodedVrrpLength(advert, family), 'encodeVrrp: the buffer has exactly the length');
  assertField('vrid', advert.vrid, 1, 255);
  assertField('priority', advert.priority, 0, 255);
  assertField('count of addresses', advert.addresses.length, 0, 255);
  out[VrrpField.verType] = (advert.version << 4) | TYPE_ADVERTISEMENT;
  out[VrrpField.vrid] = advert.vrid;
  out[VrrpField.priority] = advert.priority;
  out[VrrpField.count] = advert.addresses.length;
  if (advert.version === 2) {
    const seconds = advert.adverIntUs / US_PER_S;
    assertField('advert interval in seconds', seconds, 0, 255);
    assertField('auth type', advert.authType, 0, 255);
    out[VrrpField.authType] = advert.authType;
    out[VrrpField.adverInt] = seconds;
  } else {
    const centiseconds = advert.adverIntUs / US_PER_CS;
    assertField('advert interval in centiseconds', centiseconds, 0, MAX_ADVER_INT_CS);
    putU16(out, VrrpField.maxAdverInt, centiseconds); // the top 4 bits (Reserved) are zero
  }
  putU16(out, VrrpField.checksum, 0);
  const size = family === 4 ? 4 : 16;
  let at: number = VrrpField.addresses;
  for (const address of advert.addresses) {
    assert(address.length === size, 'encodeVrrp: every address is of the family of the packet');
    out.set(address, at);
    at += size;
  }
  if (advert.version === 2 && family === 4) {
    assert(advert.authData.length === AUTH_DATA_LENGTH, 'encodeVrrp: authentication data is 8 octets');
    out.set(advert.authData, at);
  }
  putU16(out, VrrpField.checksum, ~sum16(out, encodeSeed(advert, family, source, destination)) & 0xffff);
}

function encodeSeed(
  advert: AdvertFields,
  family: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
): number {
  if (family === 4 && (advert.version === 2 || advert.checksumForm === 'no-pseudo')) return 0;
  const old = family === 4 && advert.checksumForm === 'old-unicast';
  const length = encodedVrrpLength(advert, family);
  return pseudoHeaderSum(source, old ? GROUP_V4 : destination, IPPROTO_VRRP, length);
}
