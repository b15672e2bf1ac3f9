/**
 * An expired master-down deadline is believed only after what arrived before it was read. In a flood the socket is never empty:
 * then it is read in parts, one in each turn, so that timers and other sockets get theirs, until as many packets were read as
 * waited when the deadline was first found expired. That is an end even if the flood has none: a backup takes over from a
 * dead master behind a flood too, a little later.
 */
import { deadlineUs } from '../vrrp/step.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';

type Wait = {
  readonly deadlineUs: number; // the one that is waited for
  readonly lateUs: number; // of the timer that found it expired
  left: number; // packets still to be read, at most
};

export class Backlogs {
  readonly #ctx: Context;
  readonly #read = new Map<string, number>(); // in this turn, by socket
  readonly #waits = new WeakMap<Router, Wait>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** Each socket may be read once more. */
  newTurn(): void {
    this.#read.clear();
  }

  /** Reads the instance's socket, unless another instance on it has done so in this turn. */
  read(r: Router): void {
    if (this.#read.has(r.socketKey)) return;
    this.#read.set(r.socketKey, this.#ctx.ports.adverts.drain(r.socketKey));
    this.#ctx.ports.netlink.drain();
  }

  /** How late the deadline is served now that everything was read; undefined: not everything was, ask again in the next turn. */
  lateUs(r: Router, lateUs: number): number | undefined {
    const expiredUs = deadlineUs(r.state);
    const before = this.#waits.get(r);
    const wait = before?.deadlineUs === expiredUs ? before : undefined;
    const waiting = this.#ctx.ports.adverts.waiting(r.socketKey);
    if (wait !== undefined) wait.left -= this.#read.get(r.socketKey) ?? 0;
    if (waiting > 0 && (wait === undefined || wait.left > 0)) {
      if (wait === undefined) this.#waits.set(r, { deadlineUs: expiredUs, lateUs, left: waiting });
      return undefined;
    }
    this.#waits.delete(r);
    return Math.max(lateUs, wait?.lateUs ?? 0);
  }
}
