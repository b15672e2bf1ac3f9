/** KEEPALIVED-MIB: virtual and static routes, their next hops, and rules. Static ones have instance 0. */
import type {
  Encap,
  Metric,
  NextHop,
  Prefix,
  RouteConfig,
  RouteMetrics,
  RuleConfig,
} from '../../config/routes/route-config.ts';
import type { SnmpValue } from '../../ports/snmp.ts';
import { scopeType } from './keepalived-addresses.ts';
import { addressType, gauge, int, octets, text, truth } from './oid.ts';
import { interfaceIndex, KEEPALIVED_MIB, type Picture } from './picture.ts';
import type { Row, Table } from './tree.ts';

const VRRP = [...KEEPALIVED_MIB, 2];

type Held<T> = { readonly line: T; readonly set: boolean };
/** Those of all instances, after the static ones. */
function held<T>(
  p: Picture,
  statics: readonly T[],
  ofInstance: (i: Picture['instances'][number]['config']) => readonly T[],
  kind: 'routes' | 'rules',
): Row<Held<T>>[] {
  const rows = (number: number, lines: readonly T[], instance?: string): Row<Held<T>>[] => {
    if (lines.length === 0) return [];
    const set = p.routingSet(instance)[kind];
    return lines.map((line, i) => ({ index: [number, i + 1], of: { line, set: set[i] === true } }));
  };
  return [
    ...rows(0, statics),
    ...p.instances.flatMap((i) => rows(i.number, ofInstance(i.config), i.config.name)),
  ];
}

const maybe = <T>(value: T | undefined, as: (value: T) => SnmpValue): SnmpValue | undefined =>
  value === undefined ? undefined : as(value);

// --- routes

type Route = Held<RouteConfig>;
type Get<T> = (row: T, p: Picture) => SnmpValue | undefined;
const RTN_UNICAST = 1;
/** RouteType of RTN_*: local is none of them, as in keepalived. */
const ROUTE_TYPES: Readonly<Record<number, number>> = {
  1: 1,
  3: 6,
  4: 4,
  5: 5,
  6: 3,
  7: 7,
  8: 8,
  9: 9,
  10: 10,
  11: 11,
};
const ECMP = 2;
const routeType = (r: RouteConfig): number =>
  r.type === RTN_UNICAST && r.nextHops.length > 0 ? ECMP : (ROUTE_TYPES[r.type] ?? r.type);
/** PrefType of ICMPV6_ROUTER_PREF_*. */
const PREFERENCES: Readonly<Record<number, number>> = { 0: 2, 1: 3, 3: 1 };
const ECN = 1;

/** The value of a metric, in its own units, and whether it is locked in the column behind. */
function metric(
  column: number,
  of: (m: RouteMetrics) => Metric | undefined,
  { lock = true, per = 1 } = {},
): Record<number, Get<Route>> {
  return {
    [column]: ({ line }) => maybe(of(line.metrics), (m) => gauge(m.value / per)),
    ...(lock ? { [column + 1]: ({ line }: Route) => maybe(of(line.metrics), (m) => truth(m.lock)) } : {}),
  };
}

const ENCAPS = { mpls: 1, ip: 2, ila: 3, ip6: 4 } as const;
const wide = (bytes: Uint8Array): SnmpValue => ({
  type: 'counter64',
  value: new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0),
});

/** Nine columns from `first`: of a route, and of a next hop. */
function encapColumns<T>(
  first: number,
  of: (row: T) => Encap | undefined,
  typed: boolean,
): Record<number, Get<T>> {
  const ip = (row: T): Extract<Encap, { type: 'ip' | 'ip6' }> | undefined => {
    const e = of(row);
    return e?.type === 'ip' || e?.type === 'ip6' ? e : undefined;
  };
  const all: readonly Get<T>[] = [
    (row) => maybe(typed ? of(row)?.type : undefined, (t) => int(ENCAPS[t])),
    (row) => {
      const e = of(row);
      return e?.type === 'mpls' ? text(e.labels.join('/')) : undefined;
    },
    (row) => maybe(ip(row)?.id, wide),
    (row) => maybe(ip(row)?.destination, octets),
    (row) => maybe(ip(row)?.source, octets),
    (row) => maybe(ip(row)?.tos, gauge),
    (row) => maybe(ip(row)?.ttl, gauge),
    (row) => maybe(ip(row)?.flags, gauge),
    (row) => {
      const e = of(row);
      return e?.type === 'ila' ? wide(e.locator) : undefined;
    },
  ];
  return Object.fromEntries(all.map((get, i) => [first + i, get]));
}

const routes: Table<Picture, Route> = {
  entry: [...VRRP, 7, 1],
  rows: (p) => held(p, p.config.staticRoutes, (c) => c.routes, 'routes'),
  columns: {
    2: ({ line }) => addressType(line.family),
    3: ({ line }) => octets(line.destination.bytes),
    4: ({ line }) => gauge(line.destination.length),
    5: ({ line }) => maybe(line.via, octets),
    7: ({ line }) => maybe(line.preferredSource, octets),
    8: ({ line }) => gauge(line.metric ?? 0),
    9: ({ line }) => int(scopeType(line.scope ?? 0)),
    10: ({ line }) => int(routeType(line)),
    11: ({ line }, p) => maybe(line.interface, (name) => int(interfaceIndex(p, name))),
    12: ({ line }) => maybe(line.interface, text),
    13: ({ line }) => gauge(line.table),
    14: ({ set }) => truth(set),
    15: ({ line }) => maybe(line.source, (s) => octets(s.bytes)),
    16: ({ line }) => maybe(line.source, (s) => gauge(s.length)),
    17: ({ line }) => (line.tos === 0 ? undefined : gauge(line.tos)),
    18: ({ line }) => int(line.protocol + 1),
    19: ({ line }) => truth(((line.metrics.features?.value ?? 0) & ECN) !== 0),
    20: ({ line }) => truth(line.metrics.quickack?.value === 1),
    21: ({ line }) => maybe(line.expiresS, int),
    ...metric(22, (m) => m.mtu),
    ...metric(24, (m) => m.hoplimit, { lock: false }),
    ...metric(25, (m) => m.advmss),
    // The kernel counts eighths and quarters of milliseconds.
    ...metric(27, (m) => m.rtt, { per: 8 }),
    ...metric(29, (m) => m.rttvar, { per: 4 }),
    ...metric(31, (m) => m.reordering),
    ...metric(33, (m) => m.window, { lock: false }),
    ...metric(34, (m) => m.cwnd),
    ...metric(36, (m) => m.ssthresh),
    ...metric(38, (m) => m.rtoMin),
    ...metric(40, (m) => m.initcwnd, { lock: false }),
    ...metric(41, (m) => m.initrwnd, { lock: false }),
    42: ({ line }) => maybe(line.metrics.congctl, (c) => text(c.name)),
    43: ({ line }) => maybe(line.pref, (n) => int(PREFERENCES[n] ?? 2)),
    44: ({ line }) => maybe(line.realms, (r) => gauge(r.destination)),
    45: ({ line }) => maybe(line.realms, (r) => gauge(r.source)),
    ...encapColumns<Route>(46, ({ line }) => line.encap, true),
    55: ({ line }) => maybe(line.metrics.fastopenNoCookie, (m) => truth(m.value === 1)),
  },
};

type Hop = { readonly family: 4 | 6; readonly hop: NextHop };
const hops: Table<Picture, Hop> = {
  entry: [...VRRP, 11, 1],
  rows: (p) =>
    routes
      .rows(p)
      .flatMap(({ index, of: { line } }) =>
        line.nextHops.map((hop, i) => ({ index: [...index, i + 1], of: { family: line.family, hop } })),
      ),
  columns: {
    2: ({ family, hop }) => addressType(hop.via === undefined ? family : hop.via.length === 4 ? 4 : 6),
    3: ({ hop }) => maybe(hop.via, octets),
    4: ({ hop }, p) => maybe(hop.interface, (name) => int(interfaceIndex(p, name))),
    5: ({ hop }) => maybe(hop.interface, text),
    6: ({ hop }) => gauge(hop.weight),
    7: ({ hop }) => truth(hop.onlink),
    8: ({ hop }) => maybe(hop.realms, (r) => gauge(r.destination)),
    9: ({ hop }) => maybe(hop.realms, (r) => gauge(r.source)),
    ...encapColumns<Hop>(10, ({ hop }) => hop.encap, false),
  },
};

// --- rules

type Rule = Held<RuleConfig>;
/** RuleAction of FR_ACT_*; a VRF's table is looked up too. */
const ACTIONS = { table: 1, l3mdev: 1, goto: 2, nop: 3, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
const table = ({ action }: RuleConfig): SnmpValue | undefined =>
  action.type === 'table' ? gauge(action.table) : action.type === 'l3mdev' ? gauge(0) : undefined;
/** The obsolete one address of a rule: where it goes to, else where it comes from. */
const either = ({ line }: Rule): Prefix | undefined => line.to ?? line.from;
const direction = ({ line }: Rule): string =>
  line.from !== undefined && line.to !== undefined
    ? 'both'
    : line.from !== undefined
      ? 'from'
      : line.to !== undefined
        ? 'to'
        : '';
const prefix = (first: number, of: (r: Rule) => Prefix | undefined): Record<number, Get<Rule>> => ({
  [first]: (r) => maybe(of(r), () => addressType(r.line.family)),
  [first + 1]: (r) => maybe(of(r), (x) => octets(x.bytes)),
  [first + 2]: (r) => maybe(of(r), (x) => gauge(x.length)),
});
const pair = (
  first: number,
  of: (r: RuleConfig) => readonly [number, number] | undefined,
): Record<number, Get<Rule>> => ({
  [first]: ({ line }) => maybe(of(line)?.[0], gauge),
  [first + 1]: ({ line }) => maybe(of(line)?.[1], gauge),
});
const half = (bytes: Uint8Array, at: 0 | 4): SnmpValue =>
  gauge(new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(at));

const rules: Table<Picture, Rule> = {
  entry: [...VRRP, 8, 1],
  rows: (p) => held(p, p.config.staticRules, (c) => c.rules, 'rules'),
  columns: {
    2: (r) => text(direction(r)),
    ...prefix(3, either),
    6: ({ line }) => table(line),
    7: ({ set }) => truth(set),
    8: ({ line }) => truth(line.invert),
    ...prefix(9, ({ line }) => line.to),
    ...prefix(12, ({ line }) => line.from),
    15: ({ line }) => gauge(line.tos),
    16: ({ line }) => maybe(line.mark, gauge),
    17: ({ line }) => maybe(line.markMask, gauge),
    18: ({ line }) => maybe(line.realms, (x) => gauge(x.destination)),
    19: ({ line }) => maybe(line.realms, (x) => gauge(x.source)),
    20: ({ line }) => maybe(line.inputInterface, text),
    21: ({ line }) => maybe(line.outputInterface, text),
    22: ({ line: { action } }) => (action.type === 'goto' ? gauge(action.target) : undefined),
    23: ({ line: { action } }) => int(ACTIONS[action.type]),
    24: ({ line }) => table(line),
    25: ({ line }) => gauge(line.priority),
    26: ({ line }) => maybe(line.suppressPrefixLength, gauge),
    27: ({ line }) => maybe(line.suppressGroup, (n) => text(String(n))),
    28: ({ line }) => maybe(line.tunnelId, (id) => half(id, 0)),
    29: ({ line }) => maybe(line.tunnelId, (id) => half(id, 4)),
    ...pair(30, (r) => r.uidRange),
    32: ({ line: { action } }) => (action.type === 'l3mdev' ? truth(true) : undefined),
    34: ({ line }) => maybe(line.ipProtocol, gauge),
    ...pair(35, (r) => r.sourcePorts),
    ...pair(37, (r) => r.destinationPorts),
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const routingTables: readonly Table<Picture, any>[] = [routes, hops, rules];
