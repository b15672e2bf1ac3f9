/**
 * How evenly a master advertises, vipd beside Debian's keepalived: by how much the distance between two adverts of one virtual
 * router differs from the interval, by the kernel's stamps on the bridge.
 *
 *   node build/bench/jitter.js [--instances 100] [--interval 100] [--seconds 3] [--runs 5] [--json FILE]
 *
 * `--interval` in milliseconds; a run is `--seconds` of the steady state. Idle; under CPU load (one endless loop more than there
 * are processors) in the ordinary class and with 'vrrp_rt_priority' for both; and with garbage collected all the time in vipd
 * (bench/churn.ts), where keepalived, which has none, stands beside it idle.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sleepMs } from '../test/netns/clock.ts';
import { CHECKOUT, type DaemonKind } from '../test/netns/daemon.ts';
import { Lab } from '../test/netns/lab.ts';
import type { Bar, Row } from './figure.ts';
import { deviations } from './intervals.ts';
import { manyTopology } from './many.ts';
import { quantile } from './median.ts';
import { benchmark, type Chosen } from './program.ts';
import { steadyPair } from './steady-pair.ts';
import { KINDS } from './turns.ts';

const OPTIONS = {
  instances: [100, 1, 1000],
  interval: [100, 10, 40_000],
  seconds: [3, 1, 3600],
  runs: [5, 1, 100],
} as const;
/** A capture of all would be a load of its own. */
const SAMPLED_VRIDS = 10;
const RT_PRIORITY = 50;
/** By itself keepalived lets the kernel kill it after 10 ms of real-time work in one piece, which its start takes on a busy machine. */
const URGENT = [`vrrp_rt_priority ${RT_PRIORITY}`, 'vrrp_rlimit_rttime 1000000'];
const CHURN = pathToFileURL(join(CHECKOUT, 'build/bench/churn.js')).href;
/** Until the load is what it will be. */
const BEGIN_MS = 700;

type Run = { readonly p50: number; readonly p99: number; readonly max: number };
const SITUATIONS = {
  idle: 'idle',
  loaded: 'under CPU load',
  urgent: `under CPU load, vrrp_rt_priority ${RT_PRIORITY}`,
  collecting: 'under garbage collection',
} as const;
type Situation = keyof typeof SITUATIONS;
type Found = Partial<Record<Situation, Run[]>>;

async function windows(lab: Lab, o: Chosen<typeof OPTIONS>): Promise<Run[]> {
  const runs: Run[] = [];
  for (let run = 0; run < o.runs; run++) {
    const file = join(lab.folder, 'adverts.pcap');
    const capture = await lab.capture(
      file,
      'br0',
      `ip proto 112 and ip[21] <= ${SAMPLED_VRIDS}`,
      undefined,
      96,
    );
    await sleepMs(o.seconds * 1000);
    await capture.stop();
    const off = deviations(file, o.interval);
    if (off.length === 0) throw new Error(`no two adverts in ${o.seconds} s`);
    runs.push({ p50: quantile(off, 0.5), p99: quantile(off, 0.99), max: quantile(off, 1) });
  }
  return runs;
}

async function underHogs(lab: Lab, o: Chosen<typeof OPTIONS>): Promise<Run[]> {
  const hogs: ChildProcess[] = [];
  try {
    for (let i = 0; i <= availableParallelism(); i++)
      hogs.push(spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
    await sleepMs(BEGIN_MS);
    return await windows(lab, o);
  } finally {
    for (const h of hogs) h.kill('SIGKILL');
  }
}

async function inLab<R>(instances: number, folder: string, use: (lab: Lab) => Promise<R>): Promise<R> {
  const lab = await Lab.open('vb', manyTopology(instances), folder);
  try {
    return await use(lab);
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(kind: DaemonKind, folder: string, o: Chosen<typeof OPTIONS>): Promise<Found> {
  const ordinary = await inLab(o.instances, folder, async (lab): Promise<Found> => {
    const churn = join(lab.folder, 'churn');
    const environment = `env NODE_OPTIONS='--import ${CHURN}' VIPD_BENCH_CHURN=${churn}`;
    await steadyPair(lab, kind, kind === 'vipd' ? { ...o, environment } : o);
    const found: Found = { idle: await windows(lab, o), loaded: await underHogs(lab, o) };
    if (kind !== 'vipd') return found;
    writeFileSync(churn, '');
    await sleepMs(BEGIN_MS);
    return { ...found, collecting: await windows(lab, o) };
  });
  const urgent = await inLab(o.instances, folder, async (lab) => {
    await steadyPair(lab, kind, { ...o, globals: URGENT });
    return underHogs(lab, o);
  });
  return { ...ordinary, urgent };
}

const BARS: Partial<Record<Situation, Bar>> = {
  idle: { kind: 'ratio', most: 1 },
  urgent: { kind: 'ratio', most: 0.5 },
};
const FIGURES = { p50: 'p50', p99: 'p99', max: 'longest' } as const;

function rows(keepalived: Found, vipd: Found): Row[] {
  return (Object.keys(SITUATIONS) as Situation[]).flatMap((situation) =>
    (Object.keys(FIGURES) as (keyof Run)[]).map((key) => {
      const beside = situation === 'collecting' ? keepalived.idle : keepalived[situation];
      const bar = key === 'p99' ? BARS[situation] : undefined;
      return {
        title: `${SITUATIONS[situation]}: ${FIGURES[key]}`,
        unit: 'ms',
        ...(situation === 'collecting' ? { against: 'keepalived, idle' } : {}),
        base: (beside ?? []).map((r) => r[key]),
        vipd: (vipd[situation] ?? []).map((r) => r[key]),
        ...(bar === undefined ? {} : { bar }),
      };
    }),
  );
}

await benchmark(OPTIONS, async (o, folder) => {
  const found: Record<DaemonKind, Found> = { keepalived: {}, vipd: {} };
  for (const kind of KINDS) found[kind] = await measure(kind, join(folder, kind), o);
  return {
    title: `Evenness of adverts: ${o.instances} instances, advert interval ${o.interval} ms`,
    about: `By how much the time between two adverts of one virtual router differs from the interval: median, 99th percentile and longest of each run of ${o.seconds} s. CPU load: one endless loop more than there are processors.`,
    rows: rows(found.keepalived, found.vipd),
    problems: [],
  };
});
