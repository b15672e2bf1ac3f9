/** Core's side of the notices: what a router or a group at this moment is, in the words of ports/notice.ts. */
import { formatIp } from '../base/ip.ts';
import type { SyncGroupConfig } from '../config/config.ts';
import type { NoticeState, PreviousState, ReloadedNotice } from '../ports/notice.ts';
import type { RejectReason } from '../vrrp/accept.ts';
import type { Reason, StateName } from '../vrrp/types.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';

/** A master that leaves has not been replaced yet: to everyone else it is the master. */
export function stateBefore(state: StateName): PreviousState {
  switch (state) {
    case 'init':
      return 'INIT';
    case 'fault':
      return 'FAULT';
    case 'backup':
      return 'BACKUP';
    case 'master':
    case 'leaving':
      return 'MASTER';
  }
}

export function tellTransition(
  ctx: Context,
  r: Router,
  state: NoticeState,
  from: StateName,
  reason: Reason,
): void {
  ctx.ports.notices.tell({
    type: 'instance',
    config: r.config,
    state,
    previous: stateBefore(from),
    priority: r.state.priority,
    reason,
    peer: r.heard?.address ?? '',
    source: r.source === undefined ? '' : formatIp(r.source),
  });
}

export function tellLowerPriority(ctx: Context, r: Router): void {
  ctx.ports.notices.tell({
    type: 'lower-priority-received',
    config: r.config,
    priority: r.state.priority,
    peer: r.heard?.address ?? '',
  });
}

/** A priority that changes in another state becomes known with the next transition. */
export function tellPriority(ctx: Context, r: Router, previousPriority: number): void {
  const { name, priority } = r.state;
  if (priority === previousPriority || (name !== 'master' && name !== 'backup')) return;
  const state = name === 'master' ? 'MASTER' : 'BACKUP';
  ctx.ports.notices.tell({ type: 'priority', config: r.config, state, priority, previousPriority });
}

export function tellRejected(ctx: Context, r: Router, reason: RejectReason, peer: string): void {
  ctx.ports.notices.tell({ type: 'rejected', config: r.config, reason, peer });
}

export function reloadedNotice(
  ctx: Context,
  groups: readonly { readonly config: SyncGroupConfig; readonly state: StateName }[],
): ReloadedNotice {
  return {
    type: 'reloaded',
    instances: ctx.routers.map((r) => ({
      config: r.config,
      state: stateBefore(r.state.name),
      priority: r.state.priority,
    })),
    groups: groups.map(({ config, state }) => ({ config, state: stateBefore(state) })),
  };
}
