/**
 * Links, addresses and tracked things of an instance, turned into its faults, its priority, its source address and its
 * sockets. `refreshRouter` is idempotent: whatever changed, it compares what should be with what is.
 */
import { equalBytes } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import type { KernelAddress, NetlinkEvent } from '../ports/netlink.ts';
import { interfaceStatus } from '../track/interface.ts';
import { type Contribution, effectivePriority, judgeTracked } from '../track/priority.ts';
import { concerned } from './concerns.ts';
import type { Context } from './context.ts';
import { advertInterface } from './devices/plan.ts';
import { onDetection } from './duplicates.ts';
import { addressRequest, linkFlags, linksByName, sameAddress } from './network.ts';
import { cease } from './pacing.ts';
import { allAddresses, isUnicast, type Router } from './router.ts';
import { moveSocket, share, sharedBy } from './sharing.ts';
import { isAnyVip, refreshSource } from './source.ts';
import type { Tracking } from './tracking.ts';
import { confirmFault } from './transition.ts';
import { unwatch } from './watching.ts';
import * as words from './words.ts';

const NO_DEV = "an address names no interface, and the instance has none: write 'dev'";
const NO_PEERS = "'unicast_fault_no_peer' and no unicast_peer";

/** Names the sockets that instances with the same interface, family, protocol and group (or source) share. */
export function socketKeyOf(r: Router): string {
  const c = r.config;
  const where = isUnicast(c)
    ? `unicast ${r.source === undefined ? '' : formatIp(r.source)}`
    : `multicast ${c.family === 4 ? c.multicastGroup4 : c.multicastGroup6}`;
  const protocol = c.authentication.type === 'ah' ? ' AH' : '';
  return `ipv${c.family}${protocol} ${advertInterface(c)} ${r.advertIndex} ${where}`;
}

/** Whether the kernel does not have a tracked VIP that the master `r` should hold; says which. */
export function missesAddresses(ctx: Context, r: Router): boolean {
  const kernel = ctx.ports.netlink.addresses();
  const out: string[] = [];
  for (const v of allAddresses(r.config)) {
    const request = v.track ? addressRequest(v, ctx.links) : undefined;
    if (request !== undefined && !kernel.some((a) => sameAddress(a, request)))
      out.push(`${v.address} on ${v.interface}`);
  }
  if (out.length === 0) return false;
  ctx.ports.log.log('warning', `(${r.config.name}) ${out.join(', ')} was deleted by someone else`, {
    instance: r.config.name,
  });
  return true;
}

function refreshSockets(ctx: Context, r: Router): string | undefined {
  const absent = r.advertIndex === 0 && advertInterface(r.config) !== '';
  const key = absent || r.source === undefined ? '' : socketKeyOf(r);
  if (key === r.socketKey) return undefined;
  closeSockets(ctx, r);
  if (key === '') return undefined;
  const sharers = ctx.routers.filter((x) => x !== r && x.socketKey === key);
  if (sharers.length > 0) share(ctx, key, [r, ...sharers]);
  else
    try {
      ctx.ports.adverts.open(key, {
        family: r.config.family,
        protocol: r.config.authentication.type === 'ah' ? 51 : 112,
        interface: advertInterface(r.config),
        interfaceIndex: r.advertIndex,
        mode: isUnicast(r.config) ? 'unicast' : 'multicast',
        group: isUnicast(r.config)
          ? ''
          : r.config.family === 4
            ? r.config.multicastGroup4
            : r.config.multicastGroup6,
        source: isUnicast(r.config) && r.source !== undefined ? formatIp(r.source) : '',
        ...sharedBy(ctx, [r]),
      });
    } catch (e) {
      if (!(e instanceof Error)) throw e;
      return `cannot open the VRRP sockets on ${advertInterface(r.config)}: ${e.message}`;
    }
  moveSocket(ctx, r, key);
  // Who shares a VRID with another on one socket hears each advert.
  for (const other of sharers) if (other.config.vrid === r.config.vrid) unwatch(ctx, other);
  return undefined;
}

export function closeSockets(ctx: Context, r: Router): void {
  const key = r.socketKey;
  if (key === '') return;
  cease(ctx, r);
  unwatch(ctx, r);
  moveSocket(ctx, r, '');
  const left = ctx.routers.filter((x) => x.socketKey === key);
  if (left.length === 0) ctx.ports.adverts.close(key);
  else share(ctx, key, left);
}

/** Compares everything around `r` with what it was, and tells the machine the differences. */
export function refreshRouter(ctx: Context, r: Router, tracking: Tracking): void {
  const link = ctx.links.get(r.config.interface);
  const appeared = link !== undefined && link.index !== r.interfaceIndex;
  r.interfaceIndex = link?.index ?? 0;
  r.advertIndex = ctx.links.get(advertInterface(r.config))?.index ?? 0;
  if (appeared && r.config.promoteSecondaries) ctx.ports.settings.promoteSecondaries(link.name);
  const faults = new Map<string, string>();
  let waiting = false;
  // A unicast instance may name none: then the routing table chooses the way.
  const there = r.config.interface === '' || link !== undefined;
  if (!there) faults.set(`interface ${r.config.interface}`, `interface ${r.config.interface} does not exist`);
  else {
    const source = refreshSource(ctx, r);
    waiting = source?.waiting === true;
    // Under a name of its own: that it turned out a duplicate is news.
    if (source !== undefined) faults.set(waiting ? 'tentative source' : 'source', source.detail);
  }
  if (r.config.faultWithoutPeers) faults.set('peers', NO_PEERS);
  const device = advertInterface(r.config);
  if (r.advertIndex === 0 && there && device !== '')
    faults.set('device', `interface ${device} does not exist`);
  if (allAddresses(r.config).some((v) => v.interface === '')) faults.set('dev', NO_DEV);
  const sockets = refreshSockets(ctx, r);
  if (sockets !== undefined) faults.set('sockets', sockets);
  r.tracked = tracking.trackedOf(r);
  const verdict = judgeTracked(r.tracked);
  const unknown = waiting ? verdict.silent || verdict.faults.length === 0 : verdict.silent;
  const wasSilent = r.silentFault && r.state.name === 'fault';
  r.silentFault = unknown && faults.size === (waiting ? 1 : 0);
  for (const f of verdict.faults) faults.set(f.what, f.detail);
  applyTracked(ctx, r, faults, verdict.contributions);
  if (wasSilent && !r.silentFault && faults.size > 0) {
    confirmFault(ctx, r);
    if (r.params.inGroup) ctx.groupFaultsChanged(r);
  }
  ctx.pace(r);
}

function applyTracked(
  ctx: Context,
  r: Router,
  faults: Map<string, string>,
  contributions: readonly Contribution[],
): void {
  const had = r.faults.size > 0;
  const has = faults.size > 0;
  if (r.started)
    for (const [what, detail] of faults)
      if (!r.faults.has(what))
        ctx.ports.log.log('warning', `(${r.config.name}) fault: ${detail}`, { instance: r.config.name });
  r.faults = faults;
  r.contributions = contributions;
  const priority = effectivePriority(r.config.priority, contributions);
  if (!r.started) {
    // Before the start there is no machine to tell: the start state carries it.
    r.state = { name: 'init', priority };
    return;
  }
  if (priority !== r.state.priority && r.config.priority !== 255) {
    ctx.ports.log.log('info', words.changedPriority(r.config.name, r.state.priority, priority), {
      instance: r.config.name,
    });
    ctx.post({ type: 'machine', router: r, event: { type: 'priority', priority } });
  }
  if (had === has) return;
  if (r.params.inGroup && (!has || r.state.name === 'fault')) ctx.groupFaultsChanged(r);
  else if (has) ctx.post({ type: 'machine', router: r, event: { type: 'fault', byGroup: false } });
  else ctx.post({ type: 'machine', router: r, event: { type: 'fault-cleared' } });
}

export function onNetlink(ctx: Context, event: NetlinkEvent, tracking: Tracking): void {
  const log = ctx.ports.log;
  switch (event.type) {
    case 'link': {
      const { link } = event;
      const before = ctx.links.get(link.name);
      ctx.links.set(link.name, link);
      const device = ctx.devices.onLink(link);
      if (device === 'wait') return;
      if (before === undefined) log.log('info', words.linkCreated(link.name), { interface: link.name });
      else if (interfaceStatus(linkFlags(before)) !== interfaceStatus(linkFlags(link)))
        log.log(
          'info',
          interfaceStatus(linkFlags(link)) === 'up' ? words.linkUp(link.name) : words.linkDown(link.name),
          {
            interface: link.name,
          },
        );
      refreshAll(ctx, tracking, link.name);
      if (device === 'back') checkAddressesOn(ctx, link.name);
      tracking.routing.onLink(link.name);
      return;
    }
    case 'link-removed':
      if (ctx.links.get(event.name)?.index === event.index) ctx.links.delete(event.name);
      if (ctx.devices.onRemoved(event.name)) return;
      log.log('info', words.linkDeleted(event.name), { interface: event.name });
      refreshAll(ctx, tracking, event.name);
      tracking.routing.onLink(event.name);
      return;
    case 'address-added':
    case 'address-removed': {
      if (event.type === 'address-removed') tracking.routing.onAddressRemoved(event.address);
      const vip = isAnyVip(ctx, event.address);
      ctx.devices.onAddress(event.address);
      const text = formatIp(event.address.bytes);
      for (const r of ctx.routers) {
        if (
          event.type === 'address-removed' &&
          vip &&
          r.vipsSet &&
          allAddresses(r.config).some(
            (v) => v.family === event.address.family && equalBytes(v.bytes, event.address.bytes),
          )
        )
          ctx.post({ type: 'check-addresses', router: r });
        if (event.type === 'address-added' && vip && r.vipsSet) onDetection(ctx, r, event.address);
        if (!vip && mayBeSource(r, event.address, text)) refreshRouter(ctx, r, tracking);
      }
      return;
    }
    case 'overrun': {
      const quiet = ctx.limiter.pass('overrun', ctx.ports.clock.nowUs());
      if (quiet >= 0)
        log.log('warning', 'Netlink: receive buffer overrun - links and addresses were read anew');
      ctx.links = linksByName(ctx.ports.netlink.links());
      tracking.routing.checkSoon();
      tracking.interfaces.onLink();
      for (const r of ctx.routers) {
        refreshRouter(ctx, r, tracking);
        if (r.vipsSet) ctx.post({ type: 'check-addresses', router: r });
      }
    }
  }
}

/** Thousands of addresses may come and go beside the one that adverts come from: they are nobody's business. */
function mayBeSource(r: Router, { interfaceIndex, bytes }: KernelAddress, text: string): boolean {
  if (r.config.sourceAddress === text) return true;
  if (r.interfaceIndex !== interfaceIndex && r.advertIndex !== interfaceIndex) return false;
  return r.source === undefined || r.faults.has('source') || equalBytes(r.source, bytes);
}

/** The interface was made again, without the addresses that were on it. */
function checkAddressesOn(ctx: Context, iface: string): void {
  for (const r of ctx.routers)
    if (r.vipsSet && allAddresses(r.config).some((v) => v.interface === iface))
      ctx.post({ type: 'check-addresses', router: r });
}

function refreshAll(ctx: Context, tracking: Tracking, iface: string): void {
  tracking.interfaces.onLink(iface);
  for (const r of concerned(ctx, iface)) refreshRouter(ctx, r, tracking);
}
