/** Timers that were served late: counted, said, and answered with a higher priority where the file asks for that (B20). */
import type { Context } from './context.ts';
import * as words from './words.ts';

/** A timer served this late, and at least one advert interval late, is a stall. */
export const STALL_US = 100_000;

export class Stalls {
  readonly #ctx: Context;
  count = 0;
  longestUs = 0;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** The timer is set anew: what was read first after a sleep may move a deadline that was long past before it rings. */
  overtaken(armedAtUs: number): void {
    const nowUs = this.#ctx.ports.clock.nowUs();
    this.served(nowUs - armedAtUs, nowUs);
  }

  /** A timer was served `lateUs` after its time. */
  served(lateUs: number, nowUs: number): void {
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
