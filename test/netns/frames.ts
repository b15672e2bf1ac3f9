/**
 * Ethernet frames as plain nested fields ('vrrp.priority', 'ip.ttl', 'arp.spa') for the checks of the scenarios. Written
 * apart from src/wire on purpose: what the daemon sends is judged by code that it does not share.
 */

import { toHex } from '../../src/base/bytes.ts';
import { formatIp } from '../../src/base/ip.ts';

export type Fields = { readonly [key: string]: string | number | boolean | readonly string[] | Fields };

/** `kind`: 'vrrp' | 'garp' | 'arp' | 'na' | 'igmp' | 'ip-N' | 'ip6-N' | 'icmp6-N' | 'eth'; undefined: cut short. */
export function describe(frame: Uint8Array): Fields | undefined {
  try {
    return describeEthernet(new DataView(frame.buffer, frame.byteOffset, frame.byteLength), frame);
  } catch (e) {
    if (e instanceof RangeError) return undefined;
    throw e;
  }
}

function describeEthernet(view: DataView, frame: Uint8Array): Fields {
  const type = view.getUint16(12);
  const eth = { dst: mac(frame, 0), src: mac(frame, 6), type: hex16(type) };
  const body = frame.subarray(14);
  if (type === 0x0806) return { eth, ...describeArp(body) };
  if (type === 0x0800) return { eth, ...describeIpv4(body) };
  if (type === 0x86dd) return { eth, ...describeIpv6(body) };
  return { eth, kind: 'eth' };
}

function describeArp(b: Uint8Array): Fields {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const spa = ip(b, 14, 4);
  const tpa = ip(b, 24, 4);
  const arp = { op: view.getUint16(6), sha: mac(b, 8), spa, tha: mac(b, 18), tpa, padding: b.length - 28 };
  return { kind: spa === tpa ? 'garp' : 'arp', arp };
}

function describeIpv4(b: Uint8Array): Fields {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const headerBytes = (view.getUint8(0) & 15) * 4;
  const src = ip(b, 12, 4);
  const dst = ip(b, 16, 4);
  const fields = { version: 4, tos: hex8(view.getUint8(1)), ttl: view.getUint8(8), src, dst };
  let protocol = view.getUint8(9);
  let payload = b.subarray(headerBytes, view.getUint16(2));
  let ah: Fields | undefined;
  if (protocol === 51) {
    const header = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    protocol = header.getUint8(0);
    ah = {
      next_header: protocol,
      payload_len: header.getUint8(1),
      spi: ip(payload, 4, 4),
      seq: header.getUint32(8),
    };
    payload = payload.subarray(24);
  }
  const extra = ah === undefined ? {} : { ah };
  if (protocol === 112)
    return {
      kind: 'vrrp',
      ip: fields,
      ...extra,
      vrrp: { ...describeVrrp(payload, 4), checksum_covers: covers(payload, b.subarray(12, 20)) },
    };
  return { kind: protocol === 2 ? 'igmp' : `ip-${protocol}`, ip: fields };
}

function describeIpv6(b: Uint8Array): Fields {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const fields = { version: 6, hop_limit: view.getUint8(7), src: ip(b, 8, 16), dst: ip(b, 24, 16) };
  let next = view.getUint8(6);
  let payload = b.subarray(40, 40 + view.getUint16(4));
  if (next === 0) {
    next = byte(payload, 0);
    payload = payload.subarray((byte(payload, 1) + 1) * 8);
  }
  if (next === 112)
    return {
      kind: 'vrrp',
      ip: fields,
      vrrp: { ...describeVrrp(payload, 16), checksum_covers: covers(payload, b.subarray(8, 40)) },
    };
  if (next !== 58) return { kind: `ip6-${next}`, ip: fields };
  const type = byte(payload, 0);
  if (type !== 136) return { kind: `icmp6-${type}`, ip: fields };
  const na = { target: ip(payload, 8, 16), flags_byte: hex8(byte(payload, 4)) };
  return { kind: 'na', ip: fields, na };
}

function describeVrrp(b: Uint8Array, addressBytes: 4 | 16): Fields {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const version = view.getUint8(0) >> 4;
  const count = view.getUint8(3);
  const addresses = Array.from({ length: count }, (_, i) => ip(b, 8 + i * addressBytes, addressBytes));
  const common = {
    version,
    type: view.getUint8(0) & 15,
    vrid: view.getUint8(1),
    priority: view.getUint8(2),
    count,
  };
  if (version !== 2) return { ...common, max_adver_int_cs: view.getUint16(4) & 0xfff, addresses };
  const authAt = 8 + count * addressBytes;
  return {
    ...common,
    auth_type: view.getUint8(4),
    adver_int_s: view.getUint8(5),
    addresses,
    auth_data_hex: toHex(b.subarray(authAt, authAt + 8)),
  };
}

/** What the checksum of a VRRP message fits: 'message' (alone), 'pseudo-header' (and the message), 'nothing'. */
function covers(message: Uint8Array, addresses: Uint8Array): string {
  if (sum(message) === 0xffff) return 'message';
  const head = Uint8Array.of(...addresses, 0, 112, message.length >> 8, message.length & 0xff);
  return sum(Uint8Array.of(...head, ...message)) === 0xffff ? 'pseudo-header' : 'nothing';
}

/** One's complement sum of 16-bit words. */
function sum(octets: Uint8Array): number {
  let total = 0;
  for (const [i, octet] of octets.entries()) total += i % 2 === 0 ? octet << 8 : octet;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** Field at 'vrrp.priority' and the like; undefined when the frame has none. */
export function field(fields: Fields, path: string): unknown {
  let at: unknown = fields;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function byte(b: Uint8Array, at: number): number {
  const value = b[at];
  if (value === undefined) throw new RangeError('frame cut short');
  return value;
}

function slice(b: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > b.length) throw new RangeError('frame cut short');
  return b.subarray(at, at + length);
}

const ip = (b: Uint8Array, at: number, length: 4 | 16): string => formatIp(slice(b, at, length));
const mac = (b: Uint8Array, at: number): string =>
  Array.from(slice(b, at, 6), (x) => x.toString(16).padStart(2, '0')).join(':');
const hex8 = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`;
const hex16 = (n: number): string => `0x${n.toString(16).padStart(4, '0')}`;
