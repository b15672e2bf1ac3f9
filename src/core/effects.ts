/**
 * Carries out what the machine asks for, in its order: adverts, addresses, announcements, and what follows a transition.
 * Everything here is synchronous; nothing waits, and what fails is reported, never thrown.
 */
import { assertNever } from '../base/assert.ts';
import { formatIp } from '../base/ip.ts';
import type { VirtualAddress } from '../config/config.ts';
import type { OutgoingAdvert } from '../ports/advert.ts';
import type { AddressRequest } from '../ports/netlink.ts';
import type { Effect, Event } from '../vrrp/types.ts';
import { announce } from './announcing.ts';
import { authenticate } from './authentication.ts';
import type { Context } from './context.ts';
import { guard } from './guard.ts';
import { addressRequest, addressRequestAt } from './network.ts';
import { lowerPriorityHook } from './notify.ts';
import { allAddresses, isUnicast, type Router } from './router.ts';
import { tellLowerPriority } from './tell.ts';
import { onTransition } from './transition.ts';
import { addRoutes, removeRoutes } from './virtual-routes.ts';
import * as words from './words.ts';

/** One effect of instance `r`; `cause` is the event that led to it. */
export function carryOut(ctx: Context, r: Router, effect: Effect, cause: Event): void {
  switch (effect.type) {
    case 'send-advert':
      sendAdvert(ctx, r, effect.priority);
      break;
    case 'addresses':
      if (effect.want === 'present') {
        guard(ctx, r, true);
        addAddresses(ctx, r);
        addRoutes(ctx, r);
      } else {
        removeRoutes(ctx, r);
        removeAddresses(ctx, r);
        guard(ctx, r, false);
      }
      break;
    case 'announce':
      announce(ctx, r, effect.burst, effect.repeatCount);
      break;
    case 'forget-announcements':
      ctx.ports.announce.forget(r.config.name);
      break;
    case 'transition':
      onTransition(ctx, r, effect, cause);
      break;
    case 'wants-master': // for the sync group, which core tells
      break;
    case 'lower-priority-received':
      for (const hook of lowerPriorityHook(r.config, {
        reason: 'lower-priority-received',
        previous: 'MASTER',
        peer: r.heard?.address ?? '',
        priority: r.state.priority,
      }))
        ctx.ports.hooks.run(hook);
      tellLowerPriority(ctx, r);
      break;
    case 'note':
      logNote(ctx, r, effect);
      break;
    default:
      assertNever(effect);
  }
}

/** The advert of this instance with `priority`, as it would leave now. */
export function outgoing(
  r: Router,
  priority: number,
  ipId: number,
  authentication: ReturnType<typeof authenticate>,
): OutgoingAdvert {
  const c = r.config;
  return {
    version: c.version,
    vrid: c.vrid,
    priority,
    adverIntUs: c.adverIntUs,
    addresses: c.vips.filter((v) => v.family === c.family).map((v) => v.bytes),
    ...authentication,
    source: r.source === undefined ? '0.0.0.0' : formatIp(r.source),
    destinations: isUnicast(c)
      ? c.unicastPeers.map((p) => p.address)
      : [c.family === 4 ? c.multicastGroup4 : c.multicastGroup6],
    ttl: isUnicast(c) ? c.ttl : 255,
    ipId,
    checksumForm: checksumForm(r),
  };
}

function checksumForm(r: Router): OutgoingAdvert['checksumForm'] {
  if (r.config.v3ChecksumAsV2) return 'no-pseudo';
  const old =
    r.config.oldUnicastChecksum === 'always' ||
    (r.config.oldUnicastChecksum === 'auto' && r.learnedOldChecksum);
  return isUnicast(r.config) && old ? 'old-unicast' : 'standard';
}

/** 1..65535, as keepalived counts. */
export const nextIpId = (r: Router): number => (r.ipId % 65_535) + 1;

export function sendAdvert(ctx: Context, r: Router, priority: number): void {
  if (r.socketKey === '' || r.source === undefined) return;
  r.ipId = nextIpId(r);
  const result = ctx.ports.adverts.send(r.socketKey, outgoing(r, priority, r.ipId, authenticate(ctx, r)));
  if (result.sent > 0) {
    r.counters.advertsSent++;
    if (priority === 0) {
      r.counters.priorityZeroSent++;
      ctx.ports.log.log('info', words.sentPriorityZero(r.config.name), { instance: r.config.name });
    }
  }
  if (result.error === undefined) return;
  r.counters.sendErrors++;
  const quiet = ctx.limiter.pass(`send ${r.config.name} ${result.error}`, ctx.ports.clock.nowUs());
  if (quiet >= 0)
    ctx.ports.log.log(
      'warning',
      `(${r.config.name}) cannot send adverts on ${r.config.interface}: ${result.error}${quiet > 0 ? ` (${quiet} more since the last line)` : ''}`,
      { instance: r.config.name, error: result.error },
    );
}

type Wanted = { readonly of: VirtualAddress; readonly request: AddressRequest };

/** For addresses to set: those whose interface exists; where they go is remembered. */
function toSet(ctx: Context, r: Router, list: readonly VirtualAddress[]): Wanted[] {
  const out: Wanted[] = [];
  for (const of of list) {
    const request = addressRequest(of, ctx.links);
    if (request === undefined) continue;
    r.vipInterfaces.set(of.interface, request.interfaceIndex);
    out.push({ of, request });
  }
  return out;
}

/** For addresses to remove: from where they were set, although that interface may bear another name by now. */
function toRemove(ctx: Context, r: Router, list: readonly VirtualAddress[]): Wanted[] {
  const out: Wanted[] = [];
  for (const of of list) {
    const index = r.vipInterfaces.get(of.interface) ?? ctx.links.get(of.interface)?.index;
    if (index !== undefined) out.push({ of, request: addressRequestAt(of, index) });
  }
  return out;
}

/** VIPs, then excluded ones, in file order (C2); an address that is already there is no error. */
export function addAddresses(ctx: Context, r: Router, only?: readonly VirtualAddress[]): void {
  const list = toSet(ctx, r, only ?? allAddresses(r.config));
  const results = ctx.ports.netlink.addAddresses(list.map((x) => x.request));
  const held = r.vipsSet;
  r.vipsSet = true;
  if (!held) ctx.releaseDirty = true;
  ctx.ports.log.log('debug', words.settingVips(r.config.name), { instance: r.config.name });
  for (const [i, result] of results.entries()) {
    const of = list[i]?.of;
    // Two daemons on one host do not hear each other: multicast is not looped back.
    if (result.ok && result.already && !held)
      ctx.ports.log.log(
        'warning',
        `(${r.config.name}) ${of?.address} was on ${of?.interface} before we set it: does another VRRP daemon with VRID ${r.config.vrid} run on this host?`,
        { instance: r.config.name },
      );
    if (result.ok) continue;
    ctx.ports.log.log(
      'error',
      `(${r.config.name}) cannot add ${of?.address}/${of?.prefixLength} to ${of?.interface}: ${result.code ?? ''} ${result.text ?? ''}`.trim(),
      { instance: r.config.name },
    );
  }
}

export function removeAddresses(ctx: Context, r: Router, only?: readonly VirtualAddress[]): void {
  if (only === undefined) {
    if (!r.vipsSet) return;
    r.vipsSet = false;
    r.detections.clear();
  }
  ctx.releaseDirty = true;
  const list = toRemove(ctx, r, only ?? allAddresses(r.config));
  ctx.ports.log.log('debug', words.removingVips(r.config.name), { instance: r.config.name });
  const results = ctx.ports.netlink.deleteAddresses(list.map((x) => x.request));
  for (const [i, result] of results.entries())
    if (!result.ok)
      ctx.ports.log.log(
        'error',
        `(${r.config.name}) cannot remove ${list[i]?.of.address} from ${list[i]?.of.interface}: ${result.code ?? ''}`,
        { instance: r.config.name },
      );
}

function logNote(ctx: Context, r: Router, effect: Effect & { type: 'note' }): void {
  const { name } = r.config;
  const from = r.heard?.address ?? 'an unknown router';
  const fields = { instance: name };
  const once = (what: string, level: 'info' | 'warning' | 'error', text: string) => {
    if (ctx.limiter.passOf(`note ${name} `, `${what} ${from}`, ctx.ports.clock.nowUs()) >= 0)
      ctx.ports.log.log(level, text, fields);
  };
  switch (effect.note) {
    case 'lower-priority-discarded':
      once(effect.note, 'info', words.lowerDiscarded(name, effect.priority, from));
      break;
    case 'new-election':
      once(effect.note, 'info', words.newElection(name, from, effect.priority, r.state.priority));
      break;
    case 'own-address':
      once(
        effect.note,
        'warning',
        `(${name}) received an advert with our own source address ${from}: another host has this address, or adverts are looped back`,
      );
      break;
    case 'owner-conflict':
      once(
        effect.note,
        'error',
        `(${name}) CONFIGURATION ERROR: ${from} also claims to own the addresses (priority 255); only one router may have 255`,
      );
      break;
    case 'preempt-delay-started':
      ctx.ports.log.log('info', `(${name}) start preempt delay (${r.config.preemptDelayUs / 1e6} s)`, fields);
      break;
    case 'preempt-delay-cancelled':
      ctx.ports.log.log('info', `(${name}) stop preempt delay`, fields);
      break;
    default:
      assertNever(effect.note);
  }
}
