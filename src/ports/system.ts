/** Clock, timer, log, service manager: the remaining edges of core. */

import type { ProcessSettings } from '../config/global-config.ts';
import type { ChangedSetting } from './devices.ts';
import type { PreparedRequest } from './routing.ts';

export type { ProcessSettings };

export interface Clock {
  /** Monotonic microseconds (CLOCK_MONOTONIC), an integer. */
  nowUs(): number;
  /** Wall clock, milliseconds since 1970: for display, and for the sequence numbers of 'auth_hmac'. */
  wallMs(): number;
}

export interface Timer {
  /** The one timer of core: calls `wake` at or a little after `atUs`; a later call replaces it. Infinity = none. */
  arm(atUs: number): void;
  /** Stands still until `untilUs`, a few milliseconds at most. Absent where time does not pass by itself. */
  standBy?(untilUs: number): void;
}

export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error';
/** Structured fields: `instance`, `state`, `reason`, … become journal fields and JSON keys. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;
export interface Log {
  /** Never blocks and never throws. */
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Files that outlive the process: what ExecStopPost and `vipd cleanup` need after any death. */
/** A configuration as it was read. */
export type KeySource = { readonly file: string; readonly configId?: string };

export type ReleaseState = {
  readonly namespace?: string; // network namespace the daemon ran in, where it is not that of its unit
  readonly addresses: readonly {
    readonly interface: string;
    readonly address: string;
    readonly prefixLength: number;
    readonly peer?: string; // with a peer the kernel finds the address only by both
  }[];
  readonly adverts: readonly {
    readonly instance: string;
    readonly interface: string;
    readonly destination: string;
    readonly frame: Uint8Array; // IP packet with priority 0
    readonly keyId?: number; // of 'auth_hmac': its trailer is to be made when it is sent
  }[];
  /** Where the keys are; absent: no advert needs one. */
  readonly keysIn?: KeySource;
  /** Virtual rules, then routes; absent = none. */
  readonly routing?: readonly {
    readonly text: string; // behind 'ip', as in 'route del 203.0.113.0/24'; '' where ip-batch(8) cannot say it
    readonly request: PreparedRequest;
  }[];
  /** Names of interfaces that were made. */
  readonly devices?: readonly string[];
  readonly settings?: readonly ChangedSetting[];
  /** Name of our packet filter tables. */
  readonly table?: string;
};
export interface ReleasePort {
  /** Rewrites `release.batch` and `release.json` in the run directory (atomic rename). Never throws. */
  write(state: ReleaseState): void;
  /** Makes ready what the next `write` will need for these very objects, so that it takes less time then. */
  prepare(part: Pick<ReleaseState, 'addresses' | 'adverts'>): void;
}

/** Settings of network interfaces that an instance may ask for. */
export interface InterfaceSettings {
  /** 'promote_secondaries': the kernel keeps secondary addresses when the first of a subnet goes. Never throws. */
  promoteSecondaries(interfaceName: string): void;
  /** Puts back what was changed. */
  restore(): void;
}

/** Where this process stands among others when the kernel deals out time. */
export interface Urgency {
  /** 'max_auto_priority': one step up in SCHED_RR, up to `ceiling` (1..99). Gives the new priority, 0 when none was taken. */
  raise(ceiling: number): number;
}

export interface ServiceManager {
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  status(text: string): void;
  watchdog(): void;
}
