/** A route while its line is read, and what its options share: families that must agree, dropped lines. */
import { parseIp } from '../../base/ip.ts';
import type { Word } from '../words.ts';
import type { Line } from './line.ts';
import type { Encap, Metric, NextHop, Prefix, Realms, RouteConfig, RouteMetrics } from './route-config.ts';

export type MetricName = Exclude<keyof RouteMetrics, 'congctl'>;

export type RouteDraft = {
  family: 4 | 6 | undefined; // undefined: 'default' alone fits both
  type: number;
  destination: Prefix | 'default' | undefined;
  destinationText: string;
  source?: Prefix;
  preferredSource?: Uint8Array;
  via?: Uint8Array;
  interface?: string;
  onlink: boolean;
  tos: number;
  table?: number; // absent: by the type
  vrf?: string;
  protocol: Word | undefined;
  protocolNumber: number;
  scope?: number;
  metric?: number;
  expiresS?: number;
  pref?: number;
  ttlPropagate?: boolean;
  realms?: Realms;
  readonly metrics: Partial<Record<MetricName, Metric>>;
  congctl?: { readonly name: string; readonly lock: boolean };
  encap?: Encap;
  /** The gateway behind 'or'. */
  or?: Uint8Array;
  nextHops: NextHop[];
  mode: RouteConfig['mode'];
  track: boolean;
  trackGroup?: string;
  trackGroupAt?: Word;
  /** The word behind 'inet' or 'inet6' that nobody reads. */
  swallowed?: Word;
};

export const newRoute = (): RouteDraft => ({
  family: undefined,
  type: 1,
  destination: undefined,
  destinationText: '',
  onlink: false,
  tos: 0,
  protocol: undefined,
  protocolNumber: 18,
  metrics: {},
  nextHops: [],
  mode: 'prepend',
  track: true,
});

/** Fixes the family or checks it; false with a report when the line mixes two. */
export function agree(d: RouteDraft, family: 4 | 6 | undefined, word: Word, line: Line): boolean {
  if (d.family === undefined) d.family = family;
  else if (d.family !== family)
    return line.drop(
      'KA1303',
      word.at,
      `Cannot mix IPv4 and IPv6 addresses for route (${word.text})`,
      family === undefined
        ? `write '${d.family === 4 ? '0.0.0.0/0' : '::/0'}' instead of '${word.text}'`
        : undefined,
    );
  return true;
}

/** An address without prefix length, of the route's family. */
export function gateway(d: RouteDraft, word: Word, what: string, line: Line): Uint8Array | undefined {
  const bytes = parseIp(word.text);
  if (bytes === undefined) {
    line.drop(
      'KA1304',
      word.at,
      `invalid route ${what} address ${word.text}`,
      'write an address without prefix length',
    );
    return undefined;
  }
  return agree(d, bytes.length === 4 ? 4 : 6, word, line) ? bytes : undefined;
}
