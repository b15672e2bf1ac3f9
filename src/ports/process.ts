/** Hooks (notify scripts) and track scripts: what core asks for and what it hears back. */
import type { Command, ScriptConfig } from '../config/config.ts';

export type { Command, ScriptConfig };

/** A command made ready to run: path resolved, user and group looked up, security rules applied. */
export type PreparedCommand =
  | {
      readonly ok: true;
      readonly path: string; // absolute
      readonly argv: readonly string[];
      readonly uid: number;
      readonly gid: number;
      readonly userName: string;
      readonly warnings: readonly string[]; // e.g. run as root without script security
    }
  | { readonly ok: false; readonly reason: string; readonly remedy: string; readonly security: boolean };

export type HookRun = {
  readonly owner: string; // instance or group name with its type: 'INSTANCE VI_1'
  readonly state: string; // MASTER, BACKUP, FAULT, STOP, …: newer ones supersede queued older ones
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
  readonly durationUs: number;
  readonly output: string; // last 1,024 characters
  readonly detail: string;
};

export interface ScriptPort {
  /** Starts one run. A run of the same script still going on is reported as busy by returning false. */
  run(script: ScriptConfig): boolean;
  /** Kills what runs (reload dropped the script, or stop). */
  cancel(script: string): void;
  cancelAll(): void;
}
export type ScriptSink = (result: ScriptResult) => void;

export interface CommandChecker {
  prepare(command: Command): PreparedCommand;
}
