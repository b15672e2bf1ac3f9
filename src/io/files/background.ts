/**
 * Work on files that nobody waits for (dumps, saved states): on another thread, one after the other, because a disk may stand
 * still. Of two with one name the later one counts if the earlier has not begun.
 */

/** Names that wait; beyond it the disk is stuck, and what is asked for is refused. */
const MOST_WAITING = 64;

type Work = () => Promise<void>;

export class Background {
  readonly #waiting = new Map<string, Work>();
  #running: Promise<void> | undefined;

  /** False: too many wait, nothing will be done. `work` must not reject. */
  add(name: string, work: Work): boolean {
    if (!this.#waiting.has(name) && this.#waiting.size >= MOST_WAITING) return false;
    this.#waiting.set(name, work);
    this.#running ??= this.#run();
    return true;
  }

  async #run(): Promise<void> {
    for (let next = first(this.#waiting); next !== undefined; next = first(this.#waiting)) {
      this.#waiting.delete(next.name);
      await next.work();
    }
    this.#running = undefined;
  }

  /** Resolves when nothing is left to do, or after `boundMs`. */
  async settle(boundMs: number): Promise<void> {
    if (this.#running === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, boundMs);
    });
    await Promise.race([this.#running, bound]);
    clearTimeout(timer);
  }
}

function first(map: ReadonlyMap<string, Work>): { readonly name: string; readonly work: Work } | undefined {
  for (const [name, work] of map) return { name, work };
  return undefined;
}
