/**
 * RTM_NEWROUTE and RTM_DELROUTE for a configured route, as `ip route` would say the same words (rtnetlink(7),
 * ip-route(8)): scope, table and the lock of rto_min follow iproute2, not keepalived, which has every route in scope
 * global. See docs/compatibility.md.
 */
import { Flags, FlagsNew } from 'netlink/dist/constants.js';
import { formatRoute, formatRouteNextHop, MessageType } from 'netlink/dist/rt/gen_structs.js';
import {
  AttrStream,
  countLength,
  getPadding,
  putString,
  putU8,
  putU16,
  putU32,
} from 'netlink/dist/structs.js';
import { assert } from '../../base/assert.ts';
import type { Encap, NextHop, Prefix, Realms, RouteMetrics, RoutingItem } from '../../ports/routing.ts';
import type { Request } from './messages.ts';
import * as routing from './routing.table.ts';
import { AF_INET, AF_INET6 } from './rtnetlink.table.ts';

export type RouteItem = RoutingItem & { readonly kind: 'route' };

const { RTA, RTAX, RTN, RT_SCOPE, TUNNEL } = routing;
const MODE = { prepend: 0, append: FlagsNew.APPEND, add: FlagsNew.EXCL } as const;

/** RTM_NEWROUTE; `mode` is what keepalived's words mean: 'prepend' puts it before others with the same key. */
export function encodeAddRoute(item: RouteItem): Request {
  const out = new AttrStream();
  out.emit(header(item, scopeOf(item), item.route.onlink ? routing.RTNH_F_ONLINK : 0));
  putKey(out, item);
  putPath(out, item);
  const r = item.route;
  if (r.preferredSource !== undefined) out.push(RTA.PREFSRC, r.preferredSource);
  if (r.realms !== undefined) out.push(RTA.FLOW, putRealms(r.realms));
  if (r.expiresS !== undefined) out.push(RTA.EXPIRES, putU32(r.expiresS));
  if (r.pref !== undefined) out.push(RTA.PREF, putU8(r.pref));
  if (r.ttlPropagate !== undefined) out.push(RTA.TTL_PROPAGATE, putU8(r.ttlPropagate ? 1 : 0));
  putMetrics(out, r.metrics);
  return {
    type: MessageType.NEWROUTE,
    flags: Flags.REQUEST | Flags.ACK | FlagsNew.CREATE | MODE[item.route.mode],
    parts: out.bufs,
  };
}

/**
 * What tells the route from others with the same destination: without its metrics and tunnel, of which the kernel may
 * have made something else, and with its protocol, so that nobody else's route is taken for it.
 */
export function encodeDeleteRoute(item: RouteItem): Request {
  const out = new AttrStream();
  out.emit(header(item, RT_SCOPE.NOWHERE, 0));
  putKey(out, item);
  const { encap: _, ...route } = item.route;
  const nextHops = route.nextHops.map(({ encap: _, ...hop }) => hop);
  putPath(out, { ...item, route: { ...route, nextHops } });
  return { type: MessageType.DELROUTE, flags: Flags.REQUEST | Flags.ACK, parts: out.bufs };
}

/** The prefix with its host bits cleared: the kernel keeps IPv6 routes so. */
export function network(p: Prefix): Uint8Array {
  return p.bytes.map((b, i) => b & (0xff00 >> Math.min(8, Math.max(0, p.length - 8 * i))));
}

function header(item: RouteItem, scope: number, flags: number): Buffer {
  const r = item.route;
  const buffer = formatRoute({
    family: r.family === 4 ? AF_INET : AF_INET6,
    dstLen: r.destination.length,
    srcLen: r.source?.length ?? 0,
    tos: r.tos,
    table: item.table < 256 ? item.table : 0,
    protocol: r.protocol,
    scope,
    type: r.type,
  });
  buffer.set(putU32(flags), 8);
  return buffer;
}

/** As iproute2 guesses it where none was written. */
function scopeOf({ route }: RouteItem): number {
  if (route.scope !== undefined) return route.scope;
  if (route.family === 6) return RT_SCOPE.UNIVERSE;
  switch (route.type) {
    case RTN.LOCAL:
    case RTN.NAT:
      return RT_SCOPE.HOST;
    case RTN.BROADCAST:
    case RTN.MULTICAST:
    case RTN.ANYCAST:
      return RT_SCOPE.LINK;
    case RTN.UNICAST:
      return route.via === undefined && route.nextHops.length === 0 ? RT_SCOPE.LINK : RT_SCOPE.UNIVERSE;
    default:
      return RT_SCOPE.UNIVERSE;
  }
}

function checkFamily(family: 4 | 6, bytes: Uint8Array): Uint8Array {
  assert(bytes.length === (family === 4 ? 4 : 16), "an address of a route has its family's length");
  return bytes;
}

function putKey(out: AttrStream, { route: r, table }: RouteItem): void {
  if (r.destination.length > 0) out.push(RTA.DST, checkFamily(r.family, r.destination.bytes));
  if (r.source !== undefined && r.source.length > 0) out.push(RTA.SRC, checkFamily(r.family, r.source.bytes));
  if (table >= 256) out.push(RTA.TABLE, putU32(table));
  if (r.metric !== undefined) out.push(RTA.PRIORITY, putU32(r.metric));
}

function putPath(out: AttrStream, { route: r, interfaceIndex, hopIndexes }: RouteItem): void {
  if (r.encap !== undefined) putEncap(out, r.encap);
  if (r.via !== undefined) out.push(RTA.GATEWAY, checkFamily(r.family, r.via));
  if (interfaceIndex !== 0) out.push(RTA.OIF, putU32(interfaceIndex));
  if (r.nextHops.length > 0)
    out.push(
      RTA.MULTIPATH,
      r.nextHops.map((hop, i) => encodeHop(hop, hopIndexes[i] ?? 0, r.family)),
    );
}

/** struct rtnexthop counts its own attributes in its length. */
function encodeHop(hop: NextHop, interfaceIndex: number, family: 4 | 6): Buffer {
  const out = new AttrStream();
  const head = formatRouteNextHop({ hops: hop.weight - 1, ifindex: interfaceIndex });
  if (hop.onlink) head[2] = routing.RTNH_F_ONLINK;
  out.emit(head);
  if (hop.via !== undefined) out.push(RTA.GATEWAY, checkFamily(family, hop.via));
  if (hop.encap !== undefined) putEncap(out, hop.encap);
  if (hop.realms !== undefined) out.push(RTA.FLOW, putRealms(hop.realms));
  const length = countLength(out.bufs);
  head.set(putU16(length), 0);
  return Buffer.concat([...out.bufs, getPadding(length)]);
}

const putRealms = (r: Realms): Buffer => putU32(((r.source << 16) | r.destination) >>> 0);

function putEncap(out: AttrStream, encap: Encap): void {
  out.push(RTA.ENCAP, (o: AttrStream) => putTunnel(o, encap));
  out.push(RTA.ENCAP_TYPE, putU16(routing.ENCAP_TYPE[encap.type]));
}

function putTunnel(out: AttrStream, encap: Encap): void {
  switch (encap.type) {
    case 'mpls':
      out.push(routing.MPLS_IPTUNNEL_DST, labelStack(encap.labels));
      return;
    case 'ila':
      out.push(routing.ILA_ATTR_LOCATOR, encap.locator);
      return;
    default:
      if (encap.id !== undefined) out.push(TUNNEL.ID, encap.id);
      if (encap.destination !== undefined) out.push(TUNNEL.DST, encap.destination);
      if (encap.source !== undefined) out.push(TUNNEL.SRC, encap.source);
      if (encap.tos !== undefined) out.push(TUNNEL.TOS, putU8(encap.tos));
      if (encap.ttl !== undefined) out.push(TUNNEL.TTL, putU8(encap.ttl));
      // __be16, unlike the numbers around it.
      if (encap.flags !== undefined)
        out.push(TUNNEL.FLAGS, Uint8Array.of(encap.flags >> 8, encap.flags & 0xff));
  }
}

/** Label stack entries of RFC 3032 2.1: label, traffic class 0, bottom of stack, TTL 0. */
function labelStack(labels: readonly number[]): Buffer {
  const out = Buffer.alloc(4 * labels.length);
  for (const [i, label] of labels.entries())
    out.writeUInt32BE(((label << 12) | (i === labels.length - 1 ? 0x100 : 0)) >>> 0, 4 * i);
  return out;
}

const NUMBERS: readonly (readonly [name: Exclude<keyof RouteMetrics, 'congctl'>, type: number])[] = [
  ['mtu', RTAX.MTU],
  ['window', RTAX.WINDOW],
  ['rtt', RTAX.RTT],
  ['rttvar', RTAX.RTTVAR],
  ['ssthresh', RTAX.SSTHRESH],
  ['cwnd', RTAX.CWND],
  ['advmss', RTAX.ADVMSS],
  ['reordering', RTAX.REORDERING],
  ['hoplimit', RTAX.HOPLIMIT],
  ['initcwnd', RTAX.INITCWND],
  ['features', RTAX.FEATURES],
  ['rtoMin', RTAX.RTO_MIN],
  ['initrwnd', RTAX.INITRWND],
  ['quickack', RTAX.QUICKACK],
  ['fastopenNoCookie', RTAX.FASTOPEN_NO_COOKIE],
];

function putMetrics(out: AttrStream, m: RouteMetrics): void {
  const present = NUMBERS.filter(([name]) => m[name] !== undefined);
  if (present.length === 0 && m.congctl === undefined) return;
  let lock = 0;
  for (const [name, type] of present) if (m[name]?.lock === true) lock |= 1 << type;
  // TCP heeds rto_min only where it is locked: iproute2 always locks it, keepalived forgets to.
  if (m.rtoMin !== undefined) lock |= 1 << RTAX.RTO_MIN;
  if (m.congctl?.lock === true) lock |= 1 << RTAX.CC_ALGO;
  out.push(RTA.METRICS, (o: AttrStream) => {
    if (lock !== 0) o.push(RTAX.LOCK, putU32(lock >>> 0));
    for (const [name, type] of present) o.push(type, putU32(m[name]?.value ?? 0));
    if (m.congctl !== undefined) o.push(RTAX.CC_ALGO, putString(m.congctl.name));
  });
}
