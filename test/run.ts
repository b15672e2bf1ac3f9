/**
 * `npm test`: everything, cheapest first. Each stage prints its counts; what cannot run on this machine is listed with its
 * reason, and with CI=true that is a failure. The last line is `N passed, N failed` or `N passed, N failed, N skipped`.
 *
 *   node build/test/run.js [lint] [unit] [native] [namespaces] [scenarios] [systemd] [bench]      default: all
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from './netns/daemon.ts';
import { sandboxObstacle, spawnInSandbox } from './netns/sandbox.ts';
import { type Counts, countTap, lastCounts } from './tally.ts';

const STAGE_TIMEOUT_MS = 20 * 60_000;
/** Its skips are for want of data that is no part of the project (VIPD_CORPUS), not of the machine's abilities. */
const OPTIONAL_DATA = 'unit';
const NODE = [process.execPath, '--enable-source-maps'];
const built = (path: string): string => join(CHECKOUT, 'build', path);

type Ran = { readonly status: number; readonly output: string };
type Stage = {
  readonly name: string;
  /** Why it cannot run here. */
  readonly obstacle?: () => string | undefined;
  readonly run: () => Promise<Counts>;
};

/** `show`: its output appears as it comes. Otherwise it is kept, to be shown when something failed. */
function execute(argv: readonly string[], show: boolean, sandboxed: boolean): Promise<Ran> {
  const [command = '', ...args] = argv;
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  // A folder of its own for temporary files, so that whatever ends a stage nothing of it stays.
  const scratch = mkdtempSync(join(tmpdir(), 'vipd-t-'));
  chmodSync(scratch, 0o755); // tests as an ordinary user look into it
  const env = { TMPDIR: scratch };
  const child = sandboxed
    ? spawnInSandbox(argv, [...stdio], env)
    : spawn(command, args, { stdio: [...stdio], env: { ...process.env, ...env } });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (show) process.stdout.write(chunk);
    });
  const timer = setTimeout(() => child.kill('SIGKILL'), STAGE_TIMEOUT_MS);
  return new Promise((resolve) => {
    child.once('error', (e) => resolve({ status: 127, output: String(e) }));
    child.once('close', (code) => {
      clearTimeout(timer);
      rmSync(scratch, { recursive: true, force: true });
      resolve({ status: code ?? 1, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** One file of node:test; a crash of the process is a failure of its own. */
async function nodeTest(file: string, sandboxed: boolean): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'vipd-tap-'));
  const tap = join(folder, 'tap');
  const reporters = ['spec', 'stdout', 'tap', tap].map((value, i) =>
    i % 2 === 0 ? `--test-reporter=${value}` : `--test-reporter-destination=${value}`,
  );
  const { status, output } = await execute([...NODE, '--test', ...reporters, file], false, sandboxed);
  const counts = countTap(existsSync(tap) ? readFileSync(tap, 'utf8') : '');
  rmSync(folder, { recursive: true });
  const lost = status !== 0 && counts.failed === 0;
  const summary = output.indexOf('✖ failing tests:');
  if (counts.failed > 0 || lost) console.log(summary === -1 ? output : output.slice(summary));
  return lost ? { ...counts, failed: counts.failed + 1 } : counts;
}

/** A program that ends with a line of counts, or else counts as one. */
async function counting(argv: readonly string[], show: boolean): Promise<Counts> {
  const { status, output } = await execute(argv, show, false);
  const counts = lastCounts(output) ?? { passed: status === 0 ? 1 : 0, failed: 0, skipped: [] };
  if (status !== 0 && !show) console.log(output);
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

const ASAN = join(CHECKOUT, 'test/native/asan.sh');
const NS_FOLDER = 'test/netns';
const SYSTEMD = built('test/systemd/pair.ns.js');

const STAGES: readonly Stage[] = [
  {
    name: 'lint',
    run: () => counting([join(CHECKOUT, 'node_modules/.bin/biome'), 'check', '--error-on-warnings'], false),
  },
  { name: 'unit', run: () => nodeTest(built('test/all.js'), false) },
  {
    name: 'native',
    obstacle: () => (existsSync(ASAN) ? undefined : 'test/native/asan.sh is not there'),
    run: () => counting(['sh', ASAN], false),
  },
  { name: 'namespaces', obstacle: rootObstacle, run: namespaces },
  {
    name: 'scenarios',
    obstacle: rootObstacle,
    run: () => counting([...NODE, built('test/netns/scenarios.js')], true),
  },
  {
    name: 'systemd',
    obstacle: () => rootObstacle() ?? systemdObstacle(),
    run: () => nodeTest(SYSTEMD, true),
  },
  {
    name: 'bench',
    obstacle: rootObstacle,
    run: () => counting([...NODE, built('bench/all.js'), '--small'], true),
  },
];

async function namespaces(): Promise<Counts> {
  let sum: Counts = { passed: 0, failed: 0, skipped: [] };
  // By the sources: build/ may hold what an older checkout compiled.
  for (const file of readdirSync(NS_FOLDER).sort()) {
    if (!file.endsWith('.ns.ts')) continue;
    const one = await nodeTest(built(join(NS_FOLDER, file.replace(/ts$/, 'js'))), true);
    console.log(`  ${file.replace('.ns.ts', '').padEnd(28)} ${sentence(one)}`);
    sum = add(sum, one);
  }
  return sum;
}

let rootAnswer: string | undefined | null = null;
function rootObstacle(): string | undefined {
  if (rootAnswer === null)
    rootAnswer = process.getuid?.() === 0 ? sandboxObstacle() : 'needs root: sudo -E npm test';
  return rootAnswer;
}

function systemdObstacle(): string | undefined {
  if (!existsSync('/lib/systemd/systemd')) return 'systemd is not installed';
  return readFileSync('/proc/filesystems', 'utf8').includes('\tcgroup2\n')
    ? undefined
    : 'the kernel has no cgroup2';
}

/** A stage in which nothing ran at all has not passed. */
async function runStage(stage: Stage): Promise<Counts> {
  const counts = await stage.run();
  if (counts.passed + counts.failed + counts.skipped.length > 0) return counts;
  console.log(`${stage.name}: no test ran`);
  return { ...counts, failed: 1 };
}

const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: [...a.skipped, ...b.skipped],
});

function sentence(c: Counts): string {
  const skipped = c.skipped.length > 0 ? `, ${c.skipped.length} skipped` : '';
  return `${c.passed} passed, ${c.failed} failed${skipped}`;
}

async function main(): Promise<number> {
  const names = process.argv.slice(2);
  const unknown = names.filter((n) => !STAGES.some((s) => s.name === n));
  if (unknown.length > 0) {
    console.error(`no such stage: ${unknown.join(', ')}; stages: ${STAGES.map((s) => s.name).join(' ')}`);
    return 2;
  }
  let sum: Counts = { passed: 0, failed: 0, skipped: [] };
  let unable = 0;
  for (const stage of STAGES.filter((s) => names.length === 0 || names.includes(s.name))) {
    const why = stage.obstacle?.();
    const startedMs = performance.now();
    if (why === undefined) console.log(`== ${stage.name}`);
    const counts =
      why === undefined
        ? await runStage(stage)
        : { passed: 0, failed: 0, skipped: [`${stage.name}: ${why}`] };
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`== ${stage.name.padEnd(12)} ${sentence(counts)} (${seconds} s)`);
    sum = add(sum, counts);
    if (stage.name !== OPTIONAL_DATA) unable += counts.skipped.length;
  }
  for (const why of sum.skipped) console.log(`skipped: ${why}`);
  if (process.env['CI'] === 'true' && unable > 0) {
    console.log('CI=true: what this machine could not run counts as failed');
    sum = { ...sum, failed: sum.failed + unable, skipped: sum.skipped.slice(unable) };
  }
  console.log(sentence(sum));
  return sum.failed > 0 ? 1 : 0;
}

process.exitCode = await main();
