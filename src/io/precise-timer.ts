/**
 * The timer of core: a timerfd, a tenth of a millisecond late where setTimeout is one or two, which is what a takeover takes longer
 * than theory. And vigils on it, which push themselves on while something is seen: then nobody is woken.
 */
import { assert } from '../base/assert.ts';
import type { Native, TimerHandle } from '../native.ts';
import type { Timer } from '../ports/system.ts';

export type TimerNative = Pick<
  Native,
  'timerStart' | 'timerSet' | 'timerVigil' | 'timerDue' | 'timerStandBy' | 'timerStop'
>;

/** Where it stands when something was seen last: 64 bits, ns of CLOCK_MONOTONIC. */
export type SeenAt = { readonly memory: ArrayBuffer; readonly offset: number };

const FIRST_SLOTS = 16;
/** As many as the addon has. */
const MOST_SLOTS = 65_536;

export class PreciseTimer implements Timer {
  readonly #native: TimerNative;
  readonly #leadUs: number;
  readonly #wake: (dueUs: number) => void;
  #handle: TimerHandle | undefined;
  readonly #slots = new Map<number, number>(); // id -> slot
  #ids: (number | undefined)[] = []; // slot -> id
  readonly #free: number[] = [];
  #due = new Uint32Array(FIRST_SLOTS);

  /** Vigils ring `leadUs` before they are over. `wake` is told for when it was to ring. */
  constructor(native: TimerNative, leadUs: number, wake: (dueUs: number) => void) {
    this.#native = native;
    this.#leadUs = leadUs;
    this.#wake = wake;
  }

  arm(atUs: number): void {
    if (this.#handle === undefined && atUs === Number.POSITIVE_INFINITY) return;
    this.#native.timerSet(this.#open(), atUs === Number.POSITIVE_INFINITY ? 0 : Math.max(1, atUs));
  }

  standBy(untilUs: number): void {
    this.#native.timerStandBy(untilUs);
  }

  /** Wakes `leadUs` before `longerUs` (more than 0) have gone since something was seen, and not before `atUs`. One for each `id`. false: too many. */
  keepVigil(id: number, atUs: number, longerUs: number, seen: SeenAt | undefined): boolean {
    assert(longerUs > 0, 'a vigil has a length');
    const slot = this.#slots.get(id) ?? this.#take(id);
    if (slot === undefined) return false;
    this.#native.timerVigil(this.#open(), slot, atUs, longerUs, seen?.memory, seen?.offset ?? 0);
    return true;
  }

  /** Harmless when there is none. */
  endVigil(id: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    this.#ids[slot] = undefined;
    this.#free.push(slot);
    this.#native.timerVigil(this.#open(), slot, 0, 0, undefined, 0);
  }

  /** Whose vigils are due at `atUs`. */
  due(atUs: number): number[] {
    if (this.#slots.size === 0) return [];
    if (this.#due.length < this.#ids.length) this.#due = new Uint32Array(2 * this.#ids.length);
    const count = this.#native.timerDue(this.#open(), atUs, new Uint8Array(this.#due.buffer));
    const out: number[] = [];
    for (let i = 0; i < count; i++) {
      const id = this.#ids[this.#due[i] as number];
      if (id !== undefined) out.push(id);
    }
    return out;
  }

  /** It rings no more. */
  close(): void {
    if (this.#handle !== undefined) this.#native.timerStop(this.#handle);
    this.#handle = undefined;
    this.#slots.clear();
    this.#ids = [];
    this.#free.length = 0;
  }

  #open(): TimerHandle {
    this.#handle ??= this.#native.timerStart(this.#leadUs, (dueUs) => this.#wake(dueUs));
    return this.#handle;
  }

  #take(id: number): number | undefined {
    const slot = this.#free.pop() ?? this.#ids.length;
    if (slot >= MOST_SLOTS) return undefined;
    this.#ids[slot] = id;
    this.#slots.set(id, slot);
    return slot;
  }
}
