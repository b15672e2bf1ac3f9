/** Bringing an instance to life. */
import type { Context } from './context.ts';
import { refreshRouter } from './reachability.ts';
import type { Router } from './router.ts';
import type { Tracking } from './tracking.ts';

/**
 * The end of 'vrrp_startup_delay', or of 'vrrp_delay_after_boot' when that is later. `nowUs` counts from the boot, as
 * CLOCK_MONOTONIC does.
 */
export const startNotBeforeUs = (
  global: { readonly startupDelayUs: number; readonly delayAfterBootUs: number },
  nowUs: number,
): number => Math.max(nowUs + global.startupDelayUs, global.delayAfterBootUs);

/** The first look at the world, then `startup` with what was found. */
export function startRouter(ctx: Context, r: Router, tracking: Tracking, notBeforeUs: number): void {
  refreshRouter(ctx, r, tracking);
  for (const detail of r.faults.values())
    ctx.ports.log.log('warning', `(${r.config.name}) starts in FAULT: ${detail}`, {
      instance: r.config.name,
    });
  r.started = true;
  ctx.post({ type: 'machine', router: r, event: { type: 'startup', fault: r.faults.size > 0, notBeforeUs } });
}
