/**
 * Describes a captured frame: what `vipd decode` prints. Goes as far as the bytes allow and names the first mistake
 * in `error`. Never throws, whatever the bytes; work is bounded by the length of the frame.
 */
import { equalBytes, toHex } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import { AH_LENGTH, ahInput, ahKey, decodeAh } from './ah.ts';
import { decodeArp, isGratuitous } from './arp.ts';
import { decodeEthernet, formatMac } from './ethernet.ts';
import type { AhDescription, FrameDescription, Secrets } from './frame-description.ts';
import { hexNumber } from './frame-description.ts';
import { describeVrrp } from './frame-vrrp.ts';
import { decodeIpv4, IPV4_HEADER_LENGTH, isFragment, readIpv4 } from './ipv4.ts';
import { decodeIpv6, IPV6_HEADER_LENGTH, readIpv6 } from './ipv6.ts';
import { decodeNa, icmpv6ChecksumOk, ND_NEIGHBOR_ADVERT } from './nd.ts';
import { u16 } from './octets.ts';
import {
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  IPPROTO_AH,
  IPPROTO_HOPOPTS,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_VRRP,
} from './protocols.ts';

/** The link types of pcap files that can hold VRRP; the numbers are libpcap's LINKTYPE_ values. */
export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_RAW = 101;
export const LINKTYPE_LINUX_SLL = 113;

/** An Ethernet frame without its check sequence. */
export function describeFrame(frame: Uint8Array, secrets?: Secrets): FrameDescription {
  const description: FrameDescription = { len: frame.length, kind: 'eth' };
  const ethernet = decodeEthernet(frame);
  if (!ethernet.ok) {
    fail(description, 'Ethernet', ethernet.error);
    return description;
  }
  const { destination, source, type, payload } = ethernet.value;
  description.eth = { dst: formatMac(destination), src: formatMac(source), type: hexNumber(type, 4) };
  describePayload(description, type, payload, secrets);
  return description;
}

/** A packet of any link type that a capture can have; an unknown one gives `kind` 'link-N' and an error. */
export function describePacket(linkType: number, packet: Uint8Array, secrets?: Secrets): FrameDescription {
  if (linkType === LINKTYPE_ETHERNET) return describeFrame(packet, secrets);
  const description: FrameDescription = { len: packet.length, kind: `link-${linkType}` };
  if (linkType === LINKTYPE_RAW) {
    const version = (packet[0] ?? 0) >> 4;
    if (version === 4) describePayload(description, ETH_P_IP, packet, secrets);
    else if (version === 6) describePayload(description, ETH_P_IPV6, packet, secrets);
    else note(description, `IP: neither version 4 nor 6 in ${packet.length} octets`);
  } else if (linkType === LINKTYPE_LINUX_SLL) {
    // Packet type, ARPHRD, address length, address (8), protocol: 16 octets.
    if (packet.length < 16)
      fail(description, 'Linux cooked', { code: 'truncated', got: packet.length, want: 16 });
    else describePayload(description, u16(packet, 14), packet.subarray(16), secrets);
  } else {
    note(description, `link type ${linkType} is not known`);
  }
  return description;
}

function describePayload(
  description: FrameDescription,
  type: number,
  payload: Uint8Array,
  secrets: Secrets | undefined,
): void {
  if (type === ETH_P_ARP) describeArp(description, payload);
  else if (type === ETH_P_IP) describeIpv4(description, payload, secrets);
  else if (type === ETH_P_IPV6) describeIpv6(description, payload, secrets);
}

/** Keeps the first mistake: later ones usually follow from it. */
function note(description: FrameDescription, error: string): void {
  description.error ??= error;
}

function fail(
  description: FrameDescription,
  what: string,
  error: { readonly code: string; readonly got: number; readonly want: number },
): void {
  note(description, `${what}: ${error.code}, got ${error.got}, want ${error.want}`);
}

function describeArp(description: FrameDescription, packet: Uint8Array): void {
  description.kind = 'arp';
  const decoded = decodeArp(packet);
  if (!decoded.ok) {
    fail(description, 'ARP', decoded.error);
    return;
  }
  const arp = decoded.value;
  description.arp = {
    hw: arp.hw,
    proto: hexNumber(arp.proto, 4),
    hlen: arp.hlen,
    plen: arp.plen,
    op: arp.op,
    sha: formatMac(arp.sha),
    spa: formatIp(arp.spa),
    tha: formatMac(arp.tha),
    tpa: formatIp(arp.tpa),
    padding: packet.length - 28,
  };
  if (isGratuitous(arp)) description.kind = 'garp';
}

function describeIpv4(description: FrameDescription, packet: Uint8Array, secrets: Secrets | undefined): void {
  description.kind = 'ip';
  const decoded = decodeIpv4(packet);
  const headerLength = ((packet[0] ?? 0) & 0x0f) * 4;
  if (!decoded.ok) {
    fail(description, 'IPv4', decoded.error);
    // Cut captures still show their header and the beginning of the message.
    if (packet.length < Math.max(headerLength, IPV4_HEADER_LENGTH) || headerLength < IPV4_HEADER_LENGTH)
      return;
    if (decoded.error.code === 'version') return;
  }
  const ip = decoded.ok ? decoded.value : readIpv4(packet, headerLength);
  description.ip = {
    version: 4,
    ihl: ip.headerLength,
    tos: hexNumber(ip.tos, 2),
    total_length: ip.totalLength,
    id: ip.id,
    flags_frag: hexNumber(ip.flagsFragment, 4),
    ttl: ip.ttl,
    proto: ip.protocol,
    header_checksum_ok: ip.headerChecksumOk,
    src: formatIp(ip.source),
    dst: formatIp(ip.destination),
    options: toHex(ip.options),
  };
  description.kind = `ip-${ip.protocol}`;
  if (isFragment(ip.flagsFragment)) {
    note(description, 'IPv4: a fragment, not put together');
    return;
  }
  let { payload } = ip;
  let protocol = ip.protocol;
  if (protocol === IPPROTO_AH) {
    const whole = packet.subarray(0, ip.headerLength + payload.length);
    const inner = describeAh(description, whole, ip.headerLength, secrets);
    if (inner === undefined) return;
    payload = payload.subarray(AH_LENGTH);
    protocol = inner;
    description.kind = `ip-${inner}`;
  }
  if (protocol === IPPROTO_VRRP) {
    placeVrrp(description, describeVrrp(payload, 4, ip.source, ip.destination, secrets));
  } else if (protocol === IPPROTO_IGMP) {
    description.kind = 'igmp';
    if (payload.length > 0) description.igmp = { type: hexNumber(payload[0] as number, 2) };
    else note(description, 'IGMP: truncated, got 0, want 8');
  }
}

/** Returns the protocol behind the header; undefined when the header is not one of ours. */
function describeAh(
  description: FrameDescription,
  packet: Uint8Array,
  headerLength: number,
  secrets: Secrets | undefined,
): number | undefined {
  const decoded = decodeAh(packet.subarray(headerLength));
  if (!decoded.ok) {
    fail(description, 'AH', decoded.error);
    return undefined;
  }
  const ah = decoded.value;
  const described: AhDescription = {
    next_header: ah.nextHeader,
    payload_len: ah.payloadLength,
    reserved: ah.reserved,
    spi: formatIp(ah.spi),
    seq: ah.sequence,
    icv: toHex(ah.icv),
  };
  if (secrets?.authPass !== undefined) {
    const key = ahKey(secrets.authPass);
    const fits = (ttl: 'kept' | 'zeroed') =>
      equalBytes(secrets.hmacMd5(key, ahInput(packet, headerLength, ttl)).subarray(0, 12), ah.icv);
    described.icv_ok = fits('zeroed') ? 'ttl_zeroed' : fits('kept') ? 'ttl_kept' : false;
  }
  description.ah = described;
  return ah.nextHeader;
}

function placeVrrp(description: FrameDescription, reading: ReturnType<typeof describeVrrp>): void {
  description.kind = 'vrrp';
  if (reading.vrrp !== undefined) description.vrrp = reading.vrrp;
  if (reading.error !== undefined) note(description, reading.error);
}

function describeIpv6(description: FrameDescription, packet: Uint8Array, secrets: Secrets | undefined): void {
  description.kind = 'ip6';
  const decoded = decodeIpv6(packet);
  if (!decoded.ok) {
    fail(description, 'IPv6', decoded.error);
    if (packet.length < IPV6_HEADER_LENGTH || decoded.error.code === 'version') return;
  }
  const ip = decoded.ok ? decoded.value : readIpv6(packet);
  description.ip = {
    version: 6,
    tclass: hexNumber(ip.trafficClass, 2),
    flow: hexNumber(ip.flowLabel, 5),
    payload_length: ip.payloadLength,
    next_header: ip.nextHeader,
    hop_limit: ip.hopLimit,
    src: formatIp(ip.source),
    dst: formatIp(ip.destination),
  };
  let { payload } = ip;
  let next = ip.nextHeader;
  description.kind = `ip6-${next}`;
  if (next === IPPROTO_HOPOPTS) {
    // MLD reports carry a router alert option in front.
    const length = ((payload[1] ?? 0) + 1) * 8;
    if (payload.length < length) {
      note(description, `IPv6 hop-by-hop options: truncated, got ${payload.length}, want ${length}`);
      return;
    }
    next = payload[0] as number;
    payload = payload.subarray(length);
    description.kind = `ip6-${next}`;
  }
  if (next === IPPROTO_VRRP)
    placeVrrp(description, describeVrrp(payload, 6, ip.source, ip.destination, secrets));
  else if (next === IPPROTO_ICMPV6) describeIcmpv6(description, payload, ip.source, ip.destination);
}

function describeIcmpv6(
  description: FrameDescription,
  message: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  const type = message[0];
  if (type === undefined) {
    note(description, 'ICMPv6: truncated, got 0, want 8');
    return;
  }
  description.kind = type === ND_NEIGHBOR_ADVERT ? 'na' : `icmp6-${type}`;
  if (type !== ND_NEIGHBOR_ADVERT) return;
  const decoded = decodeNa(message);
  if (!decoded.ok) {
    fail(description, 'NA', decoded.error);
    return;
  }
  const na = decoded.value;
  description.na = {
    type: na.type,
    code: na.code,
    flags: { router: na.router, solicited: na.solicited, override: na.override },
    flags_byte: hexNumber(na.flags, 2),
    target: formatIp(na.target),
    options: toHex(na.options),
    ...(na.option === undefined
      ? {}
      : {
          option: { type: na.option.type, len8: na.option.len8, lladdr: formatMac(na.option.lladdr) },
        }),
    checksum_ok: icmpv6ChecksumOk(message, source, destination),
  };
}
