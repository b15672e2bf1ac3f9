/** What follows a change of state: the log line, the history, the counters, the hooks, the watch for a successor. */
import { assertNever } from '../base/assert.ts';
import { formatIp } from '../base/ip.ts';
import type { Effect, Event } from '../vrrp/types.ts';
import { announceSource } from './announcing.ts';
import type { Context } from './context.ts';
import { instanceHooks, type NotifyState } from './notify.ts';
import type { Router } from './router.ts';
import { tellTransition } from './tell.ts';
import * as words from './words.ts';

const NO_MAC = new Uint8Array(0);

type TransitionEffect = Effect & { type: 'transition' };

export function onTransition(ctx: Context, r: Router, t: TransitionEffect, cause: Event): void {
  const nowUs = ctx.ports.clock.nowUs();
  const detail = explain(ctx, r, t, cause, nowUs);
  if (t.reason === 'master-silent')
    ctx.ports.log.log('debug', words.adverTimeout(r.config.name), { instance: r.config.name });
  if (cause.type === 'advert' && r.heard !== undefined) {
    const { name } = r.config;
    if (t.reason === 'higher-priority')
      ctx.ports.log.log(
        'info',
        words.higherPriority(name, r.heard.address, cause.priority, r.state.priority),
        { instance: name },
      );
    else if (t.reason === 'equal-priority-higher-address')
      ctx.ports.log.log('info', words.equalPriority(name, r.heard.address, cause.priority), {
        instance: name,
      });
  }
  r.lastTransition = {
    from: t.from,
    to: t.to,
    reason: t.reason,
    detail,
    wallMs: ctx.ports.clock.wallMs(),
    atUs: nowUs,
  };
  if (t.to === 'master') r.counters.becameMaster++;
  if (t.from === 'master') r.counters.releasedMaster++;
  ctx.limiter.reset(`note ${r.config.name} `);
  ctx.limiter.reset(`reject ${r.config.name} `);
  ctx.releaseDirty = true;
  if (t.from === 'fault' && t.to === 'backup') announceSource(ctx, r);
  watchSuccessor(ctx, r, t);
  log(ctx, r, t, detail);
  for (const state of notifyStates(r, t)) tellState(ctx, r, state, t);
}

/** Scripts first, then everyone else (C9). */
function tellState(
  ctx: Context,
  r: Router,
  state: NotifyState,
  t: Pick<TransitionEffect, 'from' | 'reason'>,
): void {
  for (const hook of instanceHooks(r.config, state, {
    reason: t.reason,
    previous: words.stateWord(t.from),
    peer: r.heard?.address ?? '',
    priority: r.state.priority,
  }))
    ctx.ports.hooks.run(hook);
  tellTransition(ctx, r, state, t.from, t.reason);
}

/** B18: what was not known at the start is a fault indeed, of which nobody was told then. */
export function confirmFault(ctx: Context, r: Router): void {
  const why = [...r.faults.values()].join('; ');
  ctx.ports.log.log('notice', `(${r.config.name}) is in FAULT: ${why}`, { instance: r.config.name });
  if (r.lastTransition !== undefined) r.lastTransition = { ...r.lastTransition, detail: why };
  tellState(ctx, r, 'FAULT', { from: 'init', reason: 'fault' });
}

function log(ctx: Context, r: Router, t: TransitionEffect, detail: string): void {
  const { name } = r.config;
  const fields = {
    instance: name,
    state: words.stateWord(t.to),
    previous: words.stateWord(t.from),
    reason: t.reason,
  };
  if (t.to === 'leaving')
    ctx.ports.log.log(
      'info',
      `(${name}) stopping: priority 0 sent, addresses stay until the successor speaks`,
      fields,
    );
  else if (t.to === 'init') ctx.ports.log.log('info', `(${name}) stopped`, fields);
  else {
    ctx.ports.log.log('notice', words.entering(name, t.to, t.from), fields);
    ctx.ports.log.log(
      'info',
      `(${name}) ${words.stateWord(t.from)} -> ${words.stateWord(t.to)}: ${detail}`,
      fields,
    );
  }
}

/** Which `notify` states a transition stands for. */
function notifyStates(r: Router, t: TransitionEffect): readonly NotifyState[] {
  switch (t.to) {
    case 'master':
      return ['MASTER'];
    case 'backup':
      return ['BACKUP'];
    case 'fault':
      // A script that has not ended once is no fault to tell anyone about (B18).
      return r.silentFault ? [] : ['FAULT'];
    case 'init':
      // keepalived tells an instance that a reload removed FAULT, or DELETED where that is asked for (B21).
      if (r.removed) return [r.config.notifyDeleted ? 'DELETED' : 'FAULT'];
      return ['STOP'];
    case 'leaving':
      return [];
    default:
      return assertNever(t.to);
  }
}

/** The reason in words, with what was heard. */
function explain(ctx: Context, r: Router, t: TransitionEffect, cause: Event, nowUs: number): string {
  const peer = r.heard === undefined ? 'any router' : r.heard.address;
  const silent = r.heard === undefined ? '' : ` for ${((nowUs - r.heard.atUs) / 1e6).toFixed(2)} s`;
  switch (t.reason) {
    case 'start':
      return 'started';
    case 'owner':
      return 'we own the addresses (priority 255)';
    case 'master-silent':
      return `no advert from ${peer}${silent}`;
    case 'preempt':
      return `our priority ${r.state.priority} is higher than that of ${peer}`;
    case 'master-resigned':
      return `${peer} resigned (priority 0)`;
    case 'higher-priority':
      return `advert from ${peer} with priority ${cause.type === 'advert' ? cause.priority : '?'}, ours is ${r.state.priority}`;
    case 'equal-priority-higher-address':
      return `advert from ${peer} with the same priority ${r.state.priority} and a higher address than ours (${r.source === undefined ? '' : formatIp(r.source)})`;
    case 'owner-conflict':
      return `${peer} also claims to own the addresses (priority 255)`;
    case 'fault':
      return [...r.faults.values()].join('; ') || 'sync group fault';
    case 'fault-cleared':
      return 'all faults are gone';
    case 'address-deleted':
      return 'one of our addresses, routes or rules was deleted by someone else';
    case 'lease-lost':
      return 'this process hung for longer than its lease, so that its pacer resigned for it';
    case 'overslept':
      return `this host slept so long that a peer of priority ${r.config.timerExpiredPriority ?? 254} has taken over (timer_expired_backup)`;
    case 'group':
      return 'sync group';
    case 'stop':
      return r.removed ? `removed from ${ctx.options.configFile}` : 'stop requested';
    case 'reload':
      return `removed from ${ctx.options.configFile}`;
    default:
      return assertNever(t.reason);
  }
}

/** While we leave, an announcement of the successor for one of our addresses (gratuitous ARP, NA) ends our stay at once. */
function watchSuccessor(ctx: Context, r: Router, t: TransitionEffect): void {
  if (t.from === 'leaving') {
    for (const end of r.unwatch) end();
    r.unwatch = [];
  }
  if (t.to !== 'leaving') return;
  const byInterface = new Map<string, Uint8Array[]>();
  for (const v of r.config.vips)
    byInterface.set(v.interface, [...(byInterface.get(v.interface) ?? []), v.bytes]);
  for (const [iface, list] of byInterface) {
    const link = ctx.links.get(iface);
    if (link === undefined || link.mac.length !== 6) continue;
    // On a VMAC the successor speaks with the MAC that we have there.
    const ownMac = ctx.devices.parentOf(iface) === undefined ? link.mac : NO_MAC;
    r.unwatch.push(
      ctx.ports.announce.watch(link.index, ownMac, list, () =>
        ctx.post({ type: 'machine', router: r, event: { type: 'successor-announced' } }),
      ),
    );
  }
}
