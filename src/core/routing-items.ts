/** Configured routes and rules as the kernel is asked for them, and as people read them. Pure. */
import { toHex } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import type { Config, InstanceConfig } from '../config/config.ts';
import type { NextHop, Prefix, RouteConfig, RuleConfig } from '../config/routes/route-config.ts';
import type { RoutingItem } from '../ports/routing.ts';
import type { LinksByName } from './network.ts';

/** One line of virtual_routes, virtual_rules, static_routes or static_rules. */
export type RoutingLine =
  | { readonly kind: 'route'; readonly route: RouteConfig }
  | { readonly kind: 'rule'; readonly rule: RuleConfig };

/** In the order in which they are set: routes, then rules (behaviour.md C2). */
export const linesOf = (
  routes: readonly RouteConfig[],
  rules: readonly RuleConfig[],
): readonly RoutingLine[] => [
  ...routes.map((route): RoutingLine => ({ kind: 'route', route })),
  ...rules.map((rule): RoutingLine => ({ kind: 'rule', rule })),
];

export const isTracked = (l: RoutingLine): boolean => (l.kind === 'route' ? l.route : l.rule).track;
export const groupOf = (l: RoutingLine): string | undefined =>
  (l.kind === 'route' ? l.route : l.rule).trackGroup;

/** Interfaces without which the line cannot be in force. Rules wait for theirs: the kernel takes any name. */
export function interfacesOf(l: RoutingLine): readonly string[] {
  const names =
    l.kind === 'route'
      ? [l.route.interface, ...l.route.nextHops.map((h) => h.interface)]
      : [l.rule.inputInterface, l.rule.outputInterface];
  return names.filter((n) => n !== undefined);
}

/** Interfaces whose loss is a FAULT of the instance: those of its watched routes and rules (B18, last rows). */
export function routingInterfaces(config: InstanceConfig): readonly string[] {
  if (config.routes.length + config.rules.length === 0) return [];
  return linesOf(config.routes, config.rules).filter(isTracked).flatMap(interfacesOf);
}

/** undefined: an interface that it names, or the VRF, does not exist. */
export function itemOf(l: RoutingLine, links: LinksByName): RoutingItem | undefined {
  if (l.kind === 'rule') return l;
  const { route } = l;
  const indexOf = (name: string | undefined): number | undefined =>
    name === undefined ? 0 : links.get(name)?.index;
  const interfaceIndex = indexOf(route.interface);
  const hops = route.nextHops.map((h) => indexOf(h.interface));
  const hopIndexes = hops.filter((i) => i !== undefined);
  const table = route.vrf === undefined ? route.table : links.get(route.vrf)?.vrfTable;
  if (interfaceIndex === undefined || hopIndexes.length < hops.length || table === undefined)
    return undefined;
  return { kind: 'route', route, interfaceIndex, hopIndexes, table };
}

/** The same for two lines that mean the same, wherever they stand. */
export const routingKey = (l: RoutingLine): string =>
  JSON.stringify(l, (name, value: unknown) =>
    name === 'place' ? undefined : value instanceof Uint8Array ? toHex(value) : value,
  );

const TYPES = ['', '', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable', 'prohibit'];
const typeWord = (n: number): string => [...TYPES, 'throw', 'nat', 'xresolve'][n] ?? String(n);

const prefixText = (p: Prefix): string => `${formatIp(p.bytes)}/${p.length}`;
const join = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((p) => p !== undefined && p !== '').join(' ');
const word = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `${name} ${value}`;
const hopText = (h: Pick<NextHop, 'via' | 'interface'>): string =>
  join(word('via', h.via && formatIp(h.via)), word('dev', h.interface));

/** What tells it from others, in the words of `ip route` and `ip rule`: for the log, and behind `ip route del`. */
export function routingText(l: RoutingLine): string {
  return l.kind === 'route' ? routeText(l.route) : ruleText(l.rule);
}

function routeText(r: RouteConfig): string {
  return join(
    typeWord(r.type),
    prefixText(r.destination),
    word('from', r.source && prefixText(r.source)),
    r.tos > 0 ? `tos ${r.tos}` : '',
    hopText(r),
    r.vrf === undefined ? (r.table === 254 ? '' : `table ${r.table}`) : `vrf ${r.vrf}`,
    word('metric', r.metric),
    word('proto', r.protocol),
    ...r.nextHops.map((h) => `nexthop ${hopText(h)}`),
  );
}

function ruleText(r: RuleConfig): string {
  const range = (x: readonly [number, number] | undefined): string | undefined => x?.join('-');
  const { action } = r;
  return join(
    r.invert ? 'not' : '',
    `from ${r.from === undefined || r.from.length === 0 ? 'all' : prefixText(r.from)}`,
    word('to', r.to && prefixText(r.to)),
    r.tos > 0 ? `tos ${r.tos}` : '',
    r.mark === undefined ? '' : `fwmark ${r.mark}${r.markMask === undefined ? '' : `/${r.markMask}`}`,
    word('iif', r.inputInterface),
    word('oif', r.outputInterface),
    word('uidrange', range(r.uidRange)),
    word('ipproto', r.ipProtocol),
    word('sport', range(r.sourcePorts)),
    word('dport', range(r.destinationPorts)),
    `priority ${r.priority}`,
    word('protocol', r.protocol),
    action.type === 'table'
      ? `table ${action.table}`
      : action.type === 'goto'
        ? `goto ${action.target}`
        : action.type,
  );
}

/** Whether any route or rule is configured. */
export const usesRouting = (c: Config): boolean =>
  c.staticRoutes.length + c.staticRules.length > 0 ||
  c.instances.some((i) => i.routes.length + i.rules.length > 0);
