/** Hooks (notify scripts) and track scripts: what core asks for and what it hears back. */
import type { Command, ScriptConfig } from '../config/config.ts';

export type { Command, ScriptConfig };

/** A command made ready to run: path resolved, user and group looked up, security rules applied. */
export type PreparedCommand =
  | {
      readonly ok: true;
      readonly path: string; // absolute, every symbolic link resolved; what is executed
      readonly argv: readonly string[]; // [0] keeps the name of a link, for multi-call programs
      readonly uid: number;
      readonly gid: number;
      readonly userName: string;
      readonly home: string; // home directory of that user, '' when unknown
      readonly warnings: readonly string[]; // e.g. run as root without script security
    }
  | { readonly ok: false; readonly reason: string; readonly remedy: string; readonly security: boolean };

export type HookRun = {
  readonly owner: string; // instance or group name with its type: 'INSTANCE VI_1'
  readonly state: string; // MASTER, BACKUP, FAULT, STOP, …: newer ones supersede queued older ones; MASTER_RX_LOWER_PRI does not
  readonly what: string; // 'notify_master', 'notify', …
  readonly command: Command;
  readonly extraArgv: readonly string[];
  readonly environment: Readonly<Record<string, string>>; // added VIPD_* variables
  readonly keep: boolean; // never superseded (STOP)
};

export type HookResult = {
  readonly owner: string;
  readonly what: string;
  readonly state: string;
  readonly outcome: 'exited' | 'signalled' | 'not-started' | 'superseded' | 'abandoned'; // abandoned: still running past the bound
  readonly exitCode: number; // -1 when none
  readonly signal: string; // '' when none
  readonly durationUs: number;
  readonly output: string; // last 4,096 characters of stdout and stderr
  readonly detail: string; // why it was not started, …
};

export interface HookPort {
  run(hook: HookRun): void;
  /** Hooks running or queued. */
  pendingCount(): number;
  /** Calls `done` when nothing is pending or `boundUs` has passed (then what still runs is left alone). */
  settle(boundUs: number, done: () => void): void;
}
export type HookSink = (result: HookResult) => void;

export type ScriptResult = {
  readonly script: string;
  readonly ok: boolean;
  readonly exitCode: number; // -1: signal, timeout, not started
  readonly timedOut: boolean;
  readonly inconclusive: boolean; // could not be started for lack of resources (EAGAIN, …): says nothing about the service
  readonly durationUs: number;
  readonly output: string; // last 1,024 characters
  readonly detail: string;
};

export interface ScriptPort {
  /** What `run` would start, for messages at load; `</file` is ok with the file as path and an empty argv. */
  prepare(script: ScriptConfig): PreparedCommand;
  /** Starts one run. A run of the same script still going on is reported as busy by returning false. */
  run(script: ScriptConfig): boolean;
  /** Kills what runs (reload dropped the script, or stop). */
  cancel(script: string): void;
  cancelAll(): void;
}
export type ScriptSink = (result: ScriptResult) => void;

/**
 * Holds the settings of one configuration (`script_user`, `enable_script_security`): a new one at each reload.
 * Never throws. The same command gives the same answer until files change; user names are looked up once.
 */
export interface CommandChecker {
  prepare(command: Command): PreparedCommand;
}
