/**
 * CPU time of BFD sessions in vipd beside Debian's keepalived, in one run: N sessions at one interval to the same peer
 * (vipd, unless --peer says keepalived), and the time that the daemon under test and its children take once all are up.
 *
 *   node build/bench/bfd.js [--sessions 200] [--interval 50] [--seconds 4] [--runs 5] [--peer vipd] [--json FILE]
 *
 * Each session has an address of its own on either side of a veth pair. Each daemon runs once; a run is `--seconds`
 * of it. CPU time is that of the whole process tree; on veth it includes the peer's side of each packet's way.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleepMs, until } from '../test/netns/clock.ts';
import { COMMANDS, type Daemon, type DaemonKind } from '../test/netns/daemon.ts';
import type { Lab } from '../test/netns/lab.ts';
import { cpuS } from './cpu-time.ts';
import { benchmark, type Chosen } from './program.ts';
import { eachOnce, KINDS } from './turns.ts';

const UP_MS = 60_000;
/** Detection after 2 s at 50 ms: other work on the machine must not bring sessions down, packets are what is measured. */
const MULTIPLIER = 40;

const OPTIONS = {
  sessions: [200, 1, 2000],
  interval: [50, 1, 10_000],
  seconds: [4, 1, 3600],
  runs: [5, 1, 100],
  peer: ['vipd', 'keepalived'],
} as const;
type Options = Chosen<typeof OPTIONS>;

type Result = {
  readonly up: number; // sessions that came up
  readonly upS: number; // until the last of them
  readonly downs: number; // while measured
  readonly cpu: readonly number[]; // percent of one processor, a run
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
      `min_rx ${o.interval}`,
      `min_tx ${o.interval}`,
      `multiplier ${MULTIPLIER}`,
      '}',
    ].join('\n');
  return `${Array.from({ length: o.sessions }, (_, i) => one(i)).join('\n')}\n`;
}

async function measure(lab: Lab, kind: DaemonKind, o: Options): Promise<Result> {
  const log = join(lab.folder, `${kind}.log`);
  const text = (): string => readFileSync(log, 'utf8');
  const count = (words: RegExp): number => text().match(words)?.length ?? 0;
  const start = (node: 'a' | 'b', which: DaemonKind, file: string): Daemon => {
    const path = join(lab.folder, `${node}.conf`);
    writeFileSync(path, conf(node === 'a' ? 0 : 1, o));
    return lab.start(node, COMMANDS[which], path, file);
  };
  const peer = start('b', o.peer, join(lab.folder, 'peer.log'));
  const begunMs = performance.now();
  const daemon = start('a', kind, log);
  await until(() => count(/Entering Up state/g) >= o.sessions, UP_MS, 100);
  const upS = (performance.now() - begunMs) / 1000;
  await sleepMs(1500); // poll sequences
  const downsBefore = count(/Entering Down state/g);
  const cpu: number[] = [];
  for (let run = 0; run < o.runs; run++) {
    const [before, atMs] = [cpuS(daemon.pid), performance.now()];
    await sleepMs(o.seconds * 1000);
    cpu.push(((cpuS(daemon.pid) - before) / (performance.now() - atMs)) * 1e5);
  }
  const up = new Set([...text().matchAll(/\((s\d+)\) Entering Up state/g)].map((m) => m[1])).size;
  const result = { up, upS, downs: count(/Entering Down state/g) - downsBefore, cpu };
  for (const d of [daemon, peer]) {
    d.signal('SIGTERM');
    await d.ended();
  }
  return result;
}

await benchmark(OPTIONS, async (o, folder) => {
  const found = await eachOnce(topology(o.sessions), folder, (lab, kind) => measure(lab, kind, o));
  const { keepalived, vipd } = found;
  return {
    title: `BFD: ${o.sessions} sessions at ${o.interval} ms`,
    about: `Percent of one processor while all sessions are up, over ${o.seconds} s in each run; ${o.peer} is the peer of both.`,
    rows: [
      { title: 'processor time', unit: '%', base: keepalived.cpu, vipd: vipd.cpu },
      { title: 'start until all are up', unit: 's', base: [keepalived.upS], vipd: [vipd.upS] },
      { title: 'sessions lost', unit: '', base: [keepalived.downs], vipd: [vipd.downs] },
    ],
    problems: KINDS.filter((kind) => found[kind].up < o.sessions).map(
      (kind) => `${kind}: only ${found[kind].up} of ${o.sessions} sessions came up`,
    ),
  };
});
