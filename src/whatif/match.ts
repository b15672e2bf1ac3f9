/** Which instance of one file is which instance of the other: the same virtual router on two nodes. */
import { equalBytes } from '../base/bytes.ts';
import type { Config, InstanceConfig } from '../config/config.ts';

export type InstancePair = { readonly a: InstanceConfig; readonly b: InstanceConfig };
export type Matching = {
  readonly pairs: readonly InstancePair[]; // in the order of the first file
  readonly onlyA: readonly InstanceConfig[];
  readonly onlyB: readonly InstanceConfig[];
};

type Rule = (a: InstanceConfig, b: InstanceConfig) => boolean;

const sharesVip: Rule = (a, b) => a.vips.some((x) => b.vips.some((y) => equalBytes(x.bytes, y.bytes)));
const sameRouter: Rule = (a, b) => a.vrid === b.vrid && a.family === b.family;

/**
 * The best rule first. A VRID may be in use on several interfaces, and interfaces of two hosts may have other names; a
 * mistyped VRID must not make one router look like two, so addresses and names count as well.
 */
const RULES: readonly Rule[] = [
  (a, b) => sameRouter(a, b) && a.interface === b.interface && sharesVip(a, b),
  (a, b) => sameRouter(a, b) && sharesVip(a, b),
  (a, b) => sameRouter(a, b) && a.interface === b.interface,
  (a, b) => sameRouter(a, b) && a.name === b.name,
  (a, b) => a.family === b.family && sharesVip(a, b),
  sameRouter,
  (a, b) => a.family === b.family && a.name === b.name && a.interface === b.interface,
];

export function matchInstances(a: Config, b: Config): Matching {
  const partner = new Map<InstanceConfig, InstanceConfig>();
  const free = new Set(b.instances);
  for (const rule of RULES)
    for (const x of a.instances) {
      if (partner.has(x)) continue;
      for (const y of free)
        if (rule(x, y)) {
          partner.set(x, y);
          free.delete(y);
          break;
        }
    }
  const pairs: InstancePair[] = [];
  for (const [x, y] of [...partner].toSorted((p, q) => a.instances.indexOf(p[0]) - a.instances.indexOf(q[0])))
    pairs.push({ a: x, b: y });
  return { pairs, onlyA: a.instances.filter((x) => !partner.has(x)), onlyB: [...free] };
}
