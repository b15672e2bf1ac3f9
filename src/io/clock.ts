/** The real clock, and timers on it. */
import type { Clock, Timer } from '../ports/system.ts';

const MAX_DELAY_MS = 2 ** 31 - 1;

export class MonotonicClock implements Clock {
  nowUs(): number {
    const [s, ns] = process.hrtime(); // CLOCK_MONOTONIC
    return s * 1_000_000 + Math.floor(ns / 1000);
  }

  wallMs(): number {
    return Date.now();
  }
}

/** A setTimeout that never wakes early: Node's may, and its owner would only arm it again. */
export class LoopTimer implements Timer {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #timeout: NodeJS.Timeout | undefined;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  arm(atUs: number): void {
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
    if (atUs === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(MAX_DELAY_MS, Math.max(0, Math.ceil((atUs - this.#clock.nowUs()) / 1000)));
    this.#timeout = setTimeout(() => {
      this.#timeout = undefined;
      this.#wake();
    }, ms);
  }
}
