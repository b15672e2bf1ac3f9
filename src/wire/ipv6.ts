/**
 * IPv6 header codec (RFC 8200 section 3). Extension headers are skipped only where MLD needs it, in `frame.ts`.
 *
 *  0               1               2               3
 * | ver=6 | traffic class | flow label                        |
 * | payload length                | next header | hop limit   |
 * | source address, 16 octets                                 |
 * | destination address, 16 octets                            |
 */
import { assert } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import { assertField, copy, putU16, putU32, u16, u32 } from './octets.ts';

/** Field offsets in octets. */
export const Ipv6Field = {
  verClassFlow: 0,
  payloadLength: 4,
  nextHeader: 6,
  hopLimit: 7,
  source: 8,
  destination: 24,
  payload: 40,
} as const;

/** Octets of the fixed header. */
export const IPV6_HEADER_LENGTH = 40;

export type Ipv6Packet = {
  readonly trafficClass: number;
  readonly flowLabel: number; // 20 bits
  readonly payloadLength: number; // octets behind the fixed header
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: Uint8Array; // 16 octets, a copy
  readonly destination: Uint8Array; // 16 octets, a copy
  readonly payload: Uint8Array; // a view, cut at the payload length
};

export type Ipv6Error = {
  readonly code: 'truncated' | 'version';
  readonly got: number;
  readonly want: number;
};

/** Total over all inputs. */
export function decodeIpv6(packet: Uint8Array): Result<Ipv6Packet, Ipv6Error> {
  if (packet.length < IPV6_HEADER_LENGTH)
    return err({ code: 'truncated', got: packet.length, want: IPV6_HEADER_LENGTH });
  const version = (packet[0] as number) >> 4;
  if (version !== 6) return err({ code: 'version', got: version, want: 6 });
  const end = IPV6_HEADER_LENGTH + u16(packet, Ipv6Field.payloadLength);
  if (packet.length < end) return err({ code: 'truncated', got: packet.length, want: end });
  return ok(readIpv6(packet));
}

/** The fields of a packet whose 40 header octets are all there; the payload ends with it at the latest. */
export function readIpv6(packet: Uint8Array): Ipv6Packet {
  const word = u32(packet, Ipv6Field.verClassFlow);
  return {
    trafficClass: (word >>> 20) & 0xff,
    flowLabel: word & 0xf_ffff,
    payloadLength: u16(packet, Ipv6Field.payloadLength),
    nextHeader: packet[Ipv6Field.nextHeader] as number,
    hopLimit: packet[Ipv6Field.hopLimit] as number,
    source: copy(packet, Ipv6Field.source, Ipv6Field.source + 16),
    destination: copy(packet, Ipv6Field.destination, Ipv6Field.destination + 16),
    payload: packet.subarray(IPV6_HEADER_LENGTH, IPV6_HEADER_LENGTH + u16(packet, Ipv6Field.payloadLength)),
  };
}

export type Ipv6Fields = {
  readonly trafficClass: number; // 0..255
  readonly flowLabel: number; // 20 bits
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
};

/** Writes the first 40 octets of `out`, a whole packet. */
export function encodeIpv6HeaderInto(fields: Ipv6Fields, out: Uint8Array): void {
  assertField('IPv6 payload length', out.length - IPV6_HEADER_LENGTH, 0, 0xffff);
  assertField('IPv6 traffic class', fields.trafficClass, 0, 255);
  assertField('IPv6 flow label', fields.flowLabel, 0, 0xf_ffff);
  assertField('IPv6 next header', fields.nextHeader, 0, 255);
  assertField('IPv6 hop limit', fields.hopLimit, 0, 255);
  assert(fields.source.length === 16 && fields.destination.length === 16, 'IPv6 addresses are 16 octets');
  putU32(out, Ipv6Field.verClassFlow, 0x6000_0000 + fields.trafficClass * 0x10_0000 + fields.flowLabel);
  putU16(out, Ipv6Field.payloadLength, out.length - IPV6_HEADER_LENGTH);
  out[Ipv6Field.nextHeader] = fields.nextHeader;
  out[Ipv6Field.hopLimit] = fields.hopLimit;
  out.set(fields.source, Ipv6Field.source);
  out.set(fields.destination, Ipv6Field.destination);
}
