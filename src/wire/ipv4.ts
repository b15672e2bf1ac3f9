/**
 * IPv4 header codec (RFC 791 section 3.1). Fragments are not put together: VRRP, ARP and IGMP never need it.
 *
 *  0               1               2               3
 * | ver=4 | IHL   | TOS           | total length              |
 * | identification                | flags | fragment offset   |
 * | TTL           | protocol      | header checksum           |
 * | source address                                            |
 * | destination address                                       |
 * | options, IHL - 5 words                                    |
 */
import { assert } from '../base/assert.ts';
import { sum16 } from '../base/checksum.ts';
import { err, ok, type Result } from '../base/result.ts';
import { assertField, copy, putU16, u16 } from './octets.ts';
import { TOS_NETWORK_CONTROL } from './protocols.ts';

/** Field offsets in octets. */
export const Ipv4Field = {
  verIhl: 0,
  tos: 1,
  totalLength: 2,
  id: 4,
  flagsFragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
  options: 20,
} as const;

/** Octets of a header without options. */
export const IPV4_HEADER_LENGTH = 20;

export type Ipv4Packet = {
  readonly headerLength: number; // octets, 20..60
  readonly tos: number;
  readonly totalLength: number; // octets, header included
  readonly id: number;
  readonly flagsFragment: number; // 16 bits: reserved, DF, MF, offset in 8-octet units
  readonly ttl: number;
  readonly protocol: number;
  readonly headerChecksumOk: boolean;
  readonly source: Uint8Array; // 4 octets, a copy
  readonly destination: Uint8Array; // 4 octets, a copy
  readonly options: Uint8Array; // a view
  readonly payload: Uint8Array; // a view of the packet, cut at the total length
};

/** 'truncated': fewer octets than the header or the total length asks for; the other codes name the bad field. */
export type Ipv4Error = {
  readonly code: 'truncated' | 'version' | 'header-length' | 'total-length';
  readonly got: number;
  readonly want: number;
};

/** Total over all inputs. Octets behind the total length (Ethernet padding) are cut off. */
export function decodeIpv4(packet: Uint8Array): Result<Ipv4Packet, Ipv4Error> {
  if (packet.length < IPV4_HEADER_LENGTH)
    return err({ code: 'truncated', got: packet.length, want: IPV4_HEADER_LENGTH });
  const verIhl = packet[Ipv4Field.verIhl] as number;
  if (verIhl >> 4 !== 4) return err({ code: 'version', got: verIhl >> 4, want: 4 });
  const headerLength = (verIhl & 0x0f) * 4;
  if (headerLength < IPV4_HEADER_LENGTH)
    return err({ code: 'header-length', got: headerLength, want: IPV4_HEADER_LENGTH });
  if (packet.length < headerLength) return err({ code: 'truncated', got: packet.length, want: headerLength });
  const totalLength = u16(packet, Ipv4Field.totalLength);
  if (totalLength < headerLength) return err({ code: 'total-length', got: totalLength, want: headerLength });
  if (packet.length < totalLength) return err({ code: 'truncated', got: packet.length, want: totalLength });
  return ok(readIpv4(packet, headerLength));
}

/**
 * The fields of a header whose `headerLength` octets are all there; the payload ends with the packet or the total
 * length, whichever comes first.
 */
export function readIpv4(packet: Uint8Array, headerLength: number): Ipv4Packet {
  // A literal: spreading a header into the packet would cost more than reading it.
  return {
    headerLength,
    tos: packet[Ipv4Field.tos] as number,
    totalLength: u16(packet, Ipv4Field.totalLength),
    id: u16(packet, Ipv4Field.id),
    flagsFragment: u16(packet, Ipv4Field.flagsFragment),
    ttl: packet[Ipv4Field.ttl] as number,
    protocol: packet[Ipv4Field.protocol] as number,
    headerChecksumOk: sum16(packet.subarray(0, headerLength)) === 0xffff,
    source: copy(packet, Ipv4Field.source, Ipv4Field.source + 4),
    destination: copy(packet, Ipv4Field.destination, Ipv4Field.destination + 4),
    options: packet.subarray(Ipv4Field.options, headerLength),
    payload: packet.subarray(headerLength, Math.max(headerLength, u16(packet, Ipv4Field.totalLength))),
  };
}

/** True for every part of a fragmented datagram. */
export function isFragment(flagsFragment: number): boolean {
  return (flagsFragment & 0x3fff) !== 0;
}

export type Ipv4Fields = {
  readonly id: number; // 0..65535; a kernel given IP_HDRINCL and 0 chooses one
  readonly ttl: number; // 0..255
  readonly protocol: number;
  readonly source: Uint8Array; // 4 octets
  readonly destination: Uint8Array; // 4 octets
};

/** A packet as keepalived writes it: no options, TOS 0xc0 (CS6), DF clear. */
export function encodeIpv4(fields: Ipv4Fields, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(IPV4_HEADER_LENGTH + payload.length);
  encodeIpv4HeaderInto(fields, out);
  out.set(payload, IPV4_HEADER_LENGTH);
  return out;
}

/** Writes the first 20 octets of `out`, a whole packet whose payload is already in place or follows. */
export function encodeIpv4HeaderInto(fields: Ipv4Fields, out: Uint8Array): void {
  assertField('IPv4 packet length', out.length, IPV4_HEADER_LENGTH, 0xffff);
  assertField('IPv4 id', fields.id, 0, 0xffff);
  assertField('IPv4 ttl', fields.ttl, 0, 255);
  assertField('IPv4 protocol', fields.protocol, 0, 255);
  assert(fields.source.length === 4 && fields.destination.length === 4, 'IPv4 addresses are 4 octets');
  out[Ipv4Field.verIhl] = 0x45;
  out[Ipv4Field.tos] = TOS_NETWORK_CONTROL;
  putU16(out, Ipv4Field.totalLength, out.length);
  putU16(out, Ipv4Field.id, fields.id);
  putU16(out, Ipv4Field.flagsFragment, 0);
  out[Ipv4Field.ttl] = fields.ttl;
  out[Ipv4Field.protocol] = fields.protocol;
  putU16(out, Ipv4Field.checksum, 0);
  out.set(fields.source, Ipv4Field.source);
  out.set(fields.destination, Ipv4Field.destination);
  putU16(out, Ipv4Field.checksum, ~sum16(out.subarray(0, IPV4_HEADER_LENGTH)) & 0xffff);
}
