/**
 * Two files of one pair compared: findings with a place in each file, then the what-if table. The comparison says what
 * is wrong in the text, the table what comes of it; the table is never made from the findings.
 */
import type { Config } from '../config/config.ts';
import { type Diagnostic, Reporter } from '../config/diagnostic.ts';
import type { LoadResult } from '../config/load.ts';
import type { MacPort } from '../ports/mac.ts';
import { type Answer, answer, TABLE_PHASES, wholeTable } from './answer.ts';
import type { Facing, Side } from './facing.ts';
import { type Matching, matchInstances } from './match.ts';
import { Places } from './places.ts';
import { planPair } from './plan.ts';
import { addressSets, prefixLengths, unicast } from './rules-addresses.ts';
import { preemption, priorities, states, weights } from './rules-election.ts';
import {
  authentication,
  checksum,
  interval,
  multicastGroup,
  version,
  virtualMac,
  vrid,
} from './rules-wire.ts';
import { answerJson, answerText } from './table.ts';

export type PairReport = {
  readonly diagnostics: readonly Diagnostic[];
  /** Lines of the what-if table; '' where one of the files could not be read. */
  readonly table: string;
  readonly json: unknown;
  /** A single fault that leaves no node, or both, with an address. */
  readonly negative: boolean;
};

/** `names`: of the nodes, as the table shows them. Findings about one file alone are not repeated here. */
export function checkPair(
  a: LoadResult,
  b: LoadResult,
  names: readonly [string, string],
  macs: MacPort,
): PairReport {
  if (a.config === undefined || b.config === undefined)
    return { diagnostics: [], table: '', json: null, negative: false };
  const plan = planPair(names, a.config, b.config, macs);
  const result: Answer = answer(plan, wholeTable(plan), TABLE_PHASES);
  return {
    diagnostics: comparePair({ ...a, config: a.config }, { ...b, config: b.config }, names),
    table: answerText(result, 'pair', false),
    json: answerJson(result, 'pair'),
    negative: result.negative,
  };
}

type Loaded = LoadResult & { readonly config: Config };

/** The findings alone, in the order of the first file's instances. */
export function comparePair(a: Loaded, b: Loaded, names: readonly [string, string]): readonly Diagnostic[] {
  const reporter = new Reporter();
  const sides = [
    { name: names[0], config: a.config, places: new Places(a) },
    { name: names[1], config: b.config, places: new Places(b) },
  ] as const;
  const matching = matchInstances(a.config, b.config);
  for (const pair of matching.pairs) compare({ reporter, sides, ...pair });
  missingInstances(reporter, sides, matching);
  syncGroups(reporter, sides, matching);
  return reporter.diagnostics;
}

/** A mistake that keeps the nodes from hearing each other at all leaves the rest for later: it would only be noise. */
function compare(f: Facing): void {
  const heard = vrid(f) && version(f);
  if (heard) {
    interval(f);
    authentication(f);
    checksum(f);
  }
  unicast(f);
  if (f.a.unicastPeers.length === 0 && f.b.unicastPeers.length === 0) multicastGroup(f);
  addressSets(f);
  prefixLengths(f);
  virtualMac(f);
  priorities(f);
  states(f);
  preemption(f);
  weights(f);
}

function missingInstances(reporter: Reporter, sides: readonly [Side, Side], m: Matching): void {
  const lists = [
    [m.onlyA, 0],
    [m.onlyB, 1],
  ] as const;
  for (const [list, has] of lists)
    for (const c of list) {
      const other = sides[has === 0 ? 1 : 0];
      reporter.report(
        'KA3015',
        sides[has].places.instance(c.name),
        `(${c.name}) VRID ${c.vrid} is configured on ${sides[has].name} only`,
        {
          related: [{ at: other.places.file(), message: `${other.name} has no such instance` }],
          effect: `when ${sides[has].name} fails, nobody takes its addresses`,
          fix: `add the instance to the file of ${other.name}`,
        },
      );
    }
}

/** Groups are compared by their members, as pairs of instances: their names are free. */
function syncGroups(reporter: Reporter, sides: readonly [Side, Side], m: Matching): void {
  const told = new Set<string>();
  const groupOf = (side: Side, name: string) => side.config.groups.find((g) => g.members.includes(name));
  for (const { a, b } of m.pairs) {
    const [ga, gb] = [groupOf(sides[0], a.name), groupOf(sides[1], b.name)];
    const membersA = ga?.members.map((n) => m.pairs.find((p) => p.a.name === n)?.b.name ?? '').toSorted();
    const membersB = gb?.members.toSorted();
    if ((membersA ?? []).join() === (membersB ?? []).join()) continue;
    const key = `${ga?.name ?? ''} ${gb?.name ?? ''}`;
    if (told.has(key)) continue;
    told.add(key);
    const text = (g: typeof ga, name: string, side: Side): string =>
      g === undefined
        ? `${name} is in none on ${side.name}`
        : `${g.name} = ${g.members.join(', ')} on ${side.name}`;
    reporter.report(
      'KA3016',
      ga === undefined ? sides[0].places.instance(a.name) : sides[0].places.group(ga.name),
      `sync groups differ: ${text(ga, a.name, sides[0])}; ${text(gb, b.name, sides[1])}`,
      {
        related: [
          {
            at: gb === undefined ? sides[1].places.instance(b.name) : sides[1].places.group(gb.name),
            message: `on ${sides[1].name}`,
          },
        ],
        effect: 'one node moves these addresses together, the other one by one',
        fix: 'write the same vrrp_sync_group in both files',
      },
    );
  }
}
