/**
 * Many instances become master in one turn. Each has said so by its advert before the first of them sets its addresses:
 * a peer that starts at the same time, or waits with a lower priority, is told within its skew, which is far shorter than a
 * thousand instances need for their addresses and announcements. What is left of each step follows in pieces, in order, with the
 * sockets read in between. A later step of the same instance comes behind what is left of the one before it.
 */
import type { Effect, Event, State } from '../vrrp/types.ts';
import type { Router } from './router.ts';

/** After so long the event loop goes round: adverts, hooks and status are heard. */
const PIECE_US = 20_000;

type Rest = { readonly effects: readonly Effect[]; readonly cause: Event; repeated: boolean };

export type TakeOverHands = {
  readonly carryOut: (r: Router, effect: Effect, cause: Event) => void;
  /** Begins or changes the repetition of the instance's adverts. */
  readonly repeat: (r: Router) => void;
  readonly nowUs: () => number;
};

export class TakeOvers {
  readonly #hands: TakeOverHands;
  readonly #rests = new Map<Router, Rest>();

  constructor(hands: TakeOverHands) {
    this.#hands = hands;
  }

  /** Takes what stands behind the advert of a backup that becomes master; returns what is to be carried out at once. */
  begin(
    r: Router,
    before: State,
    next: { readonly state: State; readonly effects: readonly Effect[] },
    cause: Event,
  ): readonly Effect[] {
    const { effects } = next;
    if (before.name === 'master' || next.state.name !== 'master' || effects[0]?.type !== 'send-advert')
      return effects;
    this.#rests.set(r, { effects: effects.slice(1), cause, repeated: false });
    return effects.slice(0, 1);
  }

  get pending(): boolean {
    return this.#rests.size > 0;
  }

  isPending(r: Router): boolean {
    return this.#rests.has(r);
  }

  /** What is left of the last step of `r`. */
  finish(r: Router): void {
    const rest = this.#rests.get(r);
    if (rest === undefined) return;
    this.#rests.delete(r);
    for (const effect of rest.effects) this.#hands.carryOut(r, effect, rest.cause);
    this.#hands.repeat(r);
  }

  finishAll(): void {
    for (const r of [...this.#rests.keys()]) this.finish(r);
  }

  /** A piece of what is left; true when nothing is. `between` follows each instance. */
  go(between: () => void): boolean {
    for (const [r, rest] of this.#rests) {
      if (rest.repeated) continue;
      rest.repeated = true;
      this.#hands.repeat(r);
    }
    const untilUs = this.#hands.nowUs() + PIECE_US;
    for (const r of [...this.#rests.keys()]) {
      this.finish(r);
      between();
      if (this.#hands.nowUs() >= untilUs) break;
    }
    return this.#rests.size === 0;
  }
}
