/** Routes and rules as keepalived's dumps write them. */
import { formatIp } from '../../base/ip.ts';
import type {
  Encap,
  Metric,
  NextHop,
  Prefix,
  Realms,
  RouteConfig,
  RuleConfig,
} from '../../config/routes/route-config.ts';

const TYPES = ['0', '', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable', 'prohibit'];
const typeName = (n: number): string => [...TYPES, 'throw', 'nat', 'xresolve'][n] ?? String(n);

const prefix = (p: Prefix): string =>
  p.length === p.bytes.length * 8 ? formatIp(p.bytes) : `${formatIp(p.bytes)}/${p.length}`;
const via = (bytes: Uint8Array): string => `via inet${bytes.length === 4 ? '' : '6'} ${formatIp(bytes)}`;
const words = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter((p) => typeof p === 'string' && p !== '').join(' ');
const wide = (bytes: Uint8Array): string =>
  String(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));

function time(raw: number, perMs: number): string {
  const ms = raw / perMs;
  return ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`;
}

const metric = (name: string, m: Metric | undefined, text = String(m?.value)): string =>
  m === undefined ? '' : words(name, m.lock && 'lock', text);

const realms = (r: Realms | undefined): string =>
  r === undefined ? '' : r.source === 0 ? `realm ${r.destination}` : `realms ${r.source}/${r.destination}`;

/** Labels stand shifted as on the wire, the last with the bottom-of-stack bit. */
function encap(e: Encap | undefined): string {
  if (e === undefined) return '';
  if (e.type === 'mpls')
    return `encap mpls ${e.labels.map((l, i) => ((l << 12) | (i === e.labels.length - 1 ? 0x100 : 0)).toString(16)).join('/')}`;
  if (e.type === 'ila')
    // The locator's octets as a number of this machine.
    return `encap ila ${new DataView(e.locator.buffer).getBigUint64(0, true)}`;
  const six = e.type === 'ip6';
  return words(
    `encap ${e.type}`,
    e.id && `id ${wide(e.id)}`,
    e.destination && `dst ${formatIp(e.destination)}`,
    e.source && `src ${formatIp(e.source)}`,
    e.tos !== undefined && `${six ? 'tc' : 'tos'} ${e.tos}`,
    e.ttl !== undefined && `${six ? 'hoplimit' : 'ttl'} ${e.ttl}`,
    e.flags !== undefined && `flags 0x${e.flags.toString(16)}`,
  );
}

const hop = (h: NextHop): string =>
  words(
    'nexthop',
    h.via && via(h.via),
    h.interface && `dev ${h.interface}`,
    h.weight > 1 && `weight ${h.weight}`,
    h.onlink && 'onlink',
    realms(h.realms),
    encap(h.encap),
  );

const PREFS: Readonly<Record<number, string>> = { 0: 'medium', 1: 'high', 3: 'low' };

export function routeText(r: RouteConfig): string {
  const m = r.metrics;
  return words(
    r.mode,
    typeName(r.type),
    prefix(r.destination),
    r.source && `from ${prefix(r.source)}`,
    r.preferredSource && `src ${formatIp(r.preferredSource)}`,
    encap(r.encap),
    r.via && via(r.via),
    r.tos > 0 && `tos ${r.tos}`,
    r.interface && `dev ${r.interface}`,
    // Ours is that of ip-route(8) for some types: keepalived's dump says nothing then.
    r.table !== 254 && !(r.table === 255 && [2, 3, 4, 10].includes(r.type)) && `table ${r.table}`,
    `proto ${r.protocol}`,
    r.scope !== undefined && `scope ${r.scope}`,
    r.metric !== undefined && `metric ${r.metric}`,
    r.onlink && 'onlink',
    realms(r.realms),
    r.expiresS !== undefined && `expires ${r.expiresS}sec`,
    m.congctl && words('congctl', m.congctl.lock && 'lock', m.congctl.name),
    m.rtt && metric('rtt', m.rtt, time(m.rtt.value, 8)),
    m.rttvar && metric('rttvar', m.rttvar, time(m.rttvar.value, 4)),
    m.rtoMin && metric('rto_min', m.rtoMin, time(m.rtoMin.value, 1)),
    m.features && 'features ecn',
    metric('mtu', m.mtu),
    metric('window', m.window),
    metric('ssthresh', m.ssthresh),
    metric('cwnd', m.cwnd),
    metric('advmss', m.advmss),
    metric('reordering', m.reordering),
    metric('hoplimit', m.hoplimit),
    metric('initcwnd', m.initcwnd),
    metric('initrwnd', m.initrwnd),
    metric('quickack', m.quickack),
    r.pref !== undefined && `pref ${PREFS[r.pref] ?? r.pref}`,
    r.ttlPropagate !== undefined && `ttl-propagate ${r.ttlPropagate ? 'enabled' : 'disabled'}`,
    metric('fastopen_no_cookie', m.fastopenNoCookie),
    ...r.nextHops.map(hop),
    !r.track && 'no_track',
  );
}

const range = (r: readonly [number, number] | undefined): string | undefined => r?.join('-');
const hex = (n: number): string => `0x${n.toString(16)}`;

function action(r: RuleConfig): string {
  const a = r.action;
  if (a.type === 'table') return `lookup ${a.table}`;
  if (a.type === 'goto') return `goto ${a.target}`;
  if (a.type === 'l3mdev') return 'lookup 0';
  return a.type === 'nop' ? 'nop' : `type ${a.type}`;
}

export function ruleText(r: RuleConfig): string {
  return words(
    r.family === 6 && r.from === undefined && r.to === undefined && 'inet6',
    r.invert && 'not',
    `from ${r.from === undefined ? 'all' : prefix(r.from)}`,
    r.to && `to ${prefix(r.to)}`,
    `priority ${r.priority}`,
    `tos ${hex(r.tos)}`,
    r.mark !== undefined && `fwmark ${hex(r.mark)}${r.markMask === undefined ? '' : `/${hex(r.markMask)}`}`,
    r.inputInterface && `iif ${r.inputInterface}`,
    r.outputInterface && `oif ${r.outputInterface}`,
    r.suppressPrefixLength !== undefined && `suppress_prefixlen ${r.suppressPrefixLength}`,
    r.suppressGroup !== undefined && `suppress_ifgroup ${r.suppressGroup}`,
    r.tunnelId && `tunnel-id ${wide(r.tunnelId)}`,
    r.uidRange && `uidrange ${range(r.uidRange)}`,
    r.action.type === 'l3mdev' && 'l3mdev',
    r.protocol !== undefined && `protocol ${r.protocol}`,
    r.ipProtocol !== undefined && `ipproto ${r.ipProtocol}`,
    r.sourcePorts && `sport ${range(r.sourcePorts)}`,
    r.destinationPorts && `dport ${range(r.destinationPorts)}`,
    r.realms && `realms ${r.realms.source}/${r.realms.destination}`,
    action(r),
    !r.track && 'no_track',
  );
}
