/** The one timer, and how late it is served: counted, said, and answered with a higher priority where the file asks for that (B20). */
import type { Context } from './context.ts';
import * as words from './words.ts';

/** A timer served this late, and at least one advert interval late, is a stall. */
export const STALL_US = 100_000;
/** The timer of a backup rings so much before its deadline (rehearsal.ts): a moment that is spent awake. */
export const LEAD_US = 5000;

export class Stalls {
  readonly #ctx: Context;
  #armedAtUs = Number.POSITIVE_INFINITY;
  #leadUs = 0;
  count = 0;
  longestUs = 0;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** The timer rings `leadUs` before `atUs` and not for what it was set to before. */
  arm(atUs: number, leadUs: number): void {
    const ringUs = atUs - leadUs;
    const { clock, timer } = this.#ctx.ports;
    if (ringUs !== this.#armedAtUs) {
      // What was read first after a sleep may move a deadline that was long past before it rings.
      const nowUs = clock.nowUs();
      this.#served(nowUs - this.#armedAtUs - this.#leadUs, nowUs);
      this.#armedAtUs = ringUs;
      timer.arm(ringUs);
    }
    this.#leadUs = leadUs;
  }

  /** It has rung, for `dueUs` if that is known; returns how late that is served. */
  rang(dueUs: number | undefined, nowUs: number): number {
    const ringUs = dueUs ?? this.#armedAtUs;
    // For another time than it was set to: that was a vigil.
    const leadUs = ringUs === this.#armedAtUs ? this.#leadUs : LEAD_US;
    this.#armedAtUs = Number.POSITIVE_INFINITY;
    const lateUs = ringUs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, nowUs - ringUs - leadUs);
    this.#served(lateUs, nowUs);
    return lateUs;
  }

  /** A timer was served `lateUs` after its time. */
  #served(lateUs: number, nowUs: number): void {
    if (lateUs < STALL_US) return;
    const { limiter, ports, config } = this.#ctx;
    this.count++;
    this.longestUs = Math.max(this.longestUs, lateUs);
    if (limiter.pass('stall', nowUs) >= 0)
      ports.log.log(
        'warning',
        `A timer was served ${(lateUs / 1e6).toFixed(3)} s late: this host or process stalled`,
      );
    const { maxAutoPriority, minAutoPriorityDelayUs } = config.global.processes;
    if (lateUs < minAutoPriorityDelayUs) return;
    if (limiter.pass('timer expired', nowUs) >= 0) ports.log.log('warning', words.timerExpired(lateUs));
    const priority = maxAutoPriority > 0 ? ports.urgency.raise(maxAutoPriority) : 0;
    if (priority > 0)
      ports.log.log('notice', `real-time priority is now ${priority}, at most ${maxAutoPriority}`);
  }
}
