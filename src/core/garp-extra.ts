/** 'garp_extra_if': one timer for each instance, from the moment it becomes master until it stops being one. */
import { announceExtra } from './announcing.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';
import type { TrackHands } from './track-source.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class GarpExtra {
  readonly #ctx: Context;
  readonly #hands: Pick<TrackHands, 'allocate' | 'setDeadline'>;
  /** Of masters only. */
  readonly #timers = new Map<Router, { readonly id: number; intervalUs: number }>();

  constructor(ctx: Context, hands: Pick<TrackHands, 'allocate' | 'setDeadline'>) {
    this.#ctx = ctx;
    this.#hands = hands;
  }

  /** After each step of `r`: cheap where nothing changes. */
  follow(r: Router): void {
    const timer = this.#timers.get(r);
    const { intervalUs } = r.config.garpExtra;
    const wanted = r.state.name === 'master' && intervalUs > 0;
    if (wanted && timer?.intervalUs === intervalUs) return;
    if (timer !== undefined) this.#hands.setDeadline(timer.id, NEVER);
    if (!wanted) {
      this.#timers.delete(r);
      return;
    }
    const id = timer?.id ?? this.#hands.allocate();
    this.#timers.set(r, { id, intervalUs });
    this.#arm(id, intervalUs);
  }

  /** False: `id` is none of these. */
  onDeadline(id: number): boolean {
    for (const [r, timer] of this.#timers) {
      if (timer.id !== id) continue;
      announceExtra(this.#ctx, r);
      this.#arm(id, timer.intervalUs);
      return true;
    }
    return false;
  }

  #arm(id: number, intervalUs: number): void {
    this.#hands.setDeadline(id, this.#ctx.ports.clock.nowUs() + intervalUs);
  }
}
