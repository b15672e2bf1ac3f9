/**
 * Reloads: one at a time, done in slices so that adverts go out and come in meanwhile and a stop need not wait. A file that
 * cannot be run changes nothing. Asked for by SIGHUP, `vipd reload` and 'reload_time_file'.
 */
import type { DaemonOptions } from './cli/options.ts';
import { defaultReloadFile } from './cli/paths.ts';
import type { Config } from './config/config.ts';
import type { LoadResult } from './config/load.ts';
import { wipeSecrets } from './config/wipe.ts';
import type { Core } from './core/core.ts';
import { holdReloadFile } from './io/files/reload-lock.ts';
import { ReloadTimer } from './io/files/reload-time.ts';
import { countFindings, findingsToLog, loadSteps, partsToRun } from './loading.ts';
import type { Link } from './ports/netlink.ts';
import type { Clock, Log } from './ports/system.ts';
import { inSlices } from './slices.ts';

export type Outcome = { readonly ok: boolean; readonly text: string };
type Loaded = { readonly config: Config; readonly findings: ReturnType<typeof countFindings> };
const STOPPING: Outcome = { ok: false, text: 'the daemon is stopping' };

export type ReloadParts = {
  readonly options: DaemonOptions;
  readonly log: Log;
  readonly clock: Clock;
  readonly core: Core;
  readonly links: () => readonly Link[];
  readonly stopping: () => boolean;
  /** Loads what it needs. */
  readonly prepare: (config: Config) => Promise<void>;
  /** It will come into force in the next turn. */
  readonly beforeUse: (config: Config) => void;
  /** It is in force; `previous` is not used any more. */
  readonly inForce: (config: Config, previous: Config) => void;
  readonly service: { reloading(): void; reloaded(): void };
};

export class Reloads {
  readonly #parts: ReloadParts;
  readonly #timer: ReloadTimer;
  #config: Config;
  /** The reload under way, and the one that was asked for meanwhile. */
  #running: Promise<Outcome> | undefined;
  #next: Promise<Outcome> | undefined;

  constructor(parts: ReloadParts, config: Config) {
    this.#parts = parts;
    this.#config = config;
    const { log, clock } = parts;
    this.#timer = new ReloadTimer({ log, wallMs: () => clock.wallMs(), reload: () => void this.request() });
  }

  /** Watches 'reload_time_file', if there is one. */
  start(): void {
    const { timeFile, repeat } = this.#config.global.reload;
    this.#timer.configure(timeFile, repeat);
  }

  close(): void {
    this.#timer.close();
  }

  get underWay(): boolean {
    return this.#running !== undefined;
  }

  /** Whoever asks while one is under way gets the next: the file may have changed since it was read. */
  request(): Promise<Outcome> {
    if (this.#running === undefined) {
      this.#running = this.#once().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.request();
    });
    return this.#next;
  }

  /** In slices: none of the adverts that keepalived sends in advance (B21) is needed. */
  async #once(): Promise<Outcome> {
    const { log, options, stopping, service } = this.#parts;
    if (stopping()) {
      log.log('info', 'no reload: the daemon is stopping');
      return STOPPING;
    }
    log.log('info', `Reloading ${options.configFile}`);
    service.reloading();
    const letGo = this.#holdFile();
    const outcome = await this.#work().finally(letGo);
    if (outcome === undefined) return STOPPING;
    service.reloaded();
    return outcome;
  }

  /** 'reload_file', in its place of old. */
  #holdFile(): () => void {
    const { reload, usePidDir, instanceName = '' } = this.#config.global;
    const standard = defaultReloadFile(this.#parts.options.namespace, { usePidDir, instanceName });
    return holdReloadFile(reload.lockFile === '' ? standard : reload.lockFile, this.#parts.log);
  }

  /** undefined: a stop came in between. */
  async #work(): Promise<Outcome | undefined> {
    const { clock, stopping, prepare } = this.#parts;
    const slices = <T>(work: Generator<void, T>) => inSlices(work, () => clock.nowUs(), stopping);
    const loaded = await slices(this.#load());
    if (loaded === undefined || 'text' in loaded) return loaded;
    await prepare(loaded.config);
    return slices(this.#apply(loaded));
  }

  *#load(): Generator<void, Outcome | Loaded> {
    const { options, log, links } = this.#parts;
    const loaded = yield* loadSteps(options, links());
    yield* findingsToLog(log, loaded);
    const config = loaded.config === undefined ? undefined : partsToRun(options, loaded.config);
    const refusal = config === undefined ? 'no usable configuration' : this.#refusal(loaded, config);
    if (config === undefined || refusal !== undefined) {
      const text = `the new configuration cannot be run and nothing was changed: ${refusal}`;
      log.log('error', text);
      if (loaded.config !== undefined) wipeSecrets(loaded.config);
      return { ok: false, text };
    }
    return { config, findings: countFindings(loaded) };
  }

  *#apply({ config, findings }: Loaded): Generator<void, Outcome> {
    const { log, core } = this.#parts;
    this.#parts.beforeUse(config);
    const previous = this.#config;
    this.#config = config;
    this.start();
    yield;
    const report = yield* core.reloading(config, findings);
    this.#parts.inForce(config, previous);
    for (const line of report.lines) {
      log.log('info', `Reload: ${line}`);
      yield;
    }
    return { ok: true, text: report.lines.join('\n') };
  }

  /** Why `config` must not replace the one that runs. */
  #refusal(loaded: LoadResult, config: Config): string | undefined {
    const { core } = this.#parts;
    if (loaded.fatal !== undefined) return loaded.fatal.diagnostic.message;
    const fixed = core.refusedByReload(config);
    if (fixed.length > 0) return `${fixed.join(', ')} cannot change while the daemon runs; restart it`;
    // keepalived would drop every address because of one forgotten brace.
    const first = loaded.diagnostics.find((d) => d.severity === 'error');
    if (config.instances.length === 0 && first !== undefined && core.instanceCount > 0)
      return `it has mistakes and no instance is left in it: ${first.message}`;
    return undefined;
  }
}
