/** The log lines that people grep for, in keepalived's words. All else that we log is worded where it happens. */
import type { StateName } from '../vrrp/types.ts';

const name = (instance: string): string => `(${instance})`;

/** keepalived's upper-case word for a state, as in `Entering MASTER STATE` and in the arguments of hooks. */
export function stateWord(state: StateName): string {
  switch (state) {
    case 'init':
      return 'INIT';
    case 'leaving':
      return 'STOP';
    default:
      return state.toUpperCase();
  }
}

export function entering(instance: string, to: StateName, from: StateName): string {
  return `${name(instance)} Entering ${stateWord(to)} STATE${from === 'init' && to === 'backup' ? ' (init)' : ''}`;
}

export const adverTimeout = (instance: string): string => `${name(instance)} Receive advertisement timeout`;
export const receivedPriorityZero = (instance: string, state: StateName): string =>
  `${name(instance)} ${state === 'master' ? 'Master' : 'Backup'} received priority 0 advertisement`;
export const sentPriorityZero = (instance: string): string => `${name(instance)} sent 0 priority`;
export const higherPriority = (instance: string, from: string, theirs: number, ours: number): string =>
  `${name(instance)} Master received advert from ${from} with higher priority ${theirs}, ours ${ours}`;
export const equalPriority = (instance: string, from: string, priority: number): string =>
  `${name(instance)} Master received advert from ${from} with same priority ${priority} but higher IP address than ours`;
export const lowerDiscarded = (instance: string, theirs: number, from: string): string =>
  `${name(instance)} received lower priority (${theirs}) advert from ${from} - discarding`;
export const newElection = (instance: string, from: string, theirs: number, ours: number): string =>
  `${name(instance)} Received advert from ${from} with lower priority ${theirs}, ours ${ours}, forcing new election`;
export const settingVips = (instance: string): string => `${name(instance)} setting VIPs.`;
export const removingVips = (instance: string): string => `${name(instance)} removing VIPs.`;
export const sendingGarp = (instance: string, iface: string, address: string): string =>
  `${name(instance)} Sending/queueing ${address.includes(':') ? 'Unsolicited Neighbour Adverts' : 'gratuitous ARPs'} on ${iface} for ${address}`;
export const changedPriority = (instance: string, from: number, to: number): string =>
  `${name(instance)} Changing effective priority from ${from} to ${to}`;
export const groupEntering = (group: string, to: StateName): string =>
  `VRRP_Group(${group}) Syncing instances to ${stateWord(to)} state`;
export const scriptSucceeded = (script: string): string => `VRRP_Script(${script}) succeeded`;
export const scriptFailed = (script: string, exitCode: number): string =>
  `VRRP_Script(${script}) failed (exited with status ${exitCode})`;
export const scriptTimedOut = (script: string): string => `VRRP_Script(${script}) timed out`;
export const unknownVrid = (vrid: number, from: string, socket: string): string =>
  `Received advert for unknown VRID ${vrid} from ${from} (${socket})`;
export const timerExpired = (lateUs: number): string =>
  `A thread timer expired ${(lateUs / 1e6).toFixed(6)} seconds ago`;
export const linkDown = (iface: string): string => `Netlink reports ${iface} down`;
export const linkUp = (iface: string): string => `Netlink reports ${iface} up`;
export const linkDeleted = (iface: string): string => `Netlink reports ${iface} deleted`;
export const linkCreated = (iface: string): string => `Netlink reports ${iface} added`;
