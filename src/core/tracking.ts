/** Everything an instance may track: one source for each kind, asked in this order. */
import type { Config } from '../config/config.ts';
import type { Tracked } from '../track/priority.ts';
import type { Context } from './context.ts';
import { Files } from './files.ts';
import { GarpExtra } from './garp-extra.ts';
import { Interfaces } from './interfaces.ts';
import { Processes } from './processes.ts';
import type { Router } from './router.ts';
import { Routing } from './routing.ts';
import { Scripts } from './scripts.ts';
import type { TrackHands, TrackSource } from './track-source.ts';
import { TrackedBfd } from './tracked-bfd.ts';

export class Tracking {
  readonly interfaces: Interfaces;
  readonly scripts: Scripts;
  readonly files: Files;
  readonly processes: Processes;
  readonly routing: Routing;
  readonly garpExtra: GarpExtra;
  readonly bfd: TrackedBfd;
  readonly #hands: TrackHands;
  readonly #sources: readonly TrackSource[];

  constructor(ctx: Context, hands: TrackHands) {
    this.#hands = hands;
    this.interfaces = new Interfaces(ctx, hands);
    this.scripts = new Scripts(ctx, hands);
    this.files = new Files(ctx, hands);
    this.processes = new Processes(ctx, hands);
    this.bfd = new TrackedBfd(ctx, hands);
    this.routing = new Routing(ctx, hands);
    this.garpExtra = new GarpExtra(ctx, hands);
    this.#sources = [this.interfaces, this.scripts, this.files, this.processes, this.routing, this.bfd];
  }

  configure(config: Config): void {
    for (const s of this.#sources) s.configure(config);
  }

  attach(): void {
    for (const s of this.#sources) s.attach();
  }

  trackedOf(r: Router): readonly Tracked[] {
    return this.#sources.flatMap((s) => s.trackedOf(r));
  }

  /** A deadline that belongs to nobody any more is taken away. */
  onDeadline(id: number, nowUs: number): void {
    if (!this.#sources.some((s) => s.onDeadline(id, nowUs)) && !this.garpExtra.onDeadline(id))
      this.#hands.setDeadline(id, Number.POSITIVE_INFINITY);
  }

  stop(): void {
    for (const s of this.#sources) s.stop();
  }
}
