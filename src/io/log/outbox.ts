/**
 * The bounded queue in front of every log target. A log line is offered at once; what the target does not take waits here,
 * up to `maxBytes`, and is offered again from a timer; what does not fit is dropped, counted, and the count is told in its
 * place. So a stuck pipe, a full disk or a restarting journald costs lines, never an advert.
 */

/** How a target answers: octets taken (0: full now), or -1: it will never take this one (too long, malformed). */
export type Offer = (chunk: Uint8Array) => number;

export type OutboxOptions = {
  readonly offer: Offer;
  /** The line that stands where `count` lines were lost. */
  readonly lostLine: (count: number) => Uint8Array;
  readonly maxBytes?: number; // default 1 MB
  /** Calls back after `ms`, not keeping the process alive; returns a cancel. Replaced in tests. */
  readonly later?: (ms: number, wake: () => void) => () => void;
  readonly nowMs?: () => number; // monotonic; replaced in tests
};

const MAX_BYTES = 1 << 20;
const FIRST_RETRY_MS = 10;
/** Each wakes an idle daemon on a host without a syslog. */
const LONGEST_RETRY_MS = 60_000;
/** So long after a refusal a new line asks again, whatever retry is due. */
const ASK_AGAIN_MS = 5_000;
/** Chunks offered in one go: a flood may not hold the loop. */
const BATCH = 256;
/** Places of chunks that have gone out, kept until there are that many. */
const MOST_EMPTY = 1024;

function afterwards(ms: number, wake: () => void): () => void {
  const timer = setTimeout(wake, ms).unref();
  return () => clearTimeout(timer);
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #maxBytes: number;
  readonly #later: (ms: number, wake: () => void) => () => void;
  #queue: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;
  #lost = 0; // since the last lost line
  #lostTotal = 0;
  #retryMs = FIRST_RETRY_MS;
  #refusedAtMs = 0;
  #cancel: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#later = options.later ?? afterwards;
  }

  /** Sends `chunk` now or keeps it; never waits, never throws. */
  push(chunk: Uint8Array): void {
    if (this.#cancel !== undefined && this.#nowMs() - this.#refusedAtMs >= ASK_AGAIN_MS) this.flush();
    if (this.#lost > 0 || this.#bytes + chunk.length > this.#maxBytes) {
      // Once something was lost the order is kept by losing on until the queue has gone out.
      this.#lost++;
      this.#lostTotal++;
      return;
    }
    this.#queue.push(chunk);
    this.#bytes += chunk.length;
    // While a retry is due the target was full a moment ago: asking for each line would cost a system call each.
    if (this.#cancel === undefined) this.flush();
  }

  /** Offers what waits; true when nothing is left. */
  flush(): boolean {
    this.#cancel?.();
    this.#cancel = undefined;
    for (let i = 0; i < BATCH; i++) {
      const chunk = this.#next();
      if (chunk === undefined) break;
      const taken = this.#options.offer(chunk);
      if (taken === 0) {
        this.#refusedAtMs = this.#nowMs();
        this.#again(this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
        return false;
      }
      this.#retryMs = FIRST_RETRY_MS;
      this.#took(chunk, taken);
    }
    if (this.#head === this.#queue.length && this.#lost === 0) return true;
    this.#again(1);
    return false;
  }

  /** Lines dropped since start. */
  get lostCount(): number {
    return this.#lostTotal;
  }
  get queuedBytes(): number {
    return this.#bytes;
  }
  /** Of chunks, gone out or not: for tests. */
  get places(): number {
    return this.#queue.length;
  }

  /** Forgets what waits and stops retrying. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#lostTotal += this.#queue.length - this.#head;
    this.#queue = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? performance.now();
  }

  #next(): Uint8Array | undefined {
    if (this.#head < this.#queue.length) return this.#queue[this.#head];
    this.#queue = [];
    this.#head = 0;
    if (this.#lost === 0) return undefined;
    const line = this.#options.lostLine(this.#lost);
    this.#lost = 0;
    this.#queue.push(line);
    this.#bytes += line.length;
    return line;
  }

  #took(chunk: Uint8Array, taken: number): void {
    if (taken > 0 && taken < chunk.length) {
      this.#queue[this.#head] = chunk.subarray(taken);
      this.#bytes -= taken;
      return;
    }
    if (taken < 0) this.#lostTotal++;
    this.#head++;
    this.#bytes -= chunk.length;
    // A target that is always a little behind never lets the queue become empty.
    if (this.#head < MOST_EMPTY) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }

  #again(ms: number): void {
    this.#cancel = this.#later(ms, () => {
      this.#cancel = undefined;
      this.flush();
    });
  }
}
