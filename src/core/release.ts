/**
 * What must be undone after any death: every address, route and rule that we may hold, and priority 0 for each instance that is master.
 * Addresses are named from the start on, held or not: there is no instant between adding one and having it written down,
 * and deleting one that is not there is harmless.
 */
import { formatIp } from '../base/ip.ts';
import type { ReleaseState } from '../ports/system.ts';
import { authenticateAhead } from './authentication.ts';
import type { Context } from './context.ts';
import { advertInterface } from './devices/plan.ts';
import { outgoing } from './effects.ts';
import { allAddresses } from './router.ts';
import { releasedRouting } from './virtual-routes.ts';

export function releaseState(ctx: Context): ReleaseState {
  const addresses: { interface: string; address: string; prefixLength: number; peer?: string }[] = [];
  const adverts: { instance: string; interface: string; destination: string; frame: Uint8Array }[] = [];
  for (const r of ctx.routers) {
    for (const v of allAddresses(r.config))
      addresses.push({
        interface: v.interface,
        address: v.address,
        prefixLength: v.prefixLength,
        ...(v.peer === undefined ? {} : { peer: formatIp(v.peer.bytes) }),
      });
    if (!r.vipsSet || r.state.name !== 'master' || r.source === undefined) continue;
    const authentication = authenticateAhead(r);
    if (authentication === undefined) continue;
    const advert = outgoing(r, 0, (r.ipId % 65_535) + 1, authentication);
    for (const [i, frame] of ctx.ports.adverts.encode(advert).entries())
      adverts.push({
        instance: r.config.name,
        interface: advertInterface(r.config),
        destination: advert.destinations[i] as string,
        frame,
      });
  }
  const routing = releasedRouting(ctx);
  const devices = ctx.devices.names();
  const settings = ctx.ports.devices?.changedSettings() ?? [];
  return {
    addresses,
    adverts,
    ...(routing.length === 0 ? {} : { routing }),
    ...(devices.length === 0 ? {} : { devices }),
    ...(settings.length === 0 ? {} : { settings }),
  };
}
