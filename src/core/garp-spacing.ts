/**
 * How far apart announcements are and which of them share a gap (keepalived.conf(5) garp_group, vrrp_garp_interval,
 * vrrp_gna_interval).
 */
import type { Announcement, Spacing } from '../ports/announce.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';

const BACK_TO_BACK: Spacing = { lane: '', us: 0 };

/** A virtual-MAC interface, ours or not. */
export const isVirtual = (ctx: Context, name: string): boolean => ctx.links.get(name)?.kind === 'macvlan';

/** Where nothing is spaced, all stay in one burst, in file order. */
export function announceSpaced(
  ctx: Context,
  r: Router,
  list: readonly Announcement[],
  repeatCount: number,
): void {
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
