/** The rounds of bench/failover.ts: a lab, a client that probes, and what the wire and the kernel said about each round. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prng } from '../src/base/prng.ts';
import { readPcap } from '../test/netns/capture.ts';
import { nowS, sleepMs, until } from '../test/netns/clock.ts';
import { CHECKOUT, type Daemon } from '../test/netns/daemon.ts';
import { describe, field } from '../test/netns/frames.ts';
import { Lab, SWITCH } from '../test/netns/lab.ts';
import { ProbeClient, program } from '../test/netns/probe.ts';
import { userTopology, VIP } from '../test/netns/user-lab.ts';

const ECHO_PORT = 7777;
const MASTER_CONF = join(CHECKOUT, 'test/fixtures/seed/3.3-master.conf');
const BACKUP_CONF = join(CHECKOUT, 'test/fixtures/seed/3.3-slave.conf');
const ADDRESS = { lb1: '192.168.213.11', lb2: '192.168.213.12' } as const;
const ELECTION_MS = 15_000;
/** RFC 3768: of priority 90 at one advert a second. */
export const SKEW_MS: number = ((256 - 90) / 256) * 1000;
export const MASTER_DOWN_MS: number = 3000 + SKEW_MS;
/** A frame may be stamped before the signal that we noted first. */
const SLACK_S = 0.02;

/**
 * 'Gap': the client was not served. 'ToAdvert': to the successor's advert, less what theory asks for;
 * 'ToSuccessor': from the event to it. */
export type MetricKey =
  | 'stopGap'
  | 'stopToZero'
  | 'zeroToAdvert'
  | 'returnGap'
  | 'crashGap'
  | 'crashToAdvert'
  | 'crashToSuccessor'
  | 'linkGap'
  | 'linkToAdvert'
  | 'linkToGone'
  | 'linkReturnGap'
  | 'cleanupGap'
  | 'cleanupToZero'
  | 'cleanupToSuccessor';
/** Milliseconds; a metric that was not seen in this round is left out. */
export type Round = Partial<Record<MetricKey, number>>;

type Event = 'stop' | 'return' | 'crash' | 'link' | 'link-return' | 'cleanup';
/** One thing that happened, until the address had settled again. */
type Mark = { readonly event: Event; readonly atS: number; readonly endS: number; readonly gapMs: number };
type Advert = { readonly atS: number; readonly from: string; readonly priority: number };

/**
 * `prefix`: of the lab. `folder` is made. `master` and `backup`: command templates. `unit`: the master has an ExecStopPost, so one
 * more crash is followed by it.
 */
export async function measurePairing(
  prefix: string,
  folder: string,
  master: string,
  backup: string,
  runs: number,
  unit: boolean,
): Promise<Round[]> {
  mkdirSync(folder, { recursive: true });
  const lab = await Lab.open(prefix, userTopology(), folder);
  const pcap = join(folder, 'br0.pcap');
  try {
    const capture = await lab.capture(pcap, 'br0', 'ip proto 112');
    for (const lb of ['lb1', 'lb2'] as const)
      lab.spawn(lb, [process.execPath, program('echo-server'), lb, String(ECHO_PORT)]);
    copyFileSync(BACKUP_CONF, join(folder, 'lb2.conf'));
    copyFileSync(MASTER_CONF, join(folder, 'lb1.conf'));
    lab.start('lb2', backup, join(folder, 'lb2.conf'));
    const rounds = await Rounds.begin(lab, master, prefix.charCodeAt(1));
    const marks: Mark[][] = [];
    for (let i = 0; i < runs; i++) marks.push(await rounds.once(unit));
    await capture.stop();
    const adverts = readAdverts(pcap);
    return marks.map((m) => evaluate(lab, m, adverts));
  } finally {
    await lab.close();
  }
}

class Rounds {
  readonly #lab: Lab;
  readonly #command: string;
  readonly #random: () => number;
  #daemon: Daemon;
  readonly #prober: ProbeClient;

  private constructor(lab: Lab, command: string, seed: number, daemon: Daemon, prober: ProbeClient) {
    this.#lab = lab;
    this.#command = command;
    this.#random = prng(seed);
    this.#daemon = daemon;
    this.#prober = prober;
  }

  static async begin(lab: Lab, command: string, seed: number): Promise<Rounds> {
    const daemon = lab.start('lb1', command, join(lab.folder, 'lb1.conf'));
    await holder(lab, 'lb1');
    const prober = await ProbeClient.start(lab, 'client', 'udp', VIP, ECHO_PORT, 1);
    return new Rounds(lab, command, seed, daemon, prober);
  }

  async once(unit: boolean): Promise<Mark[]> {
    const marks: Mark[] = [];
    marks.push(await this.#mark('stop', 'lb2', () => this.#stop()));
    marks.push(await this.#mark('return', 'lb1', () => this.#start()));
    marks.push(await this.#mark('crash', 'lb2', () => this.#daemon.kill9()));
    await this.#mark('return', 'lb1', () => this.#start());
    marks.push(await this.#mark('link', 'lb2', () => this.#link('down')));
    marks.push(await this.#mark('link-return', 'lb1', () => this.#link('up')));
    if (!unit) return marks;
    marks.push(await this.#mark('cleanup', 'lb2', () => this.#crashUnderUnit()));
    await this.#mark('return', 'lb1', () => this.#start());
    return marks;
  }

  /** `act` returns when it happened; then `node` must get the address, alone. */
  async #mark(event: Event, node: string, act: () => Promise<number> | number): Promise<Mark> {
    // The phase between us and the adverts is never the same.
    await sleepMs(1000 + 1000 * this.#random());
    const atS = await act();
    await holder(this.#lab, node);
    await sleepMs(300);
    const { gapMs } = await this.#prober.since(atS - 0.05);
    return { event, atS, endS: nowS(), gapMs };
  }

  async #stop(): Promise<number> {
    const atS = this.#daemon.signal('SIGTERM');
    await this.#daemon.ended();
    return atS;
  }

  #start(): number {
    this.#daemon = this.#lab.start('lb1', this.#command, join(this.#lab.folder, 'lb1.conf'));
    return this.#daemon.startedS;
  }

  async #link(to: 'up' | 'down'): Promise<number> {
    const atS = nowS();
    await this.#lab.sh(SWITCH, `ip link set plb10 ${to}`);
    return atS;
  }

  /** As systemd does it with the lines of systemd/vipd.service. */
  async #crashUnderUnit(): Promise<number> {
    const run = join(this.#daemon.runFolder, 'main.vipd');
    const atS = await this.#daemon.kill9();
    await this.#lab.sh('lb1', `test ! -s ${run}/release.batch || exec ip -force -batch ${run}/release.batch`);
    const { status, text } = await this.#lab.sh('lb1', `${CHECKOUT}/bin/vipd cleanup --run-dir=${run}`);
    if (status !== 0) throw new Error(`vipd cleanup ended with ${status}: ${text}`);
    return atS;
  }
}

async function holder(lab: Lab, node: string): Promise<void> {
  const held = (): boolean => {
    const now = lab.addresses.holders(VIP);
    // A crashed node and one without a link may keep it: nobody asks them any more.
    return node === 'lb2' ? now.endsWith(node) : now === node;
  };
  if (!(await until(held, ELECTION_MS, 5)))
    throw new Error(`the address is at '${lab.addresses.holders(VIP)}', not at ${node}`);
}

function readAdverts(pcap: string): Advert[] {
  const adverts: Advert[] = [];
  for (const p of readPcap(pcap)) {
    const fields = describe(p.bytes);
    if (fields === undefined || fields['kind'] !== 'vrrp') continue;
    const from = String(field(fields, 'ip.src'));
    adverts.push({ atS: p.atS, from, priority: Number(field(fields, 'vrrp.priority')) });
  }
  return adverts;
}

function evaluate(lab: Lab, marks: readonly Mark[], adverts: readonly Advert[]): Round {
  const mark = (event: Event): Mark | undefined => marks.find((m) => m.event === event);
  const first = (m: Mark | undefined, from: string, zero: boolean): number | undefined =>
    adverts.find(
      (a) =>
        m !== undefined && a.atS >= m.atS && a.atS < m.endS && a.from === from && (a.priority === 0) === zero,
    )?.atS;
  const ms = (toS: number | undefined, fromS: number | undefined, lessMs = 0): number | undefined =>
    toS === undefined || fromS === undefined ? undefined : (toS - fromS) * 1000 - lessMs;
  const beyondTheory = (m: Mark | undefined): number | undefined => {
    const last = adverts.findLast(
      (a) => m !== undefined && a.atS < m.atS + SLACK_S && a.from === ADDRESS.lb1,
    );
    return ms(first(m, ADDRESS.lb2, false), last?.atS, MASTER_DOWN_MS);
  };
  const [stop, crash, link, cleanup] = [mark('stop'), mark('crash'), mark('link'), mark('cleanup')];
  const zeroS = first(stop, ADDRESS.lb1, true);
  const goneS = lab.addresses.events.find(
    (e) => link !== undefined && e.node === 'lb1' && e.address === VIP && !e.present && e.atS >= link.atS,
  )?.atS;
  const all: Record<MetricKey, number | undefined> = {
    stopGap: stop?.gapMs,
    stopToZero: ms(zeroS, stop?.atS),
    zeroToAdvert: ms(first(stop, ADDRESS.lb2, false), zeroS, SKEW_MS),
    returnGap: mark('return')?.gapMs,
    crashGap: crash?.gapMs,
    crashToAdvert: beyondTheory(crash),
    crashToSuccessor: ms(first(crash, ADDRESS.lb2, false), crash?.atS),
    linkGap: link?.gapMs,
    linkToAdvert: beyondTheory(link),
    linkToGone: ms(goneS, link?.atS),
    linkReturnGap: mark('link-return')?.gapMs,
    cleanupGap: cleanup?.gapMs,
    cleanupToSuccessor: ms(first(cleanup, ADDRESS.lb2, false), cleanup?.atS),
    cleanupToZero: ms(first(cleanup, ADDRESS.lb1, true), cleanup?.atS),
  };
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as Round;
}
