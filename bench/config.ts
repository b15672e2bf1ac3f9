/**
 * Time and memory of the configuration test of vipd beside Debian's keepalived, in one run, on the same made-up files
 * (bench/config-files.ts): medians of N whole processes each, taken in turns.
 *
 *   node build/bench/config.js [--runs 5] [--size 100] [--json FILE]
 *
 * `--size`: percent of the large files' size. `keepalived -t -f FILE` and `bin/vipd -t -f FILE` run in a network namespace with the
 * interfaces that the file names. Wall time from fork to wait; CPU time and the largest resident set from wait4(2), by way of a small Python
 * process, whose own 9 MB are therefore the least that can be seen.
 */
import { spawnSync } from 'node:child_process';
import { CHECKOUT, type DaemonKind } from '../test/netns/daemon.ts';
import { must } from '../test/netns/process.ts';
import { type ConfigCase, writeCases } from './config-files.ts';
import type { Row } from './figure.ts';
import { benchmark } from './program.ts';
import { column, KINDS } from './turns.ts';

const OPTIONS = { runs: [5, 1, 1000], size: [100, 1, 100] } as const;
const COMMANDS: Readonly<Record<DaemonKind, string>> = {
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
const FIGURES = [
  ['cpuMs', 'CPU time', 'ms'],
  ['wallMs', 'wall time', 'ms'],
  ['rssMb', 'memory', 'MB'],
] as const;

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

function runOnce(program: DaemonKind, file: string): Run {
  const argv = ['-I', '-S', '-c', WAIT4, COMMANDS[program], '-t', '-f', file];
  const ran = spawnSync('python3', argv, { encoding: 'utf8', timeout: 120_000 });
  if (ran.status !== 0) throw new Error(`python3 ended with ${ran.status ?? ran.signal}: ${ran.stderr}`);
  const [wallMs = 0, cpuMs = 0, rssMb = 0, status = -1] = JSON.parse(ran.stdout) as number[];
  return { wallMs, cpuMs, rssMb, status };
}

type Result = {
  readonly title: string;
  readonly runs: Readonly<Record<DaemonKind, readonly Run[]>>;
};

/** Both programs in turns, so that what the machine does besides meets both. */
function measure(c: ConfigCase, count: number): Result {
  const runs: Record<DaemonKind, Run[]> = { keepalived: [], vipd: [] };
  for (let i = 0; i < count; i++) for (const kind of KINDS) runs[kind].push(runOnce(kind, c.file));
  return { title: c.title, runs };
}

function rows(r: Result): Row[] {
  return FIGURES.map(([key, title, unit]) => ({
    title: `${r.title}: ${title}`,
    unit,
    ...column(r.runs, (run) => run[key]),
  }));
}

await benchmark(OPTIONS, async (o, folder) => {
  const cases = writeCases(folder, o.size / 100);
  for (let i = 0; i < Math.max(...cases.map((c) => c.interfaces)); i++)
    await must('ip', ['link', 'add', `vb${i}`, 'up', 'type', 'veth', 'peer', 'name', `vp${i}`]);
  const results = cases.map((c) => measure(c, o.runs));
  return {
    title: 'The configuration test of large files',
    about:
      'Whole processes of `-t -f FILE`, in turns: wall time from fork to wait, CPU time and largest resident set as wait4(2) gives them.',
    rows: results.flatMap(rows),
    // A file that one of the two refuses has not been measured.
    problems: results.flatMap((r) =>
      KINDS.filter((kind) => r.runs[kind].some((run) => run.status !== 0)).map(
        (kind) =>
          `${r.title}: ${kind} ended with ${[...new Set(r.runs[kind].map((run) => run.status))].join(', ')}`,
      ),
    ),
  };
});
