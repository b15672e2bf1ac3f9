/**
 * CPU time of BFD sessions in vipd beside Debian's keepalived, in one run: N sessions at one interval to the same peer
 * (vipd, unless --peer says keepalived), and the time that the daemon under test and its children take once all are up.
 *
 *   node build/bench/bfd.js [--sessions 200] [--interval 50] [--seconds 20] [--peer vipd] [--json FILE]
 *
 * Each session has an address of its own on either side of a veth pair. CPU seconds are utime + stime of /proc/PID/stat,
 * over the daemon's whole process tree; on veth they include the peer's side of each packet's way.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sleepMs, until } from '../test/netns/clock.ts';
import { COMMANDS, type Daemon, type DaemonKind } from '../test/netns/daemon.ts';
import { Lab } from '../test/netns/lab.ts';
import { cpuS, numberOf, outsideSandbox } from './measure.ts';

const UP_MS = 60_000;
/** Detection after 2 s at 50 ms: other work on the machine must not bring sessions down, packets are what is measured. */
const MULTIPLIER = 40;

type Options = {
  readonly sessions: number;
  readonly intervalMs: number;
  readonly seconds: number;
  readonly peer: DaemonKind;
};
type Result = {
  readonly daemon: DaemonKind;
  readonly up: number; // sessions that came up
  readonly upS: number; // until the last of them
  readonly downs: number; // while measured
  readonly cpuPercent: number; // of one processor
};

const address = (side: 0 | 1, i: number): string => `10.9.${side * 100 + (i >> 7)}.${1 + (i & 127)}`;

function topology(n: number) {
  const all = (side: 0 | 1) => Array.from({ length: n }, (_, i) => `${address(side, i)}/8`);
  const node = (name: string, side: 0 | 1) => ({
    name,
    interfaces: [{ name: 'eth0', bridge: 'br0', mac: `02:00:00:00:00:0${name}`, addresses: all(side) }],
  });
  return { bridges: ['br0'], nodes: [node('a', 0), node('b', 1)] };
}

function conf(side: 0 | 1, o: Options): string {
  const one = (i: number): string =>
    [
      `bfd_instance s${i} {`,
      `source_ip ${address(side, i)}`,
      `neighbor_ip ${address(side === 0 ? 1 : 0, i)}`,
      `min_rx ${o.intervalMs}`,
      `min_tx ${o.intervalMs}`,
      `multiplier ${MULTIPLIER}`,
      '}',
    ].join('\n');
  return `${Array.from({ length: o.sessions }, (_, i) => one(i)).join('\n')}\n`;
}

async function measure(lab: Lab, folder: string, kind: DaemonKind, o: Options): Promise<Result> {
  const log = join(folder, `${kind}.log`);
  const text = (): string => readFileSync(log, 'utf8');
  const count = (words: RegExp): number => text().match(words)?.length ?? 0;
  const start = (node: 'a' | 'b', which: DaemonKind, file: string): Daemon => {
    const path = join(folder, `${node}.conf`);
    writeFileSync(path, conf(node === 'a' ? 0 : 1, o));
    return lab.start(node, COMMANDS[which], path, file);
  };
  const peer = start('b', o.peer, join(folder, 'peer.log'));
  const begunMs = performance.now();
  const daemon = start('a', kind, log);
  await until(() => count(/Entering Up state/g) >= o.sessions, UP_MS, 100);
  const upS = (performance.now() - begunMs) / 1000;
  await sleepMs(1500); // poll sequences
  const downsBefore = count(/Entering Down state/g);
  const [cpu, atMs] = [cpuS(daemon.pid), performance.now()];
  await sleepMs(o.seconds * 1000);
  const share = (cpuS(daemon.pid) - cpu) / ((performance.now() - atMs) / 1000);
  const up = new Set([...text().matchAll(/\((s\d+)\) Entering Up state/g)].map((m) => m[1])).size;
  const result = { daemon: kind, up, upS, downs: count(/Entering Down state/g) - downsBefore };
  for (const d of [daemon, peer]) {
    d.signal('SIGTERM');
    await d.ended();
  }
  return { ...result, cpuPercent: share * 100 };
}

function table(results: readonly Result[]): string {
  const rows = results.map(
    (r) =>
      `${r.daemon.padEnd(12)}${String(r.up).padStart(6)}${r.upS.toFixed(1).padStart(12)}${String(r.downs).padStart(8)}${r.cpuPercent.toFixed(1).padStart(8)}`,
  );
  const [keepalived, vipd] = results;
  const ratio =
    keepalived === undefined || vipd === undefined || keepalived.cpuPercent === 0
      ? '-'
      : (vipd.cpuPercent / keepalived.cpuPercent).toFixed(2);
  return [
    `${'daemon'.padEnd(12)}${'up'.padStart(6)}${'all up, s'.padStart(12)}${'downs'.padStart(8)}${'CPU, %'.padStart(8)}`,
    ...rows,
    `ratio of CPU, vipd : keepalived  ${ratio}`,
  ].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sessions: { type: 'string', default: '200' },
      interval: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '20' },
      peer: { type: 'string', default: 'vipd' },
      json: { type: 'string' },
    },
  });
  if (values.peer !== 'vipd' && values.peer !== 'keepalived') throw new Error(`--peer: vipd or keepalived`);
  const o: Options = {
    peer: values.peer,
    sessions: numberOf(values.sessions, 'sessions', 1, 2000),
    intervalMs: numberOf(values.interval, 'interval', 1, 10_000),
    seconds: numberOf(values.seconds, 'seconds', 1, 3600),
  };
  const elsewhere = await outsideSandbox();
  if (elsewhere !== undefined) return elsewhere;
  const folder = mkdtempSync(join(tmpdir(), 'vipd-bench-'));
  const results: Result[] = [];
  try {
    for (const kind of ['keepalived', 'vipd'] as const) {
      const lab = await Lab.open('vb', topology(o.sessions), join(folder, kind));
      try {
        results.push(await measure(lab, join(folder, kind), kind, o));
      } finally {
        await lab.close();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `${o.sessions} BFD sessions at ${o.intervalMs} ms, ${o.seconds} s, ${o.peer} as the peer; see bench/bfd.ts`,
  );
  console.log(table(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
  const missing = results.filter((r) => r.up < o.sessions);
  for (const r of missing) console.error(`${r.daemon}: only ${r.up} of ${o.sessions} sessions came up`);
  return missing.length === 0 ? 0 : 1;
}

process.exitCode = await main();
