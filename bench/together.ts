/**
 * Two nodes that are started at the same instant, vipd beside Debian's keepalived: how long until all addresses are on one node
 * and none on both, and stay so.
 *
 *   node build/bench/together.js [--instances 1000] [--interval 100] [--limit 30] [--log plain] [--runs 5] [--json FILE]
 *
 * `--interval` in milliseconds; `--limit`: seconds after which a run is given up, which is then its value; `--log detail`: both with -D,
 * which costs keepalived dearly. Instants are those of `ip monitor address` in each node.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nowS, until } from '../test/netns/clock.ts';
import { COMMANDS, type DaemonKind } from '../test/netns/daemon.ts';
import type { Lab } from '../test/netns/lab.ts';
import { type Course, courseOf } from './holders.ts';
import { manyConf, manyTopology, quiet, vipOf } from './many.ts';
import { benchmark, type Chosen } from './program.ts';
import { inTurns } from './turns.ts';

const OPTIONS = {
  instances: [1000, 1, 2000],
  interval: [100, 10, 40_000],
  limit: [30, 2, 600],
  runs: [5, 1, 100],
  log: ['plain', 'detail'],
} as const;
const NODES = ['a', 'b'] as const;
const PRIORITY = { a: 200, b: 100 } as const;
/** Settled is what has been so for this long: longer than the Master_Down_Interval of a tenth of a second. */
const STAYS_S = 2;
const STOP_MS = 60_000;

/** Seconds since the start; `settledS` is the limit where it never settled. */
type Run = { readonly settledS: number; readonly mostOnBoth: number; readonly bothS: number };

async function once(lab: Lab, kind: DaemonKind, o: Chosen<typeof OPTIONS>): Promise<Run> {
  const vips = new Set(Array.from({ length: o.instances }, (_, n) => vipOf(n)));
  const seen = lab.addresses.events.length;
  const command = o.log === 'detail' ? COMMANDS[kind] : quiet(COMMANDS[kind]);
  const paths = NODES.map((node) => {
    const path = join(lab.folder, `${node}.conf`);
    writeFileSync(path, manyConf({ ...o, priority: PRIORITY[node], advertMs: o.interval }));
    return path;
  });
  const beganS = nowS();
  const daemons = NODES.map((node, i) => lab.start(node, command, paths[i] ?? ''));
  const now = (): Course => courseOf(lab.addresses.events.slice(seen), vips, nowS());
  const settled = (): boolean => nowS() - (now().settledAtS ?? nowS()) > STAYS_S;
  await until(settled, (o.limit + STAYS_S) * 1000, 200);
  await lab.addresses.settle();
  const { settledAtS, mostOnBoth, bothS } = now();
  for (const d of daemons) d.signal('SIGTERM');
  await Promise.all(daemons.map((d) => d.ended(STOP_MS)));
  return {
    settledS: Math.min(o.limit, (settledAtS ?? Number.POSITIVE_INFINITY) - beganS),
    mostOnBoth,
    bothS,
  };
}

await benchmark(OPTIONS, async (o, folder) => {
  const runs = await inTurns(o.runs, manyTopology(o.instances), folder, (lab, kind) => once(lab, kind, o));
  const row = (key: keyof Run) => ({
    base: runs.keepalived.map((r) => r[key]),
    vipd: runs.vipd.map((r) => r[key]),
  });
  return {
    title: `Two nodes started together, ${o.instances} instances at ${o.interval} ms, one address each`,
    about: `Both nodes (priorities ${PRIORITY.a} and ${PRIORITY.b}) are started at the same instant; a run that has not settled after ${o.limit} s is given up. Settled: every address on one and the same node, and none on the other, for good.`,
    rows: [
      {
        title: 'start of both until settled',
        unit: 's',
        ...row('settledS'),
        bar: { kind: 'value', most: 3 },
        limit: o.limit,
      },
      { title: 'most addresses on both nodes at once', unit: '', ...row('mostOnBoth') },
      { title: 'addresses on both nodes, times seconds', unit: 's', ...row('bothS') },
    ],
    problems: runs.vipd.some((r) => r.settledS >= o.limit)
      ? [`vipd had not settled after ${o.limit} s in a run`]
      : [],
  };
});
