/** Says the same thing at most once in a while, and how often it was left unsaid. Bounded in keys, and in what strangers cause. */
const MAX_KEYS = 1024;
/** Different things of one group that are said in a while: an attacker has as many addresses as there are. */
const MOST_OF_A_GROUP = 16;

type Entry = { lastUs: number; suppressed: number };
type Group = { sinceUs: number; passed: number; suppressed: number };

export class Limiter {
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Map<string, Group>();
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

  /**
   * As `pass` for `group` and `what` together, where strangers choose `what` (a sender's address): of one group at most 16
   * things pass in a while. `group` is the program's own word; `reset` finds it by its beginning.
   */
  passOf(group: string, what: string, nowUs: number): number {
    const key = `${group}${what}`;
    const entry = this.#entries.get(key);
    if (entry !== undefined && nowUs - entry.lastUs < this.#everyUs) return this.pass(key, nowUs);
    let of = this.#groups.get(group);
    if (of === undefined || nowUs - of.sinceUs >= this.#everyUs) {
      of = { sinceUs: nowUs, passed: 0, suppressed: of?.suppressed ?? 0 };
      this.#groups.set(group, of);
    }
    if (of.passed >= MOST_OF_A_GROUP) {
      of.suppressed++;
      return -1;
    }
    of.passed++;
    const others = of.suppressed;
    of.suppressed = 0;
    return this.pass(key, nowUs) + others;
  }

  /** Forgets keys and groups that start with `prefix`: after a state change the next occurrence is news again. */
  reset(prefix: string): void {
    for (const map of [this.#entries, this.#groups])
      for (const key of map.keys()) if (key.startsWith(prefix)) map.delete(key);
  }
}
