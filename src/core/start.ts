/** Bringing an instance to life. */
import type { Context } from './context.ts';
import { leftovers } from './network.ts';
import { refreshRouter } from './reachability.ts';
import type { Router } from './router.ts';
import { sharingTogether } from './sharing.ts';
import type { Tracking } from './tracking.ts';
import { removeLeftoverRoutes } from './virtual-routes.ts';

/**
 * The end of 'vrrp_startup_delay', or of 'vrrp_delay_after_boot' when that is later. `nowUs` counts from the boot, as
 * CLOCK_MONOTONIC does.
 */
export const startNotBeforeUs = (
  global: { readonly startupDelayUs: number; readonly delayAfterBootUs: number },
  nowUs: number,
): number => Math.max(nowUs + global.startupDelayUs, global.delayAfterBootUs);

/** The first look at the world for all of them, then `startup` with what was found. */
export function startRouters(
  ctx: Context,
  routers: readonly Router[],
  tracking: Tracking,
  notBeforeUs: number,
): void {
  sharingTogether(ctx, () => {
    for (const r of routers) refreshRouter(ctx, r, tracking);
  });
  // Who keeps its group in FAULT first: the group must not take the others for mended.
  const keeps = (r: Router): boolean => r.params.inGroup && r.faults.size > 0;
  for (const r of routers) if (keeps(r)) startRouter(ctx, r, notBeforeUs);
  for (const r of routers) if (!keeps(r)) startRouter(ctx, r, notBeforeUs);
}

function startRouter(ctx: Context, r: Router, notBeforeUs: number): void {
  for (const detail of r.faults.values())
    ctx.ports.log.log('warning', `(${r.config.name}) starts in FAULT: ${detail}`, {
      instance: r.config.name,
    });
  r.started = true;
  const by = r.faults.size > 0 ? [] : faultyMembers(ctx, r);
  // KEEPALIVED: a group begins in FAULT together, and in silence while no member knows its faults yet.
  if (by.length > 0) r.silentFault = by.every((m) => m.silentFault);
  const fault = r.faults.size > 0 || by.length > 0;
  ctx.post({ type: 'machine', router: r, event: { type: 'startup', fault, notBeforeUs } });
}

/** Of its sync group: those with a fault of their own. */
function faultyMembers(ctx: Context, r: Router): readonly Router[] {
  const group = ctx.config.groups.find((g) => g.members.includes(r.config.name));
  return group === undefined
    ? []
    : ctx.routers.filter((m) => m.faults.size > 0 && group.members.includes(m.config.name));
}

/** Addresses, routes and rules that a run that died has left behind (B3). */
export function removeLeftovers(ctx: Context): void {
  const left = leftovers(ctx.config.instances, ctx.links, ctx.ports.netlink.addresses());
  if (left.requests.length > 0) ctx.ports.netlink.deleteAddresses(left.requests);
  for (const line of left.lines) ctx.ports.log.log('warning', line);
  removeLeftoverRoutes(ctx);
}
