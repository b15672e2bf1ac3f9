/** 'vrrp_sync_group' blocks: members, and what becomes of the trackers of grouped instances. */
import type { InstanceConfig, SyncGroupConfig } from './config.ts';
import type { BuildContext } from './context.ts';
import { inactiveKeywords } from './inactive.ts';
import { buildNotify } from './notify.ts';
import type { Block } from './settings.ts';
import { placeOf } from './source.ts';
import { restrictGroup, restrictWeights } from './track-limits.ts';
import { type KnownScripts, readTrackInterfaces, readTrackLists, readTrackScripts } from './tracking.ts';
import type { Word } from './words.ts';

export type GroupSource = { readonly block: Block; readonly order: number };

/** `byName`: the instances that exist; `taken`: member -> group so far. undefined when the group is removed. */
export function buildGroup(
  { block, order }: GroupSource,
  byName: ReadonlyMap<string, InstanceConfig>,
  taken: Map<string, string>,
  scripts: KnownScripts,
  c: BuildContext,
): SyncGroupConfig | undefined {
  const name = block.statement?.args[0];
  if (name === undefined) return undefined;
  const members: string[] = [];
  const words = block
    .list('group')
    .slice(0, 1)
    .flatMap((l) => l.entries.flatMap((e) => e.words));
  for (const word of words) if (mayJoin(word, name.text, byName, taken, c)) members.push(word.text);
  if (block.has('global_tracking'))
    c.reporter.report(
      'KA0905',
      block.get('global_tracking')?.at ?? name.at,
      `(${name.text}) global_tracking is deprecated. Use track_interface/script/file on the sync group`,
      { effect: 'it works as sync_group_tracking_weight' },
    );
  // With a member refused above, what is left of the group is no mistake of its own.
  const whole = members.length === words.length;
  if (members.length === 0 && !whole) return undefined;
  if (members.length === 0) {
    c.reporter.report('KA0903', name.at, `Sync group ${name.text} has no virtual router(s). removing`, {
      effect: 'the group does not exist',
      fix: 'name its instances in group { }',
    });
    return undefined;
  }
  if (members.length === 1 && whole)
    c.reporter.report(
      'KA0904',
      name.at,
      `Sync group ${name.text} has only 1 virtual router(s) - this probably isn't what you want`,
      { effect: 'the group does nothing' },
    );
  const use = `(${name.text})`;
  const priorityChanges = block.boolean('notify_priority_changes');
  const owner = members.some((m) => byName.get(m)?.priority === 255);
  const lists = {
    trackScripts: readTrackScripts(block.list('track_script'), use, scripts, order, c),
    trackInterfaces: readTrackInterfaces(block.list('track_interface'), use, c),
    ...readTrackLists((k) => block.list(k), use, order, c),
  };
  for (const member of members) {
    const instance = byName.get(member);
    const own = (name: string) =>
      name === instance?.interface || instance?.trackInterfaces.some((t) => t.interface === name) === true;
    for (const t of lists.trackInterfaces.filter((x) => own(x.interface)))
      c.reporter.report(
        'KA0815',
        name.at,
        `(${member}) track_interface ${t.interface} is configured on VRRP instance and sync group. Remove vrrp instance or sync group config`,
        { effect: 'the interface counts twice', fix: `remove ${t.interface} from one of the two` },
      );
  }
  return {
    name: name.text,
    members,
    notify: buildNotify(block, c),
    ...restrictGroup(lists, owner, use, name.at, c),
    trackingWeight: block.has('sync_group_tracking_weight') || block.has('global_tracking'),
    smtpAlert: block.boolean('smtp_alert') ?? c.globals.smtpAlertVrrp,
    ...(priorityChanges === undefined ? {} : { notifyPriorityChanges: priorityChanges }),
    inactive: inactiveKeywords(block, block.statement?.body ?? []),
    place: placeOf(name.at),
  };
}

function mayJoin(
  word: Word,
  group: string,
  byName: ReadonlyMap<string, InstanceConfig>,
  taken: Map<string, string>,
  c: BuildContext,
): boolean {
  const other = taken.get(word.text);
  if (!byName.has(word.text))
    c.reporter.report(
      'KA0901',
      word.at,
      `Virtual router ${word.text} specified in sync group ${group} doesn't exist - ignoring`,
      {
        effect: 'keepalived ignores the member',
        fix: 'correct the name; it is that of a vrrp_instance block',
      },
    );
  else if (other !== undefined)
    c.reporter.report(
      'KA0902',
      word.at,
      `Virtual router ${word.text} cannot exist in more than one sync group; ignoring ${group}`,
      { effect: `it stays in ${other}` },
    );
  else {
    taken.set(word.text, group);
    return true;
  }
  return false;
}

/**
 * KEEPALIVED: weights of a grouped instance's own trackers would move one member alone, so weighted scripts are
 * removed and interface weights become 0 (FAULT when down), unless the group has 'sync_group_tracking_weight'.
 */
export function restrictMember(
  instance: InstanceConfig,
  group: SyncGroupConfig,
  at: Parameters<BuildContext['reporter']['report']>[1],
  c: BuildContext,
): InstanceConfig {
  if (group.trackingWeight) return instance;
  const lists = restrictWeights(instance, `(${instance.name})`, `sync group ${group.name}`, at, c);
  const weighted = [
    ...instance.trackScripts.filter((t) => t.weight !== 0).map((t) => t.script),
    ...instance.trackInterfaces.filter((t) => t.weight !== 0).map((t) => t.interface),
    ...lists.removed.map((t) => t.name),
  ];
  if (weighted.length === 0) return { ...instance, ...lists.kept };
  c.reporter.report(
    'KA0906',
    at,
    `(${instance.name}) ignoring weights of ${weighted.join(', ')} due to sync group ${group.name}`,
    {
      effect:
        'weighted scripts, files and BFD sessions are not tracked, interfaces fault the instance when down',
      fix: `track them in ${group.name}, or add 'sync_group_tracking_weight' to it`,
    },
  );
  return {
    ...instance,
    ...lists.kept,
    trackScripts: instance.trackScripts.filter((t) => t.weight === 0),
    trackInterfaces: instance.trackInterfaces.map((t) => (t.weight === 0 ? t : { ...t, weight: 0 })),
  };
}
