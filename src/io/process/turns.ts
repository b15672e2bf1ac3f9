/**
 * Lets heavy jobs run one in each turn of the event loop, so that packets and timers are served in between:
 * Node's spawn holds the JS thread for 1-2 ms, and a fail-over of 200 instances starts 200 hooks at once.
 */
export class Turns {
  readonly #urgent: (() => void)[] = [];
  readonly #normal: (() => void)[] = [];
  #scheduled = false;

  /** Never runs `job` from within; urgent ones (hooks) go before the others (checks). */
  add(urgent: boolean, job: () => void): void {
    (urgent ? this.#urgent : this.#normal).push(job);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const job = this.#urgent.shift() ?? this.#normal.shift();
      if (this.#urgent.length + this.#normal.length > 0) this.#schedule();
      job?.();
    });
  }
}
