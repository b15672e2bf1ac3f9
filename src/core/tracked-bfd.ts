/** 'track_bfd': the BFD sessions that instances and groups name. Only a session that is up counts as up (B18). */
import { type Tracked, trackedStatus } from '../track/priority.ts';
import * as words from './bfd-words.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';
import { namesOf, type TrackHands, type TrackSource } from './track-source.ts';

export class TrackedBfd implements TrackSource {
  readonly #ctx: Context;
  readonly #hands: TrackHands;

  constructor(ctx: Context, hands: TrackHands) {
    this.#ctx = ctx;
    this.#hands = hands;
  }

  trackedOf(r: Router): readonly Tracked[] {
    return namesOf(this.#ctx, r, (x) => x.trackBfd).map((t) => {
      const state = this.#ctx.ports.bfd?.stateOf(t.name) ?? { up: false, detail: 'BFD is not run' };
      return trackedStatus({
        what: `bfd ${t.name}`,
        weight: t.weight,
        reverse: t.reverse,
        status: state.up ? 'up' : 'down',
        detail: state.detail,
      });
    });
  }

  /** The session came up, or is up no more. */
  onChange(name: string): void {
    for (const r of this.#ctx.routers) {
      if (!namesOf(this.#ctx, r, (x) => x.trackBfd).some((t) => t.name === name)) continue;
      const up = this.#ctx.ports.bfd?.stateOf(name).up === true;
      this.#ctx.ports.log.log('info', words.tracked(r.config.name, name, up), {
        instance: r.config.name,
        bfd: name,
      });
      this.#hands.changed(r);
    }
  }

  // The sessions have an engine of their own, which outlives the lists that name them: nothing to start or stop here.
  configure(): void {}
  attach(): void {}
  stop(): void {}
  onDeadline(): boolean {
    return false;
  }
}
