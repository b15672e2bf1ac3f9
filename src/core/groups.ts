/** Sync groups at work: asks the pure group machine after each change of a member, posts what it demands, runs the group's hooks. */
import type { SyncGroupConfig } from '../config/config.ts';
import { type GroupCause, type GroupState, groupStep } from '../vrrp/group.ts';
import type { Effect } from '../vrrp/types.ts';
import type { Context } from './context.ts';
import { groupHooks, type NotifyState } from './notify.ts';
import type { Router } from './router.ts';
import type { GroupSnapshot } from './snapshot.ts';
import { stateBefore } from './tell.ts';
import * as words from './words.ts';

type Group = {
  config: SyncGroupConfig;
  state: GroupState;
  silent: boolean; // in FAULT, and nobody was told
  members: Router[];
};

/** A fault that is more than a result which has not come yet. */
const isKnown = (r: Router): boolean => r.faults.size > 0 && !r.silentFault;
const onlyUnknown = (g: Group): boolean => g.members.some((m) => m.silentFault) && !g.members.some(isKnown);

const NOTIFY: Readonly<Record<GroupState, NotifyState>> = {
  master: 'MASTER',
  backup: 'BACKUP',
  fault: 'FAULT',
  init: 'STOP',
};

export class Groups {
  readonly #ctx: Context;
  #groups: Group[] = [];
  #stopping = false;
  /** Groups that stopped before other instances did. */
  readonly #stopped: { readonly group: Group; readonly from: GroupState }[] = [];

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** Takes a configuration's groups; a group that was there before keeps its state. */
  configure(configs: readonly SyncGroupConfig[], routers: readonly Router[]): void {
    const before = new Map(this.#groups.map((g) => [g.config.name, g]));
    this.#groups = configs.map((config) => ({
      config,
      state: before.get(config.name)?.state ?? 'init',
      silent: before.get(config.name)?.silent ?? false,
      members: routers.filter((r) => config.members.includes(r.config.name)),
    }));
  }

  /** KEEPALIVED: at the start a group whose members are all to be BACKUP is told before them. */
  begin(): void {
    for (const group of this.#groups) {
      const plain = (r: Router): boolean => r.faults.size === 0 && r.params.basePriority < 255;
      if (group.members.length === 0 || !group.members.every(plain)) continue;
      group.state = 'backup';
      this.#announce(group, 'init', 'backup');
    }
  }

  /** KEEPALIVED: at a stop groups are told after every instance. */
  stopping(): void {
    this.#stopping = true;
  }

  end(): void {
    for (const { group, from } of this.#stopped) this.#announce(group, from, 'init');
  }

  memberChanged(r: Router, t: Effect & { type: 'transition' }): void {
    this.#run(r, { type: 'transition', member: r.config.name, from: t.from, to: t.to, reason: t.reason });
  }

  wantsMaster(r: Router): void {
    this.#run(r, { type: 'wants-master', member: r.config.name });
  }

  lowerPriorityReceived(r: Router): void {
    this.#run(r, { type: 'lower-priority-received', member: r.config.name });
  }

  /** The list of own faults of `r` became empty or not empty, or a fault that was only not known yet is one. */
  faultsChanged(r: Router): void {
    const group = this.#groups.find((g) => g.members.includes(r));
    if (group?.silent === true && group.members.some(isKnown)) {
      group.silent = false;
      this.#announce(group, 'init', 'fault');
    }
    this.#run(r, { type: 'faults-changed', member: r.config.name });
  }

  #run(r: Router, cause: GroupCause): void {
    const group = this.#groups.find((g) => g.members.includes(r));
    if (group === undefined) return;
    const members = group.members.map((m) => ({
      name: m.config.name,
      state: m.state.name,
      wantsMaster: m.state.name === 'backup' && m.state.wantsMaster,
      ownFault: m.faults.size > 0,
    }));
    const next = groupStep(group.state, members, cause);
    group.state = next.state;
    for (const effect of next.effects) {
      if (effect.type === 'group-transition') {
        const from = group.silent ? 'init' : effect.from;
        // As its members: what is only not known yet is no fault to tell anyone about (B18).
        group.silent = effect.to === 'fault' && onlyUnknown(group);
        if (this.#stopping && effect.to === 'init') this.#stopped.push({ group, from });
        else if (!group.silent) this.#announce(group, from, effect.to);
      } else {
        const router = group.members.find((m) => m.config.name === effect.member);
        if (router !== undefined) this.#ctx.post({ type: 'machine', router, event: effect.event });
      }
    }
  }

  #announce(group: Group, from: GroupState, to: GroupState): void {
    const { name } = group.config;
    this.#ctx.ports.log.log('notice', words.groupEntering(name, to), {
      group: name,
      state: words.stateWord(to),
    });
    const context = { reason: 'group', previous: words.stateWord(from), peer: '', priority: 0 };
    for (const hook of groupHooks(group.config, NOTIFY[to], context)) this.#ctx.ports.hooks.run(hook);
    this.#ctx.ports.notices.tell({
      type: 'group',
      config: group.config,
      state: NOTIFY[to],
      previous: stateBefore(from),
    });
  }

  states(): readonly { readonly config: SyncGroupConfig; readonly state: GroupState }[] {
    return this.#groups;
  }

  snapshot(): readonly GroupSnapshot[] {
    return this.#groups.map((g) => ({
      name: g.config.name,
      state: g.state,
      members: g.members.map((m) => m.config.name),
    }));
  }
}
