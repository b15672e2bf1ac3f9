/** The 'vrrp_track_process' blocks at work: how many run, and what that does to the instances. */
import type { Config } from '../config/config.ts';
import type { TrackProcessConfig } from '../config/track-config.ts';
import { type Tracked, trackedStatus } from '../track/priority.ts';
import { initialProcess, type ProcessEvent, type ProcessState, stepProcess } from '../track/process.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';
import type { ProcessSnapshot } from './snapshot.ts';
import { namesOf, type TrackHands, type TrackSource } from './track-source.ts';

type Entry = { readonly id: number; config: TrackProcessConfig; state: ProcessState; sinceWallMs: number };

/** What makes two definitions count the same processes. */
const patternOf = ({ process, parameters, match, fullCommand }: TrackProcessConfig): string =>
  JSON.stringify([process, parameters, match, fullCommand]);

export class Processes implements TrackSource {
  readonly #ctx: Context;
  readonly #hands: TrackHands;
  #entries = new Map<string, Entry>();

  constructor(ctx: Context, hands: TrackHands) {
    this.#ctx = ctx;
    this.#hands = hands;
  }

  configure({ trackProcesses }: Config): void {
    const before = this.#entries;
    this.#entries = new Map();
    const port = this.#ctx.ports.processes;
    port.watch(trackProcesses);
    for (const config of trackProcesses) {
      // KEEPALIVED: the first definition of a name holds.
      if (this.#entries.has(config.name)) continue;
      const old = before.get(config.name);
      before.delete(config.name);
      const count = port.count(config.name);
      const kept = old !== undefined && patternOf(old.config) === patternOf(config);
      const entry: Entry = {
        id: old?.id ?? this.#hands.allocate(),
        config,
        state: kept ? old.state : initialProcess(config, count),
        sinceWallMs: kept ? old.sinceWallMs : this.#ctx.ports.clock.wallMs(),
      };
      this.#entries.set(config.name, entry);
      // The quorum may be another one by now.
      if (kept) this.#step(entry, { type: 'count', count });
      else this.#arm(entry);
    }
    for (const gone of before.values()) this.#hands.setDeadline(gone.id, Number.POSITIVE_INFINITY);
    this.#sayMethod();
  }

  #sayMethod(): void {
    if (this.#entries.size === 0 || this.#ctx.ports.processes.method() !== 'scan') return;
    if (this.#ctx.limiter.pass('process events', this.#ctx.ports.clock.nowUs()) >= 0)
      this.#ctx.ports.log.log(
        'info',
        'track_process: the kernel tells this network namespace of no processes, so /proc is read once a second',
      );
  }

  attach(): void {}

  trackedOf(r: Router): readonly Tracked[] {
    const out: Tracked[] = [];
    for (const t of namesOf(this.#ctx, r, (x) => x.trackProcesses)) {
      const e = this.#entries.get(t.name);
      if (e === undefined) continue;
      out.push(
        trackedStatus({
          what: `process ${t.name}`,
          weight: t.weight,
          reverse: t.reverse,
          status: e.state.status,
          detail: detailOf(e),
        }),
      );
    }
    return out;
  }

  onDeadline(id: number, nowUs: number): boolean {
    for (const e of this.#entries.values()) {
      if (e.id !== id) continue;
      this.#step(e, { type: 'timer' }, nowUs);
      return true;
    }
    return false;
  }

  onCount(name: string, count: number): void {
    const e = this.#entries.get(name);
    if (e !== undefined) this.#step(e, { type: 'count', count });
  }

  #step(e: Entry, event: ProcessEvent, nowUs: number = this.#ctx.ports.clock.nowUs()): void {
    const before = e.state.status;
    e.state = stepProcess(e.config, e.state, event, nowUs);
    this.#arm(e);
    const { status } = e.state;
    if (status === before) return;
    const { name } = e.config;
    e.sinceWallMs = this.#ctx.ports.clock.wallMs();
    this.#ctx.ports.log.log(
      status === 'up' ? 'info' : 'warning',
      `Quorum ${status === 'up' ? 'gained' : 'lost'} for tracked process ${name} (${detailOf(e)})`,
      { process: name },
    );
    for (const r of this.#ctx.routers)
      if (namesOf(this.#ctx, r, (x) => x.trackProcesses).some((t) => t.name === name)) this.#hands.changed(r);
  }

  #arm(e: Entry): void {
    this.#hands.setDeadline(e.id, e.state.changeAtUs);
  }

  stop(): void {
    for (const e of this.#entries.values()) this.#hands.setDeadline(e.id, Number.POSITIVE_INFINITY);
    this.#entries = new Map();
    this.#ctx.ports.processes.watch([]);
  }

  snapshot(): readonly ProcessSnapshot[] {
    return [...this.#entries.values()].map((e) => ({
      name: e.config.name,
      process: [e.config.process, ...e.config.parameters].join(' '),
      count: e.state.count,
      state: e.state.status,
      wanted: wantedOf(e.config),
      sinceWallMs: e.sinceWallMs,
    }));
  }
}

function wantedOf({ quorum, quorumMax }: TrackProcessConfig): string {
  if (quorumMax === 0) return 'none';
  return quorumMax === undefined ? `at least ${quorum}` : `${quorum} to ${quorumMax}`;
}

const detailOf = ({ config, state }: Entry): string =>
  `${state.count} of ${config.process} ${state.count === 1 ? 'runs' : 'run'}, wanted ${wantedOf(config)}`;
