/**
 * Two nodes with systemd as first process, without a virtual machine: each is a set of namespaces over an overlay of this
 * machine's files, on the network of a Lab. See node-init.sh for what a node sees.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../netns/clock.ts';
import { CHECKOUT } from '../netns/daemon.ts';
import { Lab } from '../netns/lab.ts';
import { pairTopology } from '../netns/pair.ts';
import { descendants, isErrno, type Output, run, signal } from '../netns/process.ts';

export type PairName = 'a' | 'b';
const NAMES: readonly PairName[] = ['a', 'b'];
const BOOT_TIMEOUT_MS = 30_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class SystemdPair {
  readonly lab: Lab;
  readonly #folder: string;
  readonly #tag: string;
  readonly #nodes = new Map<PairName, ChildProcess>();

  private constructor(lab: Lab, folder: string, tag: string) {
    this.lab = lab;
    this.#folder = folder;
    this.#tag = tag;
  }

  /** Both nodes, booted. `tag`: names namespaces and control groups. */
  static async up(tag: string, folder: string): Promise<SystemdPair> {
    const lab = await Lab.open(tag, pairTopology('ab', false), folder);
    const pair = new SystemdPair(lab, folder, `${tag}-${process.pid}`);
    // An exit without down() must not leave a systemd behind.
    process.once('exit', () => pair.#kill());
    try {
      for (const [i, name] of NAMES.entries()) pair.#boot(name, i + 1);
      for (const name of NAMES)
        if (!(await until(() => pair.#ready(name), BOOT_TIMEOUT_MS, 50)))
          throw new Error(`node ${name} does not boot: ${readFileSync(pair.#log(name), 'utf8')}`);
    } catch (e) {
      await pair.down();
      throw e;
    }
    return pair;
  }

  #log(name: PairName): string {
    return join(this.#folder, `${name}.boot.log`);
  }

  #boot(name: PairName, number: number): void {
    const home = join(this.#folder, `node-${name}`);
    for (const part of ['mem', 'root']) mkdirSync(join(home, part), { recursive: true });
    const log = openSync(this.#log(name), 'w');
    const init = join(CHECKOUT, 'test/systemd/node-init.sh');
    const child = spawn(
      'nsenter',
      [
        `--net=/run/netns/${this.lab.namespace(name)}`,
        '--',
        ...['unshare', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child=KILL', '--'],
        ...['bash', init, name, String(number), home, CHECKOUT, this.#group(name)],
      ],
      { stdio: ['ignore', log, log], detached: true },
    );
    closeSync(log);
    this.#nodes.set(name, child);
  }

  #group(name: PairName): string {
    return `${this.#tag}-${name}`;
  }

  async #ready(name: PairName): Promise<boolean> {
    return (
      this.pid(name) !== undefined && (await this.run(name, 'systemctl is-active -q lab.target')).status === 0
    );
  }

  /** The node's first process as seen from here: the child of `unshare`. */
  pid(name: PairName): number | undefined {
    const { pid } = this.#nodes.get(name) ?? {};
    return pid === undefined ? undefined : descendants(pid).find((p) => namespacePid(p) === 1);
  }

  /** Our view of a process that the node knows by another number. */
  hostPid(name: PairName, inside: number): number {
    const first = this.pid(name);
    const found =
      first === undefined ? undefined : descendants(first).find((p) => namespacePid(p) === inside);
    if (found === undefined) throw new Error(`node ${name} has no process ${inside}`);
    return found;
  }

  /** A shell command inside the node, as root, with a bare environment. */
  run(name: PairName, command: string): Promise<Output> {
    const first = this.pid(name);
    if (first === undefined) return Promise.resolve({ status: 1, text: `node ${name} is not up` });
    const into = ['-t', String(first), ...'-m -u -i -n -p -C -r -w'.split(' ')];
    const env = ['/usr/bin/env', '-i', `PATH=${PATH}`, 'HOME=/root', 'TERM=dumb', 'LANG=C.UTF-8'];
    return run('nsenter', [...into, '--', ...env, 'sh', '-c', command]);
  }

  /** As `run`, a non-zero status is an error with the node's journal. */
  async must(name: PairName, command: string): Promise<string> {
    const { status, text } = await this.run(name, command);
    if (status === 0) return text;
    const journal = await this.run(name, 'journalctl --no-pager -n 30 -o short-monotonic');
    throw new Error(`${name}: ${command} ended with ${status}\n${text}\n${journal.text}`);
  }

  /** Writes a file inside the node, with the folders above it. */
  async write(name: PairName, path: string, text: string): Promise<void> {
    const quoted = text.replaceAll("'", "'\\''");
    await this.must(name, `mkdir -p "$(dirname ${path})" && printf %s '${quoted}' > ${path}`);
  }

  #kill(): void {
    for (const name of NAMES) {
      const first = this.pid(name);
      if (first !== undefined) signal(first, 'SIGKILL');
    }
  }

  async down(): Promise<void> {
    this.#kill();
    await until(() => NAMES.every((n) => this.pid(n) === undefined), 5000);
    await this.lab.close();
    await this.#removeGroups();
  }

  /** Control groups outlive their processes; a private mount reaches them. */
  async #removeGroups(): Promise<void> {
    const script =
      'd=$(mktemp -d) && mount -t cgroup2 cgroup2 "$d" && for g in "$@"; do find "$d/$g" -depth -type d -exec rmdir {} +; done; umount "$d"; rmdir "$d"';
    await run('unshare', [
      '--mount',
      '--',
      'sh',
      '-c',
      script,
      'groups',
      ...NAMES.map((n) => this.#group(n)),
    ]);
  }
}

/** Number of a process in its innermost pid namespace. */
function namespacePid(pid: number): number | undefined {
  try {
    const line = /^NSpid:(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    const state = /^State:\s*(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return state === 'Z' ? undefined : Number(line.trim().split(/\s+/).at(-1));
  } catch (e) {
    if (isErrno(e, 'ENOENT', 'ESRCH')) return undefined;
    throw e;
  }
}
