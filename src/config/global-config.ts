/**
 * The checked 'global_defs' and the global keywords of the top level, by subject. Units end the names; ranges and
 * defaults are those of keepalived 2.4.3. What is absent was not written, where keepalived tells that apart.
 */
import type { Command } from './command.ts';

/** GARP and NA timing of an instance, or the defaults of all. */
export type GarpConfig = {
  readonly repeatCount: number; // frames of each address in a burst, default 5
  readonly delayUs: number; // second burst, default 5 s, 0 = none
  readonly refreshUs: number; // 0 = off
  readonly refreshRepeatCount: number; // default 1
  readonly lowerPrioRepeatCount: number;
  readonly lowerPrioDelayUs: number;
};

/** 'garp_extra_if': announcements on interfaces of VIPs other than the instance's. */
export type GarpExtra = {
  readonly intervalUs: number; // 1..86400 s; 0 = off
  readonly allInterfaces: boolean; // 'all': also interfaces that are no VMACs
};

/** What instances take over when they do not say otherwise. */
export type InstanceDefaults = {
  readonly version: 2 | 3; // IPv4 instances; IPv6 ones have 3
  readonly strict: boolean;
  readonly interface: string; // 'default_interface' of static entries, default eth0
  readonly multicastGroup4: string; // default 224.0.0.18
  readonly multicastGroup6: string; // default ff02::12
  readonly garp: GarpConfig;
  readonly garpExtra: GarpExtra;
  readonly downTimerAdverts: number; // 1..100, default 3
  readonly lowerPrioNoAdvert: boolean;
  readonly higherPrioSendAdvert: boolean;
  readonly ownerIgnoreAdverts: boolean;
  readonly skipCheckAdvAddr: boolean;
  readonly checkUnicastSource: boolean;
  readonly v3ChecksumAsV2: boolean;
  readonly notifyPriorityChanges: boolean;
  readonly vmacPrefix: string; // default vrrp
  readonly vmacAddressPrefix: string; // of VMACs for addresses elsewhere; default vmacPrefix
};

/** Scheduling and name of one of keepalived's processes. vipd is one process; 'vrrp' is the one it can obey. */
export type ProcessSettings = {
  readonly name?: string; // at most 15 bytes
  readonly nice: number; // -20..19, default 0
  readonly realtimePriority: number; // SCHED_RR 1..99; 0 = not real-time
  readonly realtimeLimitUs: number; // RLIMIT_RTTIME 2..4294967295, default 10000; 0 = none
  readonly noSwap: boolean; // mlockall
  readonly cpus: readonly number[]; // affinity; empty = all
};

export type ProcessesSettings = {
  readonly vrrp: ProcessSettings;
  readonly checker: ProcessSettings;
  readonly bfd: ProcessSettings;
  readonly maxAutoPriority: number; // -1..99: ceiling of automatic rises; 0 = off, -1 = off without a notice
  readonly minAutoPriorityDelayUs: number; // 1..10000000, default 1 s
  readonly childWaitS: number; // 'child_wait_time', 0..4294967295, default 5
};

/** A socket's receive buffer; 0 bytes = the system's default. */
export type BufferSettings = { readonly bytes: number; readonly force: boolean };

export type BuffersSettings = {
  readonly vrrpNetlinkCommand: BufferSettings;
  readonly vrrpNetlinkMonitor: BufferSettings;
  readonly lvsNetlinkCommand: BufferSettings;
  readonly lvsNetlinkMonitor: BufferSettings;
  readonly processMonitor: BufferSettings;
  /** Of advert sockets: the system's, `multiplier` times the MTU or the own advert's size, or `bytes`. */
  readonly adverts: {
    readonly policy: 'system' | 'mtu' | 'advert' | 'bytes';
    readonly bytes: number;
    readonly multiplier: number; // 1..4294967295, default 3
  };
};

/** Names of the six sets of 'vrrp_ipsets'. */
export type IpsetNames = {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly ipv6Interface: string;
  readonly igmp: string;
  readonly mld: string;
  readonly nd: string;
};

export type FirewallSettings = {
  /** What was asked for; 'auto' makes an nftables table when something needs one. */
  readonly tool: 'auto' | 'nftables' | 'iptables';
  readonly nftables: {
    readonly table: string; // default keepalived
    readonly priority: number; // of base chains, default -1
    readonly byIfindex: boolean; // 'nftables_ifindex'
    readonly counters: boolean;
  };
  readonly iptables?: {
    readonly inChain: string;
    readonly outChain: string;
    readonly sets?: IpsetNames; // absent: 'vrrp_ipsets' without a name
  };
  /** 'nftables_ipvs': fwmarks of server groups. */
  readonly ipvs?: {
    readonly table: string; // default keepalived_ipvs
    readonly priority: number; // default -1
    readonly startFwmark: number; // default 1000
  };
};

/** 'lvs_sync_daemon'. What is absent is left to the kernel. */
export type SyncDaemon = {
  readonly interface: string;
  readonly instance?: string; // master and backup follow its state
  readonly id?: number; // 0..255; absent = the VRID of `instance`, else 0
  readonly maxLengthBytes?: number; // 1..65507
  readonly port?: number; // 1..65535
  readonly ttl?: number; // 1..255
  readonly group?: string; // multicast address
};

export type LvsGlobals = {
  readonly timeoutTcpS?: number; // 0..2678400; absent = the kernel's
  readonly timeoutTcpFinS?: number;
  readonly timeoutUdpS?: number;
  readonly flush: boolean; // the whole table, at start
  readonly flushOnStop: 'no' | 'all' | 'services';
  readonly syncDaemon?: SyncDaemon;
  readonly logAllFailures: boolean; // 'checker_log_all_failures'
  readonly initNotifies: boolean; // 'rs_init_notifies'
};

export type FifoConfig = {
  readonly path: string;
  readonly user?: string;
  readonly group?: string;
  readonly script?: Command; // gets the path appended
};

export type FifosConfig = {
  readonly all?: FifoConfig; // 'notify_fifo': VRRP and LVS events
  readonly vrrp?: FifoConfig;
  readonly lvs?: FifoConfig;
  readonly writeStatesOnReload: boolean;
};

export type SnmpSettings = {
  readonly socket?: string; // default unix:/var/agentx/master
  readonly traps: boolean;
  readonly vrrp: boolean; // KEEPALIVED-MIB, VRRP part
  readonly checker: boolean; // KEEPALIVED-MIB, LVS part
  readonly rfcV2: boolean; // VRRP-MIB
  readonly rfcV3: boolean; // VRRPV3-MIB
  readonly virtualServerIntervalUs: number; // 1 ms..30 s, default 5 s
  readonly realServerIntervalUs: number; // default the one above
};

export type DbusSettings = {
  readonly enabled: boolean;
  readonly serviceName: string; // default org.keepalived.Vrrp1
  readonly noInterfaceName: string; // path element of instances without interface, default none
};

/** Who gets mail; absent = not said, so that each user of it has its own default. */
export type AlertSettings = {
  readonly all?: boolean; // 'smtp_alert'
  readonly vrrp?: boolean; // 'smtp_alert_vrrp', beats `all`
  readonly checker?: boolean; // 'smtp_alert_checker', beats `all`
  readonly noFaults: boolean; // 'no_email_faults'
  readonly noCheckerStates: boolean; // 'no_checker_emails'
};

export type FilesSettings = {
  readonly umask: number; // 0..0o777, default 0o177
  readonly jsonVersion: 1 | 2;
  readonly stateDump?: string; // template of the SIGUSR1 files
  readonly statsDump?: string; // accepted by keepalived, not used by it
  readonly jsonDump?: string; // accepted by keepalived, not used by it
  readonly dumpNamesWithInstance: boolean; // 'data_use_instance'
  readonly saveDirectory?: string; // 'config_save_dir'
  readonly temporaryDirectory?: string; // 'tmp_config_directory'
  readonly iprouteVendorDirectory?: string; // 'iproute_usr_dir'
  readonly iprouteLocalDirectory: string; // 'iproute_etc_dir', default /etc/iproute2
  readonly keepSymlinks: boolean; // 'use_symlink_paths': script paths are not resolved
};

export type ReloadSettings = {
  readonly checkLog?: string; // 'reload_check_config FILE'
  readonly timeFile?: string; // 'reload_time_file'
  readonly repeat: boolean; // 'reload_repeat'
  /** 'reload_file': exists while files are read; '' = the default path in the run directory. */
  readonly lockFile?: string;
};

/** Polled link state. */
export type LinkbeatConfig = {
  readonly all: boolean; // 'linkbeat_use_polling': every interface of an instance
  readonly interfaces: readonly {
    readonly interface: string;
    readonly method: 'auto' | 'MII' | 'ETHTOOL' | 'IOCTL'; // auto: the first of these that works
  }[];
};

/** 'interface_up_down_delays': how long a change must last. */
export type InterfaceDelay = {
  readonly interface: string;
  readonly downUs: number; // 0..255 s
  readonly upUs: number; // 0..255 s
};

/** 'garp_group': interfaces that share the gap between announcements. */
export type GarpGroupConfig = {
  readonly interfaces: readonly string[]; // none twice in all groups
  readonly garpIntervalUs?: number; // 0..4294.967295 s
  readonly gnaIntervalUs?: number;
};

export type GlobalSettings = {
  readonly defaults: InstanceDefaults;
  readonly processes: ProcessesSettings;
  readonly buffers: BuffersSettings;
  readonly firewall: FirewallSettings;
  readonly lvs: LvsGlobals;
  readonly fifos: FifosConfig;
  readonly snmp: SnmpSettings;
  readonly dbus: DbusSettings;
  readonly alerts: AlertSettings;
  readonly fileSettings: FilesSettings;
  readonly reload: ReloadSettings;
  readonly linkbeat: LinkbeatConfig;
  readonly interfaceDelays: readonly InterfaceDelay[];
  readonly garpGroups: readonly GarpGroupConfig[];
  readonly delayAfterBootUs: number; // 'vrrp_delay_after_boot': timers are held until this uptime; 0 = off
  readonly interfacesMayChange: boolean; // 'dynamic_interfaces allow_if_changes'
  readonly disableLocalIgmp: boolean;
  readonly supplementaryGroups: boolean; // 'set_supplementary_groups'
  readonly randomSeed?: number; // accepted by keepalived, without effect
  /** 'net_namespace_ipvs': absent = that of the daemon, '' = that of process 1. */
  readonly netNamespaceIpvs?: string;
  readonly namespaceWithIpsets: boolean;
};
