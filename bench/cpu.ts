/**
 * What many virtual routers cost while nothing happens: vipd beside Debian's keepalived, master and backup, in percent of one processor
 * over the whole process tree. On veth it includes the kernel's way of each packet to the peer.
 *
 *   node build/bench/cpu.js [--instances 100] [--interval 100] [--warm 8] [--seconds 4] [--runs 5] [--json FILE]
 *
 * `--interval` in milliseconds. Each daemon runs once, as a pair; a run is `--seconds` of its steady state,
 * which begins `--warm` seconds after the start: until then Node still compiles and collects what the start has left.
 */
import { sleepMs } from '../test/netns/clock.ts';
import type { DaemonKind } from '../test/netns/daemon.ts';
import type { Lab } from '../test/netns/lab.ts';
import { must } from '../test/netns/process.ts';
import { cpuS } from './cpu-time.ts';
import type { Bar } from './figure.ts';
import { manyTopology } from './many.ts';
import { benchmark, type Chosen } from './program.ts';
import { steadyPair } from './steady-pair.ts';
import { column, eachOnce } from './turns.ts';

const OPTIONS = {
  instances: [100, 1, 1000],
  interval: [100, 10, 40_000],
  warm: [8, 0, 600],
  seconds: [4, 1, 3600],
  runs: [5, 1, 100],
} as const;

/** The bars of the loads that have one: instances, interval, master, backup. */
const BARS: readonly (readonly [number, number, number, number])[] = [
  [1000, 100, 0.4, 0.15],
  [100, 100, 0.25, 0.25],
  [1, 1000, 2, 2],
];

type Run = {
  readonly master: number;
  readonly backup: number;
  readonly sent: number; // packets of the master, percent of the adverts that were due
  readonly takeovers: number;
};

async function packetsSent(lab: Lab): Promise<number> {
  const links = JSON.parse(await must('ip', ['-n', lab.namespace('a'), '-s', '-j', 'link'])) as readonly {
    readonly ifname: string;
    readonly stats64: { readonly tx: { readonly packets: number } };
  }[];
  return links.filter((l) => l.ifname !== 'lo').reduce((sum, l) => sum + l.stats64.tx.packets, 0);
}

async function measure(lab: Lab, kind: DaemonKind, o: Chosen<typeof OPTIONS>): Promise<Run[]> {
  const { a, b, takeovers } = await steadyPair(lab, kind, o);
  await sleepMs(o.warm * 1000);
  const runs: Run[] = [];
  for (let run = 0; run < o.runs; run++) {
    const sentBefore = await packetsSent(lab);
    const before = [cpuS(a.pid), cpuS(b.pid), takeovers(), performance.now()] as const;
    await sleepMs(o.seconds * 1000);
    const ms = performance.now() - before[3];
    const percent = (s: number): number => (s / ms) * 1e5;
    const due = (o.instances * ms) / o.interval;
    runs.push({
      master: percent(cpuS(a.pid) - before[0]),
      backup: percent(cpuS(b.pid) - before[1]),
      takeovers: takeovers() - before[2],
      sent: (((await packetsSent(lab)) - sentBefore) / due) * 100,
    });
  }
  return runs;
}

await benchmark(OPTIONS, async (o, folder) => {
  const found = await eachOnce(manyTopology(o.instances), folder, (lab, kind) => measure(lab, kind, o));
  const [, , master, backup] = BARS.find(([n, ms]) => n === o.instances && ms === o.interval) ?? [];
  const bar = (most: number | undefined): { readonly bar?: Bar } =>
    most === undefined ? {} : { bar: { kind: 'ratio', most } };
  const count = o.instances === 1 ? '1 instance' : `${o.instances.toLocaleString('en-US')} instances`;
  return {
    title: `Processor time: ${count}, advert interval ${o.interval} ms`,
    about: `Percent of one processor, over ${o.seconds} s of the steady state in each run, from ${o.warm} s after the start of both on.`,
    rows: [
      { title: 'master', unit: '%', ...column(found, (r) => r.master), ...bar(master) },
      { title: 'backup', unit: '%', ...column(found, (r) => r.backup), ...bar(backup) },
      { title: 'packets of the master, of the adverts due', unit: '%', ...column(found, (r) => r.sent) },
      { title: 'takeovers without a reason', unit: '', ...column(found, (r) => r.takeovers) },
    ],
    problems: [],
  };
});
