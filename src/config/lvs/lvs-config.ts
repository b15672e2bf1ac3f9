/**
 * Virtual servers as they are to be served: every default filled in, every inheritance resolved (checker <- real server
 * <- virtual server <- built-in), corrections of keepalived applied. Objects that are equal are shared: a file may hold
 * tens of thousands of servers. All fields are always there, so that all objects have one shape.
 */
import type { Command, Place } from '../config.ts';

export type Family = 4 | 6;

/** How IPVS hands packets to a server. */
export type ForwardingMethod = {
  readonly kind: 'NAT' | 'DR' | 'TUN';
  /** 'none' unless `kind` is 'TUN'. */
  readonly tunnel: 'none' | 'ipip' | 'gue' | 'gre';
  readonly tunnelPort: number; // gue: 1..65535, else 0
  readonly checksum: 'none' | 'csum' | 'remcsum';
};

/** Bits of IP_VS_SVC_F_SCHED1..3. */
export type SchedulerFlags = {
  readonly flag1: boolean; // also 'sh-fallback', 'mh-fallback'
  readonly flag2: boolean; // also 'sh-port', 'mh-port'
  readonly flag3: boolean;
};

/** What checkers of a level take over when they do not say otherwise; undefined: the checker's type decides. */
export type CheckDefaults = {
  readonly delayLoopUs: number; // 1.., default 60 s
  readonly connectTimeoutUs: number; // 1..4294967295, default 5 s
  readonly retry: number | undefined; // 1..4294967295
  readonly delayBeforeRetryUs: number | undefined; // 0..
  readonly warmupUs: number | undefined; // 0..; undefined: the checker's delay_loop
};

/** The rhythm of one checker. */
export type CheckTiming = {
  readonly delayLoopUs: number;
  readonly warmupUs: number; // the first check waits 1 s and up to this
  readonly retry: number; // failures in a row beyond the first that are tolerated
  readonly delayBeforeRetryUs: number;
  readonly alpha: boolean; // starts as failed
  readonly logAllFailures: boolean;
};

/** Where and from where a checker connects. */
export type CheckConnection = {
  readonly family: Family;
  readonly address: string; // canonical text
  readonly port: number; // 0 only where neither server has one
  readonly timeoutUs: number; // of connect, and of each read and write after it
  readonly bindAddress: string | undefined; // family of `address`
  readonly bindPort: number; // 0 = any
  readonly bindInterface: string | undefined; // SO_BINDTODEVICE
  readonly fwmark: number; // SO_MARK, 0 = none
};

export type HttpUrl = {
  readonly path: string;
  readonly virtualHost: string | undefined; // url > checker > real server > virtual server; undefined: ADDRESS:PORT
  readonly digest: Uint8Array | undefined; // MD5 of the body, 16 octets
  readonly statusCodes: readonly (readonly [low: number, high: number])[]; // 100..599, default 200-299
  readonly regex: HttpRegex | undefined;
  readonly tlsCompliant: boolean; // send close_notify
};

export type HttpRegex = {
  readonly pattern: string; // PCRE2
  readonly noMatch: boolean; // a match is a failure
  readonly options: readonly string[]; // PCRE2's names in lower case
  readonly minOffset: number; // bytes
  readonly maxOffset: number | undefined; // bytes; a match may start here at the latest
  readonly stackStart: number; // bytes, 0 = PCRE2's default
  readonly stackMax: number;
};

type Connected = { readonly timing: CheckTiming; readonly connection: CheckConnection };

export type HttpCheck = Connected & {
  readonly type: 'HTTP_GET' | 'SSL_GET';
  readonly urls: readonly HttpUrl[]; // at least one
  readonly protocol: '1.0' | '1.0C' | '1.1'; // 1.0C: 1.0 with 'Connection: close'
  readonly virtualHost: string | undefined; // of the checker alone, for SNI
  readonly enableSni: boolean;
  readonly sniName: string | undefined; // undefined: the virtualhost of url, checker or virtual server
  readonly fastRecovery: boolean;
};
export type DnsCheck = Connected & {
  readonly type: 'DNS_CHECK';
  readonly queryType: string; // default SOA
  readonly name: string; // '' = the root
};
export type SmtpCheck = Connected & { readonly type: 'SMTP_CHECK'; readonly heloName: string };
export type UdpCheck = Connected & {
  readonly type: 'UDP_CHECK';
  readonly payload: Uint8Array | undefined; // undefined: 32 octets of text
  readonly requireReply: boolean;
  /** Octets to compare under a mask, over the shorter length; undefined: any reply. */
  readonly reply: { readonly data: Uint8Array; readonly mask: Uint8Array } | undefined;
  readonly minReplyLength: number; // 0..65535
  readonly maxReplyLength: number; // 0..65535, default 255
};
export type PlainCheck = Connected & { readonly type: 'TCP_CHECK' | 'PING_CHECK' };
export type MiscCheck = {
  readonly type: 'MISC_CHECK';
  readonly timing: CheckTiming;
  readonly command: Command;
  readonly timeoutUs: number; // default: the virtual server's delay_loop
  readonly dynamic: boolean; // exit code 2..255 sets the weight to code - 2
};
export type FileCheck = {
  readonly type: 'FILE_CHECK';
  readonly file: string; // name of a track_file
  readonly weight: number; // -2147483647..2147483647, 0: the server is down while the number is not 0
  readonly reverse: boolean;
};
export type BfdCheck = { readonly type: 'BFD_CHECK'; readonly name: string; readonly alpha: boolean };
export type CheckerConfig =
  | PlainCheck
  | HttpCheck
  | DnsCheck
  | SmtpCheck
  | UdpCheck
  | MiscCheck
  | FileCheck
  | BfdCheck;

export type RealServerConfig = {
  readonly family: Family;
  readonly address: string; // canonical text
  readonly port: number; // 0 = that of the packet: services of a group, a mark or any port
  readonly weight: number; // 0..2147483647, default 1
  readonly method: ForwardingMethod;
  readonly upperThreshold: number; // connections, 0 = none
  readonly lowerThreshold: number;
  readonly inhibitOnFailure: boolean; // weight 0 instead of removal
  readonly alpha: boolean; // without a good check not in the pool
  readonly smtpAlert: boolean;
  readonly checks: CheckDefaults;
  readonly virtualHost: string | undefined;
  readonly snmpName: string | undefined;
  readonly notifyUp: Command | undefined;
  readonly notifyDown: Command | undefined;
  readonly checkers: readonly CheckerConfig[];
};

export type SorryServerConfig = {
  readonly family: Family;
  readonly address: string;
  readonly port: number; // 0 = that of the packet
  readonly method: ForwardingMethod;
  readonly inhibit: boolean; // stays with weight 0 while the quorum holds
};

export type VirtualServerConfig = {
  readonly kind: 'address' | 'fwmark' | 'group';
  readonly family: Family; // of a mark: ip_family, else the servers', else 4
  readonly address: string; // canonical text; '' unless kind is 'address'
  readonly port: number; // 0 = any; only with persistence
  readonly fwmark: number; // 0..4294967295; 0 unless kind is 'fwmark'
  readonly group: string; // name of a virtual_server_group; '' unless kind is 'group'
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'none'; // 'none': marks alone
  readonly scheduler: string; // default 'wlc'
  readonly flags: SchedulerFlags;
  readonly onePacket: boolean; // 'ops'
  readonly method: ForwardingMethod; // of servers without their own
  readonly persistenceTimeoutS: number; // 1..2678400, 0 = off
  readonly persistenceEngine: string | undefined; // sent only with persistence
  /** IPv4: the mask as a 32-bit number, default 0xffffffff; IPv6: prefix length 1..128, default 128. */
  readonly persistenceGranularity: number;
  readonly checks: CheckDefaults;
  readonly weight: number; // 1..2147483647, of servers without their own
  readonly quorum: number; // weight; never above the total of the servers
  readonly hysteresis: number; // below quorum; 4294967295 where all weights are 0
  readonly quorumUp: Command | undefined;
  readonly quorumDown: Command | undefined;
  readonly alpha: boolean;
  readonly omega: boolean; // down notifiers run when the daemon stops
  readonly inhibitOnFailure: boolean;
  readonly haSuspend: boolean; // checks rest while the address is not on this machine
  readonly smtpAlert: boolean;
  readonly virtualHost: string | undefined;
  readonly snmpName: string | undefined;
  readonly sorryServer: SorryServerConfig | undefined;
  readonly realServers: readonly RealServerConfig[]; // at least one, no two with the same address and port
  readonly place: Place;
};

/** One line of a group; a range has one service for each address. */
export type GroupEntry =
  | {
      readonly kind: 'address';
      readonly family: Family;
      readonly first: string; // canonical text
      readonly last: string; // the same for a single address
      readonly port: number; // 0 = any
    }
  | { readonly kind: 'fwmark'; readonly mark: number; readonly family: Family | undefined };

export type VirtualServerGroupConfig = {
  readonly name: string;
  readonly entries: readonly GroupEntry[]; // at least one
  readonly place: Place;
};

/** The 'SSL' block: what SSL_GET presents. */
export type SslConfig = {
  readonly password: string | undefined; // of the key file
  readonly caFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
};
