/** What can go wrong, as data: told in words, applied to a world, and taken back. */
import { assertNever } from '../base/assert.ts';
import type { Config } from '../config/config.ts';
import { healthyCount } from './host-processes.ts';
import type { Node } from './node.ts';
import { interfacesOf, type Plan } from './plan.ts';
import type { World } from './world.ts';

/** Nodes are numbers: the place in `Plan.nodes`. */
export type Fault =
  | { readonly type: 'none' }
  | { readonly type: 'stop'; readonly nodes: readonly number[] }
  | { readonly type: 'crash'; readonly nodes: readonly number[] }
  | { readonly type: 'link-down'; readonly nodes: readonly number[]; readonly interface: string }
  | { readonly type: 'script-fails'; readonly nodes: readonly number[]; readonly script: string }
  | { readonly type: 'process-ends'; readonly nodes: readonly number[]; readonly process: string }
  /** The number in a tracked file that its user takes for the worst. */
  | { readonly type: 'file-faults'; readonly nodes: readonly number[]; readonly file: string }
  | { readonly type: 'split' };

const on = (plan: Plan, nodes: readonly number[]): string =>
  plan.nodes.length === 1
    ? ''
    : nodes.length > 1
      ? ' on both'
      : ` on ${plan.nodes[nodes[0] as number]?.name ?? ''}`;
const who = (plan: Plan, nodes: readonly number[]): string =>
  nodes.length > 1 ? 'both' : (plan.nodes[nodes[0] as number]?.name ?? '');

export function faultText(plan: Plan, f: Fault): string {
  const s = 'nodes' in f && f.nodes.length > 1 ? '' : 's';
  switch (f.type) {
    case 'none':
      return plan.nodes.length === 1 ? 'it runs' : 'both run';
    case 'stop':
      return `${who(plan, f.nodes)} stop${s}`;
    case 'crash':
      return `${who(plan, f.nodes)} crash${s === '' ? '' : 'es'}`;
    case 'link-down':
      return `${f.interface} down${on(plan, f.nodes)}`;
    case 'script-fails':
      return `${f.script} fails${on(plan, f.nodes)}`;
    case 'process-ends':
      return `${f.process} ends${on(plan, f.nodes)}`;
    case 'file-faults':
      return `${f.file} reports a fault${on(plan, f.nodes)}`;
    case 'split':
      return 'the link splits';
    default:
      return assertNever(f);
  }
}

export function recoveryText(plan: Plan, f: Fault): string {
  switch (f.type) {
    case 'none':
      return '';
    case 'stop':
    case 'crash':
      return `${who(plan, f.nodes)} return${f.nodes.length > 1 ? '' : 's'}`;
    case 'link-down':
      return `${f.interface} up again`;
    case 'script-fails':
      return `${f.script} works again`;
    case 'process-ends':
      return `${f.process} runs again`;
    case 'file-faults':
      return `${f.file} is good again`;
    case 'split':
      return 'the link heals';
    default:
      return assertNever(f);
  }
}

export function strike(world: World, f: Fault): void {
  turn(world, f, true);
}

export function takeBack(world: World, f: Fault): void {
  turn(world, f, false);
}

function turn(world: World, f: Fault, broken: boolean): void {
  if (f.type === 'none') return;
  if (f.type === 'split') {
    world.split = broken;
    return;
  }
  for (const id of f.nodes) {
    const node = world.node(id);
    switch (f.type) {
      case 'stop':
        if (broken) node.stop();
        else node.start();
        break;
      case 'crash':
        if (broken) node.crash();
        else node.start();
        break;
      case 'link-down':
        node.host.setCarrier(f.interface, !broken);
        break;
      case 'script-fails':
        if (broken) node.host.failing.add(f.script);
        else node.host.failing.delete(f.script);
        break;
      case 'process-ends':
        setProcess(node, f.process, broken);
        break;
      case 'file-faults':
        setFile(node, f.file, broken);
        break;
      default:
        assertNever(f);
    }
  }
}

function setProcess(node: Node, name: string, broken: boolean): void {
  const pattern = node.config.trackProcesses.find((p) => p.name === name);
  if (pattern === undefined) return;
  // One that must not run fails by running.
  const bad = pattern.quorumMax === 0 ? 1 : 0;
  node.setProcesses(name, broken ? bad : healthyCount(pattern));
}

/** KEEPALIVED: -254 and below is FAULT once the weight is counted in; for weight 0 it is any number but 0. */
function setFile(node: Node, name: string, broken: boolean): void {
  const file = node.config.trackFiles.find((f) => f.name === name);
  const use = users(node.config)
    .flatMap((x) => x.trackFiles)
    .find((t) => t.name === name);
  if (file === undefined || use === undefined) return;
  const sign = use.weight * (use.reverse ? -1 : 1) > 0 ? -1 : 1;
  const bad = use.weight === 0 ? (use.reverse ? 0 : 1) : sign * 254;
  const good = use.weight === 0 && use.reverse ? 1 : (file.init?.value ?? 0);
  node.writeFile(file.file, String(broken ? bad : good));
}

const users = (config: Config): readonly (Config['instances'][number] | Config['groups'][number])[] => [
  ...config.instances,
  ...config.groups,
];

/** Processes and files that somebody tracks. */
export const processesOf = (config: Config): readonly string[] => [
  ...new Set(users(config).flatMap((x) => x.trackProcesses.map((t) => t.name))),
];
export const filesOf = (config: Config): readonly string[] => [
  ...new Set(users(config).flatMap((x) => x.trackFiles.map((t) => t.name))),
];

/** Scripts that somebody tracks: a script without follower never runs. */
export function scriptsOf(config: Config): readonly string[] {
  const used = new Set(
    [...config.instances, ...config.groups].flatMap((x) => x.trackScripts.map((t) => t.script)),
  );
  return config.scripts.map((s) => s.name).filter((name) => used.has(name));
}

const nodesWith = (plan: Plan, has: (config: Config) => boolean): readonly number[] =>
  plan.nodes.flatMap((n, id) => (has(n.config) ? [id] : []));

/** Each node alone, then all of them together. */
const eachAndBoth = (nodes: readonly number[]): readonly (readonly number[])[] => [
  ...nodes.map((id) => [id]),
  ...(nodes.length > 1 ? [nodes] : []),
];

const distinct = (plan: Plan, list: (config: Config) => readonly string[]): readonly string[] => [
  ...new Set(plan.nodes.flatMap((n) => list(n.config))),
];

/** The whole table, in the order in which it is shown. */
export function allFaults(plan: Plan): readonly Fault[] {
  const ids = plan.nodes.map((_, id) => id);
  const out: Fault[] = [{ type: 'none' }];
  for (const id of ids) out.push({ type: 'stop', nodes: [id] });
  for (const id of ids) out.push({ type: 'crash', nodes: [id] });
  for (const name of distinct(plan, interfacesOf))
    for (const id of nodesWith(plan, (c) => interfacesOf(c).includes(name)))
      out.push({ type: 'link-down', nodes: [id], interface: name });
  for (const script of distinct(plan, scriptsOf))
    for (const nodes of eachAndBoth(nodesWith(plan, (c) => scriptsOf(c).includes(script))))
      out.push({ type: 'script-fails', nodes, script });
  for (const process of distinct(plan, processesOf))
    for (const nodes of eachAndBoth(nodesWith(plan, (c) => processesOf(c).includes(process))))
      out.push({ type: 'process-ends', nodes, process });
  for (const file of distinct(plan, filesOf))
    for (const nodes of eachAndBoth(nodesWith(plan, (c) => filesOf(c).includes(file))))
      out.push({ type: 'file-faults', nodes, file });
  if (plan.nodes.length > 1) out.push({ type: 'split' });
  return out;
}

/** A fault that leaves one good node must leave exactly one holder; one that hits both, or the wire between, need not. */
export function hasGoodAnswer(f: Fault, nodeCount: number): boolean {
  if (f.type === 'split') return false;
  return f.type === 'none' || f.nodes.length < nodeCount;
}
