/** Observers of a simulated segment: when two were master at once, when nobody was, when nobody held the address. */
import type { Net } from './net.ts';

export type Span = { readonly fromUs: number; readonly toUs: number };
export type Overlap = Span & { readonly a: number; readonly b: number };

export class Watch {
  readonly overlaps: Overlap[] = [];
  readonly masterless: Span[] = [];
  readonly unheld: Span[] = [];
  readonly #net: Net;
  readonly #since: (number | undefined)[];
  #masterlessFrom: number | undefined = 0;
  #unheldFrom: number | undefined = 0;

  constructor(net: Net) {
    this.#net = net;
    this.#since = net.routers.map(() => undefined);
    net.onChange = () => this.#look();
  }

  /** Closes what is still open at the end of the run. */
  end(): void {
    const now = this.#net.nowUs;
    for (const r of this.#net.routers) this.#leave(r.id, now);
    if (this.#masterlessFrom !== undefined) this.masterless.push({ fromUs: this.#masterlessFrom, toUs: now });
    if (this.#unheldFrom !== undefined) this.unheld.push({ fromUs: this.#unheldFrom, toUs: now });
  }

  #look(): void {
    const now = this.#net.nowUs;
    for (const r of this.#net.routers) {
      const is = r.alive && r.state.name === 'master';
      if (is) this.#since[r.id] ??= now;
      else this.#leave(r.id, now);
    }
    const none = this.#net.masters().length === 0;
    if (none) this.#masterlessFrom ??= now;
    else if (this.#masterlessFrom !== undefined) {
      this.masterless.push({ fromUs: this.#masterlessFrom, toUs: now });
      this.#masterlessFrom = undefined;
    }
    if (!this.#net.routers.some((r) => r.holdsAddress)) this.#unheldFrom ??= now;
    else if (this.#unheldFrom !== undefined) {
      this.unheld.push({ fromUs: this.#unheldFrom, toUs: now });
      this.#unheldFrom = undefined;
    }
  }

  #leave(id: number, now: number): void {
    const since = this.#since[id];
    if (since === undefined) return;
    this.#since[id] = undefined;
    for (const [other, otherSince] of this.#since.entries())
      if (otherSince !== undefined)
        this.overlaps.push({ a: id, b: other, fromUs: Math.max(since, otherSince), toUs: now });
  }
}

/** Length of the part of `s` after `fromUs`; 0 if none. */
export const after = (s: Span, fromUs: number): number => Math.max(0, s.toUs - Math.max(s.fromUs, fromUs));
