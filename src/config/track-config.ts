/** Checked tracking of files, processes and BFD sessions: definitions, and the lists that name them. */
import type { Place } from './config.ts';

/** `track_file`: a number in a file, times a weight. */
export type TrackFileConfig = {
  readonly name: string;
  readonly file: string; // path
  readonly weight: number; // -254..254, default 1; 0 = FAULT while the number is not 0
  readonly reverse: boolean;
  /** 'init_file': what is written at start when the file is missing, or in any case with `overwrite`. */
  readonly init?: { readonly value: number; readonly overwrite: boolean };
  readonly place: Place;
};

/** `vrrp_track_process`: how many processes run. */
export type TrackProcessConfig = {
  readonly name: string;
  readonly process: string; // comm, at most 15 bytes compared; or the command with `fullCommand`
  readonly parameters: readonly string[];
  /** 'none': parameters are not looked at. */
  readonly match: 'none' | 'exact' | 'initial' | 'partial';
  readonly fullCommand: boolean; // compare /proc/PID/cmdline
  readonly weight: number; // -254..254, default 0 = FAULT below the quorum
  readonly reverse: boolean;
  readonly quorum: number; // 1..65535, default 1
  readonly quorumMax?: number; // 0..65535; 0 = must not run
  readonly forkDelayUs: number; // after the quorum is gained, 0..3600 s
  readonly terminateDelayUs: number; // after it is lost
  readonly place: Place;
};

/** What lists may name: definitions with their place among the statements, and the weight of their own. */
export type Known = ReadonlyMap<
  string,
  { readonly order: number; readonly weight: number; readonly reverse: boolean; readonly removed?: true }
>;

/** A name in `track_file`, `track_process` or `track_bfd` of an instance or a group, with the weight in force. */
export type Tracked = {
  readonly name: string;
  readonly weight: number; // -254..254, BFD -253..253; 0 = FAULT
  readonly reverse: boolean;
};

export type TrackLists = {
  readonly trackFiles: readonly Tracked[];
  readonly trackProcesses: readonly Tracked[];
  /** A name without a session in `Config.bfdInstances`: its definition is bad, and it never comes up. */
  readonly trackBfd: readonly Tracked[];
};

/** `track_group`: static entries that are put back when these instances need them. */
export type TrackGroupConfig = {
  readonly name: string;
  readonly instances: readonly string[]; // names of existing instances
};
