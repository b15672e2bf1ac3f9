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

export type GroupSnapshot = {
  readonly name: string;
  readonly state: StateName;
  readonly members: readonly string[];
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
  readonly warnings: readonly string[]; // what an operator should know now
  readonly loop: { readonly stallCount: number; readonly longestStallUs: number };
};
