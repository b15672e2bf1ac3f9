/**
 * Who answers for each virtual router's address, all the time: a node that runs or ran, has the address, and whose
 * interface is up. What a client sees, whatever the daemons believe.
 */
import { toHex } from '../base/bytes.ts';
import type { PlannedRouter } from './plan.ts';
import type { World } from './world.ts';

/** One stretch of one virtual router, from `begin` to `end`. Nodes are numbers. */
export type Span = {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** From the beginning until the last one of `after` had the address for good; undefined: it never lost it. */
  readonly movedUs: number | undefined;
  readonly noHolderUs: number;
  readonly twoHoldersUs: number;
};

type Asked = { readonly interface: string; readonly address: string };
type Record = {
  now: readonly number[];
  sinceUs: number;
  before: readonly number[];
  movedUs: number | undefined;
  noHolderUs: number;
  twoHoldersUs: number;
};

/** The same nodes. */
export const same = (x: readonly number[], y: readonly number[]): boolean =>
  x.length === y.length && x.every((v, i) => v === y[i]);

export class Holders {
  readonly #world: World;
  readonly #records: readonly Record[];
  /** Of each router and node the address to ask for. */
  readonly #asked: readonly (readonly (Asked | undefined)[])[];
  #dirty = false;
  #beganUs = 0;

  constructor(world: World, routers: readonly PlannedRouter[]) {
    this.#world = world;
    this.#asked = routers.map((r) =>
      r.sides.map((side) => {
        const vip = side?.vips[0] ?? side?.excludedVips[0];
        return vip === undefined ? undefined : { interface: vip.interface, address: toHex(vip.bytes) };
      }),
    );
    this.#records = routers.map(() => ({
      now: [],
      sinceUs: 0,
      before: [],
      movedUs: undefined,
      noHolderUs: 0,
      twoHoldersUs: 0,
    }));
    world.onChange = () => this.#lookSoon();
  }

  /** Once for all that changes at one instant: a hundred routers move together. */
  #lookSoon(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#world.agenda.at(this.#world.agenda.nowUs, () => this.#look());
  }

  #holdersOf(sides: readonly (Asked | undefined)[]): readonly number[] {
    return sides.flatMap((asked, id) => {
      const node = this.#world.node(id);
      return asked !== undefined && node.alive && node.host.answersFor(asked.interface, asked.address)
        ? [id]
        : [];
    });
  }

  #look(): void {
    this.#dirty = false;
    const nowUs = this.#world.agenda.nowUs;
    for (const [i, record] of this.#records.entries()) {
      const next = this.#holdersOf(this.#asked[i] ?? []);
      if (same(next, record.now)) continue;
      this.#count(record, nowUs);
      if (next.some((id) => !record.now.includes(id))) record.movedUs = nowUs - this.#beganUs;
      record.now = next;
    }
  }

  #count(record: Record, nowUs: number): void {
    const us = nowUs - record.sinceUs;
    if (record.now.length === 0) record.noHolderUs += us;
    else if (record.now.length > 1) record.twoHoldersUs += us;
    record.sinceUs = nowUs;
  }

  begin(): void {
    const nowUs = this.#world.agenda.nowUs;
    this.#beganUs = nowUs;
    for (const r of this.#records) {
      r.sinceUs = nowUs;
      r.before = r.now;
      r.movedUs = undefined;
      r.noHolderUs = 0;
      r.twoHoldersUs = 0;
    }
  }

  end(): readonly Span[] {
    const nowUs = this.#world.agenda.nowUs;
    return this.#records.map((r) => {
      this.#count(r, nowUs);
      return {
        before: r.before,
        after: r.now,
        movedUs: r.now.length === 0 ? undefined : r.movedUs,
        noHolderUs: r.noHolderUs,
        twoHoldersUs: r.twoHoldersUs,
      };
    });
  }

  /** How things stand, with nothing measured. */
  begun(): readonly Span[] {
    this.begin();
    return this.end();
  }
}
