/**
 * The user's set-up (test/fixtures/seed): two nodes lb1 and lb2 with HAProxy and a VRRP daemon on ens33, two web servers and a
 * client, on one network 192.168.213.0/24. HAProxy binds *:80, so it runs on both nodes all the time.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './clock.ts';
import { CHECKOUT, type Daemon } from './daemon.ts';
import { Lab, type Topology } from './lab.ts';
import { program } from './probe.ts';
import { run } from './process.ts';

export const VIP = '192.168.213.100';
export type Balancer = 'lb1' | 'lb2';

const SEED = join(CHECKOUT, 'test/fixtures/seed');
const CONF: Readonly<Record<Balancer, string>> = { lb1: '3.3-master.conf', lb2: '3.3-slave.conf' };
const HOST = { lb1: 11, lb2: 12, web01: 13, web02: 14, client: 50 } as const;

export function userTopology(): Topology {
  return {
    bridges: ['br0'],
    nodes: Object.entries(HOST).map(([name, host]) => ({
      name,
      interfaces: [
        {
          name: 'ens33',
          bridge: 'br0',
          mac: `02:00:00:00:d5:${host.toString(16).padStart(2, '0')}`,
          addresses: [`192.168.213.${host}/24`],
        },
      ],
    })),
  };
}

/**
 * The user's haproxy.cfg for HAProxy 2.6 and two nodes on one machine: `nbproc` and `process N` are gone since 2.5, paths are
 * the node's own, maxconn fits a machine whose file limit cannot be raised. `privileged`: keep chroot, user and group.
 */
export function adaptHaproxy(text: string, folder: string, privileged: boolean): string {
  const out: string[] = [];
  let sockets = 0;
  for (const line of text.split('\n')) {
    const word = line.trim().split(/\s+/)[0] ?? '';
    if (word === 'nbproc') continue;
    if (['chroot', 'user', 'group'].includes(word) && !privileged) continue;
    if (line.trim().startsWith('stats socket')) {
      if (sockets++ === 0) out.push(`    stats socket ${folder}/haproxy.sock mode 600 level admin`);
      continue;
    }
    if (word === 'chroot') out.push(`    chroot ${folder}/chroot`);
    else if (word === 'pidfile') out.push(`    pidfile ${folder}/haproxy.pid`);
    else if (word === 'maxconn') out.push('    maxconn 2000');
    else out.push(line);
  }
  return out.join('\n');
}

export class UserLab {
  readonly lab: Lab;
  readonly #command: string;

  private constructor(lab: Lab, command: string) {
    this.lab = lab;
    this.#command = command;
  }

  /** Network, web servers and HAProxy; the VRRP daemons are started by `start`. `command`: see COMMANDS. */
  static async open(prefix: string, folder: string, command: string): Promise<UserLab> {
    const lab = await Lab.open(prefix, userTopology(), folder);
    const user = new UserLab(lab, command);
    try {
      for (const web of ['web01', 'web02'])
        lab.spawn(web, [process.execPath, program('web-server'), web, '80']);
      // HAProxy takes a server down on a failed first check, and needs three good ones to trust it again.
      for (const web of ['web01', 'web02'] as const)
        if (
          !(await until(async () => (await user.get(`http://192.168.213.${HOST[web]}/`)) === web, 10_000, 50))
        )
          throw new Error(`${web} does not answer`);
      for (const lb of ['lb1', 'lb2'] as const) await user.#startHaproxy(lb);
    } catch (e) {
      await lab.close();
      throw e;
    }
    return user;
  }

  async #startHaproxy(lb: Balancer): Promise<void> {
    const folder = join(this.lab.folder, `${lb}-haproxy`);
    mkdirSync(join(folder, 'chroot'), { recursive: true });
    const privileged =
      (await run('sh', ['-c', 'grep -q "^ *0 *0 *4294967295" /proc/self/uid_map'])).status === 0;
    const conf = join(folder, 'haproxy.cfg');
    writeFileSync(
      conf,
      adaptHaproxy(readFileSync(join(SEED, '3.2-haproxy.cfg'), 'utf8'), folder, privileged),
    );
    const haproxy = this.lab.start(lb, 'haproxy -db -f {conf}', conf, join(folder, 'log'));
    const own = `http://192.168.213.${HOST[lb]}/`;
    const serves = await until(async () => haproxy.alive && (await this.get(own)) !== undefined, 10_000, 100);
    if (!serves)
      throw new Error(`HAProxy on ${lb} does not answer: ${readFileSync(join(folder, 'log'), 'utf8')}`);
  }

  /** Starts the VRRP daemon on the user's own file. */
  start(lb: Balancer): Daemon {
    const conf = join(this.lab.folder, `${lb}.conf`);
    copyFileSync(join(SEED, CONF[lb]), conf);
    return this.lab.start(lb, this.#command, conf);
  }

  /** Body of a page as the client gets it with curl, undefined when it does not come within 2 s. */
  async get(url: string = `http://${VIP}/`): Promise<string | undefined> {
    const { status, text } = await this.lab.sh('client', `curl -sS --max-time 2 ${url}`);
    return status === 0 ? text.trim() : undefined;
  }

  /** Waits until exactly this balancer holds the VIP. */
  async waitHolder(lb: Balancer, timeoutMs: number): Promise<boolean> {
    await this.lab.addresses.settle();
    return until(() => this.lab.addresses.holders(VIP) === lb, timeoutMs, 5);
  }
}
