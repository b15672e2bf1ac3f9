/**
 * Which of our routes and rules the kernel holds: dumps are compared with our own requests, attribute by attribute. What
 * the kernel adds of itself does not matter.
 */
import { Flags, FlagsGet } from 'netlink/dist/constants.js';
import {
  formatRoute,
  formatRule,
  __LENGTH_Route as HEADER_LENGTH,
  MessageType,
} from 'netlink/dist/rt/gen_structs.js';
import { getU32, parseAttributes, putU32 } from 'netlink/dist/structs.js';
import { toHex } from '../../base/bytes.ts';
import type { RoutingItem } from '../../ports/routing.ts';
import type { Request } from './messages.ts';
import type { RequestSocket } from './request-socket.ts';
import { encodeAddRoute, network, type RouteItem } from './route-message.ts';
import { FRA, RTA, RTM_F_CLONED, RTPROT_KEEPALIVED } from './routing.table.ts';
import { AF_INET, AF_INET6 } from './rtnetlink.table.ts';
import { encodeAddRule } from './rule-message.ts';

/** struct rtmsg and struct fib_rule_hdr have the same length; both end with 32 bits of flags. */
type Entry = { readonly header: Uint8Array; readonly attributes: ReadonlyMap<number, string> };

/** undefined: not what the kernel sends. */
function parseEntry(data: Buffer): Entry | undefined {
  if (data.length < HEADER_LENGTH) return undefined;
  const attributes = new Map<number, string>();
  try {
    parseAttributes(data.subarray(HEADER_LENGTH), (a) => attributes.set(a.type & 0x3fff, toHex(a.data)));
  } catch (e) {
    if (e instanceof Error) return undefined;
    throw e;
  }
  return { header: data.subarray(0, HEADER_LENGTH), attributes };
}

const entryOf = (request: Request): Entry => {
  const entry = parseEntry(Buffer.concat(request.parts));
  if (entry === undefined) throw new Error('a request of ours cannot be read');
  return entry;
};

/** Octets of the header that name a route: family, both prefix lengths, type of service, protocol, type. */
const ROUTE_OCTETS = [0, 1, 2, 3, 5, 7];
/** Family, prefix lengths, type of service, action, and the flag 'not'. */
const RULE_OCTETS = [0, 1, 2, 3, 7];
const ROUTE_KEY: readonly number[] = [RTA.DST, RTA.SRC, RTA.PRIORITY, RTA.OIF, RTA.GATEWAY];
const IPV6_METRIC = 1024; // of routes without one

const sameOctets = (a: Entry, b: Entry, which: readonly number[]): boolean =>
  which.every((i) => a.header[i] === b.header[i]);

const numberOf = (text: string | undefined): number =>
  text === undefined ? 0 : getU32(Buffer.from(text, 'hex'));
const tableOf = (e: Entry, type: number): number =>
  e.attributes.has(type) ? numberOf(e.attributes.get(type)) : (e.header[4] as number);

/** A route of several paths is known by its key: how the kernel tells of the paths differs by family. */
function routeMatcher(item: RouteItem): (e: Entry) => boolean {
  const r = item.route;
  const own = entryOf(encodeAddRoute(item));
  const want = new Map(ROUTE_KEY.flatMap((k) => (own.attributes.has(k) ? [[k, own.attributes.get(k)]] : [])));
  if (r.destination.length > 0) want.set(RTA.DST, toHex(network(r.destination)));
  if (r.source !== undefined && r.source.length > 0) want.set(RTA.SRC, toHex(network(r.source)));
  if (r.family === 6 && (r.metric ?? 0) === 0) want.set(RTA.PRIORITY, toHex(putU32(IPV6_METRIC)));
  if (r.metric === 0 && r.family === 4) want.delete(RTA.PRIORITY);
  const table = item.table === 0 ? 254 : item.table;
  return (e) =>
    sameOctets(own, e, ROUTE_OCTETS) &&
    tableOf(e, RTA.TABLE) === table &&
    (r.family === 6 || e.attributes.has(RTA.PRIORITY) === want.has(RTA.PRIORITY)) &&
    [...want].every(([type, value]) => e.attributes.get(type) === value);
}

function ruleMatcher(item: RoutingItem & { readonly kind: 'rule' }): (e: Entry) => boolean {
  const own = entryOf(encodeAddRule(item.rule));
  const table = tableOf(own, FRA.TABLE);
  const want = [...own.attributes].filter(([type]) => type !== FRA.TABLE);
  // A preference of 0 is not told.
  const told = want.filter(([type, value]) => type !== FRA.PRIORITY || numberOf(value) !== 0);
  const inverted = (e: Entry): number => (e.header[8] as number) & 2;
  return (e) =>
    sameOctets(own, e, RULE_OCTETS) &&
    inverted(own) === inverted(e) &&
    tableOf(e, FRA.TABLE) === table &&
    told.every(([type, value]) => e.attributes.get(type) === value);
}

/** For each item whether the kernel holds it. Throws DumpError or the error of a system call. */
export function findPresent(socket: RequestSocket, items: readonly RoutingItem[]): readonly boolean[] {
  const dumps = new Map<string, readonly Entry[]>();
  return items.map((item) => {
    const family = item.kind === 'route' ? item.route.family : item.rule.family;
    const name = `${item.kind} ${family}`;
    let dump = dumps.get(name);
    if (dump === undefined) {
      dump = read(socket, item.kind, family);
      dumps.set(name, dump);
    }
    return dump.some(item.kind === 'route' ? routeMatcher(item) : ruleMatcher(item));
  });
}

function read(socket: RequestSocket, kind: RoutingItem['kind'], family: 4 | 6): readonly Entry[] {
  const af = family === 4 ? AF_INET : AF_INET6;
  // Kernels that check strictly tell of routes of this protocol only.
  const request =
    kind === 'route'
      ? {
          type: MessageType.GETROUTE,
          parts: [formatRoute({ family: af, protocol: RTPROT_KEEPALIVED as number })],
        }
      : { type: MessageType.GETRULE, parts: [formatRule({ family: af })] };
  const wanted = kind === 'route' ? MessageType.NEWROUTE : MessageType.NEWRULE;
  return socket
    .dump({ ...request, flags: Flags.REQUEST | FlagsGet.DUMP })
    .filter((m) => m.type === wanted)
    .map((m) => parseEntry(m.data))
    .filter((e) => e !== undefined && (kind === 'rule' || !isCloned(e))) as readonly Entry[];
}

const isCloned = (e: Entry): boolean => (getU32(Buffer.from(e.header.subarray(8, 12))) & RTM_F_CLONED) !== 0;
