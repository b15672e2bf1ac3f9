/** Hands scenarios to lanes (see lane.ts), each a process in a sandbox; a lane that dies or hangs is replaced. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sleepMs } from './clock.ts';
import { CHECKOUT } from './daemon.ts';
import type { Answer, Order } from './lane.ts';
import type { Cast, Played } from './player.ts';
import { spawnInSandbox } from './sandbox.ts';

const LANE_PROGRAM = join(CHECKOUT, 'build/test/netns/lane.js');
/** No scenario takes this long; a lane that does is ended. */
const SCENARIO_TIMEOUT_MS = 180_000;
/** Lanes begin one after the other: a dozen daemons loaded at the same instant would all be late. */
const STAGGER_MS = 700;

export class LanePool {
  readonly #idle: Lane[] = [];
  readonly #waiting: ((lane: Lane) => void)[] = [];

  constructor(lanes: number) {
    if (!Number.isInteger(lanes) || lanes < 1 || lanes > 64) throw new Error(`lanes: 1..64, not ${lanes}`);
    for (let i = 0; i < lanes; i++) this.#idle.push(new Lane(`vl${process.pid}l${i}`, i * STAGGER_MS));
  }

  /** Resolves when a lane has played it; never rejects: a dead lane is a failed check. */
  async play(cast: Omit<Cast, 'prefix'>): Promise<Played> {
    const lane = this.#idle.pop() ?? (await new Promise<Lane>((resolve) => this.#waiting.push(resolve)));
    try {
      return await lane.play(cast);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(lane);
      else next(lane);
    }
  }

  close(): void {
    for (const lane of this.#idle) lane.close();
  }
}

class Lane {
  readonly #prefix: string;
  #child: ChildProcess | undefined;
  #answered: ((played: Played) => void) | undefined;
  #orders = 0;
  #delayMs: number;

  constructor(prefix: string, delayMs: number) {
    this.#prefix = prefix;
    this.#delayMs = delayMs;
  }

  async play(cast: Omit<Cast, 'prefix'>): Promise<Played> {
    await sleepMs(this.#delayMs);
    this.#delayMs = 0;
    const child = this.#child ?? this.#start();
    const order: Order = { id: ++this.#orders, cast: { ...cast, prefix: this.#prefix } };
    const played = new Promise<Played>((resolve) => {
      this.#answered = resolve;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), SCENARIO_TIMEOUT_MS);
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    const result = await played;
    clearTimeout(timer);
    return result;
  }

  #start(): ChildProcess {
    const child = spawnInSandbox(
      [process.execPath, '--enable-source-maps', LANE_PROGRAM],
      ['pipe', 'pipe', 'inherit'],
    );
    this.#child = child;
    if (child.stdin === null || child.stdout === null) throw new Error('the lane has no pipes');
    // EPIPE of a lane that died: its 'exit' tells.
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, played } = JSON.parse(line) as Answer;
      if (id === this.#orders) this.#answered?.(played);
    });
    const died = (why: string): void => {
      if (this.#child === child) this.#child = undefined;
      this.#answered?.({
        ok: false,
        seconds: 0,
        checks: [{ what: 'the lane lives', ok: false, value: why }],
      });
    };
    child.once('error', (e) => died(String(e)));
    child.once('exit', (code, signal) => died(`ended with ${code ?? signal}`));
    return child;
  }

  close(): void {
    this.#answered = undefined;
    this.#child?.stdin?.end();
  }
}
