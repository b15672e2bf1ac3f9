/** What a tracked interface counts as: keepalived takes UP and RUNNING together, for a macvlan also its parent's. */
import type { TrackStatus } from './priority.ts';

export type LinkFlags = {
  readonly present: boolean;
  readonly up: boolean; // IFF_UP
  readonly running: boolean; // IFF_RUNNING
};

/** `parent`: the lower device of a macvlan. A missing interface is down. */
export function interfaceStatus(link: LinkFlags, parent?: LinkFlags): TrackStatus {
  const usable = (l: LinkFlags): boolean => l.present && l.up && l.running;
  return usable(link) && (parent === undefined || usable(parent)) ? 'up' : 'down';
}

/** For fault reasons and `why`: the first thing that is wrong, '' when nothing is. */
export function interfaceDetail(name: string, link: LinkFlags): string {
  if (!link.present) return `${name} does not exist`;
  if (!link.up) return `${name} is down (ip link set ${name} up)`;
  if (!link.running) return `${name} has no carrier`;
  return '';
}
