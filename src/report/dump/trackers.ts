/** What instances track in keepalived.data: scripts, files, processes, BFD sessions. */
import type { BfdConfig } from '../../config/bfd-config.ts';
import type { Config, ScriptConfig } from '../../config/config.ts';
import type { Tracked, TrackFileConfig, TrackProcessConfig } from '../../config/track-config.ts';
import type { ScriptSnapshot, Snapshot } from '../../core/snapshot.ts';
import { type DumpFacts, quoted, S, weighted } from './text.ts';

type Found = { readonly weight: number; readonly reverse: boolean };

/** Instances that track a thing, themselves or by their group. */
function trackers(
  config: Config,
  find: (of: Config['instances'][number] | Config['groups'][number]) => Found | undefined,
): string[] {
  const lines = config.instances.flatMap((i) => {
    const group = config.groups.find((g) => g.members.includes(i.name));
    const found = find(i) ?? (group === undefined ? undefined : find(group));
    return found === undefined ? [] : [`     ${i.name}${weighted(found)}`];
  });
  return lines.length === 0 ? [] : ['   Tracking instances :', ...lines];
}

const byName = (list: readonly Tracked[], name: string): Found | undefined =>
  list.find((t) => t.name === name);

export function trackerLines(config: Config, s: Snapshot, facts: DumpFacts): readonly string[] {
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`------< ${title} >------`, ...lines];
  return [
    ...section(
      'VRRP Scripts',
      config.scripts.flatMap((c) =>
        scriptLines(
          c,
          s.scripts.find((x) => x.name === c.name),
          config,
          facts,
        ),
      ),
    ),
    ...section(
      'VRRP Track files',
      config.trackFiles.flatMap((c) => fileLines(c, s, config)),
    ),
    ...section(
      'VRRP Track processes',
      config.trackProcesses.flatMap((c) => processLines(c, s, config)),
    ),
    ...section(
      'VRRP Track BFDs',
      config.bfdInstances.filter((c) => c.forVrrp).flatMap((c) => bfdLines(c, s, config)),
    ),
  ];
}

const STATUS = { init: 'INIT', up: 'GOOD', down: 'BAD', disabled: 'DISABLED' } as const;

function scriptLines(
  c: ScriptConfig,
  x: ScriptSnapshot | undefined,
  config: Config,
  facts: DumpFacts,
): string[] {
  const interval = c.intervalUs % S === 0 ? `${c.intervalUs / S}` : (c.intervalUs / S).toFixed(3);
  const timeout = c.timeoutUs === c.intervalUs ? 0 : c.timeoutUs / S;
  const owner = facts.owner(c.command);
  return [
    ` VRRP Script = ${c.name}`,
    `   Command = ${quoted(c.command)}`,
    `   Interval = ${interval} sec`,
    `   Timeout = ${timeout} sec`,
    `   Weight = ${c.weight}${c.reverse ? ' reverse' : ''}`,
    `   Rise = ${c.rise}`,
    `   Fall = ${c.fall}`,
    `   Insecure = ${x?.state === 'disabled' ? 'yes' : 'no'}`,
    `   Init state = ${c.initFail ? 'failed' : 'unknown'}`,
    ...(x === undefined ? [] : [`   Status = ${STATUS[x.state]}`]),
    ...(owner === undefined ? [] : [`   Script uid:gid = ${owner}`]),
    ...trackers(config, (of) => of.trackScripts.find((t) => t.script === c.name)),
    ...(x === undefined
      ? []
      : [`   Runs = ${x.runs}, failures = ${x.failures}, last exit status = ${x.lastExitCode}`]),
  ];
}

function fileLines(c: TrackFileConfig, s: Snapshot, config: Config): string[] {
  const now = s.files.find((f) => f.name === c.name);
  return [
    ` Track file = ${c.name}`,
    `   File = ${c.file}`,
    ...(now === undefined ? [] : [`   Status = ${now.value}`]),
    `   Weight = ${c.weight}${c.reverse ? ' reverse' : ''}`,
    ...trackers(config, (of) => byName(of.trackFiles, c.name)),
  ];
}

/** A delay runs while what is counted and what counts differ. */
export function processNow(
  c: TrackProcessConfig,
  s: Snapshot,
): { count: number; quorum: boolean; forkDelay: boolean; terminateDelay: boolean } {
  const now = s.processes.find((p) => p.name === c.name);
  const count = now?.count ?? 0;
  const quorum = now?.state === 'up';
  const enough = count >= c.quorum && count <= (c.quorumMax ?? count);
  return { count, quorum, forkDelay: enough && !quorum, terminateDelay: !enough && quorum };
}

function processLines(c: TrackProcessConfig, s: Snapshot, config: Config): string[] {
  const now = processNow(c, s);
  const timer = (runs: boolean): string => (runs ? 'running' : 'not running');
  return [
    ` VRRP Track process = ${c.name}`,
    `   Process = ${c.process}`,
    ...(c.parameters.length === 0 ? [] : [`   Parameters = ${c.parameters.join(' ')}`]),
    ...(c.match === 'none' ? [] : [`   Param match = ${c.match}`]),
    `   Min processes = ${c.quorum}`,
    ...(c.quorumMax === undefined ? [] : [`   Max processes = ${c.quorumMax}`]),
    `   Current processes = ${now.count}`,
    `   Have quorum = ${now.quorum}`,
    `   Weight = ${c.weight}${c.reverse ? ' reverse' : ''}`,
    `   Terminate delay = ${(c.terminateDelayUs / S).toFixed(6)}s`,
    `   Fork delay = ${(c.forkDelayUs / S).toFixed(6)}s`,
    `   Fork delay timer ${timer(now.forkDelay)}`,
    `   Terminate delay timer ${timer(now.terminateDelay)}`,
    `   Full command = ${c.fullCommand}`,
    ...trackers(config, (of) => byName(of.trackProcesses, c.name)),
  ];
}

function bfdLines(c: BfdConfig, s: Snapshot, config: Config): string[] {
  const state = s.bfd?.sessions.find((x) => x.name === c.name)?.state;
  return [
    ` VRRP Track BFD = ${c.name}`,
    `   Weight = ${c.weight}${c.reverse ? ' reverse' : ''}`,
    `   Bfd is ${state === 'up' ? 'up' : 'down'}`,
    ...trackers(config, (of) => byName(of.trackBfd, c.name)),
  ];
}
