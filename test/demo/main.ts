/**
 * `npm start`: the user's set-up on this one machine, as a story with times. Two nodes with HAProxy and vipd, two web servers and
 * a client live in network namespaces; the master is stopped, started again and killed while the client goes on. Ends by itself;
 * status 0 when everything happened that should. Needs root or a kernel that gives users namespaces of their own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nowS, sleepMs } from '../netns/clock.ts';
import { COMMANDS, type Daemon, type DaemonKind } from '../netns/daemon.ts';
import { ProbeClient } from '../netns/probe.ts';
import type { ProbeReport } from '../netns/probe-report.ts';
import { insideSandbox, rerunInSandbox, sandboxObstacle } from '../netns/sandbox.ts';
import { type Balancer, UserLab, VIP } from '../netns/user-lab.ts';

const PICTURE = `
   client .50 ----+---- lb1 .11  HAProxy, vipd: state MASTER, priority 100   (test/fixtures/seed/3.3-master.conf)
                  |---- lb2 .12  HAProxy, vipd: state SLAVE,  priority  90   (test/fixtures/seed/3.3-slave.conf)
  192.168.213.0/24|---- web01 .13
                  +---- web02 .14       the virtual address: ${VIP}
`;
const ELECTION_MS = 10_000;
/** The client connects this often; a gap shorter than this is not seen. */
const PROBE_EVERY_MS = 2;
/** Environment: where logs go; made and removed by the process outside the sandbox, which survives it. */
const FOLDER = 'VIPD_DEMO_FOLDER';

class Story {
  readonly #startS = nowS();
  readonly #user: UserLab;
  readonly #shown = new Map<Balancer, number>();
  #events: number;
  failures = 0;

  constructor(user: UserLab) {
    this.#user = user;
    this.#events = user.lab.addresses.events.length;
  }

  tell(who: string, what: string): void {
    this.#line(nowS(), who, what);
  }

  #line(atS: number, who: string, what: string): void {
    console.log(`${(atS - this.#startS).toFixed(3).padStart(8)} s  ${who.padEnd(6)} ${what}`);
  }

  /** A thing that has to be so; the story goes on, the exit status tells. */
  must(ok: boolean, who: string, good: string, bad: string): void {
    if (!ok) this.failures++;
    this.tell(who, ok ? good : `NOT AS IT SHOULD BE: ${bad}`);
  }

  /** What the kernel and the daemons reported since the last call. */
  catchUp(): void {
    const { events } = this.#user.lab.addresses;
    for (; this.#events < events.length; this.#events++) {
      const e = events[this.#events];
      if (e?.address === VIP) this.#line(e.atS, e.node, `${e.present ? 'has' : 'lost'} the address ${VIP}`);
    }
    for (const lb of ['lb1', 'lb2'] as const) {
      const file = join(this.#user.lab.folder, `${lb}.log`);
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
      for (const line of lines.slice(this.#shown.get(lb) ?? 0)) {
        const state = /\(\S+\) Entering \w+ STATE.*/.exec(line)?.[0];
        if (state !== undefined) this.tell(lb, `says: ${state}`);
      }
      this.#shown.set(lb, lines.length);
    }
  }

  /** Four curls: both web servers in turn. */
  async curl(): Promise<void> {
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) answers.push((await this.#user.get()) ?? 'no answer');
    const fair =
      answers.filter((a) => a === 'web01').length === 2 && answers.filter((a) => a === 'web02').length === 2;
    this.must(
      fair,
      'client',
      `curl http://${VIP}/  ->  ${answers.join(', ')}`,
      `curl answers ${answers.join(', ')}`,
    );
  }

  async moved(to: Balancer, timeoutMs: number): Promise<void> {
    const ok = await this.#user.waitHolder(to, timeoutMs);
    await sleepMs(150);
    this.catchUp();
    this.must(ok, to, 'is the only holder', `the address is at '${this.#user.lab.addresses.holders(VIP)}'`);
  }

  async ended(lb: Balancer, daemon: Daemon): Promise<void> {
    await daemon.ended();
    this.must(
      daemon.ending === 0,
      lb,
      'has ended with status 0',
      `its vipd ended with ${String(daemon.ending)}`,
    );
  }

  async gap(report: ProbeReport, mostMs: number): Promise<void> {
    const seen =
      report.lost === 0
        ? `no connection of ${report.sent} failed (one every ${PROBE_EVERY_MS} ms)`
        : `not served for ${report.gapMs.toFixed(0)} ms: ${report.lost} of ${report.sent} connections failed`;
    this.must(report.gapMs <= mostMs, 'client', seen, `${seen}; at most ${mostMs} ms was expected`);
  }
}

async function tellStory(user: UserLab, keepalived: boolean): Promise<number> {
  const story = new Story(user);
  const ticker = setInterval(() => story.catchUp(), 20);
  story.tell('lb1+2', 'HAProxy answers on port 80 of both nodes');
  const slave = user.start('lb2');
  let master = user.start('lb1');
  story.tell('lb1+2', 'vipd starts; a new node listens for three advert intervals first');
  await story.moved('lb1', ELECTION_MS);
  await story.curl();
  const prober = await ProbeClient.start(user.lab, 'client', 'tcp', VIP, 80, PROBE_EVERY_MS);

  story.tell('lb1', 'is stopped in order (SIGTERM)');
  let sinceS = master.signal('SIGTERM');
  await story.moved('lb2', ELECTION_MS);
  await story.curl();
  await story.gap(await prober.since(sinceS), keepalived ? 900 : 150);
  await story.ended('lb1', master);

  story.tell('lb1', 'is started again');
  sinceS = nowS();
  master = user.start('lb1');
  await story.moved('lb1', ELECTION_MS);
  await story.curl();
  await story.gap(await prober.since(sinceS), 150);

  story.tell('lb1', 'loses power (its daemon is killed and its network cut)');
  sinceS = await master.kill9();
  await user.lab.sh('sw', 'ip link set plb10 down');
  await user.lab.sh('lb1', `ip addr flush dev ens33`);
  await story.moved('lb2', ELECTION_MS);
  await story.curl();
  await story.gap(await prober.since(sinceS), 4200);

  clearInterval(ticker);
  prober.stop();
  slave.signal('SIGTERM');
  await story.ended('lb2', slave);
  return story.failures;
}

async function main(): Promise<number> {
  const missing = ['ip', 'haproxy', 'curl', 'unshare', 'nsenter'].filter(
    (tool) => spawnSync('sh', ['-c', `command -v ${tool}`], { env: withSbin() }).status !== 0,
  );
  if (missing.length > 0) {
    console.error(
      `missing: ${missing.join(', ')}; install with: apt-get install iproute2 haproxy curl util-linux`,
    );
    return 2;
  }
  if (!insideSandbox()) {
    const obstacle = sandboxObstacle();
    if (obstacle !== undefined) {
      console.error(obstacle);
      return 2;
    }
    const made = mkdtempSync(join(tmpdir(), 'vipd-demo-'));
    const status = await rerunInSandbox({ [FOLDER]: made });
    if (status !== 1) rmSync(made, { recursive: true, force: true });
    return status;
  }
  const kind: DaemonKind = process.env['VIPD_LAB_DAEMON'] === 'keepalived' ? 'keepalived' : 'vipd';
  const folder = process.env[FOLDER] ?? tmpdir();
  console.log(PICTURE);
  const user = await UserLab.open('vd', folder, COMMANDS[kind]);
  let failures = 1;
  try {
    failures = await tellStory(user, kind === 'keepalived');
  } finally {
    await user.lab.close();
  }
  console.log(
    failures === 0
      ? '\nAll as it should be.'
      : `\n${failures} thing(s) not as they should be; logs: ${folder}`,
  );
  return failures === 0 ? 0 : 1;
}

/** A user's PATH often lacks the folders where iproute2 and haproxy are. */
function withSbin(): NodeJS.ProcessEnv {
  process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;
  return process.env;
}

process.exitCode = await main();
