/** A loaded configuration as the lines of keepalived's data dump, for comparison with what Debian's 2.2.7 wrote. */
import { formatIp } from '../../../src/base/ip.ts';
import type { Config, GlobalConfig, InstanceConfig, SyncGroupConfig } from '../../../src/config/config.ts';
import type { FifoConfig, ProcessSettings } from '../../../src/config/global-config.ts';

/** Label -> text behind ' = '; a line without one is all label. */
export type Lines = Readonly<Record<string, string>>;

const S = 1_000_000;
const bit = (value: boolean) => (value ? '1' : '0');
const said = (value: boolean | undefined) => (value === undefined ? 'unset' : value ? 'on' : 'off');
const optional = (label: string, value: string | number | undefined): Lines =>
  value === undefined ? {} : { [label]: String(value) };
const flag = (on: boolean, yes: string, no?: string): Lines =>
  on ? { [yes]: '' } : no === undefined ? {} : { [no]: '' };

/** Accounts of the machine that wrote the dumps. */
const IDS: Readonly<Record<string, string>> = { root: '0:0', nobody: '65534:65534' };

function fifo(label: string, f: FifoConfig | undefined): Lines {
  if (f === undefined) return {};
  return { [label]: `${f.path}, uid:gid ${IDS[f.user ?? 'root'] ?? '?'}` };
}

function process(label: string, p: ProcessSettings): Lines {
  return {
    [`${label} process priority`]: String(p.nice),
    [`${label} don't swap`]: String(p.noSwap),
    [`${label} realtime priority`]: String(p.realtimePriority),
    [`${label} realtime limit`]: String(p.realtimeLimitUs),
    ...optional(`${label === 'Checker' ? 'LVS' : label} process name`, p.name),
  };
}

export function globalLines(g: GlobalConfig): Lines {
  const d = g.defaults;
  return {
    'Router ID': g.routerId,
    'Network namespace ipvs':
      g.netNamespaceIpvs === undefined ? '(main namespace)' : g.netNamespaceIpvs || '(default)',
    ...optional('Instance name', g.instanceName),
    'Default smtp_alert': said(g.alerts.all),
    'Default smtp_alert_vrrp': said(g.alerts.vrrp),
    'Default smtp_alert_checker': said(g.alerts.checker),
    ...(g.alerts.noFaults ? { 'Send emails for fault transitions': 'off' } : {}),
    'Checkers log all failures': String(g.lvs.logAllFailures),
    'Dynamic interfaces': String(g.dynamicInterfaces),
    ...(g.dynamicInterfaces ? { 'Allow interface changes': String(g.interfacesMayChange) } : {}),
    'Disable local IGMP': g.disableLocalIgmp ? 'yes' : 'no',
    'LVS flush': String(g.lvs.flush),
    'LVS flush on stop': { no: 'disabled', all: 'full', services: 'VS' }[g.lvs.flushOnStop],
    ...timeoutLines(g),
    ...optional('LVS syncd interface', g.lvs.syncDaemon?.interface),
    ...(g.lvs.syncDaemon === undefined ? {} : { 'LVS syncd syncid': String(g.lvs.syncDaemon.id ?? 0) }),
    ...fifo('Global notify fifo', g.fifos.all),
    ...fifo('VRRP notify fifo', g.fifos.vrrp),
    ...fifo('LVS notify fifo', g.fifos.lvs),
    'FIFO write vrrp states on reload': String(g.fifos.writeStatesOnReload),
    'VRRP notify priority changes': String(d.notifyPriorityChanges),
    'VRRP IPv4 mcast group': d.multicastGroup4,
    'VRRP IPv6 mcast group': d.multicastGroup6,
    'Gratuitous ARP delay': String(d.garp.delayUs / S),
    'Gratuitous ARP repeat': String(d.garp.repeatCount),
    'Gratuitous ARP refresh timer': String(d.garp.refreshUs / S),
    'Gratuitous ARP refresh repeat': String(d.garp.refreshRepeatCount),
    'Gratuitous ARP lower priority delay': String(d.garp.lowerPrioDelayUs / S),
    'Gratuitous ARP lower priority repeat': String(d.garp.lowerPrioRepeatCount),
    'Num adverts before down': String(d.downTimerAdverts),
    [`Gratuitous ARP for each secondary ${d.garpExtra.allInterfaces ? 'i/f' : 'VMAC'}`]: `${d.garpExtra.intervalUs / S}s`,
    'Send advert after receive lower priority advert': String(!d.lowerPrioNoAdvert),
    'Send advert after receive higher priority advert': String(d.higherPrioSendAdvert),
    'Gratuitous ARP interval': (g.garpIntervalUs / S).toFixed(6),
    'Gratuitous NA interval': (g.gnaIntervalUs / S).toFixed(6),
    'VRRP default protocol version': String(d.version),
    ...firewallLines(g),
    'VRRP check unicast_src': String(d.checkUnicastSource),
    'VRRP skip check advert addresses': String(d.skipCheckAdvAddr),
    'VRRP strict mode': String(d.strict),
    'Max auto priority': g.processes.maxAutoPriority < 0 ? 'Disabled' : String(g.processes.maxAutoPriority),
    'Min auto priority delay': `${g.processes.minAutoPriorityDelayUs} usecs`,
    ...optional('Parent process name', g.processName),
    ...process('VRRP', g.processes.vrrp),
    ...process('Checker', g.processes.checker),
    ...process('BFD', g.processes.bfd),
    ...outsideLines(g),
    ...bufferLines(g),
    ...fileLines(g),
  };
}

/** 2.2.7 writes all three under the same label; a second one has a `'` behind it here. */
function timeoutLines({ lvs }: GlobalConfig): Lines {
  const values = [lvs.timeoutTcpS, lvs.timeoutTcpFinS, lvs.timeoutUdpS].filter((v) => v !== undefined);
  return Object.fromEntries(values.map((v, n) => [`LVS TCP timeout${"'".repeat(n)}`, String(v)]));
}

function firewallLines(g: GlobalConfig): Lines {
  const { nftables: n, ipvs, tool } = g.firewall;
  return {
    ...flag(n.counters, 'nftables with counters', 'nftables without counters'),
    ...(tool === 'nftables'
      ? {
          'nftables table name': n.table,
          'nftables base chain priority': String(n.priority),
          ...flag(
            n.byIfindex,
            'nftables force use ifindex for link local IPv6',
            "nftables don't force use ifindex for link local IPv6",
          ),
        }
      : {}),
    ...optional('ipvs nftables table name', ipvs?.table),
    ...optional('ipvs nftables base chain priority', ipvs?.priority),
    ...optional('ipvs nftables start fwmark', ipvs?.startFwmark),
  };
}

function outsideLines(g: GlobalConfig): Lines {
  const on = (label: string, value: boolean): Lines => flag(value, `${label} enabled`, `${label} disabled`);
  return {
    ...on('SNMP vrrp', g.snmp.vrrp),
    ...on('SNMP checker', g.snmp.checker),
    ...on('SNMP RFCv2', g.snmp.rfcV2),
    ...on('SNMP RFCv3', g.snmp.rfcV3),
    ...on('SNMP traps', g.snmp.traps),
    'SNMP socket': g.snmp.socket ?? 'default (unix:/var/agentx/master)',
    ...on('DBus', g.dbus.enabled),
    ...on('Script security', g.scriptSecurity),
    ...optional('Smtp server', g.smtp?.server),
    ...optional('Smtp server port', g.smtp?.port),
    ...optional('Smtp HELO name', g.smtp?.heloName),
    ...optional('Smtp server connection timeout', g.smtp?.connectTimeoutS),
    ...optional('Email notification from', g.smtp?.from),
  };
}

function bufferLines(g: GlobalConfig): Lines {
  const b = g.buffers;
  const out: Record<string, string> = {};
  for (const [label, buffer] of [
    ['vrrp_netlink_cmd', b.vrrpNetlinkCommand],
    ['vrrp_netlink_monitor', b.vrrpNetlinkMonitor],
    ['process_monitor', b.processMonitor],
    ['lvs_netlink_cmd', b.lvsNetlinkCommand],
    ['lvs_netlink_monitor', b.lvsNetlinkMonitor],
  ] as const) {
    out[`${label}_rcv_bufs`] = String(buffer.bytes);
    out[`${label}_rcv_bufs_force`] = bit(buffer.force);
  }
  const { policy, bytes, multiplier } = b.adverts;
  return {
    ...out,
    rx_bufs_multiples: String(multiplier),
    ...(policy === 'bytes' ? { rx_bufs_size: String(bytes) } : {}),
    ...(policy === 'mtu' || policy === 'advert' ? { rx_bufs_policy: policy.toUpperCase() } : {}),
    rs_init_notifies: bit(g.lvs.initNotifies),
    no_checker_emails: bit(g.alerts.noCheckerStates),
  };
}

function fileLines(g: GlobalConfig): Lines {
  const f = g.fileSettings;
  const d = g.defaults;
  return {
    umask: `0${f.umask.toString(8)}`,
    ...optional('Config save dir', f.saveDirectory),
    ...optional('config save directory', f.temporaryDirectory),
    ...flag(f.dumpNamesWithInstance, 'Use instance name in data dumps'),
    ...(d.vmacPrefix === 'vrrp' ? {} : { 'VMAC prefix': d.vmacPrefix }),
    ...(d.vmacAddressPrefix === d.vmacPrefix ? {} : { 'VMAC address prefix': d.vmacAddressPrefix }),
    ...(g.startupDelayUs === 0 ? {} : { vrrp_startup_delay: String(g.startupDelayUs / S) }),
    ...flag(g.logUnknownVrids, 'log_unknown_vrids'),
    ...(g.reload.checkLog === undefined
      ? flag(g.reloadCheck === true, 'Test config before reload', 'No test config before reload')
      : { [`Test config before reload, log to ${g.reload.checkLog}`]: '' }),
    ...optional(
      'Reload time file',
      g.reload.timeFile === undefined
        ? undefined
        : `${g.reload.timeFile}${g.reload.repeat ? ' (repeat)' : ''}`,
    ),
    ...optional('Reload_file', g.reload.lockFile === '' ? '/run/keepalived.reload' : g.reload.lockFile),
  };
}

export function instanceLines(i: InstanceConfig): Lines {
  const v = i.vmac;
  const unicast = i.unicastPeers.length > 0;
  return {
    ...(v === undefined ? {} : { 'Use VMAC, i/f name': `${v.name}, xmit_base = ${v.xmitBase}` }),
    ...flag(i.vmacForAddresses, 'Use VMAC for VIPs on other interfaces'),
    ...(i.ipvlan === undefined
      ? {}
      : {
          'Use IPVLAN, i/f': `${i.ipvlan.name}${i.ipvlan.address === undefined ? '' : `, i/f address ${formatIp(i.ipvlan.address.bytes)}`}, type ${i.ipvlan.mode}`,
        }),
    ...(i.sourceAddress === undefined ? {} : { 'Using src_ip': `${i.sourceAddress} (from configuration)` }),
    ...(unicast ? { 'Unicast TTL': String(i.ttl) } : { [`Multicast address ${i.multicastGroup4}`]: '' }),
    ...(unicast ? { [`Check unicast src : ${i.checkUnicastSource ? 'yes' : 'no'}`]: '' } : {}),
    ...(i.receiveBufferBytes === 0 ? {} : { 'Kernel rx buffer size': String(i.receiveBufferBytes) }),
    ...(i.debugLevel === 0 ? {} : { 'Debug level': String(i.debugLevel) }),
    'Number of config faults': String(
      Number(i.faultWithoutPeers) +
        Number(i.ipvlan !== undefined && i.family === 4 && i.ipvlan.address === undefined),
    ),
    'Gratuitous ARP delay': String(i.garp.delayUs / S),
    'Gratuitous ARP repeat': String(i.garp.repeatCount),
    'Gratuitous ARP refresh': String(i.garp.refreshUs / S),
    'Gratuitous ARP refresh repeat': String(i.garp.refreshRepeatCount),
    'Gratuitous ARP lower priority delay': String(i.garp.lowerPrioDelayUs / S),
    'Gratuitous ARP lower priority repeat': String(i.garp.lowerPrioRepeatCount),
    'Down timer adverts': String(i.downTimerAdverts),
    'Send advert after receive lower priority advert': String(!i.lowerPrioNoAdvert),
    'Send advert after receive higher priority advert': String(i.higherPrioSendAdvert),
    Accept: i.accept ? 'enabled' : 'disabled',
    Preempt: i.preempt ? 'enabled' : 'disabled',
    Promote_secondaries: i.promoteSecondaries ? 'enabled' : 'disabled',
    'Using smtp notification': i.smtpAlert ? 'yes' : 'no',
    'Notify deleted': i.notifyDeleted ? 'Deleted' : 'Fault',
    'Notify priority changes': String(i.notifyPriorityChanges),
    ...flag(i.strict, 'Enforcing strict VRRP compliance'),
    ...flag(i.skipCheckAdvAddr, 'Skip checking advert IP addresses'),
    ...flag(!i.trackPrimary, 'VRRP interface tracking disabled'),
  };
}

export const groupLines = (g: SyncGroupConfig): Lines => ({
  'Using smtp notification': g.smtpAlert ? 'yes' : 'no',
  ...(g.notifyPriorityChanges === undefined
    ? {}
    : { 'Notify priority changes': g.notifyPriorityChanges ? 'yes' : 'no' }),
});

/** Debounce times, polling and the shared gaps, by interface. */
export function interfaceLines(config: Config): Readonly<Record<string, Lines>> {
  const out: Record<string, Record<string, string>> = {};
  const add = (name: string, label: string, value = '') => {
    out[name] ??= {};
    (out[name] as Record<string, string>)[label] = value;
  };
  for (const d of config.global.interfaceDelays) {
    if (d.upUs > 0) add(d.interface, 'Up debounce timer', `${d.upUs}us`);
    if (d.downUs > 0) add(d.interface, 'Down debounce timer', `${d.downUs}us`);
  }
  for (const group of config.global.garpGroups)
    for (const name of group.interfaces) {
      if (group.garpIntervalUs !== undefined)
        add(name, `Gratuitous ARP interval ${group.garpIntervalUs / 1000}ms`);
      if (group.gnaIntervalUs !== undefined)
        add(name, `Gratuitous NA interval ${group.gnaIntervalUs / 1000}ms`);
    }
  return out;
}
