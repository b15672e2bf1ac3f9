/**
 * The checked configuration: plain, frozen values with every default filled in and every reference resolved.
 * Nothing here points back into text; what a late message must name carries a `Place`.
 * Units end the names; ranges are those of keepalived 2.4.3.
 */

import type { BfdConfig } from './bfd-config.ts';
import type { Command, Place } from './command.ts';
import type { GarpConfig, GarpExtra, GlobalSettings } from './global-config.ts';
import type { HmacConfig } from './hmac.ts';
import type { SslConfig, VirtualServerConfig, VirtualServerGroupConfig } from './lvs/lvs-config.ts';
import type { RouteConfig, RuleConfig } from './routes/route-config.ts';
import type { Tracked, TrackFileConfig, TrackGroupConfig, TrackProcessConfig } from './track-config.ts';
import type { IpvlanConfig, VmacConfig } from './vmac.ts';

export type { Command, Place } from './command.ts';
export type { GarpConfig } from './global-config.ts';

/** `notify_*` of an instance or a sync group. */
export type NotifyConfig = {
  readonly master?: Command;
  readonly backup?: Command;
  readonly fault?: Command;
  readonly stop?: Command;
  readonly deleted?: Command;
  readonly masterRxLowerPri?: Command;
  readonly any?: Command; // 'notify': gets TYPE NAME STATE PRIORITY appended
};

/** One line of `virtual_ipaddress` or `virtual_ipaddress_excluded`. */
export type VirtualAddress = {
  readonly family: 4 | 6;
  readonly address: string; // canonical text
  readonly bytes: Uint8Array; // 4 or 16 octets
  readonly prefixLength: number; // 0..32 or 0..128; /32 or /128 where none was written
  readonly interface: string; // resolved: own 'dev', else the instance's interface
  readonly label?: string;
  readonly scope: number; // RT_SCOPE_*; 0 = universe
  readonly broadcast?: Uint8Array; // 4 octets, already computed for 'brd +' and 'brd -'
  readonly peer?: { readonly bytes: Uint8Array; readonly prefixLength: number };
  readonly track: boolean; // false with 'no_track'
  readonly flags?: readonly string[]; // home, -nodad, mngtmpaddr, noprefixroute, autojoin, use_vmac
  readonly preferredLifetimeS?: number; // 0 for an IPv6 /128 without its own, 4294967295 = 'forever'; absent = forever
  readonly trackGroup?: string; // static addresses
  readonly place: Place;
};

export type UnicastPeer = {
  readonly address: string;
  readonly bytes: Uint8Array;
  readonly minTtl: number; // 0..255, default 0
  readonly maxTtl: number; // 0..255, default 255
  readonly ttlGiven: boolean; // min_ttl or max_ttl was written
};

export type TrackedScript = {
  readonly script: string;
  readonly weight: number; // -253..253, 0 = FAULT on failure
  readonly reverse: boolean;
};
export type TrackedInterface = {
  readonly interface: string;
  readonly weight: number; // -253..253, 0 = FAULT while down
  readonly reverse: boolean;
};

export type Authentication =
  | { readonly type: 'none' }
  | { readonly type: 'pass'; readonly data: Uint8Array } // 8 octets, zero padded
  | { readonly type: 'ah'; readonly data: Uint8Array };

export type InstanceConfig = {
  readonly name: string;
  readonly interface: string; // '' only for unicast with unicast_src_ip and no interface
  readonly vrid: number; // 1..255
  readonly family: 4 | 6;
  readonly version: 2 | 3;
  readonly stateMaster: boolean; // 'state MASTER' was asked for
  readonly priority: number; // base, 1..255
  readonly adverIntUs: number; // v2 whole seconds, v3 multiples of 10 ms
  readonly downTimerAdverts: number; // 1..100, default 3
  readonly preempt: boolean;
  readonly preemptDelayUs: number;
  readonly strict: boolean;
  readonly accept: boolean;
  readonly skipCheckAdvAddr: boolean;
  readonly lowerPrioNoAdvert: boolean;
  readonly higherPrioSendAdvert: boolean;
  readonly ownerIgnoreAdverts: boolean;
  readonly v3ChecksumAsV2: boolean;
  readonly oldUnicastChecksum: 'auto' | 'always' | 'never';
  readonly authentication: Authentication;
  readonly vips: readonly VirtualAddress[];
  readonly excludedVips: readonly VirtualAddress[];
  readonly unicastPeers: readonly UnicastPeer[]; // not empty = unicast
  readonly sourceAddress?: string; // unicast_src_ip or mcast_src_ip
  readonly trackSourceAddress: boolean; // 'track_src_ip'
  readonly checkUnicastSource: boolean;
  readonly ttl: number; // sent TTL; 255 unless unicast_ttl
  readonly multicastGroup4: string; // default 224.0.0.18
  readonly multicastGroup6: string; // default ff02::12
  readonly trackPrimary: boolean; // false with 'dont_track_primary'
  readonly trackInterfaces: readonly TrackedInterface[];
  readonly trackScripts: readonly TrackedScript[];
  readonly trackFiles: readonly Tracked[];
  readonly trackProcesses: readonly Tracked[];
  readonly trackBfd: readonly Tracked[]; // a name without a session never comes up
  readonly routes: readonly RouteConfig[]; // there while master
  readonly rules: readonly RuleConfig[];
  readonly garp: GarpConfig;
  readonly notify: NotifyConfig;
  readonly notifyDeleted: boolean; // 'notify_deleted', also without a command: DELETED is reported instead of FAULT
  readonly notifyPriorityChanges: boolean;
  readonly smtpAlert: boolean;
  readonly promoteSecondaries: boolean;
  readonly vmac?: VmacConfig; // 'use_vmac'
  readonly vmacForAddresses: boolean; // 'use_vmac_addr'
  readonly ipvlan?: IpvlanConfig; // 'use_ipvlan'
  readonly vrf?: string; // of a unicast instance without interface
  readonly hmac?: HmacConfig; // 'auth_hmac'
  readonly garpExtra: GarpExtra;
  readonly faultWithoutPeers: boolean; // 'unicast_fault_no_peer', and there is none
  readonly allowNoAddresses: boolean; // 'no_virtual_ipaddress'
  readonly linkbeatPolling: boolean; // 'linkbeat_use_polling' of the instance
  readonly lvsSyncInterface?: string; // 'lvs_sync_daemon_interface'
  readonly timerExpiredPriority?: number; // 'timer_expired_backup': 1..254, highest priority of a peer; absent = off
  readonly receiveBufferBytes: number; // 'kernel_rx_buf_size', 0..4294967295; 0 = the global policy
  readonly debugLevel: number; // 'debug', 0..4; without effect
  readonly inactive: readonly string[]; // keywords of this instance that vipd parses but does not carry out yet
  readonly place: Place;
};

export type SyncGroupConfig = {
  readonly name: string;
  readonly members: readonly string[]; // names of existing instances
  readonly notify: NotifyConfig;
  readonly trackScripts: readonly TrackedScript[];
  readonly trackInterfaces: readonly TrackedInterface[];
  readonly trackFiles: readonly Tracked[];
  readonly trackProcesses: readonly Tracked[];
  readonly trackBfd: readonly Tracked[];
  readonly trackingWeight: boolean; // 'sync_group_tracking_weight'
  readonly smtpAlert: boolean;
  readonly notifyPriorityChanges?: boolean; // absent = not said; what members do that do not say it themselves
  readonly inactive?: readonly string[]; // keywords of this group that vipd parses but does not carry out yet
  readonly place: Place;
};

/** `vrrp_script`. */
export type ScriptConfig = {
  readonly name: string;
  readonly command: Command;
  readonly intervalUs: number; // default 1 s
  readonly timeoutUs: number; // default = interval
  readonly weight: number; // default 0
  readonly reverse: boolean;
  readonly rise: number; // default 1
  readonly fall: number; // default 1
  readonly initFail: boolean;
};

/** Alert mails: relay, sender, recipients. */
export type SmtpConfig = {
  readonly server: string; // address or name
  readonly port: number; // default 25
  readonly heloName: string;
  readonly connectTimeoutS: number; // default 30
  readonly from?: string;
  readonly to: readonly string[];
};

export type GlobalConfig = GlobalSettings & {
  readonly routerId: string; // default: host name
  readonly scriptUser?: string; // 'script_user'; unset: keepalived_script when it exists, else root
  readonly scriptGroup?: string;
  readonly scriptSecurity: boolean; // 'enable_script_security'
  readonly maxScriptOutputBytes: number;
  readonly dynamicInterfaces: boolean;
  readonly startupDelayUs: number; // 'vrrp_startup_delay'
  readonly garpIntervalUs: number; // 'vrrp_garp_interval', 0 = back to back
  readonly gnaIntervalUs: number;
  readonly shutdownScript?: Command;
  readonly startupScript?: Command;
  readonly netNamespace?: string;
  readonly instanceName?: string; // 'instance'
  readonly usePidDir: boolean;
  readonly processName?: string;
  readonly logUnknownVrids: boolean;
  readonly smtp?: SmtpConfig; // absent without 'smtp_server'
  readonly startupScriptTimeoutS?: number; // 1..1000, default 10
  readonly shutdownScriptTimeoutS?: number; // 1..1000, default 10
  readonly reloadCheck?: boolean; // 'reload_check_config'
  readonly inactive: readonly string[]; // keywords that vipd parses but does not carry out yet
};

export type Config = {
  readonly global: GlobalConfig;
  readonly instances: readonly InstanceConfig[];
  readonly groups: readonly SyncGroupConfig[];
  readonly scripts: readonly ScriptConfig[];
  readonly trackFiles: readonly TrackFileConfig[]; // those that somebody tracks
  readonly trackProcesses: readonly TrackProcessConfig[];
  readonly bfdInstances: readonly BfdConfig[];
  readonly trackGroups: readonly TrackGroupConfig[];
  readonly staticAddresses: readonly VirtualAddress[]; // there from start to end
  readonly staticRoutes: readonly RouteConfig[];
  readonly staticRules: readonly RuleConfig[];
  readonly virtualServers: readonly VirtualServerConfig[];
  readonly virtualServerGroups: readonly VirtualServerGroupConfig[];
  readonly ssl?: SslConfig;
  readonly files: readonly string[]; // every file read, in order
};
