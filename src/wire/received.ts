/**
 * A packet as a raw socket hands it over, turned into what `vrrp/accept.ts` judges (its `ReceivedAdvert`), and an
 * advert turned into the packet that a socket with IP_HDRINCL or IPV6_HDRINCL takes. Total on the way in.
 */
import { formatIp, isMulticast } from '../base/ip.ts';
import { err, type Result } from '../base/result.ts';
import { AH_LENGTH } from './ah.ts';
import { decodeIpv4, encodeIpv4HeaderInto, IPV4_HEADER_LENGTH, Ipv4Field, type Ipv4Fields } from './ipv4.ts';
import { encodeIpv6HeaderInto, IPV6_HEADER_LENGTH, type Ipv6Fields } from './ipv6.ts';
import { copy } from './octets.ts';
import { IPPROTO_AH, IPPROTO_VRRP } from './protocols.ts';
import {
  type AdvertError,
  type AdvertFacts,
  type AdvertFields,
  decodeVrrp,
  encodedVrrpLength,
  encodeVrrpInto,
  VrrpField,
} from './vrrp.ts';

/** The same shape as in `vrrp/accept.ts`. */
export type ReceivedAdvert = {
  readonly source: string;
  readonly sourceBytes: Uint8Array; // a copy
  readonly destination: string;
  readonly multicast: boolean; // the destination is a multicast address
  readonly ttl: number; // 0..255
  readonly vrid: number; // -1 where the packet is too short to say
  readonly decoded: Result<AdvertFacts, AdvertError>;
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
  if (protocol !== IPPROTO_VRRP) {
    // Nobody here has checked an AH packet's ICV, so its advert is never handed on as if it were believable.
    const code = protocol === IPPROTO_AH ? 'authentication-header' : 'ip-header';
    const at = protocol === IPPROTO_AH ? AH_LENGTH : 0;
    const decoded = err({ code, got: protocol, want: IPPROTO_VRRP } as const);
    return describe(source, destination, { ttl, vrid: payload[at + VrrpField.vrid] ?? -1, decoded });
  }
  const decoded = decodeVrrp(payload, 4, source, destination, headerLength);
  return describe(source, destination, { ttl, vrid: payload[VrrpField.vrid] ?? -1, decoded });
}

/** `payload` starts at the VRRP header: IPv6 raw sockets deliver no IP header; the rest is ancillary data. */
export function receiveIpv6(
  payload: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
  hopLimit: number,
): ReceivedAdvert {
  return describe(copy(source), destination, {
    ttl: hopLimit,
    vrid: payload[VrrpField.vrid] ?? -1,
    decoded: decodeVrrp(payload, 6, source, destination),
  });
}

/** The VRID of a raw IPv4 packet, to drop foreign adverts before anything is built; -1 where it is too short. */
export function peekVridIpv4(packet: Uint8Array): number {
  const headerLength = ((packet[Ipv4Field.verIhl] ?? 0) & 0x0f) * 4;
  const ah = packet[Ipv4Field.protocol] === IPPROTO_AH ? AH_LENGTH : 0;
  return packet[Math.max(headerLength, IPV4_HEADER_LENGTH) + ah + VrrpField.vrid] ?? -1;
}

/** The whole IPv4 packet, written once into one buffer. `ip.protocol` is always 112. */
export function encodeAdvertIpv4(advert: AdvertFields, ip: Omit<Ipv4Fields, 'protocol'>): Uint8Array {
  const out = new Uint8Array(IPV4_HEADER_LENGTH + encodedVrrpLength(advert, 4));
  encodeVrrpInto(advert, 4, ip.source, ip.destination, out.subarray(IPV4_HEADER_LENGTH));
  encodeIpv4HeaderInto(
    {
      id: ip.id,
      ttl: ip.ttl,
      protocol: IPPROTO_VRRP,
      source: ip.source,
      destination: ip.destination,
    },
    out,
  );
  return out;
}

/** CS6, network control, as keepalived sets it. */
const TRAFFIC_CLASS = 0xc0;

/**
 * The whole IPv6 packet, its checksum being the one a kernel would fill in. KEEPALIVED: a flow label is there where the
 * kernel writes the header; RFC 6437 lets a sender leave it 0.
 */
export function encodeAdvertIpv6(
  advert: AdvertFields,
  ip: Pick<Ipv6Fields, 'source' | 'destination' | 'hopLimit'>,
): Uint8Array {
  const out = new Uint8Array(IPV6_HEADER_LENGTH + encodedVrrpLength(advert, 6));
  encodeVrrpInto(advert, 6, ip.source, ip.destination, out.subarray(IPV6_HEADER_LENGTH));
  encodeIpv6HeaderInto(
    {
      trafficClass: TRAFFIC_CLASS,
      flowLabel: 0,
      nextHeader: IPPROTO_VRRP,
      hopLimit: ip.hopLimit,
      source: ip.source,
      destination: ip.destination,
    },
    out,
  );
  return out;
}

function describe(
  source: Uint8Array,
  destination: Uint8Array,
  rest: Pick<ReceivedAdvert, 'ttl' | 'vrid' | 'decoded'>,
): ReceivedAdvert {
  return {
    source: formatIp(source),
    sourceBytes: source,
    destination: formatIp(destination),
    multicast: isMulticast(destination),
    ttl: rest.ttl,
    vrid: rest.vrid,
    decoded: rest.decoded,
  };
}

/** 0.0.0.0 where the packet is too short to hold the field. */
function addressAt(packet: Uint8Array, at: number): Uint8Array {
  return packet.length < at + 4 ? new Uint8Array(4) : copy(packet, at, at + 4);
}
