/**
 * Gratuitous ARP and unsolicited neighbour advertisements of an instance: for which addresses, on which interfaces, how
 * far apart (behaviour.md B9; keepalived.conf(5) garp_group, vrrp_garp_interval, garp_extra_if).
 */
import type { VirtualAddress } from '../config/config.ts';
import type { Announcement, Spacing } from '../ports/announce.ts';
import type { Burst } from '../vrrp/types.ts';
import type { Context } from './context.ts';
import { advertInterface } from './devices/plan.ts';
import { allAddresses, type Router } from './router.ts';
import * as words from './words.ts';

/** A burst for every address of `r`, in file order. */
export function announce(ctx: Context, r: Router, burst: Burst, repeatCount: number): void {
  const addresses = allAddresses(r.config);
  const list = addresses.flatMap((v) => announcement(ctx, v) ?? []);
  announceSpaced(ctx, r, list, repeatCount);
  // The frames first. A router that keeps sending lower adverts causes a burst each time: its lines come once in a while.
  if (burst === 'lower-priority' && ctx.limiter.pass(`garp ${r.config.name}`, ctx.ports.clock.nowUs()) < 0)
    return;
  for (const v of addresses)
    if (announcement(ctx, v) !== undefined)
      ctx.ports.log.log('debug', words.sendingGarp(r.config.name, v.interface, v.address), {
        instance: r.config.name,
      });
}

/**
 * 'garp_extra_if': one announcement on each interface of our addresses other than the one adverts leave from, so that
 * its switches do not forget where the addresses are. Without 'all' only on virtual-MAC interfaces.
 */
export function announceExtra(ctx: Context, r: Router): void {
  const { allInterfaces } = r.config.garpExtra;
  const first = new Map<string, VirtualAddress>();
  for (const v of allAddresses(r.config)) {
    if (first.has(v.interface) || v.interface === advertInterface(r.config)) continue;
    if (allInterfaces || isVirtual(ctx, v.interface)) first.set(v.interface, v);
  }
  announceSpaced(
    ctx,
    r,
    [...first.values()].flatMap((v) => announcement(ctx, v) ?? []),
    1,
  );
}

/** undefined: nobody listens there, or nothing can be sent. */
function announcement(ctx: Context, v: VirtualAddress): Announcement | undefined {
  const link = ctx.links.get(v.interface);
  if (link === undefined || link.noArp || link.loopback || link.mac.length !== 6) return undefined;
  return {
    interface: v.interface,
    interfaceIndex: link.index,
    mac: link.mac,
    family: v.family,
    address: v.bytes,
  };
}

const BACK_TO_BACK: Spacing = { lane: '', us: 0 };

/** A virtual-MAC interface, ours or not. */
const isVirtual = (ctx: Context, name: string): boolean => ctx.links.get(name)?.kind === 'macvlan';

/** Where nothing is spaced, all stay in one burst, in file order. */
function announceSpaced(ctx: Context, r: Router, list: readonly Announcement[], repeatCount: number): void {
  const parts = new Map<string, { readonly spacing: Spacing; readonly list: Announcement[] }>();
  for (const a of list) {
    const spacing = spacingOf(ctx, a);
    const part = parts.get(spacing.lane);
    if (part === undefined) parts.set(spacing.lane, { spacing, list: [a] });
    else part.list.push(a);
  }
  for (const part of parts.values())
    ctx.ports.announce.announce(r.config.name, part.list, repeatCount, part.spacing);
}

/**
 * The gap and who shares it: the interfaces of a 'garp_group', else everything on one physical interface. A group stands
 * for both global settings: what it does not say is not spaced.
 */
function spacingOf(ctx: Context, a: Announcement): Spacing {
  const { garpGroups, garpIntervalUs, gnaIntervalUs } = ctx.config.global;
  if (garpGroups.length === 0 && garpIntervalUs === 0 && gnaIntervalUs === 0) return BACK_TO_BACK;
  const base = baseOf(ctx, a.interface);
  const at = garpGroups.findIndex((g) => g.interfaces.includes(base));
  const group = garpGroups[at];
  const us =
    group === undefined
      ? a.family === 4
        ? garpIntervalUs
        : gnaIntervalUs
      : ((a.family === 4 ? group.garpIntervalUs : group.gnaIntervalUs) ?? 0);
  if (us === 0) return BACK_TO_BACK;
  return { lane: `${group === undefined ? base : `garp_group ${at}`} IPv${a.family}`, us };
}

/** The physical interface below a virtual-MAC one. */
function baseOf(ctx: Context, name: string): string {
  const parent = ctx.links.get(name)?.parentIndex;
  if (parent === undefined || !isVirtual(ctx, name)) return name;
  return [...ctx.links.values()].find((l) => l.index === parent)?.name ?? name;
}
