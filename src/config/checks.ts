/** Rules across instances: what two blocks may not share. */
import { toHex } from '../base/bytes.ts';
import type { InstanceConfig } from './config.ts';
import type { Reporter } from './diagnostic.ts';
import type { Span } from './source.ts';

export type Placed = {
  readonly instance: InstanceConfig;
  readonly at: Span;
  readonly ownPriorityChanges: boolean; // 'notify_priority_changes' is written in the block itself
};

/** Fatal: a VRID may be used once on an interface and family, unicast and multicast apart. */
export function uniqueVrids(all: readonly Placed[], reporter: Reporter): void {
  const seen = new Map<string, Placed>();
  for (const p of all) {
    const i = p.instance;
    const way =
      i.unicastPeers.length > 0
        ? `unicast ${i.sourceAddress ?? ''} ${i.unicastPeers
            .map((u) => u.address)
            .sort()
            .join()}`
        : i.family === 4
          ? i.multicastGroup4
          : i.multicastGroup6;
    const key = `${i.family} ${i.vrid} ${i.interface} ${way}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, p);
      continue;
    }
    reporter.report(
      'KA0660',
      p.at,
      `${first.instance.name} and ${i.name} both use VRID ${i.vrid} with IPv${i.family} on interface ${i.interface}`,
      {
        related: [{ at: first.at, message: `${first.instance.name} is here` }],
        effect: 'keepalived stops with status 2',
        fix: 'give one of them another virtual_router_id, on all its routers',
        fatal: 2,
      },
    );
  }
}

/** keepalived says nothing, and both instances add and remove the same address. */
export function uniqueAddresses(all: readonly Placed[], reporter: Reporter): void {
  const seen = new Map<string, Placed>();
  for (const p of all)
    for (const vip of [...p.instance.vips, ...p.instance.excludedVips]) {
      const key = toHex(vip.bytes);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, p);
      else if (first !== p)
        reporter.report(
          'KA0661',
          p.at,
          `${vip.address} is an address of both ${first.instance.name} and ${p.instance.name}`,
          {
            related: [{ at: first.at, message: `${first.instance.name} is here` }],
            effect: 'whichever leaves MASTER removes the address from the other',
          },
        );
    }
}
