/**
 * Describes a VRRP message and what follows it. Unlike `decodeVrrp` it goes on after a mistake and tells which of the
 * known checksum forms fit, because it explains other people's packets.
 */
import { equalBytes, toHex } from '../base/bytes.ts';
import { sum16 } from '../base/checksum.ts';
import { formatIp } from '../base/ip.ts';
import type { ChecksumForm, HmacTrailerDescription, Secrets, VrrpDescription } from './frame-description.ts';
import { hexNumber } from './frame-description.ts';
import { decodeHmacTrailer, hmacInput } from './hmac-trailer.ts';
import { u16 } from './octets.ts';
import { IPPROTO_VRRP } from './protocols.ts';
import { addSums, pseudoHeaderSum } from './pseudo-header.ts';
import { GROUP_V4, HMAC_TRAILER_LENGTH, VRRP_HEADER_LENGTH, VrrpField, vrrpLength } from './vrrp.ts';

export type VrrpReading = { readonly vrrp?: VrrpDescription; readonly error?: string };

/** `payload` is that of the IP packet (behind AH), cut at the IP length; the addresses are octets of `family`. */
export function describeVrrp(
  payload: Uint8Array,
  family: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
  secrets: Secrets | undefined,
): VrrpReading {
  if (payload.length < VRRP_HEADER_LENGTH)
    return { error: `VRRP: truncated, ${payload.length} octets of ${VRRP_HEADER_LENGTH}` };
  const version = (payload[VrrpField.verType] as number) >> 4;
  const count = payload[VrrpField.count] as number;
  const head = {
    version,
    type: (payload[VrrpField.verType] as number) & 0x0f,
    vrid: payload[VrrpField.vrid] as number,
    priority: payload[VrrpField.priority] as number,
    count,
  };
  const checksum = hexNumber(u16(payload, VrrpField.checksum), 4);
  if (version !== 2 && version !== 3) {
    const nothing = { addresses: [], pdu_len: payload.length, checksum_matches: [] };
    return { vrrp: { ...head, checksum, ...nothing }, error: `VRRP: unknown version ${version}` };
  }
  const want = vrrpLength(version, family, count);
  const message = payload.subarray(0, want);
  const whole = message.length === want;
  const size = family === 4 ? 4 : 16;
  const addresses: string[] = [];
  let at: number = VrrpField.addresses;
  for (let i = 0; i < count && at + size <= message.length; i++, at += size)
    addresses.push(formatIp(message.subarray(at, at + size)));
  const vrrp: VrrpDescription = {
    ...head,
    ...intervalFields(message, version),
    checksum,
    addresses,
    ...(version === 2 && family === 4 && whole ? { auth_data_hex: toHex(message.subarray(at)) } : {}),
    pdu_len: message.length,
    checksum_matches: whole ? matches(payload, message, family, source, destination) : [],
    ...describeRest(payload.subarray(message.length), message, family, source, secrets),
  };
  if (whole) return { vrrp };
  return { vrrp, error: `VRRP: truncated, ${message.length} octets of ${want} for ${count} addresses` };
}

function intervalFields(message: Uint8Array, version: 2 | 3): Partial<VrrpDescription> {
  if (version === 2)
    return {
      auth_type: message[VrrpField.authType] as number,
      adver_int_s: message[VrrpField.adverInt] as number,
    };
  const word = u16(message, VrrpField.maxAdverInt);
  return { rsvd: word >> 12, max_adver_int_cs: word & 0x0fff };
}

function matches(
  payload: Uint8Array,
  message: Uint8Array,
  family: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
): ChecksumForm[] {
  const fits = (octets: Uint8Array, to: Uint8Array) =>
    addSums(sum16(octets), pseudoHeaderSum(source, to, IPPROTO_VRRP, octets.length)) === 0xffff;
  const out: ChecksumForm[] = [];
  if (sum16(message) === 0xffff) out.push('no_pseudo');
  if (fits(message, destination)) out.push('pseudo');
  if (family === 4 && fits(message, GROUP_V4)) out.push('pseudo_mcast_dst');
  // Kernels that fill in the IPv6 checksum cover a trailer too.
  if (family === 6 && fits(payload, destination)) out.push('pseudo_whole_payload');
  return out;
}

function describeRest(
  rest: Uint8Array,
  message: Uint8Array,
  family: 4 | 6,
  source: Uint8Array,
  secrets: Secrets | undefined,
): Pick<VrrpDescription, 'hmac_trailer' | 'trailing_hex'> {
  if (rest.length === 0) return {};
  const trailer = rest.length === HMAC_TRAILER_LENGTH ? decodeHmacTrailer(rest) : undefined;
  if (trailer === undefined) return { trailing_hex: toHex(rest) };
  const described: HmacTrailerDescription = {
    ext_type: trailer.extType,
    key_id: trailer.keyId,
    reserved: trailer.reserved,
    sec: trailer.seconds,
    subsec: trailer.subseconds,
    ctr: trailer.counter,
    hmac: toHex(trailer.hmac),
  };
  const key = secrets?.keys.get(trailer.keyId);
  if (secrets !== undefined && key !== undefined) {
    const input = hmacInput(family, source, message, rest);
    described.hmac_input_hex = toHex(input);
    described.hmac_ok = equalBytes(secrets.hmacSha256(key, input).subarray(0, 16), trailer.hmac);
  }
  return { hmac_trailer: described };
}
