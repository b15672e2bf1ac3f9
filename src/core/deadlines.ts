/**
 * One indexed heap of deadlines for the whole daemon: each owner has at most one entry, so a changed deadline replaces
 * the old one and nothing stale ever fires. Times are monotonic microseconds; Infinity means none.
 */
import { assert } from '../base/assert.ts';

export class Deadlines {
  readonly #heap: number[] = []; // owner ids
  readonly #slot: number[] = []; // id -> index in the heap, -1 = absent
  readonly #at: number[] = []; // id -> deadline

  /** Sets, moves or (Infinity) removes the deadline of owner `id`. */
  set(id: number, atUs: number): void {
    assert(Number.isInteger(id) && id >= 0 && !Number.isNaN(atUs), 'Deadlines.set');
    while (this.#slot.length <= id) {
      this.#slot.push(-1);
      this.#at.push(Number.POSITIVE_INFINITY);
    }
    const slot = this.#slot[id] as number;
    const before = this.#at[id] as number;
    this.#at[id] = atUs;
    if (atUs === Number.POSITIVE_INFINITY) {
      if (slot !== -1) this.#removeAt(slot);
    } else if (slot === -1) {
      this.#heap.push(id);
      this.#slot[id] = this.#heap.length - 1;
      this.#up(this.#heap.length - 1);
    } else if (atUs < before) this.#up(slot);
    else this.#down(slot);
  }

  /** The earliest deadline, Infinity when there is none. */
  next(): number {
    const first = this.#heap[0];
    return first === undefined ? Number.POSITIVE_INFINITY : (this.#at[first] as number);
  }

  /** The owner whose deadline is earliest and not after `nowUs`; it stays in the heap until its owner sets a new one. */
  due(nowUs: number): number | undefined {
    const first = this.#heap[0];
    return first !== undefined && (this.#at[first] as number) <= nowUs ? first : undefined;
  }

  /** The owner whose deadline is earliest; undefined when there is none. */
  first(): number | undefined {
    return this.#heap[0];
  }

  #key(slot: number): number {
    return this.#at[this.#heap[slot] as number] as number;
  }

  #swap(a: number, b: number): void {
    const x = this.#heap[a] as number;
    const y = this.#heap[b] as number;
    this.#heap[a] = y;
    this.#heap[b] = x;
    this.#slot[y] = a;
    this.#slot[x] = b;
  }

  #up(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (this.#key(parent) <= this.#key(i)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(from: number): void {
    for (let i = from; ; ) {
      const left = 2 * i + 1;
      let least = i;
      if (left < this.#heap.length && this.#key(left) < this.#key(least)) least = left;
      if (left + 1 < this.#heap.length && this.#key(left + 1) < this.#key(least)) least = left + 1;
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }

  #removeAt(slot: number): void {
    const last = this.#heap.length - 1;
    this.#slot[this.#heap[slot] as number] = -1;
    if (slot !== last) {
      const moved = this.#heap[last] as number;
      this.#heap[slot] = moved;
      this.#slot[moved] = slot;
    }
    this.#heap.pop();
    if (slot < this.#heap.length) {
      this.#up(slot);
      this.#down(slot);
    }
  }
}
