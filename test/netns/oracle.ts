/**
 * Debian's keepalived as the judge of effective values: each file is given to a real daemon in a network namespace with
 * the interfaces it names, which then writes its data dump (SIGUSR1). The daemon sees a root of its own in which every
 * program a file names is a copy of /bin/true, so nothing of the host can be run. Needs a sandbox (sandbox.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from './clock.ts';
import { crash, descendants, must } from './process.ts';

export type Question = {
  readonly text: string;
  /** Made as veth pairs, up, each with an address. */
  readonly interfaces: readonly string[];
  /** Absolute paths that must be executable. */
  readonly programs: readonly string[];
};

/** `exit`: the daemon refused to start. */
export type Answer = { readonly dump: string } | { readonly exit: number };

const START_MS = 8000;
/** What the daemon says when a file holds nothing for VRRP: it starts no child then. */
const NOTHING = 'has no configuration to run';
/** Where the daemon's own root has the file. */
export const CONF = '/conf/keepalived.conf';

export class Oracle {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** `root`: an empty folder. */
  static async open(root: string): Promise<Oracle> {
    await must('mount', ['-t', 'tmpfs', 'oracle', root]);
    for (const folder of [
      'usr/lib',
      'usr/sbin',
      'usr/bin',
      'etc',
      'tmp',
      'run',
      'proc',
      'dev',
      'conf',
      'var',
    ])
      mkdirSync(join(root, folder), { recursive: true });
    for (const name of ['lib', 'lib64', 'bin', 'sbin']) {
      if (existsSync(`/usr/${name}`)) mkdirSync(join(root, 'usr', name), { recursive: true });
      symlinkSync(`usr/${name}`, join(root, name));
    }
    for (const folder of ['/usr/lib', '/usr/lib64', '/dev'].filter((f) => existsSync(f)))
      await must('mount', ['--bind', folder, join(root, folder)]);
    await must('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
    copyFileSync('/usr/sbin/keepalived', join(root, 'usr/sbin/keepalived'));
    for (const file of ['/etc/passwd', '/etc/group', '/bin/true']) copyFileSync(file, join(root, file));
    return new Oracle(root);
  }

  async ask(q: Question): Promise<Answer> {
    writeFileSync(join(this.#root, CONF), q.text);
    for (const path of q.programs) {
      mkdirSync(join(this.#root, dirname(path)), { recursive: true });
      if (!existsSync(join(this.#root, path))) copyFileSync('/bin/true', join(this.#root, path));
    }
    const dump = join(this.#root, 'tmp/keepalived.data');
    for (const file of ['tmp/keepalived.data', 'run/main.pid', 'run/vrrp.pid'])
      rmSync(join(this.#root, file), { force: true });
    const child = this.#start(q.interfaces);
    const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
    // The daemon replaces the shell, and its child runs VRRP.
    const vrrp = (): number | undefined => descendants(child.pid as number)[0];
    try {
      const ready = () => ended() || this.#log().includes(NOTHING) || isIdle(vrrp());
      if (!(await until(ready, START_MS)))
        throw new Error(`keepalived neither started nor ended: ${this.#log()}`);
      if (!ended() && this.#log().includes(NOTHING)) return { dump: '' };
      const pid = vrrp();
      if (ended() || pid === undefined) return { exit: child.exitCode ?? 128 };
      process.kill(pid, 'SIGUSR1');
      const size = (): number => (existsSync(dump) ? statSync(dump).size : 0);
      let last = 0;
      const whole = () => {
        const now = size();
        const same = now > 0 && now === last;
        last = now;
        return ended() || same;
      };
      if (!(await until(whole, START_MS, 50))) throw new Error(`keepalived wrote no dump: ${this.#log()}`);
      return ended() ? { exit: child.exitCode ?? 128 } : { dump: readFileSync(dump, 'latin1') };
    } finally {
      await end(child);
    }
  }

  /** The end of what the daemon said. */
  #log(): string {
    return readFileSync(join(this.#root, 'tmp/log'), 'utf8').split('\n').slice(-6).join('\n');
  }

  #start(interfaces: readonly string[]): ChildProcess {
    const lines = [
      'link set lo up',
      ...interfaces.flatMap((name, i) => [
        `link add ${name} type veth peer name orc${i}`,
        `addr add 192.0.2.${i + 1}/24 dev ${name}`,
        `link set ${name} up`,
        `link set orc${i} up`,
      ]),
    ];
    const daemon = `keepalived -i oracle -P -n -l -D -f ${CONF} -p /run/main.pid -r /run/vrrp.pid`;
    const script = `ip -force -batch - <<'LINES'\n${lines.join('\n')}\nLINES\nexec chroot '${this.#root}' ${daemon}`;
    const log = openSync(join(this.#root, 'tmp/log'), 'w');
    const child = spawn('unshare', ['--net', '--', 'sh', '-c', script], {
      stdio: ['ignore', log, log],
      // keepalived writes its dump below TMPDIR, and its root has only /tmp.
      env: { PATH: process.env['PATH'] },
    });
    closeSync(log);
    return child;
  }
}

/** Sleeping in its event loop: the configuration is read by then. */
function isIdle(pid: number | undefined): boolean {
  const file = `/proc/${pid}/wchan`;
  return pid !== undefined && existsSync(file) && /epoll|ep_poll/.test(readFileSync(file, 'utf8'));
}

/** At once and with its children: what it leaves is in a namespace and a root that nobody uses again. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((done) => child.once('exit', done));
  crash(child.pid);
  await gone;
}
