/** Things to do at instants of virtual time; those of one instant are done in the order in which they were written down. */

type Item = { readonly atUs: number; readonly sequence: number; readonly run: () => void };

const before = (a: Item, b: Item): boolean =>
  a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);

export class Agenda {
  nowUs: number = 0;
  /** Items done so far: the cost of a simulation. */
  done: number = 0;
  readonly #heap: Item[] = [];
  #sequence = 0;

  /** A time in the past means now. */
  at(atUs: number, run: () => void): void {
    const heap = this.#heap;
    const item: Item = { atUs: Math.max(atUs, this.nowUs), sequence: this.#sequence++, run };
    let i = heap.length;
    heap.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(item, heap[parent] as Item)) break;
      heap[i] = heap[parent] as Item;
      i = parent;
    }
    heap[i] = item;
  }

  /** Does everything up to and including `untilUs`, or `limit` items; false when the limit was reached first. */
  run(untilUs: number, limit: number): boolean {
    for (let n = 0; ; n++) {
      const next = this.#heap[0];
      if (next === undefined || next.atUs > untilUs) break;
      if (n >= limit) return false;
      this.#pop();
      this.nowUs = next.atUs;
      this.done++;
      next.run();
    }
    this.nowUs = untilUs;
    return true;
  }

  #pop(): void {
    const heap = this.#heap;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Item, heap[child] as Item)) child++;
      if (!before(heap[child] as Item, item)) break;
      heap[i] = heap[child] as Item;
      i = child;
    }
    heap[i] = item;
  }
}
