/** A fault as a person names it ("script chk on lb1") turned into questions about a plan, or the reason why it cannot be. */
import { err, ok, type Result } from '../base/result.ts';
import type { Config } from '../config/config.ts';
import type { Question } from './answer.ts';
import { type Fault, filesOf, processesOf, scriptsOf } from './fault.ts';
import { interfacesOf, type Plan } from './plan.ts';

/** `where`: a, b, both, a node's name; '' = each of them and, for scripts and links, both. */
export type Asked =
  | { readonly type: 'fail' | 'down'; readonly what: string; readonly where: string }
  | { readonly type: 'stop' | 'crash'; readonly where: string }
  | { readonly type: 'split' };

/** The usual state first, then what was asked. */
export function questionsOf(plan: Plan, asked: readonly Asked[]): Result<readonly Question[], string> {
  const out: Question[] = [{ fault: { type: 'none' }, counts: true }];
  for (const a of asked) {
    const one =
      a.type === 'split' ? ok([{ fault: { type: 'split' } as Fault, counts: true }]) : onNodes(plan, a);
    if (!one.ok) return one;
    out.push(...one.value);
  }
  return ok(out);
}

type OnNodes = Exclude<Asked, { readonly type: 'split' }>;

function onNodes(plan: Plan, a: OnNodes): Result<readonly Question[], string> {
  const able = nodesWith(plan, a);
  if (!able.ok) return able;
  const ids = able.value;
  if (a.where === '')
    return ok([
      ...ids.map((id) => ({ fault: faultOf(plan, a, [id]), counts: true })),
      // What both nodes cannot do is no mistake of either.
      ...(ids.length > 1 && a.type === 'fail' ? [{ fault: faultOf(plan, a, ids), counts: false }] : []),
    ]);
  if (a.where === 'both') return ok([{ fault: faultOf(plan, a, ids), counts: true }]);
  const letter = ['a', 'b'].indexOf(a.where);
  const named = plan.nodes.findIndex((n) => n.name === a.where);
  const id = named === -1 ? letter : named;
  if (id === -1 || id >= plan.nodes.length)
    return err(`no node '${a.where}'; there are: ${plan.nodes.map((n) => n.name).join(', ')}`);
  if (!ids.includes(id))
    return err(`${plan.nodes[id]?.name ?? ''} does not track '${'what' in a ? a.what : ''}'`);
  return ok([{ fault: faultOf(plan, a, [id]), counts: true }]);
}

/** The nodes that have such a script or interface. */
function nodesWith(plan: Plan, a: OnNodes): Result<readonly number[], string> {
  if (!('what' in a)) return ok(plan.nodes.map((_, id) => id));
  const list = a.type === 'fail' ? failable : interfacesOf;
  const ids = plan.nodes.flatMap((n, id) => (list(n.config).includes(a.what) ? [id] : []));
  if (ids.length > 0) return ok(ids);
  const all = [...new Set(plan.nodes.flatMap((n) => list(n.config)))].join(', ');
  const kind = a.type === 'fail' ? 'tracked script, process or file' : 'interface';
  return err(`no ${kind} '${a.what}'; there are: ${all === '' ? 'none' : all}`);
}

const failable = (config: Config): readonly string[] => [
  ...scriptsOf(config),
  ...processesOf(config),
  ...filesOf(config),
];

function failureOf(config: Config, name: string, nodes: readonly number[]): Fault {
  if (scriptsOf(config).includes(name)) return { type: 'script-fails', nodes, script: name };
  return processesOf(config).includes(name)
    ? { type: 'process-ends', nodes, process: name }
    : { type: 'file-faults', nodes, file: name };
}

function faultOf(plan: Plan, a: OnNodes, nodes: readonly number[]): Fault {
  switch (a.type) {
    case 'fail':
      return failureOf((plan.nodes[nodes[0] ?? 0] as Plan['nodes'][number]).config, a.what, nodes);
    case 'down':
      return { type: 'link-down', nodes, interface: a.what };
    default:
      return { type: a.type, nodes };
  }
}
