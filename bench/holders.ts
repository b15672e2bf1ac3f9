/** Who held how many addresses when, from the kernels' own reports: the course of an election of many. Pure. */

/** The fields of test/netns/addresses.ts's AddressEvent that are needed. */
export type Held = {
  readonly atS: number;
  readonly node: string;
  readonly address: string;
  readonly present: boolean;
};

export type Course = {
  /** When every address was on one and the same node, and stayed so to the end; undefined: never. */
  readonly settledAtS: number | undefined;
  /** Largest number of addresses that two nodes held at one time. */
  readonly mostOnBoth: number;
  /** The same, over time: addresses x seconds. */
  readonly bothS: number;
};

/** `addresses`: all that are wanted; events of others are passed over. In any order; `untilS` ends the course. */
export function courseOf(events: readonly Held[], addresses: ReadonlySet<string>, untilS: number): Course {
  const holders = new Map<string, Set<string>>();
  const counts = new Map<string, number>();
  let [onBoth, mostOnBoth, bothS, lastS] = [0, 0, 0, 0];
  let settledAtS: number | undefined;
  for (const e of events.filter((e) => addresses.has(e.address)).toSorted((x, y) => x.atS - y.atS)) {
    bothS += onBoth * (e.atS - lastS);
    lastS = e.atS;
    const nodes = holders.get(e.address) ?? new Set();
    holders.set(e.address, nodes);
    if (nodes.has(e.node) === e.present) continue;
    if (nodes.size > 1) onBoth--;
    if (e.present) nodes.add(e.node);
    else nodes.delete(e.node);
    if (nodes.size > 1) onBoth++;
    counts.set(e.node, (counts.get(e.node) ?? 0) + (e.present ? 1 : -1));
    mostOnBoth = Math.max(mostOnBoth, onBoth);
    const settled = onBoth === 0 && [...counts.values()].some((n) => n === addresses.size);
    settledAtS = settled ? (settledAtS ?? e.atS) : undefined;
  }
  if (onBoth > 0) bothS += onBoth * (untilS - lastS);
  return { settledAtS, mostOnBoth, bothS };
}
