/** Plays one scenario in a lab of its own and judges it. What the daemons are is only a command template to it. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertNever } from '../../src/base/assert.ts';
import { type Packet, readPcap } from './capture.ts';
import { nowS, sleepMs, until } from './clock.ts';
import type { Daemon } from './daemon.ts';
import { describe, type Fields, field } from './frames.ts';
import { Lab } from './lab.ts';
import { nodeOfAddress, nodeOfMac, pairTopology } from './pair.ts';
import type { FrameFilter, Scenario, Step } from './steps.ts';

export type Check = { readonly what: string; readonly ok: boolean; readonly value: unknown };
export type Played = { readonly ok: boolean; readonly seconds: number; readonly checks: readonly Check[] };

export type Cast = {
  /** Folder of the scenario's files. */
  readonly folder: string;
  readonly scenario: Scenario;
  /** Command templates, see COMMANDS. */
  readonly commands: Readonly<Record<string, string>>;
  /** Namespaces are named after it. */
  readonly prefix: string;
  /** Emptied first, then holds conf files, logs and the capture. */
  readonly keep: string;
};

/** Files that scenarios' scripts write; a sandbox has its own. */
const SCRATCH = '/tmp/vrrp-lab';
/** How much longer than `max` a vip step waits, so that the report says how late it was. */
const EXTRA_WAIT_MS = 1000;
/**
 * The scenarios judge the protocol, not how long a loaded machine takes to load a program: what a start-up needs beyond this
 * (until its VRRP pid file is there) is granted to the times counted from that start. Start-up itself is judged by the benchmark.
 */
const START_ALLOWED_S = 0.2;
const START_GIVEN_UP_MS = 10_000;

type Seen = { readonly atS: number; readonly fields: Fields; readonly node: string | undefined };
type Deferred = { readonly tag: string; readonly step: Step; readonly fromS: number; readonly toS: number };

export async function play(cast: Cast): Promise<Played> {
  const startedS = nowS();
  const player = new Player(cast);
  await player.play();
  const checks = player.checks;
  return {
    ok: checks.every((c) => c.ok),
    seconds: Math.round((nowS() - startedS) * 10) / 10,
    checks,
  };
}

class Player {
  readonly checks: Check[] = [];
  readonly #cast: Cast;
  readonly #marks = new Map<string, number>();
  readonly #daemons = new Map<string, Daemon>();
  readonly #deferred: Deferred[] = [];
  /** Start-ups: when, and how long until the pid file was there (once it is known). */
  readonly #starts: { readonly atS: number; readonly ready: Promise<void>; tookS: number }[] = [];
  #granted = 0;
  /** Every daemon but those that were killed: all of them are told to stop, by a step or at the end. */
  get #ended(): { readonly node: string; readonly daemon: Daemon }[] {
    return this.#started.filter((x) => !this.#killed.has(x.daemon));
  }
  readonly #started: { readonly node: string; readonly daemon: Daemon }[] = [];
  readonly #killed = new Set<Daemon>();

  constructor(cast: Cast) {
    this.#cast = cast;
  }

  async play(): Promise<void> {
    const { keep, scenario, prefix, folder } = this.#cast;
    rmSync(keep, { recursive: true, force: true });
    mkdirSync(keep, { recursive: true });
    mkdirSync(SCRATCH, { recursive: true });
    for (const name of readdirSync(SCRATCH)) rmSync(join(SCRATCH, name), { recursive: true });
    const nodes = scenario.nodes ?? 'ab';
    for (const n of nodes) copyFileSync(join(folder, `${n}.conf`), join(keep, `${n}.conf`));
    const pcap = join(keep, 'br0.pcap');
    const lab = await Lab.open(prefix, pairTopology(nodes, scenario.second ?? false), keep);
    try {
      const capture = await lab.capture(pcap);
      this.#mark('begin');
      this.#mark('last');
      await this.#steps(lab);
      await sleepMs(200);
      await capture.stop();
    } catch (e) {
      this.#check('the scenario could be played', false, String(e));
    } finally {
      await lab.close();
    }
    for (const { node, daemon } of this.#ended)
      this.#check(
        `a daemon of ${node} ends with status 0 when it is told to stop`,
        daemon.ending === 0,
        daemon.ending,
      );
    if (existsSync(pcap)) this.#judgeFrames(readPcap(pcap));
  }

  async #steps(lab: Lab): Promise<void> {
    for (const [i, step] of this.#cast.scenario.steps.entries())
      if (!(await this.#step(lab, `${i}:${step.op}`, step))) return;
  }

  /** False: the rest makes no sense any more. */
  async #step(lab: Lab, tag: string, s: Step): Promise<boolean> {
    switch (s.op) {
      case 'start':
        this.#mark('last');
        this.#start(lab, s.n);
        break;
      case 'term':
        this.#mark('last', this.#daemon(s.n).signal('SIGTERM'));
        if (s.wait === true) await this.#daemon(s.n).ended();
        break;
      case 'kill':
        this.#mark('last', await this.#daemon(s.n).kill9());
        this.#killed.add(this.#daemon(s.n));
        break;
      case 'hup':
        copyFileSync(join(this.#cast.folder, s.conf), join(this.#cast.keep, `${s.n}.conf`));
        this.#mark('last', this.#daemon(s.n).signal('SIGHUP'));
        break;
      case 'mark':
        this.#mark(s.name);
        break;
      case 'sleep':
        await sleepMs(s.s * 1000);
        await this.#grantSlowStarts();
        break;
      case 'sh': {
        if (s.quiet !== 1) this.#mark('last');
        const { status, text } = await lab.sh(s.n, s.cmd);
        if (status !== 0 && s.nocheck !== 1) throw new Error(`${tag} \`${s.cmd}\` on ${s.n}: ${text}`);
        break;
      }
      case 'vip':
        return this.#vip(lab, tag, s);
      case 'holders':
        await lab.addresses.settle();
        this.#check(
          `${tag} holders of ${s.vip} = '${s.want}'`,
          lab.addresses.holders(s.vip) === s.want,
          lab.addresses.holders(s.vip),
        );
        break;
      case 'stays':
      case 'single':
        await this.#steady(lab, tag, s);
        break;
      case 'out':
        await this.#output(lab, tag, s);
        break;
      case 'frames':
      case 'gap':
        this.#deferred.push({
          tag,
          step: s,
          fromS: this.#at(s.from ?? 'last'),
          toS: s.to === undefined ? nowS() : this.#at(s.to),
        });
        break;
      case 'log':
        this.#log(tag, s);
        break;
      default:
        assertNever(s);
    }
    return true;
  }

  #start(lab: Lab, node: string): void {
    const daemon = lab.start(node, this.#command(node), join(this.#cast.keep, `${node}.conf`));
    this.#daemons.set(node, daemon);
    this.#started.push({ node, daemon });
    const pidFile = join(daemon.runFolder, 'vrrp.pid');
    const start = { atS: daemon.startedS, ready: Promise.resolve(), tookS: 0 };
    start.ready = until(() => existsSync(pidFile) || !daemon.alive, START_GIVEN_UP_MS, 5).then(() => {
      start.tookS = nowS() - start.atS;
    });
    this.#starts.push(start);
  }

  /** Seconds beyond START_ALLOWED_S that the slowest start-up since the instant took, or takes until now. */
  #slowStartS(sinceS: number): number {
    const took = this.#starts
      .filter((x) => x.atS >= sinceS - 0.1)
      .map((x) => (x.tookS === 0 ? nowS() - x.atS : x.tookS));
    return Math.max(0, Math.max(0, ...took) - START_ALLOWED_S);
  }

  /** A pause after a start is meant for a daemon that runs: it is lengthened by what the start-up took too long, once. */
  async #grantSlowStarts(): Promise<void> {
    const fresh = this.#starts.slice(this.#granted);
    this.#granted = this.#starts.length;
    await Promise.all(fresh.map((x) => x.ready));
    const [first] = fresh;
    if (first !== undefined) await sleepMs(this.#slowStartS(first.atS) * 1000);
  }

  async #vip(lab: Lab, tag: string, s: Step & { op: 'vip' }): Promise<boolean> {
    const present = s.present ?? true;
    const min = s.min ?? 0;
    const max = s.max ?? 10;
    const sinceS = this.#at(s.since ?? 'last');
    const fromStart = this.#starts.some((x) => Math.abs(x.atS - sinceS) < 0.1);
    if (fromStart) await Promise.all(this.#starts.map((x) => x.ready));
    const granted = fromStart ? this.#slowStartS(sinceS) : 0;
    const came = await lab.waitAddress(s.n, s.vip, present, (max + granted) * 1000 + EXTRA_WAIT_MS);
    // The instant of the change itself; 0 when it was so before the mark.
    const changedS = lab.addresses.lastChangeS(s.n, s.vip, present) ?? sinceS;
    const delay = came ? Math.round(Math.max(0, changedS - sinceS) * 1000) / 1000 : null;
    this.#check(
      `${tag} ${s.vip} ${present ? 'on' : 'gone from'} ${s.n} after ${min}..${max} s${granted > 0 ? ` (and ${granted.toFixed(1)} s for a slow start-up)` : ''}`,
      delay !== null && delay >= min && delay <= max + granted,
      delay,
    );
    return came;
  }

  async #steady(lab: Lab, tag: string, s: Step & { op: 'stays' | 'single' }): Promise<void> {
    await lab.addresses.settle();
    const seen = new Set<string>();
    const end = performance.now() + s.s * 1000;
    await until(
      () => {
        seen.add(lab.addresses.holders(s.vip));
        return performance.now() >= end;
      },
      s.s * 1000 + 1000,
      5,
    );
    const only = seen.size === 1 ? [...seen][0] : undefined;
    if (s.op === 'stays')
      this.#check(`${tag} holders of ${s.vip} stay '${s.want}' for ${s.s} s`, only === s.want, [...seen]);
    else this.#check(`${tag} exactly one holder of ${s.vip} for ${s.s} s`, only?.length === 1, [...seen]);
  }

  async #output(lab: Lab, tag: string, s: Step & { op: 'out' }): Promise<void> {
    const { text } = await lab.sh(s.n, s.cmd);
    const matches = typeof s.match !== 'string' || new RegExp(s.match).test(text);
    const clean = typeof s.absent !== 'string' || !new RegExp(s.absent).test(text);
    this.#check(
      `${tag} \`${s.cmd}\` on ${s.n} matches ${s.match ?? '-'}, not ${s.absent ?? '-'}`,
      matches && clean,
      text.trim().slice(-600),
    );
  }

  #log(tag: string, s: Step & { op: 'log' }): void {
    const file = join(this.#cast.keep, `${s.n}.log`);
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const found = lines.filter((l) => new RegExp(s.match).test(l)).length;
    this.#check(`${tag} log of ${s.n} has ${s.match} (for the record)`, true, found);
  }

  #judgeFrames(packets: readonly Packet[]): void {
    const frames: Seen[] = [];
    for (const p of packets) {
      const fields = describe(p.bytes);
      if (fields === undefined) continue;
      const byIp = nodeOfAddress(String(field(fields, 'ip.src')));
      const node = fields['kind'] === 'vrrp' ? byIp : nodeOfMac(String(field(fields, 'eth.src')));
      frames.push({ atS: p.atS, fields, node });
    }
    for (const { tag, step, fromS, toS } of this.#deferred) {
      const window = frames.filter((f) => f.atS >= fromS && f.atS <= toS);
      if (step.op === 'frames') this.#judgeCount(tag, step, window);
      else if (step.op === 'gap') this.#judgeGap(tag, step, window);
    }
  }

  #judgeCount(tag: string, s: Step & { op: 'frames' }, window: readonly Seen[]): void {
    const count = window.filter((f) => matches(f, s)).length;
    const { op: _op, min = 0, max = Number.POSITIVE_INFINITY, ...filter } = s;
    this.#check(`${tag} ${JSON.stringify(filter)} ${min}..${max} times`, count >= min && count <= max, count);
  }

  #judgeGap(tag: string, s: Step & { op: 'gap' }, window: readonly Seen[]): void {
    const first = window.filter((f) => matches(f, s.first)).at(s.first.nth ?? 0);
    const second = first && window.find((f) => f.atS > first.atS && matches(f, s.second));
    const gapMs = first && second ? Math.round((second.atS - first.atS) * 1e5) / 100 : null;
    const min = s.min_ms ?? 0;
    const max = s.max_ms ?? Number.POSITIVE_INFINITY;
    this.#check(
      `${tag} from ${JSON.stringify(s.first)} to ${JSON.stringify(s.second)} ${min}..${max} ms`,
      gapMs !== null && gapMs >= min && gapMs <= max,
      gapMs,
    );
  }

  #check(what: string, ok: boolean, value: unknown): void {
    this.checks.push({ what, ok, value });
  }

  #mark(name: string, atS: number = nowS()): void {
    this.#marks.set(name, atS);
  }

  #at(mark: string): number {
    const at = this.#marks.get(mark);
    if (at === undefined) throw new Error(`no such mark: ${mark}`);
    return at;
  }

  #daemon(node: string): Daemon {
    const daemon = this.#daemons.get(node);
    if (daemon === undefined) throw new Error(`no daemon was started on ${node}`);
    return daemon;
  }

  #command(node: string): string {
    const command = this.#cast.commands[node];
    if (command === undefined) throw new Error(`no command for node ${node}`);
    return command;
  }
}

function matches(f: Seen, filter: FrameFilter): boolean {
  if (filter.kind !== undefined && f.fields['kind'] !== filter.kind) return false;
  if (filter.node !== undefined && f.node !== filter.node) return false;
  if (filter.dst_mac !== undefined && field(f.fields, 'eth.dst') !== filter.dst_mac) return false;
  return Object.entries(filter.where ?? {}).every(([path, want]) => {
    const have = field(f.fields, path);
    if (typeof want === 'string' && want.startsWith('!')) return String(have) !== want.slice(1);
    if (typeof want === 'object') return want.some((w) => w === have);
    return have === want;
  });
}
