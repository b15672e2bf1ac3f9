/** The text of keepalived.data (SIGUSR1): keepalived's sections, labels and order, as far as there is something to say. */
import type { Config, InstanceConfig } from '../config/config.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { globalLines } from './dump/global.ts';
import { groupLines, instanceLines } from './dump/instance.ts';
import { interfaceLines } from './dump/interfaces.ts';
import { routeText, ruleText } from './dump/routes.ts';
import { addressText, type DumpFacts } from './dump/text.ts';
import { trackerLines } from './dump/trackers.ts';
import { oneLine } from './format.ts';

/** The whole file. `facts`: what only the machine knows. */
export function dataText(config: Config, s: Snapshot, facts: DumpFacts): string {
  const instances = s.instances.flatMap((i) => {
    const c = config.instances.find((x) => x.name === i.name);
    return c === undefined ? [] : instanceLines(i, c, s, facts);
  });
  const groups = s.groups.flatMap((g) => {
    const c = config.groups.find((x) => x.name === g.name);
    return c === undefined ? [] : groupLines(g, c, s, facts);
  });
  return joined([
    ...head(config, facts, config.instances.some(needsFilters)),
    ...section(
      'Static addresses',
      config.staticAddresses.map((v) => `   ${addressText(v, false)}`),
    ),
    ...section(
      'Static routes',
      config.staticRoutes.map((r) => `   ${routeText(r)}`),
    ),
    ...section(
      'Static rules',
      config.staticRules.map((r) => `   ${ruleText(r)}`),
    ),
    ...section('VRRP Topology', instances),
    ...section('VRRP Sync groups', groups),
    ...trackerLines(config, s, facts),
    ...interfaceLines(config, facts),
  ]);
}

/** keepalived_parent.data, which the first of keepalived's processes writes. */
export const parentText = (config: Config, facts: DumpFacts): string => joined(head(config, facts));

const needsFilters = (c: InstanceConfig): boolean => c.vmac !== undefined || !c.accept;

const head = (config: Config, facts: DumpFacts, filters = false): readonly string[] => [
  '------< Global definitions >------',
  ...globalLines(config.global, facts, filters).map((line) => ` ${line}`),
];

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`------< ${title} >------`, ...lines];

/** Names and paths of a configuration may hold anything; a line stays a line. */
const joined = (lines: readonly string[]): string => `${lines.map(oneLine).join('\n')}\n`;
