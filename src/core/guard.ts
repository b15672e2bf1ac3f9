/**
 * 'no_accept' (and strict mode without 'accept'): while we are master, what comes for the addresses and what would leave with them
 * is dropped by the packet filter; an owner always accepts (behaviour.md C7, RFC 9568 6.4.3 Accept_Mode). The filter stands before
 * the addresses are set, and until they are gone.
 */
import type { InstanceConfig } from '../config/config.ts';
import type { BlockedAddress } from '../ports/firewall.ts';
import { OWNER } from '../vrrp/timers.ts';
import type { Context } from './context.ts';
import { allAddresses, type Router } from './router.ts';

/** Whether an instance ever needs the packet filter for its addresses. */
export const refuses = (c: Pick<InstanceConfig, 'accept' | 'priority'>): boolean =>
  !c.accept && c.priority !== OWNER;

/** `on`: before the addresses of `r` are set; else after they were removed. */
export function guard(ctx: Context, r: Router, on: boolean): void {
  const needed = on && refuses(r.config);
  if (!needed && !r.guarded) return;
  r.guarded = needed;
  ctx.ports.firewall?.setBlocked(ctx.routers.filter((x) => x.guarded).flatMap((x) => blocked(ctx, x)));
}

function blocked(ctx: Context, r: Router): BlockedAddress[] {
  return allAddresses(r.config).map((v) => ({
    family: v.family,
    bytes: v.bytes,
    interfaceIndex: r.vipInterfaces.get(v.interface) ?? ctx.links.get(v.interface)?.index ?? 0,
  }));
}
