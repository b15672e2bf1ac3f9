/** KEEPALIVED-MIB: what instances and sync groups track, and the definitions of it. */

import type { BfdConfig } from '../../config/bfd-config.ts';
import type {
  Config,
  InstanceConfig,
  ScriptConfig,
  SyncGroupConfig,
  TrackedInterface,
  TrackedScript,
} from '../../config/config.ts';
import type { Tracked, TrackFileConfig, TrackProcessConfig } from '../../config/track-config.ts';
import type { SnmpValue } from '../../ports/snmp.ts';
import { command } from './keepalived-instances.ts';
import { gauge, int, text, truth } from './oid.ts';
import { KEEPALIVED_MIB, type Picture } from './picture.ts';
import type { Row, Table } from './tree.ts';

const VRRP = [...KEEPALIVED_MIB, 2];
const S = 1_000_000;

type Lists = Pick<
  InstanceConfig & SyncGroupConfig,
  'trackInterfaces' | 'trackScripts' | 'trackFiles' | 'trackProcesses' | 'trackBfd'
>;
const named =
  (list: 'trackFiles' | 'trackProcesses' | 'trackBfd') =>
  (l: Lists): readonly Tracked[] =>
    l[list];
const interfaces = (l: Lists): readonly Tracked[] =>
  l.trackInterfaces.map((t: TrackedInterface) => ({ ...t, name: t.interface }));
const scripts = (l: Lists): readonly Tracked[] =>
  l.trackScripts.map((t: TrackedScript) => ({ ...t, name: t.script }));

/** Name, weight and reverse stand in three columns from `first`. KEEPALIVED: interfaces too have their place in the list as index. */
function trackedTable(
  number: number,
  first: number,
  rows: (p: Picture) => Row<Tracked>[],
): Table<Picture, Tracked> {
  return {
    entry: [...VRRP, number, 1],
    rows,
    columns: {
      [first]: (t: Tracked): SnmpValue => text(t.name),
      [first + 1]: (t: Tracked): SnmpValue => int(t.weight),
      [first + 2]: (t: Tracked): SnmpValue => truth(t.reverse),
    },
  };
}

const ofInstances =
  (list: (l: Lists) => readonly Tracked[]) =>
  (p: Picture): Row<Tracked>[] =>
    p.instances.flatMap(({ number, config }) =>
      list(config)
        .filter((t) => list !== interfaces || t.name !== config.interface)
        .map((of, i) => ({ index: [number, i + 1], of })),
    );
const ofGroups =
  (list: (l: Lists) => readonly Tracked[]) =>
  (p: Picture): Row<Tracked>[] =>
    p.config.groups.flatMap((g, n) => list(g).map((of, i) => ({ index: [n + 1, i + 1], of })));

const files = named('trackFiles');
const processes = named('trackProcesses');
const bfd = named('trackBfd');
const lists = [
  trackedTable(4, 1, ofInstances(interfaces)),
  trackedTable(5, 2, ofInstances(scripts)),
  trackedTable(12, 2, ofInstances(files)),
  trackedTable(17, 2, ofInstances(bfd)),
  trackedTable(20, 2, ofInstances(processes)),
  trackedTable(14, 1, ofGroups(interfaces)),
  trackedTable(15, 2, ofGroups(scripts)),
  trackedTable(16, 2, ofGroups(files)),
  trackedTable(19, 2, ofGroups(bfd)),
  trackedTable(22, 2, ofGroups(processes)),
];

/** A definition with what is known of it now. */
type Known<C, S> = { readonly config: C; readonly state: S | undefined };
function known<C extends { readonly name: string }, S extends { readonly name: string }>(
  configs: readonly C[],
  states: readonly S[],
): Row<Known<C, S>>[] {
  const byName = new Map(states.map((s) => [s.name, s]));
  return configs.map((config, i) => ({ index: [i + 1], of: { config, state: byName.get(config.name) } }));
}

/** KEEPALIVED: a script that nobody tracks is not there. */
function usedScripts({ scripts: all, instances, groups }: Config): readonly ScriptConfig[] {
  const used = new Set([...instances, ...groups].flatMap((l) => l.trackScripts.map((t) => t.script)));
  return all.filter((s) => used.has(s.name));
}

type Script = Known<ScriptConfig, Picture['snapshot']['scripts'][number]>;
const RESULTS = { init: 1, down: 2, disabled: 2, up: 3 } as const;
const scriptTable: Table<Picture, Script> = {
  entry: [...VRRP, 9, 1],
  rows: (p) => known(usedScripts(p.config), p.snapshot.scripts),
  columns: {
    2: (s) => text(s.config.name),
    3: (s) => command(s.config.command),
    4: (s) => int(s.config.intervalUs / S),
    5: (s) => int(s.config.weight),
    6: (s) => int(s.state === undefined || s.state.runs === 0 ? RESULTS.init : RESULTS[s.state.state]),
    7: (s) => gauge(s.config.rise),
    8: (s) => gauge(s.config.fall),
    9: (s) => truth(s.config.reverse),
  },
};

type File = Known<TrackFileConfig, Picture['snapshot']['files'][number]>;
const fileTable: Table<Picture, File> = {
  entry: [...VRRP, 13, 1],
  rows: (p) => known(p.config.trackFiles, p.snapshot.files),
  columns: {
    2: (f) => text(f.config.name),
    3: (f) => text(f.config.file),
    4: (f) => int(f.state?.value ?? 0),
    5: (f) => int(f.config.weight),
    6: (f) => truth(f.config.reverse),
  },
};

type Session = Known<BfdConfig, NonNullable<Picture['snapshot']['bfd']>['sessions'][number]>;
const bfdTable: Table<Picture, Session> = {
  entry: [...VRRP, 18, 1],
  rows: (p) =>
    known(
      p.config.bfdInstances.filter((b) => b.forVrrp),
      p.snapshot.bfd?.sessions ?? [],
    ),
  columns: {
    2: (b) => text(b.config.name),
    3: (b) => int(b.state?.state === 'up' ? 1 : 0),
    4: (b) => int(b.config.weight),
    5: (b) => truth(b.config.reverse),
  },
};

type Process = Known<TrackProcessConfig, Picture['snapshot']['processes'][number]>;
const MATCHES = { none: 0, exact: 1, partial: 2, initial: 3 } as const;
const processTable: Table<Picture, Process> = {
  entry: [...VRRP, 21, 1],
  rows: (p) => known(p.config.trackProcesses, p.snapshot.processes),
  columns: {
    2: (t) => text(t.config.name),
    3: (t) => text(t.config.process),
    4: (t) => text(t.config.parameters.join(' ')),
    5: (t) => int(MATCHES[t.config.match]),
    6: (t) => int(t.config.weight),
    7: (t) => truth(t.config.reverse),
    8: (t) => gauge(t.config.quorum),
    9: (t) => int(t.config.quorumMax ?? -1),
    10: (t) => gauge(t.config.forkDelayUs),
    11: (t) => gauge(t.config.terminateDelayUs),
    12: (t) => truth(t.config.fullCommand),
    13: (t) => int(t.state?.count ?? 0),
    14: (t) => truth(t.state?.state === 'up'),
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const trackingTables: readonly Table<Picture, any>[] = [
  ...lists,
  scriptTable,
  fileTable,
  bfdTable,
  processTable,
];
