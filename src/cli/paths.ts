/**
 * Where this daemon keeps its files: pid files, run directory, control socket. One place, so that two daemons with
 * different -p on one host never meet, and `vipd status` finds the one that was started.
 */
import { posix } from 'node:path';

export const DEFAULT_CONFIG_FILE = '/etc/keepalived/keepalived.conf';
export const DEFAULT_RUN_DIR = '/run/vipd';
/** keepalived's own build-time run directory on every distribution. */
const PID_DIR = '/run';

export type GivenPaths = {
  readonly runDir: string | undefined; // --run-dir
  readonly socket: string | undefined; // --socket
  readonly pidFile: string | undefined; // -p
  readonly namespace?: string | undefined; // -s
};

/** Paths as they will still be after a change of the working folder. */
export function absolutePaths<T extends FileOptions>(options: T): FileOptions {
  const out: { -readonly [K in keyof FileOptions]: FileOptions[K] } = {
    configFile: posix.resolve(options.configFile),
  };
  for (const key of ['pidFile', 'vrrpPidFile', 'checkersPidFile', 'bfdPidFile', 'logFile'] as const) {
    const path = options[key];
    if (path !== undefined && path !== '') out[key] = posix.resolve(path);
  }
  return out;
}

type FileOptions = {
  readonly configFile: string;
  readonly pidFile?: string;
  readonly vrrpPidFile?: string;
  readonly checkersPidFile?: string;
  readonly bfdPidFile?: string;
  readonly logFile?: string;
};

/**
 * --run-dir, else `/x/a.vipd` for `-p /x/a.pid`, else /run/vipd (/run/vipd/NAME with -s NAME). The socket: --socket, else VIPD_SOCKET unless a path
 * was given on the command line (what is typed beats what is inherited), else `vipd.sock` in the run directory.
 */
export function defaultPaths(
  given: GivenPaths,
  env: Readonly<Record<string, string | undefined>>,
): { readonly runDir: string; readonly socket: string } {
  const standard = posix.join(DEFAULT_RUN_DIR, given.namespace ?? '');
  const runDir = posix.resolve(given.runDir ?? fromPidFile(given.pidFile) ?? standard);
  const inherited =
    given.runDir === undefined && given.pidFile === undefined && given.namespace === undefined
      ? env['VIPD_SOCKET']
      : undefined;
  const socket =
    given.socket ?? (inherited === '' ? undefined : inherited) ?? posix.join(runDir, 'vipd.sock');
  return { runDir, socket: posix.resolve(socket) };
}

function fromPidFile(pidFile: string | undefined): string | undefined {
  if (pidFile === undefined) return undefined;
  const folder = posix.dirname(pidFile);
  const name = posix.basename(pidFile).replace(/\.pid$/, '');
  return posix.join(folder, `${name}.vipd`);
}

/** What of the configuration decides about pid files. */
export type PidFacts = {
  readonly usePidDir: boolean; // 'use_pid_dir', 'instance' or 'net_namespace'
  readonly instanceName: string; // 'instance', '' = none
  readonly virtualServers: boolean; // checkers have something to do
  readonly bfd: boolean;
};

/**
 * Every pid file that a script may look for; all get the one pid of this process, so `kill $(cat …)` works with each.
 * Like keepalived, a part that has nothing to do has no pid file. First the parent's: it is the lock.
 */
export function pidFilePaths(
  given: {
    readonly pidFile?: string;
    readonly vrrpPidFile?: string;
    readonly checkersPidFile?: string;
    readonly bfdPidFile?: string;
    readonly namespace?: string;
    readonly vrrp: boolean;
    readonly checkers: boolean;
    readonly bfd: boolean;
  },
  facts: PidFacts,
): readonly string[] {
  const suffix = facts.instanceName === '' ? '' : `_${facts.instanceName}`;
  const own = facts.usePidDir || given.namespace !== undefined;
  // KEEPALIVED: in a namespace of its own it mounts RUN/keepalived/NAME over RUN/keepalived; this is the path from outside.
  const folder = own ? posix.join(PID_DIR, 'keepalived', given.namespace ?? '') : PID_DIR;
  const named = (name: string): string => `${folder}/${name}${own ? suffix : ''}.pid`;
  const out = [given.pidFile ?? named('keepalived')];
  if (given.vrrp) out.push(given.vrrpPidFile ?? named('vrrp'));
  if (given.checkers && facts.virtualServers) out.push(given.checkersPidFile ?? named('checkers'));
  if (given.bfd && facts.bfd) out.push(given.bfdPidFile ?? named('bfd'));
  return [...new Set(out)];
}
