/** Work that can pause between two steps: a generator that yields nothing and returns its result. */

/** All steps at once. */
export function drain<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
