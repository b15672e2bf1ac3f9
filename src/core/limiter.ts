/** Says the same thing at most once in a while, and how often it was left unsaid. Bounded in keys. */
const MAX_KEYS = 1024;

type Entry = { lastUs: number; suppressed: number };

export class Limiter {
  readonly #entries = new Map<string, Entry>();
  readonly #everyUs: number;

  constructor(everyUs: number) {
    this.#everyUs = everyUs;
  }

  /** -1: keep quiet now. Otherwise how many were suppressed since the last time (0 for the first). */
  pass(key: string, nowUs: number): number {
    const entry = this.#entries.get(key);
    if (entry !== undefined && nowUs - entry.lastUs < this.#everyUs) {
      entry.suppressed++;
      return -1;
    }
    const suppressed = entry?.suppressed ?? 0;
    this.#entries.delete(key);
    if (this.#entries.size >= MAX_KEYS) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, { lastUs: nowUs, suppressed: 0 });
    return suppressed;
  }

  /** Forgets keys that start with `prefix`: after a state change the next occurrence is news again. */
  reset(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}
