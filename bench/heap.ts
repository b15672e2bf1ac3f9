/**
 * Whether the memory of a master stays where it is: resident memory of vipd and of Debian's keepalived side by side, read again and
 * again while both advertise many virtual routers without being disturbed.
 *
 *   node build/bench/heap.js [--instances 1000] [--interval 100] [--minutes 5] [--settle 20] [--points 60] [--runs 1] [--json FILE]
 *
 * `--interval` in milliseconds. `--settle`: seconds from "all addresses there" to the first reading: V8 gives back what the start has
 * filled some seconds later. An hour of it: `--minutes 60`; `--seconds` instead of them for less than one. The readings of the
 * first run stand in `course` of the JSON and are drawn: seconds, and MB (10^6).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleepMs, until } from '../test/netns/clock.ts';
import { COMMANDS, type Daemon, type DaemonKind } from '../test/netns/daemon.ts';
import { Lab } from '../test/netns/lab.ts';
import { descendants } from '../test/netns/process.ts';
import type { Curve } from './curves.ts';
import type { Figure } from './figure.ts';
import { heldBy, manyConf, manyTopology, quiet } from './many.ts';
import { benchmark } from './program.ts';

const WAIT_MS = 60_000;
/** Pages that a quiet daemon may take or give back between two readings, MB. */
const NOISE = 1;

type Point = {
  readonly atS: number;
  readonly vipdAnonymous: number;
  readonly vipd: number;
  readonly keepalived: number;
};

/** MB of a process tree; `word` of /proc/PID/status. */
function megabytes(pid: number, word: 'VmRSS' | 'RssAnon'): number {
  let sum = 0;
  for (const p of [pid, ...descendants(pid)]) {
    const text = readFileSync(`/proc/${p}/status`, 'utf8');
    sum += (Number(new RegExp(`^${word}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024) / 1e6;
  }
  return sum;
}

async function started(lab: Lab, kind: DaemonKind, instances: number, advertMs: number): Promise<Daemon> {
  const conf = join(lab.folder, 'a.conf');
  writeFileSync(conf, manyConf({ instances, priority: 200, advertMs }));
  const daemon = lab.start('a', quiet(COMMANDS[kind]), conf);
  if (!(await until(async () => (await heldBy(lab, 'a')) === instances, WAIT_MS, 200)))
    throw new Error(`${kind} does not hold its ${instances} addresses`);
  return daemon;
}

/** `count` readings, the first after `settleS`, the last `overS` later. */
async function readings(
  vipd: Daemon,
  keepalived: Daemon,
  settleS: number,
  overS: number,
  count: number,
): Promise<Point[]> {
  await sleepMs(settleS * 1000);
  const beganMs = performance.now();
  const points: Point[] = [];
  for (let i = 0; i < count; i++) {
    await sleepMs(beganMs + (i * overS * 1000) / (count - 1) - performance.now());
    points.push({
      atS: (performance.now() - beganMs) / 1000,
      vipdAnonymous: megabytes(vipd.pid, 'RssAnon'),
      vipd: megabytes(vipd.pid, 'VmRSS'),
      keepalived: megabytes(keepalived.pid, 'VmRSS'),
    });
  }
  return points;
}

function curvesOf(points: readonly Point[]): readonly Curve[] {
  const curve = (name: string, key: keyof Point): Curve => ({
    name,
    points: points.map((p) => [Math.round(p.atS), Math.round(p[key] * 1000) / 1000]),
  });
  return [
    curve('vipd, RSS', 'vipd'),
    curve('vipd, anonymous', 'vipdAnonymous'),
    curve('keepalived, RSS', 'keepalived'),
  ];
}

type Options = {
  readonly instances: number;
  readonly interval: number;
  readonly settle: number;
  readonly points: number;
};

/** Both daemons, each in a network of its own, read at the same moments. */
async function run(folder: string, o: Options, overS: number): Promise<Point[]> {
  const labs: Lab[] = [];
  try {
    const start = async (kind: DaemonKind): Promise<Daemon> => {
      const lab = await Lab.open(`vh${kind[0]}`, manyTopology(o.instances), join(folder, kind));
      labs.push(lab);
      return started(lab, kind, o.instances, o.interval);
    };
    const [vipd, keepalived] = await Promise.all([start('vipd'), start('keepalived')]);
    return await readings(vipd, keepalived, o.settle, overS, o.points);
  } finally {
    for (const lab of labs) await lab.close();
  }
}

await benchmark(
  {
    instances: [1000, 1, 1000],
    interval: [100, 10, 40_000],
    minutes: [5, 1, 600],
    seconds: [0, 0, 3600],
    settle: [20, 0, 3600],
    points: [60, 2, 10_000],
    runs: [1, 1, 100],
  } as const,
  async (o, folder): Promise<Figure> => {
    const overS = o.seconds > 0 ? o.seconds : o.minutes * 60;
    const series: Point[][] = [];
    for (let i = 0; i < o.runs; i++) series.push(await run(folder, o, overS));
    const last = (key: keyof Point) => series.map((points) => points.at(-1)?.[key] ?? 0);
    const grown = (key: keyof Point) =>
      series.map((points, i) => (last(key)[i] ?? 0) - (points[0]?.[key] ?? 0));
    return {
      title: `Memory over ${overS} s`,
      about: `${o.instances.toLocaleString('en-US')} masters at ${o.interval} ms, undisturbed, from ${o.settle} s after all addresses were there.`,
      rows: [
        { title: 'RSS at the end', unit: 'MB', base: last('keepalived'), vipd: last('vipd') },
        { title: 'RSS, growth', unit: 'MB', base: grown('keepalived'), vipd: grown('vipd') },
        {
          title: 'anonymous, growth',
          unit: 'MB',
          base: [],
          vipd: grown('vipdAnonymous'),
          bar: { kind: 'value', most: NOISE },
        },
      ],
      problems: [],
      course: { unit: 'MB', curves: curvesOf(series[0] ?? []) },
    };
  },
);
