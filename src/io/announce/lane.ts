/**
 * One queue of announcements, of an interface or of several: frames sent with a least spacing, addresses taking turns. Also where a burst waits that the
 * kernel did not take whole. Bounded: one place for each owner and address, and a limit of tries.
 */

/** The clock and the timer of a lane, an argument so that tests need not wait. */
export type Timing = {
  /** Monotonic microseconds. */
  nowUs(): number;
  /** Runs `run` once after `delayUs` or a little later; returns what cancels it. */
  after(delayUs: number, run: () => void): () => void;
};

/** `code` says why the kernel took fewer than all. */
export type Outcome = { readonly taken: number; readonly code?: string };
/** A frame and the interface it leaves on. */
export type Framed = { readonly name: string; readonly index: number; readonly bytes: Uint8Array };
export type Transmit = (frames: readonly Framed[]) => Outcome;

type Place = {
  readonly owner: string;
  readonly id: string;
  readonly frame: Framed;
  spacingUs: number;
  pending: number;
};

/** Finer than this a timer of Node cannot be: several frames go at once then. */
const FINEST_US = 1000;
const MOST_AT_ONCE = 64;
/** The device's queue is full: how long to wait, and how often (0.5 s in all). */
const RETRY_US = 5000;
const MAX_RETRIES = 100;

const atOnce = (spacingUs: number): number =>
  spacingUs >= FINEST_US ? 1 : Math.min(MOST_AT_ONCE, Math.floor(FINEST_US / Math.max(spacingUs, 1)));

/** The kernel had no room just now; all other errors will not go away by waiting. */
export const isTransient = (code: string): boolean => code === 'EAGAIN' || code === 'ENOBUFS';

export class Lane {
  readonly #transmit: Transmit;
  readonly #timing: Timing;
  readonly #giveUp: (name: string, code: string) => void;
  /** In the order of their turns. */
  readonly #places = new Map<string, Place>();
  #nextAtUs = 0;
  #retries = 0;
  #cancel: (() => void) | undefined;

  /** `giveUp` is told once when what waits for an interface is dropped because nothing can be sent there. */
  constructor(transmit: Transmit, timing: Timing, giveUp: (name: string, code: string) => void) {
    this.#transmit = transmit;
    this.#timing = timing;
    this.#giveUp = giveUp;
  }

  get idle(): boolean {
    return this.#places.size === 0 && this.#timing.nowUs() >= this.#nextAtUs;
  }

  /**
   * Wants `count` (1 or more) times `frame` sent; `id` tells the addresses of an owner apart. What the same owner still has
   * pending for it is not added up: the larger number counts (keepalived: at most 'repeat' pending for each address).
   */
  add(owner: string, id: string, frame: Framed, count: number, spacingUs: number): void {
    const key = `${owner}\0${id}`;
    const place = this.#places.get(key);
    if (place === undefined) this.#places.set(key, { owner, id, frame, spacingUs, pending: count });
    else {
      place.pending = Math.max(place.pending, count);
      place.spacingUs = spacingUs;
    }
  }

  /** Sends what is due and arms the timer for the rest; call it after `add`. */
  run(): void {
    if (this.#places.size === 0 || this.#cancel !== undefined) return;
    const waitUs = this.#nextAtUs - this.#timing.nowUs();
    if (waitUs <= 0) this.#turn();
    if (this.#places.size > 0) this.#arm(Math.max(this.#nextAtUs - this.#timing.nowUs(), 0));
  }

  forget(owner: string): void {
    for (const [key, place] of this.#places) if (place.owner === owner) this.#places.delete(key);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#places.clear();
  }

  #arm(delayUs: number): void {
    this.#cancel = this.#timing.after(delayUs, () => {
      this.#cancel = undefined;
      this.run();
    });
  }

  #turn(): void {
    const chosen: [key: string, place: Place][] = [];
    let spacingUs = 0;
    for (let limit = MOST_AT_ONCE; chosen.length < limit; ) {
      const next = this.#places.entries().next();
      if (next.done === true) break;
      const [key, place] = next.value;
      limit = Math.min(limit, atOnce(place.spacingUs));
      // A place that may not share a turn waits for its own.
      if (chosen.length > 0 && chosen.length >= limit) break;
      chosen.push([key, place]);
      spacingUs = Math.max(spacingUs, place.spacingUs);
      this.#places.delete(key);
      place.pending--;
      if (place.pending > 0) this.#places.set(key, place);
    }
    const { taken, code } = this.#transmit(chosen.map(([, place]) => place.frame));
    if (code === undefined) {
      this.#retries = 0;
      this.#nextAtUs = this.#timing.nowUs() + Math.max(spacingUs, FINEST_US);
      return;
    }
    this.#retries++;
    const hopeless = !isTransient(code) || this.#retries > MAX_RETRIES ? chosen[taken]?.[1].frame : undefined;
    for (const [key, place] of chosen.slice(taken)) {
      place.pending++;
      this.#places.set(key, place);
    }
    this.#nextAtUs = this.#timing.nowUs() + RETRY_US;
    if (hopeless === undefined) return;
    this.#retries = 0;
    for (const [key, { frame }] of this.#places) if (frame.index === hopeless.index) this.#places.delete(key);
    this.#giveUp(hopeless.name, code);
  }
}
