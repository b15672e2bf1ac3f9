/**
 * What the pacer does for a master whose thread stands still for too long: priority 0, then rules, routes and addresses
 * away. A master whose adverts it does not repeat leaves one with it all the same; an advert that is signed with the time
 * cannot be made in advance, and is left out.
 */
import type { LastWill } from '../ports/pacer.ts';
import { authenticateAhead } from './authentication.ts';
import type { Context } from './context.ts';
import { outgoing } from './effects.ts';
import { addressRequestAt } from './network.ts';
import { allAddresses, type HeldRouting, type Router } from './router.ts';
import { inOrderOfRemoval } from './virtual-routes.ts';

/** What it was made from, to see a difference. */
export type KeptWill = { readonly text: string; readonly routing: readonly HeldRouting[] };

export const heldRouting = (r: Router): readonly HeldRouting[] => inOrderOfRemoval([...r.routing.values()]);

export const sameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

export function heldAddresses(r: Router): LastWill['addresses'] {
  return allAddresses(r.config).flatMap((v) => {
    const index = r.vipInterfaces.get(v.interface);
    return index === undefined ? [] : [addressRequestAt(v, index)];
  });
}

export const holdings = (
  ctx: Context,
  r: Router,
  routing: readonly HeldRouting[],
): Pick<LastWill, 'routing' | 'addresses'> => ({
  routing: routing.map((h) => ctx.ports.routing.prepareDelete(h.item)),
  addresses: heldAddresses(r),
});

/** For a master with sockets whose adverts come from this thread. */
export function keepWill(ctx: Context, r: Router): void {
  const { pacer } = ctx.ports;
  if (pacer === undefined || r.state.name !== 'master') return;
  const authentication = authenticateAhead(r);
  const resignation = authentication === undefined ? undefined : outgoing(r, 0, 1, authentication);
  const routing = heldRouting(r);
  const text = JSON.stringify([r.socketKey, resignation, heldAddresses(r)]);
  if (r.lastWill?.text === text && sameList(r.lastWill.routing, routing)) return;
  const will: LastWill = {
    socketKey: r.socketKey,
    ...(resignation === undefined ? {} : { resignation }),
    ...holdings(ctx, r, routing),
  };
  r.lastWill = pacer.guard(r.id, will) ? { text, routing } : undefined;
}
