/** Which gratuitous ARPs and neighbour advertisements a router sends: one for each address that it holds. */
import { equalBytes } from '../base/bytes.ts';
import type { VirtualAddress } from '../config/config.ts';
import type { Announcement } from '../ports/announce.ts';
import type { Link } from '../ports/netlink.ts';
import type { Burst } from '../vrrp/types.ts';
import type { Context } from './context.ts';
import { advertInterface } from './devices/plan.ts';
import { announceSpaced, isVirtual } from './garp-spacing.ts';
import { allAddresses, isUnicast, type Router } from './router.ts';
import * as words from './words.ts';

export function announce(ctx: Context, r: Router, burst: Burst, repeatCount: number): void {
  const said = announceAddresses(ctx, r, allAddresses(r.config), repeatCount);
  // The frames first. A router that keeps sending lower adverts causes a burst each time: its lines come once in a while.
  if (burst === 'lower-priority' && ctx.limiter.pass(`garp ${r.config.name}`, ctx.ports.clock.nowUs()) < 0)
    return;
  for (const v of said)
    ctx.ports.log.log('debug', words.sendingGarp(r.config.name, v.interface, v.address), {
      instance: r.config.name,
    });
}

/** Of an instance that holds its addresses, as at a takeover. */
export function announceByName(ctx: Context, name: string): void {
  for (const r of ctx.routers)
    if (r.config.name === name && r.state.name === 'master')
      announce(ctx, r, 'first', r.params.garp.repeatCount);
}

/** Returns those that could be announced. */
export function announceAddresses(
  ctx: Context,
  r: Router,
  addresses: readonly VirtualAddress[],
  repeatCount: number,
): readonly VirtualAddress[] {
  const list: Announcement[] = [];
  const said: VirtualAddress[] = [];
  for (const v of addresses) {
    const announcement = announcementOn(ctx.links.get(v.interface), v.family, v.bytes);
    if (announcement === undefined) continue;
    list.push(announcement);
    said.push(v);
  }
  announceSpaced(ctx, r, list, repeatCount);
  return said;
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
  announceAddresses(ctx, r, [...first.values()], 1);
}

/** KEEPALIVED: a unicast router that comes back from FAULT says once where its source is, for the ARP tables of its peers. */
export function announceSource(ctx: Context, r: Router): void {
  const { source } = r;
  if (source === undefined || !isUnicast(r.config)) return;
  const at = ctx.ports.netlink.addresses().find((a) => equalBytes(a.bytes, source));
  const link = [...ctx.links.values()].find((l) => l.index === at?.interfaceIndex);
  const announcement = announcementOn(link, r.config.family, source);
  if (announcement !== undefined) announceSpaced(ctx, r, [announcement], 1);
}

function announcementOn(
  link: Link | undefined,
  family: 4 | 6,
  address: Uint8Array,
): Announcement | undefined {
  if (link === undefined || link.noArp || link.loopback || link.mac.length !== 6) return undefined;
  return { interface: link.name, interfaceIndex: link.index, mac: link.mac, family, address };
}
