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
  readonly instance?: string | undefined; // --instance of the tool
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
 * --run-dir, else `/x/a.vipd` for `-p /x/a.pid`, else the standard one (`standardRunDir`). The socket: --socket, else
 * VIPD_SOCKET unless a path was given on the command line (what is typed beats what is inherited), else `vipd.sock` in
 * the run directory.
 */
export function defaultPaths(
  given: GivenPaths,
  env: Readonly<Record<string, string | undefined>>,
): { readonly runDir: string; readonly socket: string } {
  const standard = standardRunDir(given.namespace, given.instance);
  const runDir = posix.resolve(given.runDir ?? fromPidFile(given.pidFile) ?? standard);
  const inherited = [given.runDir, given.pidFile, given.namespace, given.instance].every(
    (x) => x === undefined,
  )
    ? env['VIPD_SOCKET']
    : undefined;
  const socket =
    given.socket ?? (inherited === '' ? undefined : inherited) ?? posix.join(runDir, 'vipd.sock');
  return { runDir, socket: posix.resolve(socket) };
}

/** /run/vipd, /run/vipd/NAMESPACE, /run/vipd/_INSTANCE, /run/vipd/NAMESPACE_INSTANCE: no two daemons share one. */
function standardRunDir(namespace = '', instance = ''): string {
  return posix.join(DEFAULT_RUN_DIR, instance === '' ? namespace : `${namespace}_${instance}`);
}

/**
 * Where the run directory and the socket go when the configuration names a namespace ('net_namespace') or an instance
 * ('instance'): what the command line or the environment chose stays.
 */
export function movedPaths<
  T extends { readonly runDir: string; readonly socket: string; readonly namespace?: string },
>(options: T, namespace: string | undefined, instance: string | undefined): T {
  const { runDir: before, socket } = options;
  if (before !== standardRunDir(options.namespace)) return options;
  const runDir = standardRunDir(namespace, instance);
  return {
    ...options,
    runDir,
    ...(socket === posix.join(before, 'vipd.sock') ? { socket: posix.join(runDir, 'vipd.sock') } : {}),
  };
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

/** Where 'reload_file' without a path lies. */
export function defaultReloadFile(
  namespace: string | undefined,
  facts: Pick<PidFacts, 'usePidDir' | 'instanceName'>,
): string {
  const { folder, suffix } = pidPlace(namespace, facts);
  return `${folder}/keepalived${suffix}.reload`;
}

function pidPlace(
  namespace: string | undefined,
  { usePidDir, instanceName }: Pick<PidFacts, 'usePidDir' | 'instanceName'>,
): { readonly folder: string; readonly suffix: string } {
  const own = usePidDir || namespace !== undefined;
  // KEEPALIVED: in a namespace of its own it mounts RUN/keepalived/NAME over RUN/keepalived; this is the path from outside.
  return {
    folder: own ? posix.join(PID_DIR, 'keepalived', namespace ?? '') : PID_DIR,
    suffix: own && instanceName !== '' ? `_${instanceName}` : '',
  };
}

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
  const { folder, suffix } = pidPlace(given.namespace, facts);
  const named = (name: string): string => `${folder}/${name}${suffix}.pid`;
  const out = [given.pidFile ?? named('keepalived')];
  if (given.vrrp) out.push(given.vrrpPidFile ?? named('vrrp'));
  if (given.checkers && facts.virtualServers) out.push(given.checkersPidFile ?? named('checkers'));
  if (given.bfd && facts.bfd) out.push(given.bfdPidFile ?? named('bfd'));
  return [...new Set(out)];
}
