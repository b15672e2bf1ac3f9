/**
 * Time and memory of the configuration test of vipd beside Debian's keepalived, in one run, on the same made-up files
 * (bench/config-files.ts): medians of N whole processes each, taken in turns.
 *
 *   node build/bench/config.js [--runs 5] [--scale 1] [--json FILE]
 *
 * `keepalived -t -f FILE` and `bin/vipd -t -f FILE`, in a network namespace of their own with the interfaces that the
 * file names. Wall time from fork to wait; CPU time and the largest resident set from wait4(2), by way of a small Python
 * process, whose own 9 MB are therefore the least that can be seen.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKOUT } from '../test/netns/daemon.ts';
import { must } from '../test/netns/process.ts';
import { type ConfigCase, writeCases } from './config-files.ts';

const PROGRAMS = ['keepalived', 'vipd'] as const;
type Program = (typeof PROGRAMS)[number];
const COMMANDS: Readonly<Record<Program, string>> = {
  keepalived: process.env['VIPD_LAB_KEEPALIVED'] ?? 'keepalived',
  vipd: process.env['VIPD_LAB_VIPD'] ?? `${CHECKOUT}/bin/vipd`,
};

/** One process: milliseconds, megabytes (10^6), exit status. */
type Run = {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly status: number;
};
const FIGURES = ['wallMs', 'cpuMs', 'rssMb'] as const;
type Figures = Readonly<Record<(typeof FIGURES)[number], number>>;

const WAIT4 = `
import os, sys, time, json
null = os.open('/dev/null', os.O_RDWR)
quiet = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
t = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, u = os.wait4(pid, 0)
wall = time.monotonic() - t
print(json.dumps([wall * 1e3, (u.ru_utime + u.ru_stime) * 1e3, u.ru_maxrss * 1024 / 1e6, os.waitstatus_to_exitcode(status)]))
`;

import { numberOf, outsideSandbox } from './measure.ts';

function runOnce(program: Program, file: string): Run {
  const argv = ['-I', '-S', '-c', WAIT4, COMMANDS[program], '-t', '-f', file];
  const ran = spawnSync('python3', argv, { encoding: 'utf8', timeout: 120_000 });
  if (ran.status !== 0) throw new Error(`python3 ended with ${ran.status ?? ran.signal}: ${ran.stderr}`);
  const [wallMs = 0, cpuMs = 0, rssMb = 0, status = -1] = JSON.parse(ran.stdout) as number[];
  return { wallMs, cpuMs, rssMb, status };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[sorted.length >> 1] ?? 0) + (sorted[(sorted.length - 1) >> 1] ?? 0)) / 2;
}

export type Result = {
  readonly case: string;
  readonly title: string;
  readonly statuses: Readonly<Record<Program, readonly number[]>>;
  readonly medians: Readonly<Record<Program, Figures>>;
};

/** Both programs in turns, so that what the machine does besides meets both. */
function measure(c: ConfigCase, count: number): Result {
  const runs: Record<Program, Run[]> = { keepalived: [], vipd: [] };
  for (let i = 0; i < count; i++) for (const p of PROGRAMS) runs[p].push(runOnce(p, c.file));
  const figures = (p: Program): Figures => ({
    wallMs: median(runs[p].map((r) => r.wallMs)),
    cpuMs: median(runs[p].map((r) => r.cpuMs)),
    rssMb: median(runs[p].map((r) => r.rssMb)),
  });
  return {
    case: c.key,
    title: c.title,
    statuses: { keepalived: runs.keepalived.map((r) => r.status), vipd: runs.vipd.map((r) => r.status) },
    medians: { keepalived: figures('keepalived'), vipd: figures('vipd') },
  };
}

/** One line for each case and figure; the last column divides vipd by keepalived. */
function table(results: readonly Result[]): string {
  const width = Math.max(...results.map((r) => r.title.length));
  const units = { wallMs: 'wall, ms', cpuMs: 'CPU, ms', rssMb: 'max RSS, MB' };
  const row = (cells: readonly string[]): string => cells.map((c) => c.padStart(12)).join('');
  const out = [`${'median'.padEnd(width)}${row(['', 'keepalived', 'vipd', 'ratio'])}`];
  for (const r of results)
    for (const f of FIGURES) {
      const [k, v] = PROGRAMS.map((p) => r.medians[p][f]) as [number, number];
      out.push(
        `${(f === 'wallMs' ? r.title : '').padEnd(width)}${row([units[f], k.toFixed(1), v.toFixed(1), (v / k).toFixed(2)])}`,
      );
    }
  return out.join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      scale: { type: 'string', default: '1' },
      json: { type: 'string' },
    },
  });
  const runs = numberOf(values.runs, 'runs', 1, 1000);
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) throw new Error(`--scale: above 0, at most 1, not ${values.scale}`);
  const elsewhere = await outsideSandbox();
  if (elsewhere !== undefined) return elsewhere;
  const folder = mkdtempSync(join(tmpdir(), 'vipd-bench-'));
  try {
    const cases = writeCases(folder, scale);
    for (let i = 0; i < Math.max(...cases.map((c) => c.interfaces)); i++)
      await must('ip', ['link', 'add', `vb${i}`, 'up', 'type', 'veth', 'peer', 'name', `vp${i}`]);
    const results = cases.map((c) => measure(c, runs));
    console.log(`${runs} processes each, in turns; see bench/config.ts`);
    console.log(table(results));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
    // A file that one of the two refuses has not been measured.
    const refused = results.flatMap((r) =>
      PROGRAMS.filter((p) => r.statuses[p].some((s) => s !== 0)).map(
        (p) => `${r.title}: ${p} ended with ${[...new Set(r.statuses[p])].join(', ')}`,
      ),
    );
    for (const line of refused) console.error(line);
    return refused.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
