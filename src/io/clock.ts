/** The real clock and the one timer of core. */
import type { Native, PollHandle } from '../native.ts';
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

/** A setTimeout that never wakes early: Node's may, and core would only arm it again. */
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

/** Between two wakes of a PreciseTimer. */
const LEAST_US = 1000;

type TimerNative = Pick<Native, 'timerOpen' | 'timerSet' | 'pollStart' | 'pollStop' | 'close'>;

/**
 * A timerfd: a tenth of a millisecond late where setTimeout is one or two, which is what a takeover takes longer than theory.
 * Within a millisecond it wakes but once: the deadlines of a thousand instances are served in handfuls, as by setTimeout.
 */
export class PreciseTimer implements Timer {
  readonly #native: TimerNative;
  readonly #clock: Clock;
  readonly #wake: () => void;
  #open: { readonly fd: number; readonly poll: PollHandle } | undefined;
  #wokeAtUs = 0;

  constructor(native: TimerNative, clock: Clock, wake: () => void) {
    this.#native = native;
    this.#clock = clock;
    this.#wake = wake;
  }

  arm(atUs: number): void {
    if (atUs === Number.POSITIVE_INFINITY) {
      this.#close();
      return;
    }
    this.#open ??= this.#start();
    this.#native.timerSet(this.#open.fd, Math.max(1, atUs, this.#wokeAtUs + LEAST_US));
  }

  #start(): { readonly fd: number; readonly poll: PollHandle } {
    const fd = this.#native.timerOpen();
    const poll = this.#native.pollStart(fd, () => {
      this.#native.timerSet(fd, 0);
      this.#wokeAtUs = this.#clock.nowUs();
      this.#wake();
    });
    return { fd, poll };
  }

  /** Not only silent: a watch keeps the process alive. */
  #close(): void {
    if (this.#open === undefined) return;
    this.#native.pollStop(this.#open.poll);
    this.#native.close(this.#open.fd);
    this.#open = undefined;
  }
}
