/**
 * A private set of namespaces (mount, pid, network; a user namespace too when we are not root) in which a lab runs: whatever
 * way the program ends, the kernel removes its processes, networks and mounts. /run and /tmp/vrrp-lab are its own, so
 * pid files, `ip netns` names and the files of notify scripts of several sandboxes do not meet.
 */
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';

/** Set inside a sandbox. */
export const INSIDE = 'VIPD_LAB_SANDBOX';

export const insideSandbox = (): boolean => process.env[INSIDE] === '1';
const isRoot = (): boolean => process.getuid?.() === 0;

/** The first process of the sandbox stays a shell: it reaps orphans, which Node as process 1 would not. */
const SETUP = [
  'mount -t tmpfs -o mode=755 vipd-run /run',
  'mkdir -p /run/netns /run/lock /tmp/vrrp-lab',
  'mount -t tmpfs -o mode=777 vipd-lab /tmp/vrrp-lab',
  'ip link set lo up',
].join(' && ');

function unshareArguments(): string[] {
  const own = ['--mount', '--pid', '--net', '--fork', '--kill-child=KILL', '--mount-proc'];
  return isRoot() ? own : ['--user', '--map-root-user', ...own];
}

/** Why no sandbox can be made here, with its remedy; undefined when it can. */
export function sandboxObstacle(): string | undefined {
  const tried = spawnSync('unshare', [...unshareArguments(), '--', 'sh', '-c', SETUP], { encoding: 'utf8' });
  if (tried.status === 0) return undefined;
  const said = `${tried.stderr ?? ''}${tried.error?.message ?? ''}`.trim().split('\n')[0] ?? '';
  return isRoot()
    ? `this machine does not let root make network namespaces (${said}); in a container, run it with --privileged`
    : `this kernel does not let an ordinary user make namespaces (${said}); run it as root: sudo -E npm start`;
}

/** Starts `argv` in a new sandbox. `env` is added to ours. */
export function spawnInSandbox(
  argv: readonly string[],
  stdio: StdioOptions,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(
    'unshare',
    [...unshareArguments(), '--', 'sh', '-c', `${SETUP} || exit 97; "$@"; exit $?`, 'sandbox', ...argv],
    { stdio, env: { ...process.env, ...env, [INSIDE]: '1' } },
  );
}

/**
 * Runs this very program again in a sandbox, with our arguments and standard streams; resolves with its status.
 * SIGINT and SIGTERM end the sandbox at once: nothing can be left behind.
 */
export async function rerunInSandbox(env: Readonly<Record<string, string>> = {}): Promise<number> {
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawnInSandbox(argv, 'inherit', env);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill('SIGTERM'));
  return new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 130));
  });
}
