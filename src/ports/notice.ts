/**
 * What happens, for everyone outside who wants to hear of it: FIFOs, mail, D-Bus, SNMP traps. A notice is told once, in
 * the order of events, after the notify scripts of the same event were launched (behaviour.md C2, C3, C9).
 */
import type { Config, InstanceConfig, SyncGroupConfig } from '../config/config.ts';
import type { RejectReason } from '../vrrp/accept.ts';
import type { Reason } from '../vrrp/types.ts';

export type { Config, InstanceConfig };

/** The words of scripts and FIFOs. STOP: the daemon stops. DELETED: removed by a reload, with 'notify_deleted'. */
export type NoticeState = 'MASTER' | 'BACKUP' | 'FAULT' | 'STOP' | 'DELETED';
export type PreviousState = 'INIT' | 'MASTER' | 'BACKUP' | 'FAULT';

/** A transition of an instance. One that no script is told of (a script tracker without its first result) is not told here either. */
export type InstanceNotice = {
  readonly type: 'instance';
  readonly config: InstanceConfig;
  readonly state: NoticeState;
  readonly previous: PreviousState;
  readonly priority: number; // effective, at this moment
  readonly reason: Reason; // of MASTER: why it is the new master, which traps carry
  readonly peer: string; // the router last heard; '' = none
  readonly source: string; // our primary address; '' = unknown
};

/** A sync group is in one state as a whole; after its members' notices. */
export type GroupNotice = {
  readonly type: 'group';
  readonly config: SyncGroupConfig;
  readonly state: NoticeState;
  readonly previous: PreviousState;
};

/** The effective priority of an instance that is MASTER or BACKUP changed. */
export type PriorityNotice = {
  readonly type: 'priority';
  readonly config: InstanceConfig;
  readonly state: 'MASTER' | 'BACKUP';
  readonly priority: number;
  readonly previousPriority: number;
};

/** A master heard a lower priority (MASTER_RX_LOWER_PRI). Comes with every such advert. */
export type LowerPriorityNotice = {
  readonly type: 'lower-priority-received';
  readonly config: InstanceConfig;
  readonly priority: number; // our effective one
  readonly peer: string;
};

/** An advert for this instance was refused: protocol and authentication errors. Comes with every such advert. */
export type RejectedNotice = {
  readonly type: 'rejected';
  readonly config: InstanceConfig;
  readonly reason: RejectReason;
  readonly peer: string;
};

/** A new configuration is in force; the states as they are now, in file order. */
export type ReloadedNotice = {
  readonly type: 'reloaded';
  readonly instances: readonly {
    readonly config: InstanceConfig;
    readonly state: PreviousState;
    readonly priority: number;
  }[];
  readonly groups: readonly { readonly config: SyncGroupConfig; readonly state: PreviousState }[];
};

/** The daemon begins to run its instances; it has stopped, and nothing follows. */
export type DaemonNotice = { readonly type: 'started' } | { readonly type: 'stopped' };

/** A virtual server reached or lost its quorum. */
export type VirtualServerNotice = {
  readonly type: 'virtual-server';
  readonly service: string; // '[192.0.2.1]:tcp:80', '[GROUP]:80', 'FWM 5'
  readonly up: boolean;
  readonly detail: string; // 'Gained quorum 1+0=1 <= 2'
  readonly mail: boolean; // its 'smtp_alert'
};

/** A real server of a virtual server is up or down. */
export type RealServerNotice = {
  readonly type: 'real-server';
  readonly server: string; // '[10.0.0.2]:tcp:80'
  readonly service: string;
  readonly up: boolean;
  readonly byChecker: boolean; // false: added to, or removed from, what is served
  readonly detail: string; // 'TCP CHECK failed on service'
  readonly mail: boolean;
};

export type Notice =
  | InstanceNotice
  | GroupNotice
  | PriorityNotice
  | LowerPriorityNotice
  | RejectedNotice
  | ReloadedNotice
  | DaemonNotice
  | VirtualServerNotice
  | RealServerNotice;

export interface NoticePort {
  /** Never blocks, never throws, may not call back into core. */
  tell(notice: Notice): void;
}

/** One that hears of notices while the configuration asks for it. */
export interface NoticeListener extends NoticePort {
  /** At the start and at each reload, before the instances are told of it. Never throws. */
  reconfigure(config: Config): void;
  /** The end; resolves when what it still had to hand over is out, or cannot be. Never rejects. */
  close(): Promise<void>;
}
