/**
 * The daemon's signals, caught from the first moment that its pid can be known: what comes while it still starts is held
 * and delivered when it runs. Node would otherwise let SIGHUP, SIGUSR2, 36 and 63 kill the process meanwhile.
 */
import { native } from './native.ts';

export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'JSON' | 'STATS_CLEAR';
export type SignalHandlers = Readonly<Record<SignalName, () => void>>;

const NODE_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** glibc's SIGRTMIN+2 and SIGRTMAX-1, which Node does not know. */
const REAL_TIME = { JSON: 36, STATS_CLEAR: 63 } as const;

export class Signals {
  #handlers: SignalHandlers | undefined;
  readonly #held = new Set<SignalName>();

  /** Catches them all; `ignoreSigint` for --ignore-sigint. Once in a process. */
  catchAll(ignoreSigint: boolean): void {
    for (const name of NODE_SIGNALS)
      process.on(name, () => {
        if (name !== 'SIGINT' || !ignoreSigint) this.#caught(name);
      });
    native().signalStart(REAL_TIME.JSON, () => this.#caught('JSON'));
    native().signalStart(REAL_TIME.STATS_CLEAR, () => this.#caught('STATS_CLEAR'));
  }

  /** From now on they go to `handlers`; those that came earlier at once, each kind once, a stop last. */
  deliverTo(handlers: SignalHandlers): void {
    this.#handlers = handlers;
    const held = [...this.#held];
    this.#held.clear();
    const stops = (name: SignalName): boolean => name === 'SIGTERM' || name === 'SIGINT';
    for (const name of [...held.filter((n) => !stops(n)), ...held.filter(stops)]) handlers[name]();
  }

  #caught(name: SignalName): void {
    if (this.#handlers === undefined) this.#held.add(name);
    else this.#handlers[name]();
  }
}
