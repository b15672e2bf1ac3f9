/**
 * What many virtual routers cost while nothing happens, and how evenly a master advertises: vipd beside Debian's keepalived, in one
 * run, a pair of each. CPU is that of the whole process tree, in percent of one processor; on veth it includes the kernel's way of
 * each packet to the peer. Deviation: of the distance between two adverts of one virtual router from the interval, by the
 * kernel's stamps on the bridge.
 *
 *   node build/bench/steady.js [--instances 100] [--interval 100] [--seconds 10] [--runs 3] [--hogs 0] [--json FILE]
 *
 * `--interval` in milliseconds, `--hogs`: processes that keep the processors busy meanwhile.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readPcap } from '../test/netns/capture.ts';
import { sleepMs } from '../test/netns/clock.ts';
import { COMMANDS, type DaemonKind } from '../test/netns/daemon.ts';
import { Lab, type Topology } from '../test/netns/lab.ts';
import { cpuS, numberOf, outsideSandbox } from './measure.ts';
import { median, quantile } from './median.ts';

const PER_INTERFACE = 250;
const SETTLE_MS = 3000;
const UP_MS = 60_000;
/** Offset of the VRID in a frame: Ethernet, an IPv4 header without options, one octet of VRRP. */
const VRID_AT = 14 + 20 + 1;
/** Its adverts are looked at; a capture of all would be a load of its own. */
const SAMPLED_VRID = 1;

type Options = {
  readonly instances: number;
  readonly intervalMs: number;
  readonly seconds: number;
  readonly hogs: number;
};
type Result = {
  readonly daemon: DaemonKind;
  readonly masterCpu: number;
  readonly backupCpu: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly adverts: number;
  readonly takeovers: number; // of the backup, which has no reason for one
};

function topology(interfaces: number): Topology {
  const numbers = Array.from({ length: interfaces }, (_, i) => i);
  return {
    bridges: numbers.map((i) => `br${i}`),
    nodes: (['a', 'b'] as const).map((name) => ({
      name,
      interfaces: numbers.map((i) => ({
        name: `eth${i}`,
        bridge: `br${i}`,
        mac: `02:00:00:00:0${i}:0${name}`,
        addresses: [`172.20.${i}.${name === 'a' ? 10 : 20}/24`],
      })),
    })),
  };
}

function conf(priority: number, o: Options): string {
  return Array.from({ length: o.instances }, (_, n) => {
    const [i, vrid] = [Math.floor(n / PER_INTERFACE), 1 + (n % PER_INTERFACE)];
    return `vrrp_instance V_${n} {\nversion 3\ninterface eth${i}\nvirtual_router_id ${vrid}\npriority ${priority}\nadvert_int ${o.intervalMs / 1000}\nvirtual_ipaddress {\n10.${i}.0.${vrid}/32\n}\n}\n`;
  }).join('');
}

async function masterOfAll(lab: Lab, count: number): Promise<void> {
  const deadline = performance.now() + UP_MS;
  for (;;) {
    const { text } = await lab.sh('a', "ip -o -4 addr show | awk '$4 ~ /^10[.]/' | wc -l");
    if (Number(text) === count) return;
    if (performance.now() > deadline) throw new Error(`a holds ${text.trim()} of ${count} addresses`);
    await sleepMs(200);
  }
}

/** Distances between the adverts of the sampled virtual router, as deviations from the interval in ms. */
function deviations(file: string, intervalMs: number): number[] {
  const at = readPcap(file)
    .filter((p) => p.bytes[VRID_AT] === SAMPLED_VRID)
    .map((p) => p.atS * 1000);
  return at.slice(1).map((ms, i) => Math.abs(ms - (at[i] as number) - intervalMs));
}

async function measure(kind: DaemonKind, folder: string, o: Options): Promise<Result> {
  const lab = await Lab.open('vy', topology(Math.ceil(o.instances / PER_INTERFACE)), folder);
  const hogs: ChildProcess[] = [];
  try {
    const start = (node: 'a' | 'b', priority: number) => {
      const path = join(folder, `${node}.conf`);
      writeFileSync(path, conf(priority, o));
      return lab.start(node, COMMANDS[kind].replace(' -D', ''), path, join(folder, `${node}.log`));
    };
    const a = start('a', 200);
    await masterOfAll(lab, o.instances);
    const b = start('b', 100);
    await sleepMs(SETTLE_MS + o.instances * 3);
    for (let i = 0; i < o.hogs; i++)
      hogs.push(spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
    const file = join(folder, 'steady.pcap');
    const capture = await lab.capture(file, 'br0', `ip proto 112 and ip[21] = ${SAMPLED_VRID}`);
    const before = [cpuS(a.pid), cpuS(b.pid)] as const;
    const logBefore = readFileSync(join(folder, 'b.log'), 'utf8').length;
    const beganMs = performance.now();
    await sleepMs(o.seconds * 1000);
    const seconds = (performance.now() - beganMs) / 1000;
    const after = [cpuS(a.pid), cpuS(b.pid)] as const;
    await capture.stop();
    const off = deviations(file, o.intervalMs);
    if (off.length === 0) throw new Error(`${kind}: no two adverts in ${seconds} s`);
    return {
      daemon: kind,
      masterCpu: ((after[0] - before[0]) / seconds) * 100,
      backupCpu: ((after[1] - before[1]) / seconds) * 100,
      p50Ms: quantile(off, 0.5),
      p99Ms: quantile(off, 0.99),
      maxMs: quantile(off, 1),
      adverts: off.length + 1,
      takeovers:
        readFileSync(join(folder, 'b.log'), 'utf8')
          .slice(logBefore)
          .match(/Entering MASTER STATE/g)?.length ?? 0,
    };
  } finally {
    for (const h of hogs) h.kill('SIGKILL');
    await lab.close();
  }
}

const COLUMNS = [
  ['masterCpu', 'master CPU, %'],
  ['backupCpu', 'backup CPU, %'],
  ['p50Ms', 'deviation p50, ms'],
  ['p99Ms', 'p99, ms'],
  ['maxMs', 'max, ms'],
  ['takeovers', 'false takeovers'],
] as const;

/** Medians of the runs, and their ratio. */
function table(results: readonly Result[]): string {
  const of = (kind: DaemonKind, key: (typeof COLUMNS)[number][0]): number =>
    median(results.filter((r) => r.daemon === kind).map((r) => r[key]));
  const cell = (text: string): string => text.padStart(14);
  return [
    `${'median'.padEnd(20)}${cell('keepalived')}${cell('vipd')}${cell('ratio')}`,
    ...COLUMNS.map(([key, title]) => {
      const [k, v] = [of('keepalived', key), of('vipd', key)];
      return `${title.padEnd(20)}${cell(k.toFixed(2))}${cell(v.toFixed(2))}${cell(k > 0 ? (v / k).toFixed(2) : '-')}`;
    }),
  ].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      instances: { type: 'string', default: '100' },
      interval: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '10' },
      runs: { type: 'string', default: '3' },
      hogs: { type: 'string', default: '0' },
      json: { type: 'string' },
    },
  });
  const o: Options = {
    instances: numberOf(values.instances, 'instances', 1, 1000),
    intervalMs: numberOf(values.interval, 'interval', 10, 40_000),
    seconds: numberOf(values.seconds, 'seconds', 1, 3600),
    hogs: numberOf(values.hogs, 'hogs', 0, 64),
  };
  const runs = numberOf(values.runs, 'runs', 1, 100);
  const elsewhere = await outsideSandbox();
  if (elsewhere !== undefined) return elsewhere;
  const folder = mkdtempSync(join(tmpdir(), 'vipd-bench-'));
  const results: Result[] = [];
  try {
    for (let run = 0; run < runs; run++)
      for (const kind of ['keepalived', 'vipd'] as const)
        results.push(await measure(kind, join(folder, `${kind}-${run}`), o));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `${o.instances} instances at ${o.intervalMs} ms, ${o.seconds} s, ${runs} run(s), ${o.hogs} hogs; see bench/steady.ts`,
  );
  console.log(table(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
  return 0;
}

process.exitCode = await main();
