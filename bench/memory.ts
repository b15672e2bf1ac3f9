/**
 * Memory of vipd beside Debian's keepalived and beside a bare `node` with the same flags: idle with one instance, and as the
 * master of many at 100 ms.
 *
 *   node build/bench/memory.js [--instances 1000] [--settle 5] [--runs 5] [--json FILE]
 *
 * `--settle`: seconds from "all addresses there" to the reading. Resident memory (RSS) counts what several processes share in each
 * of them, the proportional one (PSS) once; both over the whole process tree.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleepMs, until } from '../test/netns/clock.ts';
import { COMMANDS, type DaemonKind } from '../test/netns/daemon.ts';
import { Lab } from '../test/netns/lab.ts';
import { descendants } from '../test/netns/process.ts';
import { heldBy, manyConf, manyTopology, quiet } from './many.ts';
import { benchmark } from './program.ts';

const WAIT_MS = 60_000;
const ADVERT_MS = 100;

/** MB (10^6) of a process tree. */
type Memory = { readonly rss: number; readonly pss: number };

function memoryOf(pid: number): Memory {
  const sum = { rss: 0, pss: 0 };
  for (const p of [pid, ...descendants(pid)]) {
    const text = readFileSync(`/proc/${p}/smaps_rollup`, 'utf8');
    const megabytes = (word: string): number =>
      (Number(new RegExp(`^${word}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024) / 1e6;
    sum.rss += megabytes('Rss');
    sum.pss += megabytes('Pss');
  }
  return sum;
}

/** What stands between the executable and the script on the daemon's command line. */
function flagsOf(pid: number): string[] {
  const [, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const script = args.findIndex((a) => !a.startsWith('-'));
  return args.slice(0, script);
}

type Measured = { readonly memory: Memory; readonly bare: Memory | undefined };

/** `beside`: a bare node with the daemon's flags is measured too. */
async function measure(
  folder: string,
  name: string,
  kind: DaemonKind,
  instances: number,
  settleS: number,
  beside: boolean,
): Promise<Measured> {
  // Labs of one run stand side by side: their names differ.
  const lab = await Lab.open(name, manyTopology(instances), join(folder, name));
  let bare: ChildProcess | undefined;
  try {
    const conf = join(lab.folder, 'a.conf');
    writeFileSync(conf, manyConf({ instances, priority: 255, advertMs: ADVERT_MS }));
    const daemon = lab.start('a', quiet(COMMANDS[kind]), conf);
    if (!(await until(async () => (await heldBy(lab, 'a')) === instances, WAIT_MS, 200)))
      throw new Error(`${kind} does not hold its ${instances} addresses`);
    if (beside)
      bare = spawn(process.execPath, [...flagsOf(daemon.pid), '-e', 'setInterval(() => {}, 1e6)'], {
        stdio: 'ignore',
      });
    await sleepMs(settleS * 1000);
    return { memory: memoryOf(daemon.pid), bare: bare?.pid === undefined ? undefined : memoryOf(bare.pid) };
  } finally {
    bare?.kill('SIGKILL');
    await lab.close();
    rmSync(lab.folder, { recursive: true, force: true });
  }
}

await benchmark(
  { instances: [1000, 1, 1000], settle: [5, 1, 3600], runs: [5, 1, 100] } as const,
  async (o, folder) => {
    const runs: {
      readonly idle: readonly [keepalived: Measured, vipd: Measured];
      readonly many: readonly [keepalived: Measured, vipd: Measured];
    }[] = [];
    for (let run = 0; run < o.runs; run++) {
      // They wait most of the time, and none is the lighter for the others.
      const [ki, vi, km, vm] = await Promise.all([
        measure(folder, 'vki', 'keepalived', 1, o.settle, false),
        measure(folder, 'vvi', 'vipd', 1, o.settle, true),
        measure(folder, 'vkm', 'keepalived', o.instances, o.settle, false),
        measure(folder, 'vvm', 'vipd', o.instances, o.settle, false),
      ]);
      runs.push({ idle: [ki, vi], many: [km, vm] });
    }
    const row = (key: keyof Memory, load: 'idle' | 'many') => ({
      base: runs.map((r) => r[load][0].memory[key]),
      vipd: runs.map((r) => r[load][1].memory[key]),
    });
    const bare = runs.map((r) => r.idle[1].bare?.rss).filter((v) => v !== undefined);
    const many = `${o.instances.toLocaleString('en-US')} instances at ${ADVERT_MS} ms, master`;
    return {
      title: 'Memory',
      about: `Read ${o.settle} s after all addresses were there. Resident memory (RSS) counts shared pages in every process, proportional memory (PSS) once. vipd has unmapped by then what its start alone needed.`,
      rows: [
        {
          title: '1 instance: RSS',
          unit: 'MB',
          against: 'bare node',
          base: bare,
          vipd: row('rss', 'idle').vipd,
          bar: { kind: 'ratio', most: 1.1 },
        },
        { title: '1 instance: RSS', unit: 'MB', ...row('rss', 'idle') },
        { title: '1 instance: PSS', unit: 'MB', ...row('pss', 'idle') },
        { title: `${many}: RSS`, unit: 'MB', ...row('rss', 'many'), bar: { kind: 'value', most: 60 } },
        { title: `${many}: PSS`, unit: 'MB', ...row('pss', 'many') },
      ],
      problems: [],
    };
  },
);
