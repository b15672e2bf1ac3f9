/** What the kinds of tracked things have in common; core/tracking.ts joins them. */
import type { Config } from '../config/config.ts';
import type { Tracked } from '../track/priority.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';

/** What a source needs of core. */
export type TrackHands = {
  /** An owner id in the deadline heap. */
  allocate(): number;
  setDeadline(id: number, atUs: number): void;
  /** Something that `r` tracks changed. */
  changed(r: Router): void;
};

/** One kind of tracked thing. */
export interface TrackSource {
  /** A configuration comes into force, at start and at a reload: what is in both keeps its result. */
  configure(config: Config): void;
  /** The routers are known: starts what someone tracks and stops the rest. */
  attach(): void;
  /** What `r` and its sync group track of this kind. */
  trackedOf(r: Router): readonly Tracked[];
  /** A deadline rang; false: `id` is none of this source. */
  onDeadline(id: number, nowUs: number): boolean;
  stop(): void;
}

/** The names that `r` and its sync group list, group last; `list` picks the kind. */
export function namesOf<T>(
  ctx: Context,
  r: Router,
  list: (x: Router['config'] | Config['groups'][number]) => readonly T[],
): readonly T[] {
  const group = ctx.config.groups.find((g) => g.members.includes(r.config.name));
  return group === undefined ? list(r.config) : [...list(r.config), ...list(group)];
}
