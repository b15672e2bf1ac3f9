/** Lets one message of a kind through in a while and counts the rest, so that a flood on the wire is no flood in the log. */

/** `suppressed`: how many of this kind were held back since the last one that was let through. */
export type Verdict = { readonly allowed: boolean; readonly suppressed: number };

const MAX_KEYS = 1_024;

export class RateLimiter {
  readonly #nowUs: () => number;
  readonly #seen = new Map<string, { openAtUs: number; suppressed: number }>();
  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** At most one in `perSeconds` for each `key`. Keys beyond 1,024 push out the one that was let through longest ago. */
  rateLimited(key: string, perSeconds: number): Verdict {
    const nowUs = this.#nowUs();
    const entry = this.#seen.get(key);
    if (entry !== undefined && nowUs < entry.openAtUs) {
      entry.suppressed++;
      return { allowed: false, suppressed: entry.suppressed };
    }
    this.#seen.delete(key);
    if (this.#seen.size >= MAX_KEYS) {
      const oldest = this.#seen.keys().next();
      if (oldest.done !== true) this.#seen.delete(oldest.value);
    }
    this.#seen.set(key, { openAtUs: nowUs + perSeconds * 1e6, suppressed: 0 });
    return { allowed: true, suppressed: entry?.suppressed ?? 0 };
  }
}
