/**
 * What a backup does when its master is silent it has not done for weeks: the processor has forgotten the code, and the first
 * advert would leave half a millisecond after the time that RFC 5798 gives. So a little before that time it is gone through
 * without effect, some times, and the time is waited for awake. Whether it has really come is judged then, as ever.
 */
import { deadlineUs, step } from '../vrrp/step.ts';
import { authenticateAhead, authenticateLater } from './authentication.ts';
import type { Backlogs } from './backlogs.ts';
import type { Context } from './context.ts';
import type { Deadlines } from './deadlines.ts';
import { nextIpId, outgoing } from './effects.ts';
import { expired } from './expiry.ts';
import type { Router } from './router.ts';
import { LEAD_US } from './stalls.ts';
import { endVigil, unwatch } from './watching.ts';

/** A rehearsal that begins later might not end in time. */
const LAST_US = 1000;
/**
 * V8 learns where the parts of objects lie when code has run some times; later only the processor has forgotten. More is not better: the
 * advert left some 200 us after the deadline with 30 to 45 times, some 500 with 60 and more. Why is not known: V8 was seen to compile
 * nothing back, and without its baseline compiler it is the same.
 */
const FIRST_TIMES = 35;
const LATER_TIMES = 6;
/** What was gone through is remembered for so long, at least. */
const FRESH_US = 1_000_000;

export type RehearsalHands = {
  readonly backlogs: Backlogs;
  readonly deadlines: Deadlines;
  readonly owners: ReadonlyMap<number, Router>;
  /** Hands the machines what was read. */
  readonly pump: () => void;
};

export class Rehearsals {
  readonly #ctx: Context;
  readonly #hands: RehearsalHands;
  #freshUntilUs = 0;
  #times = FIRST_TIMES;

  constructor(ctx: Context, hands: RehearsalHands) {
    this.#ctx = ctx;
    this.#hands = hands;
  }

  /** How long before the next deadline the timer is to ring. */
  leadUs(): number {
    return this.#wanted(this.#first(), this.#hands.deadlines.next()) ? LEAD_US : 0;
  }

  /** The timer has rung at `nowUs`. Returns the time, which is that of the next deadline where there was a rehearsal. */
  begin(nowUs: number): number {
    const { clock, timer, watchdog } = this.#ctx.ports;
    const { deadlines } = this.#hands;
    for (const id of watchdog?.due(nowUs + LEAD_US) ?? []) this.#takeBack(id);
    const [r, atUs] = [this.#first(), deadlines.next()];
    if (nowUs >= atUs || nowUs < atUs - LEAD_US || !this.#wanted(r, atUs)) return nowUs;
    this.#freshUntilUs = atUs + FRESH_US;
    let silent = true;
    for (let i = 0; silent && i < this.#times && clock.nowUs() < atUs - LAST_US; i++)
      silent = this.#rehearse(r, atUs);
    this.#times = LATER_TIMES;
    if (silent && deadlines.next() === atUs) timer.standBy?.(atUs);
    return clock.nowUs();
  }

  #first(): Router | undefined {
    return this.#hands.owners.get(this.#hands.deadlines.first() ?? -1);
  }

  #wanted(r: Router | undefined, atUs: number): r is Router {
    return r !== undefined && r.state.name === 'backup' && r.socketKey !== '' && atUs > this.#freshUntilUs;
  }

  /** Its master is silent: what it may still say is heard by us, and its timer is served like any other. */
  #takeBack(id: number): void {
    const r = this.#hands.owners.get(id);
    if (r === undefined) return;
    endVigil(this.#ctx, r);
    unwatch(this.#ctx, r);
    this.#hands.deadlines.set(id, deadlineUs(r.state));
  }

  /** What is read is read for good. false: the master was heard, or not everything could be read (a flood): no use in going on. */
  #rehearse(r: Router, atUs: number): boolean {
    const { backlogs, pump } = this.#hands;
    const what = expired(this.#ctx, r, atUs, 0, backlogs, pump);
    backlogs.newTurn();
    if (typeof what === 'string') return false;
    const { state } = step(r.params, r.state, { type: 'timer' }, atUs);
    const authentication = authenticateAhead(r) ?? authenticateLater(r);
    if (authentication !== undefined)
      this.#ctx.ports.adverts.prepare(outgoing(r, state.priority, nextIpId(r), authentication));
    return true;
  }
}
