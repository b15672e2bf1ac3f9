/** Main file to frozen `Config`: reader, tree, settings, builders, checks. Pure but for the environment it is given. */

import { drain } from '../base/steps.ts';
import { bfdTracker, buildBfd, type PlacedBfd } from './bfd.ts';
import { type Placed, uniqueAddresses, uniqueVrids } from './checks.ts';
import type { Config, GlobalConfig, InstanceConfig, ScriptConfig, SyncGroupConfig } from './config.ts';
import type { BuildContext } from './context.ts';
import { type Diagnostic, type KeepalivedClass, Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import { buildGarpGroup, type GroupedInterfaces } from './garp-groups.ts';
import { buildGlobals, type Globals } from './global.ts';
import type { GarpGroupConfig } from './global-config.ts';
import { buildGroup, type GroupSource, restrictMember } from './groups.ts';
import { ALL_CHECKS, NO_CHECKS } from './include.ts';
import { buildInstance } from './instance.ts';
import { limitDelays, readDelays, readLinkbeat } from './interface-settings.ts';
import { buildServerGroup } from './lvs/groups.ts';
import type { VirtualServerConfig } from './lvs/lvs-config.ts';
import { buildSsl } from './lvs/ssl.ts';
import { LvsState, noteTracker } from './lvs/state.ts';
import { buildVirtualServer, finishVirtualServers } from './lvs/virtual-server.ts';
import { hasWildcard } from './paths.ts';
import { Reader } from './reader.ts';
import { Routing } from './routes/routing.ts';
import { buildScript } from './scripts.ts';
import { type Built, checkCommands, type PlacedScript } from './security.ts';
import { type Block, readBlock } from './settings.ts';
import { Source, type Span } from './source.ts';
import { Statics } from './statics.ts';
import type { TrackFileConfig, TrackProcessConfig } from './track-config.ts';
import { buildTrackFile, buildTrackProcess, Trackers } from './trackers.ts';
import { type Statement, topStatements } from './tree.ts';

export type LoadResult = {
  /** Absent when no file could be read. With `fatal` it holds what could be understood, for reports only. */
  readonly config?: Config;
  readonly diagnostics: readonly Diagnostic[];
  /** What was read, for those who look at the text once more (lint/judge.ts). */
  readonly statements: readonly Statement[];
  /** Findings beyond what the reporter keeps. */
  readonly dropped?: number;
  /** A real start ends with this status. */
  readonly fatal?: { readonly exit: 2 | 6; readonly diagnostic: Diagnostic };
};

export type LoadOptions = {
  /** Judges as `--config-test` does: numbers with trailing junk are refused instead of cut. */
  readonly testMode?: boolean;
  /** -e: every problem of an include is fatal. */
  readonly allIncludes?: boolean;
  /** 'findings': the configuration is judged and thrown away, which spares half of the time and memory; not frozen. */
  readonly keep?: 'config' | 'findings';
};

/** Reads `mainFile` (or all files of a pattern) with everything it includes. Never throws on any text. */
export function loadConfig(
  mainFile: string,
  environment: LoadEnvironment,
  options: LoadOptions = {},
): LoadResult {
  return drain(loading(mainFile, environment, options));
}

/**
 * `loadConfig` in pieces of at most a block each, so that a daemon can serve its sockets in between. Blocks are built as
 * they are read, with the global settings that stood above the first of them; when some come later the file is read once
 * more with all of them known.
 */
export function* loading(
  mainFile: string,
  environment: LoadEnvironment,
  options: LoadOptions = {},
): Generator<void, LoadResult> {
  const first = yield* attempt(mainFile, environment, options, undefined);
  if (first.globals === undefined || first.settled) return first.result;
  return (yield* attempt(mainFile, environment, options, first.globals)).result;
}

type Attempt = {
  readonly result: LoadResult;
  /** The global settings of the whole text. */
  readonly globals: Globals | undefined;
  /** The blocks were built with just these. */
  readonly settled: boolean;
};

function* attempt(
  mainFile: string,
  environment: LoadEnvironment,
  options: LoadOptions,
  known: Globals | undefined,
): Generator<void, Attempt> {
  const reporter = new Reporter();
  const [first, ...rest] = openMain(mainFile, environment, reporter);
  if (first === undefined)
    return { result: finish(reporter, undefined, []), globals: undefined, settled: true };
  const checks = options.allIncludes === true ? ALL_CHECKS : NO_CHECKS;
  const reader = new Reader([first, ...rest], environment, reporter, checks);
  const testMode = options.testMode ?? false;
  const globalsOf = (to: Reporter): Globals =>
    buildGlobals(statements, { reporter: to, testMode }, environment);
  const statements: Statement[] = [];
  const trackers = new Trackers();
  const routing = new Routing(environment);
  const contextOf = (globals: Globals): BuildContext => {
    const { iprouteLocalDirectory, iprouteVendorDirectory } = globals.config.fileSettings;
    routing.names.useFolders(iprouteLocalDirectory, iprouteVendorDirectory);
    return { reporter, environment, globals, testMode, trackers, routing };
  };
  const a = new Assembly(options.keep !== 'findings');
  let early = known;
  for (const s of topStatements(reader, reporter)) {
    statements.push(s);
    if (isBuilt(s)) {
      early ??= globalsOf(new Reporter());
      const context = contextOf(early);
      reporter.during('building', () => buildOne(s, statements.length - 1, a, context));
    }
    yield;
  }
  const globals = reporter.during('globals', () => globalsOf(reporter));
  const context = contextOf(globals);
  const { built, scripts } = yield* buildRest(a, context);
  const interfaces = reporter.during('building', () => {
    checkCommands(built, scripts, context, a.lvs.commands);
    return interfaceSettings(statements, built, context);
  });
  const global = { ...globals.config, ...interfaces, garpGroups: a.garpGroups };
  const config = { global, ...built, files: [...reader.files] };
  if (a.keeps) yield* freezeAll(config);
  return {
    result: finish(reporter, config, statements),
    globals,
    settled: early === undefined || essence(early) === essence(globals),
  };
}

/** What the builders see of the global settings, as text. */
function essence({ config, ...rest }: Globals): string {
  return JSON.stringify([rest, { ...config, inactive: [] }]);
}

/** Findings in the order of the text: files as they were read, then places. */
export function inOrder(diagnostics: readonly Diagnostic[], files: readonly string[]): readonly Diagnostic[] {
  const rank = new Map([...files].map((f, i) => [f, i] as const));
  const fileOf = (d: Diagnostic) => rank.get(d.at.source.file) ?? files.length;
  // What has no place in a text (its source is empty) stands before all that has, also before its first character.
  const startOf = ({ at }: Diagnostic) => (at.source.text === '' ? -1 : at.start);
  return diagnostics.toSorted((a, b) => fileOf(a) - fileOf(b) || startOf(a) - startOf(b));
}

function finish(
  reporter: Reporter,
  config: Config | undefined,
  statements: readonly Statement[],
): LoadResult {
  return {
    ...(config === undefined ? {} : { config }),
    diagnostics: inOrder(reporter.diagnostics, config?.files ?? []),
    statements,
    ...(reporter.dropped === 0 ? {} : { dropped: reporter.dropped }),
    ...(reporter.fatal === undefined ? {} : { fatal: reporter.fatal }),
  };
}

function openMain(mainFile: string, environment: LoadEnvironment, reporter: Reporter): Source[] {
  const wild = hasWildcard(mainFile);
  const names = wild ? environment.glob(mainFile, environment.env['PWD'] ?? '/') : [mainFile];
  const out: Source[] = [];
  const nowhere = { source: new Source(mainFile, ''), start: 0, end: 0 };
  for (const name of names) {
    const read = environment.readFile(name);
    if (read.ok) out.push(new Source(name, read.text));
    else
      reporter.report(
        'KA0305',
        nowhere,
        `configuration file '${name}' cannot be used: ${read.code}${read.detail === '' ? '' : ` (${read.detail})`}`,
        {
          effect: 'keepalived stops with status 6',
          ...(read.code === 'EXEC' ? { fix: `chmod a-x '${name}'` } : {}),
          fatal: 6,
        },
      );
  }
  if (names.length === 0)
    reporter.report('KA0305', nowhere, `no configuration file matches '${mainFile}'`, {
      effect: 'keepalived stops with status 6',
      fatal: 6,
    });
  if (names.length > 1)
    reporter.report('KA0306', nowhere, `'${mainFile}' matches ${names.length} files`, {
      effect: 'keepalived reads them one after the other',
    });
  return out;
}

type All = {
  readonly built: Built;
  readonly scripts: readonly PlacedScript[];
};

/** What the blocks of a file have become so far; a block sees what stands above it. */
export class Assembly {
  readonly scripts: Map<string, PlacedScript> = new Map();
  readonly known: Map<string, { order: number; weight: number; reverse: boolean; removed?: true }> =
    new Map();
  readonly placed: Placed[] = [];
  readonly groupSources: GroupSource[] = [];
  readonly garpGroups: GarpGroupConfig[] = [];
  readonly grouped: GroupedInterfaces = new Map();
  readonly lvs: LvsState;
  readonly files: TrackFileConfig[] = [];
  readonly processes: TrackProcessConfig[] = [];
  readonly sessions: PlacedBfd[] = [];
  readonly statics: Statics = new Statics();
  /** Without it the large parts are judged only. */
  readonly keeps: boolean;

  constructor(keeps = true) {
    this.keeps = keeps;
    this.lvs = new LvsState(keeps);
  }
}

/** Takes one block of the top level; `order` is its place among the statements. */
type Builder = (block: Block, order: number, a: Assembly, c: BuildContext) => void;

const BUILDERS: Readonly<Record<string, Builder>> = {
  vrrp_script: (block, order, a, c) => {
    const script = buildScript(block, c);
    if (script === undefined) {
      const name = block.statement?.args[0]?.text ?? '';
      if (!a.known.has(name)) a.known.set(name, { order, weight: 0, reverse: false, removed: true });
      return;
    }
    if (a.scripts.has(script.name)) return;
    a.scripts.set(script.name, { script, at: nameOf(block) });
    a.known.set(script.name, { order, weight: script.weight, reverse: script.reverse });
  },
  vrrp_instance: (block, order, a, c) => {
    const instance = buildInstance(block, a.known, order, c);
    const ownPriorityChanges = block.has('notify_priority_changes');
    if (instance !== undefined) a.placed.push({ instance, at: nameOf(block), ownPriorityChanges });
  },
  vrrp_sync_group: (block, order, a) => void a.groupSources.push({ block, order }),
  garp_group: (block, _order, a, c) => {
    const group = buildGarpGroup(block, a.grouped, c);
    if (group !== undefined) a.garpGroups.push(group);
  },
  track_file: (block, order, a, c) =>
    void a.files.push(...define(buildTrackFile(block, c), order, c.trackers.files)),
  vrrp_track_file: (block, order, a, c) =>
    void a.files.push(...define(buildTrackFile(block, c), order, c.trackers.files)),
  vrrp_track_process: (block, order, a, c) =>
    void a.processes.push(...define(buildTrackProcess(block, c), order, c.trackers.processes)),
  bfd_instance: (block, order, a, c) => {
    define(bfdTracker(block), order, c.trackers.sessions);
    const session = buildBfd(block, a.sessions, c);
    if (session !== undefined) a.sessions.push(session);
  },
  track_group: (block, _order, a, c) => a.statics.group(block, c),
  virtual_server: (block, _order, a, c) => buildVirtualServer(block, a.lvs, c),
  SSL: (block, _order, a, c) => buildSsl(block, a.lvs, c),
};

/** The first definition of a name holds; a later one is never found. */
function define<T extends { readonly name: string; readonly weight: number; readonly reverse: boolean }>(
  definition: T | undefined,
  order: number,
  known: Map<string, { order: number; weight: number; reverse: boolean }>,
): readonly T[] {
  if (definition === undefined || known.has(definition.name)) return [];
  const { name, weight, reverse } = definition;
  known.set(name, { order, weight, reverse });
  return [definition];
}

/** Where the block's name stands, else its keyword. */
function nameOf(block: Block): Span {
  const s = block.statement as Statement;
  return s.args[0]?.at ?? s.keyword.at;
}

/** What is built as soon as it is read: blocks, and lists of values, which see the global settings above them. */
const isBuilt = (s: Statement): boolean =>
  (s.row.type === 'block' && s.row.keyword !== 'global_defs') || s.row.type === 'values';

function buildOne(s: Statement, order: number, a: Assembly, c: BuildContext): void {
  const { keyword, type } = s.row;
  noteTracker(s, a.lvs);
  if (keyword === 'virtual_server_group') buildServerGroup(s, a.lvs, c);
  else if (type === 'values') {
    a.statics.read(s, c);
    return;
  }
  if (s.args.length === 0 && s.row.missing === 'exit') missingName(s, c);
  else BUILDERS[keyword]?.(readBlock(s, s.body, c), order, a, c);
  // Tens of thousands of servers are as many lines again that nobody reads any more.
  if (!a.keeps) s.body = [];
}

function* buildRest(a: Assembly, c: BuildContext): Generator<void, All> {
  const { reporter } = c;
  reporter.during('building', () => uniqueVrids(a.placed, reporter));
  yield;
  reporter.during('building', () => uniqueAddresses(a.placed, reporter));
  yield;
  const { groups, instances } = reporter.during('building', () =>
    joinGroups(a.groupSources, a.placed, a.known, c),
  );
  yield;
  const all = [...a.scripts.values()];
  const trackers = [...instances, ...groups];
  const virtualServers = reporter.during('building', () => finishVirtualServers(a.lvs));
  yield;
  const statics = reporter.during('building', () => a.statics.result(instances, c));
  return {
    built: {
      instances,
      groups,
      scripts: usedScripts(all, instances, groups),
      ...usedTrackers(a, trackers, virtualServers),
      bfdInstances: a.sessions.map((s) => s.config),
      ...statics,
      virtualServers,
      virtualServerGroups: [...a.lvs.groups.values()],
      ...(a.lvs.ssl === undefined ? {} : { ssl: a.lvs.ssl }),
    },
    scripts: all,
  };
}

/** The value blocks about interfaces. Of several blocks all lines count. */
function interfaceSettings(
  statements: readonly Statement[],
  built: Built,
  c: BuildContext,
): Pick<GlobalConfig, 'linkbeat' | 'interfaceDelays'> {
  const lists = (keyword: string) => statements.filter((s) => s.keyword.text === keyword);
  return {
    linkbeat: readLinkbeat(lists('linkbeat_interfaces'), c.globals.config.linkbeat.all, c),
    interfaceDelays: limitDelays(readDelays(lists('interface_up_down_delays'), c), built.instances, c),
  };
}

/** Files and processes that nothing tracks are not watched; FILE_CHECK tracks files too. */
function usedTrackers(
  a: Assembly,
  trackers: readonly (InstanceConfig | SyncGroupConfig)[],
  servers: readonly VirtualServerConfig[],
): Pick<Config, 'trackFiles' | 'trackProcesses'> {
  const checks = servers
    .flatMap((v) => v.realServers.flatMap((r) => r.checkers))
    .flatMap((k) => (k.type === 'FILE_CHECK' ? [k.file] : []));
  const files = new Set([...checks, ...trackers.flatMap((t) => t.trackFiles.map((f) => f.name))]);
  const processes = new Set(trackers.flatMap((t) => t.trackProcesses.map((p) => p.name)));
  return {
    trackFiles: a.files.filter((f) => files.has(f.name)),
    trackProcesses: a.processes.filter((p) => processes.has(p.name)),
  };
}

function missingName(s: Statement, c: BuildContext): void {
  const word = s.keyword.text;
  c.reporter.report(
    'KA0501',
    s.keyword.at,
    `*** Configuration line starting \`${word}\` is missing a parameter after keyword \`${word}\` at word position 2`,
    {
      effect: 'keepalived stops with status 2',
      fix: `write '${word} ${s.row.args}'`,
      fatal: 2,
    },
  );
}

function joinGroups(
  sources: readonly GroupSource[],
  placed: readonly Placed[],
  known: Parameters<typeof buildGroup>[3],
  c: BuildContext,
): { readonly groups: readonly SyncGroupConfig[]; readonly instances: readonly InstanceConfig[] } {
  const byName = new Map(placed.map((p) => [p.instance.name, p.instance] as const));
  const taken = new Map<string, string>();
  const groups = sources.map((g) => buildGroup(g, byName, taken, known, c)).filter((g) => g !== undefined);
  const byGroup = new Map(groups.map((g) => [g.name, g] as const));
  const instances = placed.map(({ instance, at, ownPriorityChanges }) => {
    const group = byGroup.get(taken.get(instance.name) ?? '');
    if (group === undefined) return instance;
    const notifyPriorityChanges = ownPriorityChanges ? undefined : group.notifyPriorityChanges;
    const member = restrictMember(instance, group, at, c);
    return notifyPriorityChanges === undefined ? member : { ...member, notifyPriorityChanges };
  });
  return { groups, instances };
}

/** A script that nothing tracks never runs; keepalived removes it. */
function usedScripts(
  scripts: readonly PlacedScript[],
  instances: readonly InstanceConfig[],
  groups: readonly SyncGroupConfig[],
): readonly ScriptConfig[] {
  const used = new Set([...instances, ...groups].flatMap((x) => x.trackScripts.map((t) => t.script)));
  return scripts.map((s) => s.script).filter((s) => used.has(s.name));
}

/** Freezes what is in the lists one by one, then the whole. */
function* freezeAll(config: Config): Generator<void, void> {
  for (const list of [config.instances, config.groups, config.scripts, config.virtualServers])
    for (const one of list) {
      deepFreeze(one);
      yield;
    }
  deepFreeze(config);
}

function deepFreeze(value: object): void {
  // A typed array with elements cannot be frozen; nobody has a reason to write to these.
  if (ArrayBuffer.isView(value) || Object.isFrozen(value)) return;
  Object.freeze(value);
  if (Array.isArray(value)) {
    for (const part of value) if (typeof part === 'object' && part !== null) deepFreeze(part);
    return;
  }
  for (const key in value) {
    const part = value[key as keyof typeof value] as unknown;
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
}

const RARE: ReadonlySet<KeepalivedClass> = new Set(['file-not-found', 'bad-interface', 'fatal']);

/** The exit status of keepalived's `--config-test` for these findings: 0, 2, 4, 5 or 6. */
export function configTestStatus(result: Pick<LoadResult, 'diagnostics'>): number {
  const classes = new Set(result.diagnostics.map((d) => d.keepalivedClass));
  if (classes.has('exit-6')) return 6;
  if (classes.has('exit-2')) return 2;
  if (classes.has('security')) return 6;
  classes.delete('none');
  if (classes.size === 0) return 0;
  return [...classes].every((c) => RARE.has(c)) ? 4 : 5;
}
