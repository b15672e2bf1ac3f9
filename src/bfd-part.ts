/**
 * BFD as a part of the daemon: its engine and sockets are loaded when the first 'bfd_instance' is configured, at start or by
 * a reload.
 */
import { randomBytes } from 'node:crypto';
import type { BfdConfig } from './config/bfd-config.ts';
import type { BfdSessions } from './core/bfd-sessions.ts';
import { Limiter } from './core/limiter.ts';
import type { BfdSnapshot } from './core/snapshot.ts';
import { LoopTimer } from './io/clock.ts';
import type { Native } from './native.ts';
import type { BfdReceived, BfdStates } from './ports/bfd.ts';
import type { Clock, Log } from './ports/system.ts';

/** The same trouble comes with every packet. */
const REPEAT_US = 60_000_000;

export type BfdPartOptions = {
  readonly native: Native;
  readonly clock: Clock;
  readonly log: Log;
  readonly interfaceIndex: (name: string) => number;
  readonly onProblem: (where: string, what: string, code: string) => void;
  readonly changed: (name: string) => void;
};

export class BfdPart implements BfdStates {
  readonly #o: BfdPartOptions;
  #make: (() => BfdSessions) | undefined;
  #sessions: BfdSessions | undefined;

  constructor(options: BfdPartOptions) {
    this.#o = options;
  }

  /** Before `configure`: loads what these sessions need. */
  async prepare(configs: readonly BfdConfig[]): Promise<void> {
    if (configs.length === 0 || this.#make !== undefined) return;
    const { BfdSessions } = await import('./core/bfd-sessions.ts');
    const { BfdSockets } = await import('./io/bfd/bfd-sockets.ts');
    const o = this.#o;
    this.#make = () => {
      const sockets = new BfdSockets({
        native: o.native,
        sink: (received: BfdReceived) => sessions.receive(received),
        interfaceIndex: o.interfaceIndex,
        random: Math.random,
        onProblem: o.onProblem,
      });
      const sessions: BfdSessions = new BfdSessions({
        clock: o.clock,
        timer: new LoopTimer(o.clock, () => sessions.wake()),
        log: o.log,
        limiter: new Limiter(REPEAT_US),
        sockets,
        random: Math.random,
        discriminator: () => Math.max(1, randomBytes(4).readUInt32BE()),
        changed: o.changed,
      });
      return sessions;
    };
  }

  /** New and changed sessions come into force; those that are gone wait for `retire`. */
  configure(configs: readonly BfdConfig[]): void {
    if (configs.length > 0) this.#sessions ??= this.#make?.();
    this.#sessions?.configure(configs);
  }

  /** When nobody names the others any more. */
  retire(configs: readonly BfdConfig[]): void {
    this.#sessions?.retire(configs);
  }

  stop(): void {
    this.#sessions?.stop();
  }

  close(): void {
    this.#sessions?.close();
  }

  clearCounters(): void {
    this.#sessions?.clearCounters();
  }

  stateOf(name: string): { readonly up: boolean; readonly detail: string } {
    return this.#sessions?.stateOf(name) ?? { up: false, detail: `there is no BFD session ${name}` };
  }

  /** Undefined without sessions. */
  snapshot(): BfdSnapshot | undefined {
    const picture = this.#sessions?.snapshot();
    return picture === undefined || picture.sessions.length === 0 ? undefined : picture;
  }
}
