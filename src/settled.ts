/** Once after each start and reload, when that has settled, the daemon gives back the memory that nothing else needs. */
import { givingBack } from './io/memory.ts';
import type { Native } from './native.ts';
import type { Clock, Log } from './ports/system.ts';
import { inSlices } from './slices.ts';

/** Addresses are there, the first announcements out, and a reload in a row of many has its successor. */
const SETTLED_MS = 3_000;

export class Settled {
  readonly #api: Native;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;

  constructor(api: Native, clock: Clock, log: Log) {
    this.#api = api;
    this.#clock = clock;
    this.#log = log;
  }

  /** `keep`: the code is to stay in memory ('vrrp_no_swap'). */
  later(keep: boolean): void {
    this.close();
    if (keep) return;
    this.#timer = setTimeout(() => this.#giveBack(), SETTLED_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#turn++;
  }

  #giveBack(): void {
    const turn = this.#turn;
    const work = givingBack(this.#api);
    inSlices(
      work,
      () => this.#clock.nowUs(),
      () => turn !== this.#turn,
    )
      .catch((e: unknown) => this.#log.log('warning', `memory was not given back: ${String(e)}`))
      .finally(() => work.return());
  }
}
