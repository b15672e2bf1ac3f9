/** What owners and group members may not track with a weight. */
import type { SyncGroupConfig } from './config.ts';
import type { BuildContext } from './context.ts';
import type { Span } from './source.ts';
import type { Tracked, TrackLists } from './track-config.ts';

export type Restricted = {
  readonly kept: Pick<TrackLists, 'trackFiles' | 'trackBfd'>;
  readonly removed: readonly Tracked[]; // reported by the caller
};

/**
 * KEEPALIVED: files of weight 1, which is what none written means, get weight 0; other weighted files and BFD sessions
 * are not tracked; processes stay as they are.
 */
export function restrictWeights(
  lists: Pick<TrackLists, 'trackFiles' | 'trackBfd'>,
  use: string,
  why: string,
  at: Span,
  c: BuildContext,
): Restricted {
  for (const t of lists.trackFiles.filter((f) => f.weight === 1))
    c.reporter.report('KA0814', at, `${use} ignoring weight from tracked file ${t.name} due to ${why}`, {
      effect: 'every value but 0 in the file is a FAULT',
      fix: `write '${t.name} weight 0'`,
    });
  const removed = [
    ...lists.trackFiles.filter((t) => t.weight !== 0 && t.weight !== 1),
    ...lists.trackBfd.filter((t) => t.weight !== 0),
  ];
  return {
    kept: {
      trackFiles: lists.trackFiles
        .filter((t) => t.weight === 0 || t.weight === 1)
        .map((t) => (t.weight === 0 ? t : { ...t, weight: 0 })),
      trackBfd: lists.trackBfd.filter((t) => t.weight === 0),
    },
    removed,
  };
}

export type GroupLists = TrackLists & Pick<SyncGroupConfig, 'trackScripts' | 'trackInterfaces'>;

/** KEEPALIVED: with an owner among the members every weight of the group's lists becomes 0. */
export function restrictGroup(
  lists: GroupLists,
  owner: boolean,
  use: string,
  at: Span,
  c: BuildContext,
): GroupLists {
  if (!owner) return lists;
  const flat = <T extends { readonly weight: number }>(
    list: readonly T[],
    nameOf: (t: T) => string,
  ): readonly T[] =>
    list.map((t) => {
      if (t.weight === 0) return t;
      c.reporter.report(
        'KA0813',
        at,
        `${use} Cannot have weighted tracker '${nameOf(t)}' with member having priority 255 - setting weight 0`,
        { effect: 'a failure puts the group into FAULT', fix: `write '${nameOf(t)} weight 0'` },
      );
      return { ...t, weight: 0 };
    });
  const named = (list: readonly Tracked[]) => flat(list, (t) => t.name);
  return {
    trackScripts: flat(lists.trackScripts, (t) => t.script),
    trackInterfaces: flat(lists.trackInterfaces, (t) => t.interface),
    trackFiles: named(lists.trackFiles),
    trackProcesses: named(lists.trackProcesses),
    trackBfd: named(lists.trackBfd),
  };
}
