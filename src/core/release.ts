/** What must be undone after any death: the addresses we hold now, and priority 0 for each instance that is master. */
import { formatIp } from '../base/ip.ts';
import type { ReleaseState } from '../ports/system.ts';
import type { Context } from './context.ts';
import { outgoing } from './effects.ts';
import { allAddresses } from './router.ts';

export function releaseState(ctx: Context): ReleaseState {
  const addresses: { interface: string; address: string; prefixLength: number; peer?: string }[] = [];
  const adverts: { instance: string; interface: string; destination: string; frame: Uint8Array }[] = [];
  for (const r of ctx.routers) {
    if (!r.vipsSet) continue;
    for (const v of allAddresses(r.config))
      addresses.push({
        interface: v.interface,
        address: v.address,
        prefixLength: v.prefixLength,
        ...(v.peer === undefined ? {} : { peer: formatIp(v.peer.bytes) }),
      });
    if (r.state.name !== 'master' || r.source === undefined || r.config.family !== 4) continue;
    const advert = outgoing(r, 0, (r.ipId % 65_535) + 1);
    for (const [i, frame] of ctx.ports.adverts.encode(advert).entries())
      adverts.push({
        instance: r.config.name,
        interface: r.config.interface,
        destination: advert.destinations[i] as string,
        frame,
      });
  }
  return { addresses, adverts };
}
