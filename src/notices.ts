/**
 * Who hears of what happens: each kind of listener is made, and its module loaded, only while the configuration asks for
 * it. Core tells one port; the listeners are told in the order of the list.
 */
import type { Config } from './config/config.ts';
import type { Notice, NoticeListener, NoticePort } from './ports/notice.ts';
import type { Log } from './ports/system.ts';

export type ListenerKind = {
  readonly name: string; // for the log
  wanted(config: Config): boolean;
  /** Loads what it needs. `reconfigure` is called before the first notice. */
  make(config: Config): Promise<NoticeListener>;
};

/** At a stop a listener may still have something to hand over; nobody waits longer for it. */
const CLOSE_MS = 1_000;

export class Notices implements NoticePort {
  readonly #kinds: readonly ListenerKind[];
  readonly #log: Log;
  readonly #made = new Map<ListenerKind, NoticeListener>();
  #listeners: readonly NoticeListener[] = [];

  constructor(kinds: readonly ListenerKind[], log: Log) {
    this.#kinds = kinds;
    this.#log = log;
  }

  /** A listener that throws is not told any more: an error in what only watches may not end VRRP. */
  tell(notice: Notice): void {
    for (const listener of this.#listeners)
      try {
        listener.tell(notice);
      } catch (e) {
        this.#listeners = this.#listeners.filter((l) => l !== listener);
        const name = [...this.#made].find(([, made]) => made === listener)?.[0].name ?? 'a listener';
        this.#log.log(
          'error',
          `${name} failed and is told nothing more: ${e instanceof Error ? (e.stack ?? e.message) : e}`,
        );
      }
  }

  /** Makes the listeners that `config` wants and that are not there yet; one that cannot be made is missed, no more. */
  async prepare(config: Config): Promise<void> {
    for (const kind of this.#kinds) {
      if (this.#made.has(kind) || !kind.wanted(config)) continue;
      try {
        this.#made.set(kind, await kind.make(config));
      } catch (e) {
        if (!(e instanceof Error)) throw e;
        this.#log.log('error', `${kind.name} cannot be used: ${e.message}`);
      }
    }
  }

  /** `config`, for which `prepare` was awaited, comes into force: what is told from here on goes where it says. */
  apply(config: Config): void {
    const listeners: NoticeListener[] = [];
    for (const kind of this.#kinds) {
      const listener = this.#made.get(kind);
      if (listener === undefined) continue;
      if (kind.wanted(config)) {
        listener.reconfigure(config);
        listeners.push(listener);
      } else {
        this.#made.delete(kind);
        void this.#close(listener);
      }
    }
    this.#listeners = listeners;
  }

  async close(): Promise<void> {
    const listeners = [...this.#made.values()];
    this.#listeners = [];
    this.#made.clear();
    await Promise.all(listeners.map((l) => this.#close(l)));
  }

  async #close(listener: NoticeListener): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([listener.close(), bound]);
    clearTimeout(timer);
  }
}
