/**
 * The vrrp_scripts that someone tracks: their machines, their schedule, and what they do to the instances. A script that
 * cannot be run (missing, refused by the security rules) is disabled, said so, and takes no part, as in keepalived.
 */
import { assertNever } from '../base/assert.ts';
import type { Config, ScriptConfig, TrackedScript } from '../config/config.ts';
import type { ScriptResult } from '../ports/process.ts';
import { type Tracked, trackedStatus } from '../track/priority.ts';
import {
  initialScript,
  type ScriptEvent,
  type ScriptParams,
  type ScriptState,
  scriptDeadlineUs,
  stepScript,
} from '../track/script.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';
import type { ScriptSnapshot } from './snapshot.ts';
import { namesOf, type TrackHands, type TrackSource } from './track-source.ts';
import * as words from './words.ts';

type Entry = {
  readonly id: number;
  config: ScriptConfig;
  params: ScriptParams;
  state: ScriptState;
  tracked: boolean; // by an instance or a group that is run
  disabled: string; // why it is not run; '' = it is
  runs: number;
  failures: number;
  sinceWallMs: number;
  last: ScriptResult | undefined;
};

const paramsOf = (c: ScriptConfig): ScriptParams => ({
  intervalUs: c.intervalUs,
  rise: c.rise,
  fall: c.fall,
  initFail: c.initFail,
});

const sameCommand = (a: ScriptConfig, b: ScriptConfig): boolean =>
  a.command.argv.length === b.command.argv.length && a.command.argv.every((w, i) => w === b.command.argv[i]);

export class Scripts implements TrackSource {
  readonly #ctx: Context;
  readonly #hands: TrackHands;
  #entries = new Map<string, Entry>();

  constructor(ctx: Context, hands: TrackHands) {
    this.#ctx = ctx;
    this.#hands = hands;
  }

  /** Takes a configuration's scripts; one with the same name and command keeps its result. */
  configure({ scripts }: Config): void {
    const before = this.#entries;
    this.#entries = new Map();
    const nowUs = this.#ctx.ports.clock.nowUs();
    for (const config of scripts) {
      const old = before.get(config.name);
      before.delete(config.name);
      if (old !== undefined) {
        const same = sameCommand(old.config, config);
        old.config = config;
        old.params = paramsOf(config);
        this.#entries.set(config.name, old);
        if (!same) this.#ctx.ports.scripts.cancel(config.name);
        this.#step(old, { type: 'reconfigured', sameCommand: same });
      } else this.#entries.set(config.name, this.#fresh(config, nowUs));
    }
    for (const gone of before.values()) {
      this.#hands.setDeadline(gone.id, Number.POSITIVE_INFINITY);
      this.#ctx.ports.scripts.cancel(gone.config.name);
    }
    for (const e of this.#entries.values()) this.#checkRunnable(e);
  }

  #fresh(config: ScriptConfig, nowUs: number): Entry {
    const params = paramsOf(config);
    return {
      id: this.#hands.allocate(),
      config,
      params,
      state: initialScript(params, nowUs),
      tracked: false,
      disabled: '',
      runs: 0,
      failures: 0,
      sinceWallMs: this.#ctx.ports.clock.wallMs(),
      last: undefined,
    };
  }

  #checkRunnable(e: Entry): void {
    const prepared = this.#ctx.ports.scripts.prepare(e.config);
    e.disabled = prepared.ok ? '' : `${prepared.reason}; ${prepared.remedy}`;
    const { place } = e.config.command;
    if (!prepared.ok)
      this.#ctx.ports.log.log(
        'warning',
        `${place.file}:${place.line}: vrrp_script ${e.config.name} is disabled: ${e.disabled}`,
        {
          script: e.config.name,
        },
      );
    else for (const w of prepared.warnings) this.#ctx.ports.log.log('warning', w, { script: e.config.name });
  }

  /** Starts the scripts that someone tracks and stops the others. */
  attach(): void {
    const wanted = new Set<string>();
    for (const r of this.#ctx.routers) for (const t of this.#trackedBy(r)) wanted.add(t.script);
    for (const e of this.#entries.values()) {
      e.tracked = wanted.has(e.config.name);
      this.#arm(e);
    }
  }

  #arm(e: Entry): void {
    const run = e.tracked && e.disabled === '';
    this.#hands.setDeadline(e.id, run ? scriptDeadlineUs(e.state) : Number.POSITIVE_INFINITY);
  }

  #trackedBy(r: Router): readonly TrackedScript[] {
    return namesOf(this.#ctx, r, (x) => x.trackScripts);
  }

  /** The tracked scripts of `r` as the priority sum sees them; disabled ones take no part. */
  trackedOf(r: Router): Tracked[] {
    const out: Tracked[] = [];
    for (const t of this.#trackedBy(r)) {
      const e = this.#entries.get(t.script);
      if (e === undefined || e.disabled !== '') continue;
      const how = e.last?.timedOut === true ? 'timed out' : `exit ${e.last?.exitCode ?? '?'}`;
      out.push(
        trackedStatus({
          what: `script ${t.script}`,
          weight: t.weight,
          reverse: t.reverse,
          status: e.state.status,
          detail: t.reverse ? `script ${t.script} succeeds` : `script ${t.script} fails (${how})`,
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

  onResult(result: ScriptResult): void {
    const e = this.#entries.get(result.script);
    if (e === undefined) return;
    const before = e.last;
    e.last = result;
    e.runs++;
    if (!result.ok) e.failures++;
    if (before === undefined || before.ok !== result.ok || before.exitCode !== result.exitCode)
      this.#sayResult(e, result);
    this.#step(e, {
      type: 'result',
      ok: result.ok,
      timedOut: result.timedOut,
      inconclusive: result.inconclusive,
    });
  }

  #sayResult(e: Entry, result: ScriptResult): void {
    const { name } = e.config;
    const lastLine = result.output.trimEnd().split('\n').at(-1) ?? '';
    const fields = { script: name, exit: result.exitCode };
    if (result.ok) this.#ctx.ports.log.log('debug', `Script \`${name}\` now returning 0`, fields);
    else if (result.timedOut) this.#ctx.ports.log.log('info', words.scriptTimedOut(name), fields);
    else
      this.#ctx.ports.log.log(
        'info',
        `Script \`${name}\` now returning ${result.exitCode}${result.detail === '' ? '' : ` (${result.detail})`}${lastLine === '' ? '' : `: ${lastLine}`}`,
        fields,
      );
  }

  #step(e: Entry, event: ScriptEvent, nowUs: number = this.#ctx.ports.clock.nowUs()): void {
    const next = stepScript(e.params, e.state, event, nowUs);
    e.state = next.state;
    for (const effect of next.effects) {
      switch (effect.type) {
        case 'run':
          if (!this.#ctx.ports.scripts.run(e.config)) this.#step(e, { type: 'busy' }, nowUs);
          break;
        case 'status':
          this.#onStatus(e);
          break;
        default:
          assertNever(effect);
      }
    }
    this.#arm(e);
  }

  #onStatus(e: Entry): void {
    const { name } = e.config;
    e.sinceWallMs = this.#ctx.ports.clock.wallMs();
    if (e.state.status === 'up')
      this.#ctx.ports.log.log('info', words.scriptSucceeded(name), { script: name });
    else if (e.state.status === 'down')
      this.#ctx.ports.log.log('warning', words.scriptFailed(name, e.last?.exitCode ?? -1), { script: name });
    for (const r of this.#ctx.routers)
      if (this.#trackedBy(r).some((t) => t.script === name)) this.#hands.changed(r);
  }

  stop(): void {
    for (const e of this.#entries.values()) this.#hands.setDeadline(e.id, Number.POSITIVE_INFINITY);
    this.#entries = new Map();
    this.#ctx.ports.scripts.cancelAll();
  }

  snapshot(): readonly ScriptSnapshot[] {
    return [...this.#entries.values()].map((e) => ({
      name: e.config.name,
      state: e.disabled === '' ? e.state.status : 'disabled',
      runs: e.runs,
      failures: e.failures,
      lastExitCode: e.last?.exitCode ?? -1,
      lastDurationMs: Math.round((e.last?.durationUs ?? 0) / 1000),
      lastOutput: e.last?.output ?? '',
      sinceWallMs: e.sinceWallMs,
      detail: e.disabled,
    }));
  }
}
