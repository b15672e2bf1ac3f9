/** A read-only picture of the running daemon, for status, dumps, metrics. Plain JSON values; times as said by their names. */
import type { StateName } from '../vrrp/types.ts';

export type Contribution = { readonly what: string; readonly weight: number }; // 'script chk' +2
export type FaultReason = { readonly what: string; readonly detail: string };

/** One tracked thing and what it does to the instance now. */
export type TrackedSnapshot = {
  readonly what: string; // 'script chk', 'track_interface eth1', 'file load'
  readonly weight: number; // as configured; 0 = FAULT
  readonly reverse: boolean;
  readonly state: string; // 'up', 'down', 'no result yet', the number of a file
  readonly adds: number; // to the priority, 0 = nothing
  readonly faults: boolean; // it keeps the instance in FAULT
};

export type HookOutcome = {
  readonly what: string;
  readonly state: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly output: string;
  readonly endedWallMs: number;
};

export type Counters = {
  readonly advertsReceived: number;
  readonly advertsSent: number;
  readonly becameMaster: number;
  readonly releasedMaster: number;
  readonly priorityZeroReceived: number;
  readonly priorityZeroSent: number;
  readonly sendErrors: number;
  readonly rejected: Readonly<Record<string, number>>; // by reason of the receive ladder
};

/** How adverts are signed and checked. No secret in it. */
export type AuthenticationSnapshot =
  | { readonly type: 'none' | 'pass' }
  | { readonly type: 'ah'; readonly sequence: number; readonly exhausted: boolean }
  | {
      readonly type: 'hmac';
      readonly mode: 'enforce' | 'permissive' | 'receive-only';
      readonly activeKey: number;
      readonly keys: readonly number[]; // ids
      readonly antiReplay: 'time' | 'monotonic';
      readonly timeWindowS: number;
      /** Senders of believed signatures: which key they use, and how far their clock is ahead of ours. */
      readonly peers: readonly {
        readonly address: string;
        readonly keyId: number;
        readonly aheadMs: number;
      }[];
    };

export type InstanceSnapshot = {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  readonly state: StateName;
  readonly sinceWallMs: number;
  readonly sinceUs: number; // length of time in this state
  readonly basePriority: number;
  readonly effectivePriority: number;
  readonly tracked: readonly TrackedSnapshot[];
  readonly contributions: readonly Contribution[];
  readonly faults: readonly FaultReason[];
  readonly adverIntUs: number;
  readonly masterAdverIntUs: number;
  readonly masterDownInUs: number; // -1 when not backup
  readonly timerInUs: number; // next deadline of the machine; -1 = none
  readonly source: string;
  readonly unicastPeers: readonly string[];
  readonly preempt: boolean;
  readonly preemptDelayUs: number;
  readonly vips: readonly { readonly text: string; readonly interface: string; readonly present: boolean }[];
  readonly peer: {
    readonly address: string; // '' = none heard yet
    readonly priority: number;
    readonly lastAdvertAgoUs: number; // -1 = none
    readonly isMaster: boolean;
  };
  readonly lastTransition: {
    readonly from: StateName;
    readonly to: StateName;
    readonly reason: string;
    readonly detail: string;
    readonly wallMs: number;
  };
  readonly authentication: AuthenticationSnapshot;
  readonly lastRejection: {
    readonly reason: string;
    readonly source: string;
    readonly detail: string;
    readonly wallMs: number;
  } | null;
  readonly counters: Counters;
  readonly hooks: readonly HookOutcome[]; // the latest of each kind
};

export type ScriptSnapshot = {
  readonly name: string;
  readonly state: 'init' | 'up' | 'down' | 'disabled';
  readonly runs: number;
  readonly failures: number;
  readonly lastExitCode: number;
  readonly lastDurationMs: number;
  readonly lastOutput: string;
  readonly sinceWallMs: number;
  readonly detail: string; // why it is disabled, …
};

/** One 'track_file'. */
export type FileSnapshot = {
  readonly name: string;
  readonly file: string;
  readonly value: number; // as last read
  readonly sinceWallMs: number;
  readonly detail: string; // why it cannot be followed; '' = it is
};

/** One 'vrrp_track_process'. */
export type ProcessSnapshot = {
  readonly name: string;
  readonly process: string; // with its parameters
  readonly count: number; // how many run
  readonly wanted: string; // 'at least 1', '2 to 3', 'none'
  readonly state: 'up' | 'down'; // after the delays
  readonly sinceWallMs: number;
};

/** One interface that is polled or whose changes must last. */
export type InterfaceSnapshot = {
  readonly name: string;
  readonly usable: boolean; // now
  readonly counts: boolean; // after 'interface_up_down_delays'
  readonly changesInUs: number; // until `usable` counts; -1 = it does
  readonly polledBy: string; // 'MII', 'ETHTOOL', 'IOCTL', 'netlink' where nothing answers; '' = not polled
};

export type GroupSnapshot = {
  readonly name: string;
  readonly state: StateName;
  readonly members: readonly string[];
};

export type BfdSessionSnapshot = {
  readonly name: string;
  readonly neighbor: string;
  readonly source: string; // '' = the kernel chooses
  readonly multihop: boolean;
  readonly passive: boolean;
  readonly ttl: number;
  readonly maxHops: number; // -1: not looked at
  readonly multiplier: number;
  readonly minTxUs: number;
  readonly minRxUs: number;
  readonly idleTxUs: number;
  readonly events: 'vrrp' | 'checker' | 'both'; // who hears of it
  readonly state: 'admin-down' | 'down' | 'init' | 'up';
  readonly sinceWallMs: number;
  readonly diag: string; // in RFC 5880's words (4.1)
  readonly discriminator: string; // '0x…'
  readonly polling: boolean;
  readonly sendIntervalUs: number; // negotiated, before jitter; -1: the peer wants nothing
  readonly detectionUs: number; // 0: the peer was not heard
  readonly remote: {
    readonly state: 'admin-down' | 'down' | 'init' | 'up';
    readonly diag: string;
    readonly discriminator: string;
    readonly minTxUs: number;
    readonly minRxUs: number;
    readonly multiplier: number;
    readonly demand: boolean;
    readonly sendIntervalUs: number;
    readonly detectionUs: number; // how soon the peer misses us
  };
  readonly lastHeardAgoUs: number; // -1 = never
  readonly lastDown: {
    readonly reason: string; // 'expired', 'neighbor-down', 'neighbor-admin-down'
    readonly localDiag: string;
    readonly remoteDiag: string;
    readonly wallMs: number;
  } | null;
  readonly problem: string; // why it cannot work; '' = it can
  readonly counters: {
    readonly received: number;
    readonly sent: number;
    readonly sendErrors: number;
    readonly up: number;
    readonly down: number;
    readonly rejected: Readonly<Record<string, number>>;
  };
};

/** Which of an instance's routes and rules, or of the static ones, are in force; in file order. */
export type RoutingSet = { readonly routes: readonly boolean[]; readonly rules: readonly boolean[] };

export type BfdSnapshot = {
  readonly sessions: readonly BfdSessionSnapshot[];
  readonly discarded: Readonly<Record<string, number>>; // packets of no session, by reason
};

export type Snapshot = {
  readonly version: string;
  readonly node: string; // host name
  readonly routerId: string; // 'router_id'
  readonly pid: number;
  readonly startedWallMs: number;
  readonly nowWallMs: number;
  readonly configFile: string;
  readonly configLoadedWallMs: number;
  readonly configErrors: number;
  readonly configWarnings: number;
  readonly instances: readonly InstanceSnapshot[];
  readonly groups: readonly GroupSnapshot[];
  readonly scripts: readonly ScriptSnapshot[];
  readonly files: readonly FileSnapshot[];
  readonly processes: readonly ProcessSnapshot[];
  readonly interfaces: readonly InterfaceSnapshot[]; // only those
  readonly bfd?: BfdSnapshot; // with sessions only
  readonly warnings: readonly string[]; // what an operator should know now
  readonly loop: { readonly stallCount: number; readonly longestStallUs: number };
  /** Whose adverts the pacer repeats, and the longest delay of one since the start; absent: there is no pacer. */
  readonly pacer?: { readonly instanceCount: number; readonly longestDelayUs: number };
  /** Whose master the kernel watches; `obstacle`: why it can for none, '' = it can. Absent: it is not asked to. */
  readonly watchdog?: { readonly instanceCount: number; readonly obstacle: string };
};

/** A snapshot without instances, and each of them when it is asked for. */
export type Glance = {
  readonly snapshot: Snapshot;
  readonly instances: ReadonlyMap<string, () => InstanceSnapshot>; // by name
};
