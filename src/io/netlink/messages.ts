/**
 * rtnetlink messages to and from plain values, with npm netlink's codecs. Decoders are total: they name what is wrong
 * and never throw. Only the attributes that vipd uses are read: parsing every attribute of a link costs ten times as
 * much, and the package's struct parsers refuse lengths that newer kernels send.
 */
import { Flags, FlagsAck, FlagsGet } from 'netlink/dist/constants.js';
import {
  __LENGTH_Address as ADDRESS_HEADER_LENGTH,
  formatAddress,
  formatAddressCacheInfo,
  formatLink,
  __LENGTH_Link as LINK_HEADER_LENGTH,
  MessageType,
  parseAddress,
  parseLink,
} from 'netlink/dist/rt/gen_structs.js';
import {
  AttrStream,
  align,
  formatHeader,
  getPadding,
  getU8,
  getU32,
  HEADER_LENGTH,
  type NetlinkMessage,
  parseAttributes,
  parseMessage,
  putString,
  putU8,
  putU32,
  readS32,
  readU32,
} from 'netlink/dist/structs.js';
import { assert } from '../../base/assert.ts';
import { equalBytes } from '../../base/bytes.ts';
import type { AddressRequest, KernelAddress } from '../../ports/netlink.ts';
import { decodeLinkKind, type LinkKind, textOf } from './link-kind.ts';
import * as rt from './rtnetlink.table.ts';

export type { NetlinkMessage };

/** 'garbage': not what the kernel sends; 'other': well-formed and none of our business. */
export type Decoded<T> = T | 'garbage' | 'other';

/** A message without its sequence number, which the socket gives it. */
export type Request = {
  readonly type: number;
  readonly flags: number;
  readonly parts: readonly Uint8Array[];
};

/** What one RTM_NEWLINK tells; a wireless event has no name and means "flags only". */
export type LinkNews = {
  readonly index: number;
  readonly up: boolean;
  readonly running: boolean;
  readonly loopback: boolean;
  readonly multicast: boolean;
  readonly noArp: boolean;
  readonly name?: string;
  readonly mac?: Uint8Array;
  readonly mtu?: number;
  readonly kind?: string;
  readonly parentIndex?: number;
  readonly mode?: number;
  readonly group?: number;
  readonly vrfTable?: number;
};

/** `errno` is 0 or positive. */
export type Ack = { readonly seq: number; readonly errno: number; readonly text: string };

const FOREVER = 0xffffffff;

/** Runs one of the package's parsers, whose only way to refuse bytes is to throw. */
function attempt<T>(parse: () => T): T | 'garbage' {
  try {
    return parse();
  } catch (e) {
    if (e instanceof Error) return 'garbage';
    throw e;
  }
}

/** The whole messages of a datagram, in order; `whole` is false when bytes follow that are none. */
export function splitDatagram(data: Buffer): {
  readonly messages: readonly NetlinkMessage[];
  readonly whole: boolean;
} {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at < data.length; ) {
    const parsed = attempt(() => parseMessage(data.subarray(at)));
    if (parsed === 'garbage') return { messages, whole: false };
    messages.push(parsed.x);
    at += align(parsed.consumed);
  }
  return { messages, whole: true };
}

/** The bytes of a message: header, parts and padding, which counts in the length as iproute2 counts it. */
export function encodeMessage(request: Request, seq: number): readonly Uint8Array[] {
  let length = HEADER_LENGTH;
  for (const part of request.parts) length += part.length;
  const header = formatHeader({
    length: align(length),
    type: request.type,
    flags: request.flags,
    seq,
    port: 0,
  });
  return [header, ...request.parts, getPadding(length)];
}

function checkBytes(family: 4 | 6, bytes: Uint8Array): void {
  assert(bytes.length === (family === 4 ? 4 : 16), 'an address has 4 or 16 octets, as its family says');
}

/** IFA_F_NODAD as keepalived sets it: a VIP must answer at once. */
const addressFlags = (r: AddressRequest): number => r.flags ?? (r.family === 6 ? rt.IFA_F_NODAD : 0);

function addressHeader(r: AddressRequest, flags: number): Buffer {
  checkBytes(r.family, r.bytes);
  if (r.peer !== undefined) checkBytes(r.family, r.peer.bytes);
  const header = formatAddress({
    family: r.family === 4 ? rt.AF_INET : rt.AF_INET6,
    prefixlen: r.peer?.prefixLength ?? r.prefixLength,
    scope: r.family === 4 ? r.scope : 0,
    index: r.interfaceIndex,
  });
  header[2] = flags & 0xff;
  return header;
}

/** RTM_NEWADDR as keepalived sends it: no CREATE, EXCL or REPLACE, so an address that is there is left as it is. */
export function encodeAddAddress(r: AddressRequest, tag: boolean): Request {
  const flags = addressFlags(r);
  const out = new AttrStream();
  out.emit(addressHeader(r, flags));
  out.push(rt.IFA_LOCAL, r.bytes);
  if (r.peer !== undefined) out.push(rt.IFA_ADDRESS, r.peer.bytes);
  if (r.family === 4) {
    if (r.broadcast !== undefined) out.push(rt.IFA_BROADCAST, r.broadcast);
    if (r.label !== undefined) out.push(rt.IFA_LABEL, putString(r.label));
  } else {
    const preferred = r.preferredLifetimeS ?? (r.prefixLength === 128 ? 0 : FOREVER);
    if (preferred !== FOREVER)
      out.push(rt.IFA_CACHEINFO, formatAddressCacheInfo({ ifaPrefered: preferred, ifaValid: FOREVER }));
  }
  if (flags !== 0) out.push(rt.IFA_FLAGS, putU32(flags));
  if (tag) out.push(rt.IFA_PROTO, putU8(rt.IFAPROT_KEEPALIVED));
  return { type: MessageType.NEWADDR, flags: Flags.REQUEST | Flags.ACK, parts: out.bufs };
}

/** RTM_DELADDR. Without IFA_ADDRESS the kernel would take an IPv4 address of any prefix length. */
export function encodeDeleteAddress(r: AddressRequest): Request {
  const out = new AttrStream();
  out.emit(addressHeader(r, 0));
  out.push(rt.IFA_LOCAL, r.bytes);
  if (r.family === 4) out.push(rt.IFA_ADDRESS, r.peer?.bytes ?? r.bytes);
  return { type: MessageType.DELADDR, flags: Flags.REQUEST | Flags.ACK, parts: out.bufs };
}

/** RTM_DELLINK by name. */
export function encodeDeleteLink(name: string): Request {
  const out = new AttrStream();
  out.emit(formatLink({}));
  out.push(rt.IFLA_IFNAME, putString(name));
  return { type: MessageType.DELLINK, flags: Flags.REQUEST | Flags.ACK, parts: out.bufs };
}

/** A dump of all links, without their counters. */
export function encodeLinkDump(): Request {
  const out = new AttrStream();
  out.emit(formatLink({}));
  out.push(rt.IFLA_EXT_MASK, putU32(rt.RTEXT_FILTER_SKIP_STATS));
  return { type: MessageType.GETLINK, flags: Flags.REQUEST | FlagsGet.DUMP, parts: out.bufs };
}

/** A dump of all addresses of one family. */
export function encodeAddressDump(family: 4 | 6): Request {
  const header = formatAddress({ family: family === 4 ? rt.AF_INET : rt.AF_INET6 });
  return { type: MessageType.GETADDR, flags: Flags.REQUEST | FlagsGet.DUMP, parts: [header] };
}

/** The body of NLMSG_ERROR: an acknowledgement when errno is 0. */
export function decodeAck(m: NetlinkMessage): Ack | 'garbage' {
  if (m.data.length < 4 + HEADER_LENGTH) return 'garbage';
  const errno = Math.abs(readS32.call(m.data, 0));
  const seq = readU32.call(m.data, 12);
  let text = '';
  if ((m.flags & FlagsAck.ACK_TLVS) !== 0) {
    const original = (m.flags & FlagsAck.CAPPED) !== 0 ? HEADER_LENGTH : readU32.call(m.data, 4);
    const tlvs = attempt(() =>
      parseAttributes(m.data.subarray(4 + align(original)), (a) => {
        if (a.type === rt.NLMSGERR_ATTR_MSG) text = textOf(a.data);
      }),
    );
    if (tlvs === 'garbage') text = '';
  }
  return { seq, errno, text };
}

/** RTM_NEWLINK and RTM_DELLINK. A bridge reports its ports under AF_BRIDGE: those are no links that come or go. */
export function decodeLink(data: Buffer): Decoded<LinkNews> {
  return attempt(() => {
    const head = parseLink(data.subarray(0, LINK_HEADER_LENGTH));
    if (head.family !== rt.AF_UNSPEC) return 'other';
    const { index = 0, flags = {} } = head;
    const some: {
      name?: string;
      mac?: Uint8Array;
      mtu?: number;
      parentIndex?: number;
      group?: number;
    } & LinkKind = {};
    parseAttributes(data.subarray(LINK_HEADER_LENGTH), (a) => {
      if (a.type === rt.IFLA_IFNAME) some.name = textOf(a.data);
      else if (a.type === rt.IFLA_MTU) some.mtu = getU32(a.data);
      else if (a.type === rt.IFLA_LINK) some.parentIndex = getU32(a.data);
      else if (a.type === rt.IFLA_GROUP && getU32(a.data) !== 0) some.group = getU32(a.data);
      else if (a.type === rt.IFLA_LINKINFO) Object.assign(some, decodeLinkKind(a.data));
      // Other lengths are tunnels' endpoints and InfiniBand: no MAC that VRRP or ARP could use here.
      else if (a.type === rt.IFLA_ADDRESS) some.mac = Uint8Array.from(a.data.length === 6 ? a.data : []);
    });
    return {
      index,
      up: flags.up === true,
      running: flags.running === true,
      loopback: flags.loopback === true,
      multicast: flags.multicast === true,
      noArp: flags.noarp === true,
      ...some,
    };
  });
}

/** RTM_NEWADDR and RTM_DELADDR of IPv4 and IPv6. */
export function decodeAddress(data: Buffer): Decoded<KernelAddress> {
  return attempt(() => {
    const head = parseAddress(data.subarray(0, ADDRESS_HEADER_LENGTH));
    if (head.family !== rt.AF_INET && head.family !== rt.AF_INET6) return 'other';
    const family = head.family === rt.AF_INET ? 4 : 6;
    let local: Buffer | undefined;
    let address: Buffer | undefined;
    let label = '';
    let flags = data.readUInt8(2);
    let protocol = 0;
    parseAttributes(data.subarray(ADDRESS_HEADER_LENGTH), (a) => {
      if (a.type === rt.IFA_LOCAL) local = a.data;
      else if (a.type === rt.IFA_ADDRESS) address = a.data;
      else if (a.type === rt.IFA_LABEL) label = textOf(a.data);
      else if (a.type === rt.IFA_FLAGS) flags = getU32(a.data);
      else if (a.type === rt.IFA_PROTO) protocol = getU8(a.data);
    });
    const bytes = local ?? address;
    const peer = address ?? local;
    const length = family === 4 ? 4 : 16;
    if (bytes?.length !== length || peer?.length !== length) return 'garbage';
    return {
      family,
      bytes: Uint8Array.from(bytes),
      prefixLength: head.prefixlen ?? 0,
      interfaceIndex: head.index ?? 0,
      scope: head.scope ?? 0,
      label,
      flags,
      protocol,
      ...(equalBytes(bytes, peer) ? {} : { peer: Uint8Array.from(peer) }),
    };
  });
}
