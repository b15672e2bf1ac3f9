/**
 * A sync group as a pure machine (keepalived 'vrrp_sync_group'): its members are in one state together.
 * Members with `Params.inGroup` ask before they become master; core calls `groupStep` after each such question, after each
 * transition of a member and whenever a member's own list of faults becomes empty or not empty, and feeds the effects back in order.
 */
import { assertNever } from '../base/assert.ts';
import type { Event, Reason, StateName } from './types.ts';

export type GroupState = 'init' | 'fault' | 'backup' | 'master';

export type GroupMember = {
  readonly name: string;
  readonly state: StateName;
  readonly wantsMaster: boolean; // of its BackupState, else false
  readonly ownFault: boolean; // it has a reason for FAULT of its own, not only the group's
};

export type GroupCause =
  | {
      readonly type: 'transition';
      readonly member: string;
      readonly from: StateName;
      readonly to: StateName;
      readonly reason: Reason;
    }
  | { readonly type: 'wants-master'; readonly member: string }
  | { readonly type: 'lower-priority-received'; readonly member: string }
  /** `ownFault` of a member changed without a transition: the last fault ended, or a first came while the group held it in FAULT. */
  | { readonly type: 'faults-changed'; readonly member: string };

export type GroupEffect =
  | { readonly type: 'member'; readonly member: string; readonly event: Event }
  /** For the group's notify scripts; after its members' transitions. */
  | { readonly type: 'group-transition'; readonly from: GroupState; readonly to: GroupState };

export type GroupStep = { readonly state: GroupState; readonly effects: readonly GroupEffect[] };

/**
 * `members` as they are now, the cause included. Members' events that follow cause further calls; each settles more,
 * and a call that finds nothing to do returns no effect.
 */
export function groupStep(state: GroupState, members: readonly GroupMember[], cause: GroupCause): GroupStep {
  const effects: GroupEffect[] = [];
  for (const m of members) {
    const event = demanded(members, m, cause);
    if (event !== undefined) effects.push({ type: 'member', member: m.name, event });
  }
  const to = effects.length > 0 ? state : settled(members, state);
  if (to !== state) effects.push({ type: 'group-transition', from: state, to });
  return { state: to, effects };
}

/** What the group asks of member `m`. Faults follow from the state of things, the rest from what has just happened. */
function demanded(members: readonly GroupMember[], m: GroupMember, cause: GroupCause): Event | undefined {
  const runs = m.state === 'backup' || m.state === 'master';
  // A member that has not started (init) or is stopping does not speak for the group.
  const faulty = members.some((x) => x.ownFault && x.state === 'fault');
  if (faulty) return runs ? { type: 'fault', byGroup: true } : undefined;
  if (m.state === 'fault') return { type: 'fault-cleared' };
  if (!runs) return undefined;
  switch (cause.type) {
    case 'transition':
      return followed(m, cause.member, cause.from, cause.to, cause.reason);
    case 'wants-master':
      return agreed(members) && m.state === 'backup' ? { type: 'group-master' } : undefined;
    case 'lower-priority-received':
      return m.name !== cause.member && m.state === 'master' ? { type: 'group-announce' } : undefined;
    case 'faults-changed':
      return undefined;
    default:
      return assertNever(cause);
  }
}

/** KEEPALIVED: to MASTER only when each member's own timer has ended (or it is MASTER already). */
const agreed = (members: readonly GroupMember[]): boolean =>
  members.every((m) => m.state === 'master' || (m.state === 'backup' && m.wantsMaster));

function followed(
  m: GroupMember,
  member: string,
  from: StateName,
  to: StateName,
  reason: Reason,
): Event | undefined {
  if (m.name === member || m.state !== 'master' || from !== 'master' || to !== 'backup') return undefined;
  // KEEPALIVED: an address deleted by hand makes the whole group give up with priority 0 and come back after its skew.
  return reason === 'address-deleted' ? { type: 'address-deleted' } : { type: 'group-backup' };
}

/** The state that all members are in; while they differ, the last one. */
function settled(members: readonly GroupMember[], last: GroupState): GroupState {
  const all = (...names: readonly StateName[]): boolean => members.every((m) => names.includes(m.state));
  if (members.length === 0 || all('init', 'leaving')) return 'init';
  if (all('master')) return 'master';
  if (all('backup')) return 'backup';
  return all('fault') ? 'fault' : last;
}
