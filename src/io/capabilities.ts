/** Whether this process may do what a VRRP daemon must; the message names what is missing and how to get it. */
import type { Native } from '../native.ts';

/** Bits of capabilities(7). */
const NEEDED: readonly (readonly [name: string, bit: bigint, what: string])[] = [
  ['CAP_NET_ADMIN', 12n, 'add and remove addresses'],
  ['CAP_NET_RAW', 13n, 'open VRRP and ARP sockets'],
];

/** undefined when nothing is missing. */
export function capabilityProblem(api: Pick<Native, 'effectiveCapabilities'>): string | undefined {
  const have = api.effectiveCapabilities();
  const missing = NEEDED.filter(([, bit]) => (have & (1n << bit)) === 0n);
  if (missing.length === 0) return undefined;
  const list = missing.map(([name, , what]) => `${name} (to ${what})`).join(' and ');
  return `missing permission: ${list}; run vipd as root, or give its unit AmbientCapabilities=${missing.map(([n]) => n).join(' ')}`;
}
