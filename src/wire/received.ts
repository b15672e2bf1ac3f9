/**
 * A packet as a raw socket hands it over, turned into what `vrrp/accept.ts` judges (its `ReceivedAdvert`). Total over all
 * inputs. The other way: sent.ts.
 */
import { formatIp, isMulticast } from '../base/ip.ts';
import { err, type Result } from '../base/result.ts';
import { AH_LENGTH, ahInput, decodeAh } from './ah.ts';
import { decodeHmacTrailer, hmacInput } from './hmac-trailer.ts';
import { decodeIpv4, IPV4_HEADER_LENGTH, Ipv4Field, type Ipv4Packet } from './ipv4.ts';
import { copy } from './octets.ts';
import { IPPROTO_AH, IPPROTO_VRRP } from './protocols.ts';
import { type AdvertError, type AdvertFacts, decodeVrrp, HMAC_TRAILER_LENGTH, VrrpField } from './vrrp.ts';

/** What a signed packet proves itself by, and the octets that the keyed hash covers. The same shape as in `vrrp/proof.ts`. */
export type Proof =
  | {
      readonly type: 'ah';
      readonly spi: Uint8Array; // 4 octets
      readonly sequence: number; // 32 bits
      readonly icv: Uint8Array; // 12 octets
      readonly covered: Uint8Array;
    }
  | {
      readonly type: 'hmac';
      readonly extType: number;
      readonly keyId: number;
      readonly reserved: number;
      readonly seconds: number; // UTC, low 32 bits
      readonly subseconds: number; // 1/65536 s
      readonly counter: number;
      readonly hmac: Uint8Array; // 16 octets
      readonly covered: Uint8Array;
    };

/** The same shape as in `vrrp/accept.ts`. */
export type ReceivedAdvert = {
  readonly source: string;
  readonly sourceBytes: Uint8Array; // a copy
  readonly destination: string;
  readonly multicast: boolean; // the destination is a multicast address
  readonly ttl: number; // 0..255
  readonly vrid: number; // -1 where the packet is too short to say
  readonly decoded: Result<AdvertFacts, AdvertError>;
  readonly proof?: Proof; // absent: not signed
};

/** `packet` starts at the IPv4 header, as IPv4 raw sockets deliver it; it may be reused afterwards. */
export function receiveIpv4(packet: Uint8Array): ReceivedAdvert {
  const ip = decodeIpv4(packet);
  if (!ip.ok) {
    const { got, want } = ip.error;
    return describe(addressAt(packet, Ipv4Field.source), addressAt(packet, Ipv4Field.destination), {
      ttl: packet[Ipv4Field.ttl] ?? 0,
      vrid: -1,
      decoded: err({ code: 'ip-header', got, want }),
    });
  }
  const { source, destination, ttl, headerLength, payload, protocol } = ip.value;
  if (protocol === IPPROTO_AH) return receiveAh(packet, ip.value);
  if (protocol !== IPPROTO_VRRP) {
    const decoded = err({ code: 'ip-header', got: protocol, want: IPPROTO_VRRP } as const);
    return describe(source, destination, { ttl, vrid: payload[VrrpField.vrid] ?? -1, decoded });
  }
  const decoded = decodeVrrp(payload, 4, source, destination, headerLength);
  const vrid = payload[VrrpField.vrid] ?? -1;
  return describe(source, destination, { ttl, vrid, decoded, ...trailerProof(payload, 4, source, decoded) });
}

/** The advert behind an authentication header. Whether its check value is right only the owner of the key can tell. */
function receiveAh(packet: Uint8Array, ip: Ipv4Packet): ReceivedAdvert {
  const { source, destination, ttl, headerLength, payload } = ip;
  const vrid = payload[AH_LENGTH + VrrpField.vrid] ?? -1;
  const ah = decodeAh(payload);
  if (!ah.ok || ah.value.nextHeader !== IPPROTO_VRRP) {
    const { got, want } = ah.ok ? { got: ah.value.nextHeader, want: IPPROTO_VRRP } : ah.error;
    const decoded = err({ code: 'authentication-header', got, want } as const);
    return describe(source, destination, { ttl, vrid, decoded });
  }
  const { spi, sequence, icv } = ah.value;
  const whole = packet.subarray(0, headerLength + payload.length);
  // KEEPALIVED: RFC 2402 leaves the TTL out; the TTL of a multicast advert is always 255, and covered.
  const covered = ahInput(whole, headerLength, isMulticast(destination) ? 'kept' : 'zeroed');
  const decoded = decodeVrrp(payload.subarray(AH_LENGTH), 4, source, destination, headerLength + AH_LENGTH);
  return describe(source, destination, {
    ttl,
    vrid,
    decoded,
    proof: { type: 'ah', spi, sequence, icv, covered },
  });
}

/** The trailer of a message that has one; `payload` is message and trailer. */
function trailerProof(
  payload: Uint8Array,
  family: 4 | 6,
  source: Uint8Array,
  decoded: ReceivedAdvert['decoded'],
): { readonly proof?: Proof } {
  const trailer = decoded.ok ? decodeHmacTrailer(decoded.value.trailer) : undefined;
  if (trailer === undefined || !decoded.ok) return {};
  const message = payload.subarray(0, payload.length - HMAC_TRAILER_LENGTH);
  const covered = hmacInput(family, source, message, decoded.value.trailer);
  return { proof: { type: 'hmac', ...trailer, covered } };
}

/** `payload` starts at the VRRP header: IPv6 raw sockets deliver no IP header; the rest is ancillary data. */
export function receiveIpv6(
  payload: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
  hopLimit: number,
): ReceivedAdvert {
  const decoded = decodeVrrp(payload, 6, source, destination);
  const vrid = payload[VrrpField.vrid] ?? -1;
  return describe(copy(source), destination, {
    ttl: hopLimit,
    vrid,
    decoded,
    ...trailerProof(payload, 6, source, decoded),
  });
}

/** The VRID of a raw IPv4 packet, to drop foreign adverts before anything is built; -1 where it is too short. */
export function peekVridIpv4(packet: Uint8Array): number {
  const headerLength = ((packet[Ipv4Field.verIhl] ?? 0) & 0x0f) * 4;
  const ah = packet[Ipv4Field.protocol] === IPPROTO_AH ? AH_LENGTH : 0;
  return packet[Math.max(headerLength, IPV4_HEADER_LENGTH) + ah + VrrpField.vrid] ?? -1;
}

function describe(
  source: Uint8Array,
  destination: Uint8Array,
  rest: Pick<ReceivedAdvert, 'ttl' | 'vrid' | 'decoded' | 'proof'>,
): ReceivedAdvert {
  return {
    source: formatIp(source),
    sourceBytes: source,
    destination: formatIp(destination),
    multicast: isMulticast(destination),
    ttl: rest.ttl,
    vrid: rest.vrid,
    decoded: rest.decoded,
    ...(rest.proof === undefined ? {} : { proof: rest.proof }),
  };
}

/** 0.0.0.0 where the packet is too short to hold the field. */
function addressAt(packet: Uint8Array, at: number): Uint8Array {
  return packet.length < at + 4 ? new Uint8Array(4) : copy(packet, at, at + 4);
}
