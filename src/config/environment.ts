/** What the loader may ask of the machine it loads for. The tests' environment is a map; `main.ts` passes the real one. */
import type { Command } from './config.ts';

export type ReadResult =
  | { readonly ok: true; readonly text: string }
  /** errno name, or 'EXEC' for what keepalived refuses: an execute bit, not a regular file. */
  | { readonly ok: false; readonly code: string; readonly detail: string };

export type InterfaceFacts = {
  readonly index: number;
  readonly mtu: number;
  readonly multicast: boolean;
  readonly loopback: boolean;
};

export type InterfaceAddress = {
  readonly bytes: Uint8Array; // 4 or 16 octets
  readonly prefixLength: number;
  /** Looks like one that a VRRP daemon added: not a permanent address of the machine. */
  readonly virtual: boolean;
};

/** Whether a command could be run, by the rules that the daemon applies when it runs it. */
export type CommandVerdict =
  | { readonly ok: true; readonly root: boolean; readonly warnings: readonly string[] }
  | {
      readonly ok: false;
      readonly cause: 'missing' | 'account' | 'not-executable' | 'insecure';
      readonly reason: string;
      readonly remedy: string;
    };

/** The global settings that decide about a command. */
export type CommandSettings = {
  readonly scriptUser?: string;
  readonly scriptGroup?: string;
  readonly scriptSecurity: boolean;
};

export type SecretResult =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly exposed: boolean }
  | { readonly ok: false; readonly code: string };

export type LoadEnvironment = {
  /** Whole file as UTF-8 text; bytes that are not UTF-8 may come as U+FFFD. */
  readFile(path: string): ReadResult;
  /** glob(3) with braces: absolute paths, sorted; a pattern without wildcard yields the path when it exists. */
  glob(pattern: string, cwd: string): readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configId: string; // '-i', else the host name up to the first dot
  readonly hostName: string;
  /** Integer from `min` to `max`, both included. */
  random(min: number, max: number): number;
  /** undefined: the machine is unknown, and nothing is said about interfaces. */
  readonly interfaces?: ReadonlyMap<string, InterfaceFacts>;
  /** Whether the account exists; absent: the accounts are unknown, and nothing is said about them. */
  readonly userExists?: (name: string) => boolean;
  readonly groupExists?: (name: string) => boolean;
  /**
   * The octets of a key file and whether group or others may read it; absent: no key file can be read, and nothing is
   * said about them.
   */
  readonly readSecret?: (path: string) => SecretResult;
  /** CPUs of the machine; absent: unknown, and any CPU number is taken. */
  readonly cpuCount?: number;
  /** What a script path is; absent: the files are unknown, and nothing is said about them. */
  readonly scriptState?: (path: string) => 'executable' | 'not-executable' | 'missing';
  /** As `scriptState`, with the account that runs it and the rules of script security. */
  readonly judgeCommand?: (command: Command, settings: CommandSettings) => CommandVerdict;
  /** By interface name; absent: unknown, and nothing is said about them. */
  readonly addresses?: ReadonlyMap<string, readonly InterfaceAddress[]>;
  /** The file by which systemd-networkd manages the interface; undefined when it does not. */
  readonly networkd?: (name: string) => { readonly file: string; readonly keeps: boolean } | undefined;
};
