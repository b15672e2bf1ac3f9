/** Who should be master: priorities, states and weights of both nodes seen together. */
import type { InstanceConfig } from '../config/config.ts';
import type { Span } from '../config/source.ts';
import { effectivePriority } from '../track/priority.ts';
import { type Facing, linesOf, type Side, tellBoth } from './facing.ts';

const OWNER = 255;

export function priorities(f: Facing): void {
  if (f.a.priority !== f.b.priority) return;
  const owners = f.a.priority === OWNER;
  tellBoth(f, 'KA3010', linesOf(f, 'priority'), `both nodes have priority ${f.a.priority}`, {
    severity: owners ? 'error' : 'warning',
    effect: owners
      ? 'both claim to own the address and become master at once'
      : 'the first one up stays master; when both are, the higher interface address wins',
    fix: 'give the node that should be master the higher priority',
  });
}

export function states(f: Facing): void {
  if (!f.a.stateMaster || !f.b.stateMaster || f.a.priority === OWNER || f.b.priority === OWNER) return;
  tellBoth(f, 'KA3011', linesOf(f, 'state'), 'both nodes have state MASTER', {
    effect: "only the priority decides; 'state MASTER' shortens nothing",
    fix: "write 'state BACKUP' on the node with the lower priority",
  });
}

export function preemption(f: Facing): void {
  if (f.a.preempt !== f.b.preempt) {
    const [with_, without] = f.a.preempt ? [f.sides[1], f.sides[0]] : [f.sides[0], f.sides[1]];
    tellBoth(f, 'KA3022', linesOf(f, 'nopreempt'), `nopreempt on ${with_.name} only`, {
      effect: `${without.name} takes the address whenever its priority is the higher one, ${with_.name} only when nobody has it`,
      fix: 'write nopreempt in both files or in none, unless this is meant',
    });
    return;
  }
  if (f.a.preempt || f.a.priority === f.b.priority) return;
  tellBoth(f, 'KA3012', linesOf(f, 'nopreempt'), 'both nodes have nopreempt and different priorities', {
    effect: 'the priority counts only while there is no master: the first one up keeps the address',
    fix: 'nothing, if a failed node shall stay backup when it returns',
  });
}

type Weighted = { readonly what: string; readonly loss: number; readonly at: Span };

/** What a failure takes from the priority; 0 weights are a FAULT and always move the address. */
function weighted(c: InstanceConfig, side: Side): readonly Weighted[] {
  const entry = (block: string, name: string): Span =>
    side.places.entry(c.name, block, (word) => word === name);
  return [
    ...c.trackScripts.map((t) => ({
      ...t,
      name: t.script,
      what: `track_script ${t.script}`,
      block: 'track_script',
    })),
    ...c.trackInterfaces.map((t) => ({
      ...t,
      name: t.interface,
      what: `track_interface ${t.interface}`,
      block: 'track_interface',
    })),
  ].flatMap((t) =>
    t.weight === 0 || t.reverse
      ? []
      : [{ what: t.what, loss: Math.abs(t.weight), at: entry(t.block, t.name) }],
  );
}

/** With everything it tracks in order: positive weights count, negative ones do not. */
function healthy(c: InstanceConfig): number {
  const tracked = [...c.trackScripts, ...c.trackInterfaces];
  const sum = tracked
    .map((t) => (t.reverse ? -t.weight : t.weight))
    .filter((w) => w > 0)
    .map((weight) => ({ what: '', weight }));
  return effectivePriority(c.priority, sum);
}

/** Only a sum that falls below the other node's moves the address: a backup leaves a master with its own priority alone. */
export function weights(f: Facing): void {
  const [a, b] = [healthy(f.a), healthy(f.b)];
  if (a === b || f.a.priority === OWNER || f.b.priority === OWNER) return;
  const [high, low] = a > b ? ([0, 1] as const) : ([1, 0] as const);
  const [strong, weak] = high === 0 ? [f.a, f.b] : [f.b, f.a];
  const gap = Math.abs(a - b);
  for (const t of weighted(strong, f.sides[high])) {
    if (t.loss > gap) continue;
    f.reporter.report(
      'KA3013',
      t.at,
      `(${strong.name}) ${t.what} takes ${t.loss} from the priority of ${f.sides[high].name}, which is ${gap} above that of ${f.sides[low].name}`,
      {
        related: [
          {
            at: f.sides[low].places.setting(weak.name, 'priority'),
            message: `the priority of ${f.sides[low].name}`,
          },
        ],
        effect: `its failure never moves the address: ${f.sides[high].name} ${Math.max(a, b)}-${t.loss} is not below ${f.sides[low].name} ${Math.min(a, b)}`,
        fix: `give it a weight of more than ${gap}, or bring the priorities nearer to each other`,
      },
    );
  }
}
