/** The section 'Global definitions' of keepalived.data: labels and order are those of 2.4.3. */
import type { GlobalConfig } from '../../config/config.ts';
import type { FifoConfig, ProcessSettings } from '../../config/global-config.ts';
import { type DumpFacts, S } from './text.ts';

const said = (value: boolean | undefined): string => (value === undefined ? 'unset' : value ? 'on' : 'off');
const optional = (label: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [`${label} = ${value}`];
const when = (on: boolean, ...lines: readonly string[]): readonly string[] => (on ? lines : []);
const enabled = (label: string, on: boolean): string => `${label} ${on ? 'enabled' : 'disabled'}`;

/** Lines without their indentation. `filters`: an instance needs packet filters, asked for or not. */
export function globalLines(g: GlobalConfig, facts: DumpFacts, filters = false): readonly string[] {
  return [
    `Network namespace = ${g.netNamespace ?? '(default)'}`,
    `Network namespace ipvs = ${g.netNamespaceIpvs === undefined ? '(main namespace)' : g.netNamespaceIpvs || '(default)'}`,
    ...optional('Instance name', g.instanceName),
    ...optional('Parent process name', g.processName),
    ...when(g.usePidDir, 'Use pid directory'),
    `${g.fileSettings.keepSymlinks ? 'Do not replace' : 'Replace'} symlinks in script paths`,
    `${g.supplementaryGroups ? 'Set' : "Don't set"} supplementary groups for all scripts`,
    `Router ID = ${g.routerId}`,
    ...mailLines(g),
    `Checkers log all failures = ${g.lvs.logAllFailures}`,
    ...reloadLines(g),
    `Dynamic interfaces = ${g.dynamicInterfaces}`,
    ...when(g.dynamicInterfaces, `Allow interface changes = ${g.interfacesMayChange}`),
    `Default interface = ${g.defaults.interface}`,
    `Disable local IGMP = ${g.disableLocalIgmp ? 'yes' : 'no'}`,
    `Use VRRPv2 checksum for VRRPv3 IPv4 = ${g.defaults.v3ChecksumAsV2 ? 'yes' : 'no'}`,
    ...lvsLines(g),
    ...fifoLines('Global notify fifo', g.fifos.all, facts),
    ...fifoLines('VRRP notify fifo', g.fifos.vrrp, facts),
    ...fifoLines('LVS notify fifo', g.fifos.lvs, facts),
    `FIFO write vrrp states on reload = ${g.fifos.writeStatesOnReload}`,
    `VRRP notify priority changes = ${g.defaults.notifyPriorityChanges}`,
    ...vrrpLines(g),
    ...firewallLines(g, filters),
    `VRRP check unicast_src = ${g.defaults.checkUnicastSource}`,
    `VRRP skip check advert addresses = ${g.defaults.skipCheckAdvAddr}`,
    `VRRP strict mode = ${g.defaults.strict}`,
    `Max auto priority = ${g.processes.maxAutoPriority < 0 ? 'Disabled' : g.processes.maxAutoPriority}`,
    `Min auto priority delay = ${g.processes.minAutoPriorityDelayUs} usecs`,
    ...processLines('VRRP', g.processes.vrrp),
    ...processLines('Checker', g.processes.checker),
    ...processLines('BFD', g.processes.bfd),
    ...outsideLines(g),
    ...bufferLines(g),
    ...fileLines(g),
  ];
}

function mailLines(g: GlobalConfig): string[] {
  const { smtp, alerts } = g;
  return [
    ...(smtp === undefined
      ? []
      : [
          `Smtp server = ${smtp.server}`,
          `Smtp server port = ${smtp.port}`,
          `Smtp HELO name = ${smtp.heloName}`,
          `Smtp server connection timeout = ${smtp.connectTimeoutS}`,
          ...optional('Email notification from', smtp.from),
          ...when(smtp.to.length > 0, 'Email notification to:', ...smtp.to.map((to) => `  ${to}`)),
        ]),
    `Default smtp_alert = ${said(alerts.all)}`,
    `Default smtp_alert_vrrp = ${said(alerts.vrrp)}`,
    `Default smtp_alert_checker = ${said(alerts.checker)}`,
    ...when(alerts.noFaults, 'Send emails for fault transitions = off'),
  ];
}

function reloadLines(g: GlobalConfig): string[] {
  const { checkLog, timeFile, repeat, lockFile } = g.reload;
  return [
    checkLog !== undefined
      ? `Test config before reload, log to ${checkLog}`
      : g.reloadCheck === true
        ? 'Test config before reload'
        : 'No test config before reload',
    ...optional(
      'Reload time file',
      timeFile === undefined ? undefined : `${timeFile}${repeat ? ' (repeat)' : ''}`,
    ),
    ...optional('Reload_file', lockFile === '' ? '/run/keepalived.reload' : lockFile),
  ];
}

function lvsLines({ lvs }: GlobalConfig): string[] {
  return [
    ...optional('LVS TCP timeout', lvs.timeoutTcpS),
    ...optional('LVS TCP FIN timeout', lvs.timeoutTcpFinS),
    ...optional('LVS UDP timeout', lvs.timeoutUdpS),
    `LVS flush = ${lvs.flush}`,
    `LVS flush on stop = ${{ no: 'disabled', all: 'full', services: 'VS' }[lvs.flushOnStop]}`,
    ...optional('LVS syncd interface', lvs.syncDaemon?.interface),
    ...(lvs.syncDaemon === undefined ? [] : [`LVS syncd syncid = ${lvs.syncDaemon.id ?? 0}`]),
  ];
}

function fifoLines(label: string, f: FifoConfig | undefined, facts: DumpFacts): string[] {
  if (f === undefined) return [];
  const owner = facts.fifoOwner(f.user, f.group);
  return [`${label} = ${f.path}${owner === undefined ? '' : `, uid:gid ${owner}`}`];
}

function vrrpLines(g: GlobalConfig): string[] {
  const { defaults: d } = g;
  return [
    `VRRP IPv4 mcast group = ${d.multicastGroup4}`,
    `VRRP IPv6 mcast group = ${d.multicastGroup6}`,
    `Gratuitous ARP delay = ${d.garp.delayUs / S}`,
    `Gratuitous ARP repeat = ${d.garp.repeatCount}`,
    `Gratuitous ARP refresh timer = ${d.garp.refreshUs / S}`,
    `Gratuitous ARP refresh repeat = ${d.garp.refreshRepeatCount}`,
    `Gratuitous ARP lower priority delay = ${d.garp.lowerPrioDelayUs / S}`,
    `Gratuitous ARP lower priority repeat = ${d.garp.lowerPrioRepeatCount}`,
    `Num adverts before down = ${d.downTimerAdverts}`,
    `Gratuitous ARP for each secondary ${d.garpExtra.allInterfaces ? 'i/f' : 'VMAC'} = ${d.garpExtra.intervalUs / S}s`,
    `Send advert after receive lower priority advert = ${!d.lowerPrioNoAdvert}`,
    `Send advert after receive higher priority advert = ${d.higherPrioSendAdvert}`,
    `Gratuitous ARP interval = ${(g.garpIntervalUs / S).toFixed(6)}`,
    `Gratuitous NA interval = ${(g.gnaIntervalUs / S).toFixed(6)}`,
    `VRRP default protocol version = ${d.version}`,
  ];
}

function firewallLines(g: GlobalConfig, filters: boolean): string[] {
  const { nftables: n, ipvs, tool } = g.firewall;
  return [
    ...when(
      tool === 'nftables' || (tool === 'auto' && filters),
      `nftables table name = ${n.table}`,
      `nftables base chain priority = ${n.priority}`,
      `nftables ${n.byIfindex ? 'force' : "don't force"} use ifindex for link local IPv6`,
    ),
    `nftables ${n.counters ? 'with' : 'without'} counters`,
    ...optional('ipvs nftables table name', ipvs?.table),
    ...optional('ipvs nftables base chain priority', ipvs?.priority),
    ...optional('ipvs nftables start fwmark', ipvs?.startFwmark),
  ];
}

function processLines(label: string, p: ProcessSettings): string[] {
  return [
    ...optional(`${label === 'Checker' ? 'LVS' : label} process name`, p.name),
    `${label} process priority = ${p.nice}`,
    `${label} don't swap = ${p.noSwap}`,
    `${label} realtime priority = ${p.realtimePriority}`,
    `${label} realtime limit = ${p.realtimeLimitUs}`,
  ];
}

function outsideLines(g: GlobalConfig): string[] {
  const { snmp, dbus } = g;
  return [
    enabled('SNMP vrrp', snmp.vrrp),
    enabled('SNMP checker', snmp.checker),
    enabled('SNMP RFCv2', snmp.rfcV2),
    enabled('SNMP RFCv3', snmp.rfcV3),
    enabled('SNMP traps', snmp.traps),
    `SNMP socket = ${snmp.socket ?? 'default (unix:/var/agentx/master)'}`,
    `SNMP VS stats update interval = ${(snmp.virtualServerIntervalUs / S).toFixed(6)}`,
    `SNMP RS stats update interval = ${(snmp.realServerIntervalUs / S).toFixed(6)}`,
    enabled('DBus', dbus.enabled),
    `DBus service name = ${dbus.enabled ? dbus.serviceName : ''}`,
    `DBus no interface name = ${dbus.noInterfaceName}`,
    enabled('Script security', g.scriptSecurity),
  ];
}

function bufferLines(g: GlobalConfig): string[] {
  const b = g.buffers;
  const { policy, bytes, multiplier } = b.adverts;
  const pairs = [
    ['vrrp_netlink_cmd', b.vrrpNetlinkCommand],
    ['vrrp_netlink_monitor', b.vrrpNetlinkMonitor],
    ['process_monitor', b.processMonitor],
    ['lvs_netlink_cmd', b.lvsNetlinkCommand],
    ['lvs_netlink_monitor', b.lvsNetlinkMonitor],
  ] as const;
  return [
    ...pairs.flatMap(([label, buffer]) => [
      `${label}_rcv_bufs = ${buffer.bytes}`,
      `${label}_rcv_bufs_force = ${Number(buffer.force)}`,
    ]),
    `rs_init_notifies = ${Number(g.lvs.initNotifies)}`,
    `no_checker_emails = ${Number(g.alerts.noCheckerStates)}`,
    ...when(policy === 'mtu' || policy === 'advert', `rx_bufs_policy = ${policy.toUpperCase()}`),
    ...when(policy === 'bytes', `rx_bufs_size = ${bytes}`),
    `rx_bufs_multiples = ${multiplier}`,
  ];
}

function fileLines(g: GlobalConfig): string[] {
  const f = g.fileSettings;
  const d = g.defaults;
  return [
    `umask = 0${f.umask.toString(8)}`,
    ...optional('Config save dir', f.saveDirectory),
    ...optional('config save directory', f.temporaryDirectory),
    ...when(f.dumpNamesWithInstance, 'Use instance name in data dumps'),
    ...when(d.vmacPrefix !== 'vrrp', `VMAC prefix = ${d.vmacPrefix}`),
    ...when(d.vmacAddressPrefix !== d.vmacPrefix, `VMAC address prefix = ${d.vmacAddressPrefix}`),
    ...when(g.startupDelayUs !== 0, `vrrp_startup_delay = ${g.startupDelayUs / S}`),
    ...when(g.logUnknownVrids, 'log_unknown_vrids'),
    `json_version ${f.jsonVersion}`,
    ...optional('State dump file', f.stateDump),
    ...optional('Stats dump file', f.statsDump),
    ...optional('JSON dump file', f.jsonDump),
    `iproute usr directory ${f.iprouteVendorDirectory ?? '/usr/share/iproute2'}`,
    `iproute etc directory ${f.iprouteLocalDirectory}`,
  ];
}
