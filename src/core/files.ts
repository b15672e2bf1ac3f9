/** The 'track_file' blocks at work: what each file holds now, and what that does to the instances. */
import type { Config } from '../config/config.ts';
import type { TrackFileConfig } from '../config/track-config.ts';
import { fileEffect, fileNumber } from '../track/file.ts';
import type { Tracked } from '../track/priority.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';
import type { FileSnapshot } from './snapshot.ts';
import { namesOf, type TrackHands, type TrackSource } from './track-source.ts';

type Entry = { config: TrackFileConfig; value: number; sinceWallMs: number };

export class Files implements TrackSource {
  readonly #ctx: Context;
  readonly #hands: TrackHands;
  #entries = new Map<string, Entry>();
  #started = false;

  constructor(ctx: Context, hands: TrackHands) {
    this.#ctx = ctx;
    this.#hands = hands;
  }

  /** Files are read anew at a reload; 'init_file' is for the start only (keepalived.conf(5)). */
  configure({ trackFiles }: Config): void {
    const port = this.#ctx.ports.trackFiles;
    const before = this.#entries;
    this.#entries = new Map();
    if (!this.#started) for (const config of trackFiles) this.#init(config);
    this.#started = true;
    port.follow([...new Set(trackFiles.map((f) => f.file))]);
    const sinceWallMs = this.#ctx.ports.clock.wallMs();
    for (const config of trackFiles) {
      // KEEPALIVED: the first definition of a name holds.
      if (this.#entries.has(config.name)) continue;
      const old = before.get(config.name);
      const entry = old?.config.file === config.file ? { ...old, config } : { config, value: 0, sinceWallMs };
      this.#entries.set(config.name, entry);
      const trouble = port.trouble(config.file);
      if (trouble !== '' && old === undefined)
        this.#ctx.ports.log.log(
          'warning',
          `${config.place.file}:${config.place.line}: track_file ${config.name}: ${trouble}`,
          { file: config.file },
        );
      this.#read(entry);
    }
  }

  #init({ name, file, init }: TrackFileConfig): void {
    if (init === undefined) return;
    const trouble = this.#ctx.ports.trackFiles.init(file, init.value, init.overwrite);
    if (trouble !== '')
      this.#ctx.ports.log.log('warning', `track_file ${name}: init_file: ${trouble}`, { file });
  }

  attach(): void {}

  onDeadline(): boolean {
    return false;
  }

  trackedOf(r: Router): readonly Tracked[] {
    const out: Tracked[] = [];
    for (const t of namesOf(this.#ctx, r, (x) => x.trackFiles)) {
      const e = this.#entries.get(t.name);
      if (e === undefined) continue;
      out.push({
        what: `file ${t.name}`,
        weight: t.weight,
        reverse: t.reverse,
        state: String(e.value),
        effect: fileEffect(e.value, t.weight, t.reverse),
        detail: `${e.config.file} holds ${e.value}`,
      });
    }
    return out;
  }

  /** False: the number is what it was. */
  #read(e: Entry): boolean {
    const { file, name } = e.config;
    const text = this.#ctx.ports.trackFiles.read(file);
    const value = fileNumber(text);
    if (value === undefined) {
      if (this.#ctx.limiter.pass(`file ${name}`, this.#ctx.ports.clock.nowUs()) >= 0)
        this.#ctx.ports.log.log(
          'warning',
          `track_file ${name}: the number in ${file} does not fit into 32 bits and is ignored; write one in -254..254`,
          { file },
        );
      return false;
    }
    if (value === e.value) return false;
    e.value = value;
    e.sinceWallMs = this.#ctx.ports.clock.wallMs();
    return true;
  }

  /** The port says that `file` may have changed. */
  onChange(file: string): void {
    for (const e of this.#entries.values()) {
      if (e.config.file !== file || !this.#read(e)) continue;
      this.#ctx.ports.log.log('info', `track_file ${e.config.name}: ${file} now holds ${e.value}`, { file });
      for (const r of this.#ctx.routers)
        if (namesOf(this.#ctx, r, (x) => x.trackFiles).some((t) => t.name === e.config.name))
          this.#hands.changed(r);
    }
  }

  stop(): void {
    this.#entries = new Map();
    this.#ctx.ports.trackFiles.follow([]);
  }

  snapshot(): readonly FileSnapshot[] {
    return [...this.#entries.values()].map((e) => ({
      name: e.config.name,
      file: e.config.file,
      value: e.value,
      sinceWallMs: e.sinceWallMs,
      detail: this.#ctx.ports.trackFiles.trouble(e.config.file),
    }));
  }
}
