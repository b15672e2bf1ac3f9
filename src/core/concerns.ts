/** Which instances an interface matters to. */
import type { Context } from './context.ts';
import { advertInterface } from './devices/plan.ts';
import { allAddresses, type Router } from './router.ts';
import { routingInterfaces } from './routing-items.ts';

const concerns = (r: Router, iface: string): boolean =>
  r.config.interface === iface ||
  advertInterface(r.config) === iface ||
  r.config.trackInterfaces.some((t) => t.interface === iface) ||
  routingInterfaces(r.config).includes(iface) ||
  allAddresses(r.config).some((v) => v.interface === iface);

/** Those that use or track it, by themselves or through their sync group. */
export function concerned(ctx: Context, iface: string): Router[] {
  const groups = ctx.config.groups.filter((g) => g.trackInterfaces.some((t) => t.interface === iface));
  return ctx.routers.filter(
    (r) => concerns(r, iface) || groups.some((g) => g.members.includes(r.config.name)),
  );
}
