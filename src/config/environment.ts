/** What the loader may ask of the machine it loads for. The tests' environment is a map; `main.ts` passes the real one. */

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
};
