/** The section 'Interfaces' of keepalived.data: every link as the kernel reports it, and who is touched by its loss. */
import { formatIp } from '../../base/ip.ts';
import type { Config } from '../../config/config.ts';
import type { KernelAddress, Link } from '../../ports/netlink.ts';
import { type DumpFacts, weighted } from './text.ts';

export function interfaceLines(config: Config, facts: DumpFacts): readonly string[] {
  const virtual = new Set(
    config.instances.flatMap((i) => [...i.vips, ...i.excludedVips].map((v) => v.address)),
  );
  const own = facts.addresses.filter((a) => !virtual.has(formatIp(a.bytes)));
  return ['------< Interfaces >------', ...facts.links.flatMap((l) => linkLines(l, config, own))];
}

const LINK_SCOPE = 253;

/** The first address of its own, which keepalived calls the interface's: of IPv6 the link-local one, never one of ours. */
function ownAddress(l: Link, family: 4 | 6, own: readonly KernelAddress[]): string {
  const found = own.find(
    (a) => a.interfaceIndex === l.index && a.family === family && (family === 4 || a.scope === LINK_SCOPE),
  );
  return found === undefined ? '(none)' : formatIp(found.bytes);
}

function linkLines(l: Link, config: Config, own: readonly KernelAddress[]): string[] {
  const mac = [...l.mac].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  const delay = config.global.interfaceDelays.find((d) => d.interface === l.name);
  const group = config.global.garpGroups.find((g) => g.interfaces.includes(l.name));
  const tracking = trackingInstances(l.name, config);
  return [
    ` Name = ${l.name}`,
    `   index = ${l.index}`,
    `   IPv4 address = ${ownAddress(l, 4, own)}`,
    `   IPv6 address = ${ownAddress(l, 6, own)}`,
    ...(l.loopback || mac === '' ? [] : [`   MAC = ${mac}`]),
    `   State = ${state(l)}`,
    `   Up debounce timer = ${delay?.upUs ?? 0}us`,
    `   Down debounce timer = ${delay?.downUs ?? 0}us`,
    `   MTU = ${l.mtu}`,
    `   HW Type = ${l.loopback ? 'LOOPBACK' : mac === '' ? 'UNKNOWN' : 'ETHERNET'}`,
    ...(group?.garpIntervalUs === undefined
      ? []
      : [`   Gratuitous ARP interval ${group.garpIntervalUs / 1000}ms`]),
    ...(group?.gnaIntervalUs === undefined
      ? []
      : [`   Gratuitous NA interval ${group.gnaIntervalUs / 1000}ms`]),
    ...(tracking.length === 0 ? [] : ['   Tracking VRRP instances :', ...tracking]),
  ];
}

function state(l: Link): string {
  return [
    l.up ? 'UP' : 'not UP',
    l.running ? 'RUNNING' : 'not RUNNING',
    ...(l.loopback ? ['no broadcast', 'loopback'] : []),
    ...(l.multicast ? [] : ['no multicast']),
    ...(l.noArp ? ['no arp'] : []),
  ].join(', ');
}

function trackingInstances(name: string, config: Config): string[] {
  return config.instances.flatMap((i) => {
    const group = config.groups.find((g) => g.members.includes(i.name));
    const written = [...i.trackInterfaces, ...(group?.trackInterfaces ?? [])].find(
      (t) => t.interface === name,
    );
    if (written !== undefined) return [`     ${i.name}${weighted(written)}`];
    const own = i.interface === name || (i.vmac ?? i.ipvlan)?.name === name;
    const holds = [...i.vips, ...i.excludedVips].some((v) => v.interface === name && v.track);
    return (own && i.trackPrimary) || (holds && !own) ? [`     ${i.name}, weight 0`] : [];
  });
}
