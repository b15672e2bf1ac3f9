/**
 * `npm run bench`: every benchmark, one after the other, and docs/benchmarks/ out of what they found: README.md, a figure each, and
 * results.json with every value.
 *
 *   node build/bench/all.js [--only NAME,...] [--runs 5] [--out docs/benchmarks] [--small]
 *
 * With --only the others' results stay what they were. A benchmark that fails or takes too long is reported as such, and the next
 * begins. --small: the forms of the tests; nothing is kept without --out. Ends with `N passed, N failed`, where passed is
 * measured, whether or not a bar was reached.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { svgOfCurves } from './curves.ts';
import type { Figure } from './figure.ts';
import { BENCHMARKS, type Benchmark } from './list.ts';
import { loadNow, thisMachine } from './machine.ts';
import { type Outcome, pageOf } from './page.ts';
import { svgOf } from './svg.ts';

const RUNS = 5;
const SMALL_LIMIT_S = 180;
/** From SIGTERM to SIGKILL. */
const GRACE_MS = 5000;
const KEPT_ERROR_BYTES = 20_000;

let current: ChildProcess | undefined;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    current?.kill('SIGTERM');
    process.exit(1);
  });

type Ran = { readonly status: number | undefined; readonly errors: string };

function run(argv: readonly string[], limitS: number): Promise<Ran> {
  const child = spawn(process.execPath, ['--enable-source-maps', ...argv], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  current = child;
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    errors = (errors + chunk.toString()).slice(-KEPT_ERROR_BYTES);
  });
  let late = false;
  const timers = [
    setTimeout(() => {
      late = true;
      child.kill('SIGTERM');
    }, limitS * 1000),
    setTimeout(() => child.kill('SIGKILL'), limitS * 1000 + GRACE_MS),
  ];
  return new Promise((resolve) =>
    child.once('close', (code) => {
      for (const t of timers) clearTimeout(t);
      resolve({ status: late ? undefined : (code ?? 1), errors });
    }),
  );
}

/** What an uncaught error says, without where on this machine. */
function reasonIn({ status, errors }: Ran, limitS: number): string {
  if (status === undefined) return `not done after ${limitS} s`;
  const said = /^\w*Error: (.+)$/m.exec(errors)?.[1] ?? errors.trim().split('\n').at(-1) ?? '';
  return `ended with ${status}: ${said}`.replace(/(?:\/[\w.@-]+){2,}/g, '…').slice(0, 300);
}

async function measure(b: Benchmark, runs: number, small: boolean, scratch: string): Promise<Outcome> {
  const json = join(scratch, `${b.name}.json`);
  const limitS = small ? SMALL_LIMIT_S : Math.ceil((b.limitS * Math.max(runs, RUNS)) / RUNS);
  const options = small ? (b.small ?? []) : [...b.options, '--runs', String(runs)];
  const begun = {
    name: b.name,
    date: new Date().toISOString().slice(0, 10),
    runs: small ? 1 : runs,
    load: loadNow(),
    machine: thisMachine(),
  };
  console.log(`\n== ${b.name}`);
  const ran = await run([`build/bench/${b.program}.js`, ...options, '--json', json], limitS);
  if (!existsSync(json)) return { ...begun, failure: reasonIn(ran, limitS) };
  return { ...begun, figure: JSON.parse(readFileSync(json, 'utf8')) as Figure };
}

function write(out: string, fresh: readonly Outcome[]): void {
  const file = join(out, 'results.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Outcome[]) : [];
  const outcomes = BENCHMARKS.map(
    ({ name }) => fresh.find((o) => o.name === name) ?? before.find((o) => o.name === name),
  ).filter((o) => o !== undefined);
  mkdirSync(out, { recursive: true });
  for (const { name, figure } of fresh) {
    for (const one of [`${name}.svg`, `${name}-course.svg`]) rmSync(join(out, one), { force: true });
    if (figure === undefined) continue;
    writeFileSync(join(out, `${name}.svg`), svgOf(figure));
    const { title, course } = figure;
    if (course !== undefined)
      writeFileSync(join(out, `${name}-course.svg`), svgOfCurves(title, course.unit, course.curves));
  }
  writeFileSync(file, `${JSON.stringify(outcomes, null, 1)}\n`);
  writeFileSync(join(out, 'README.md'), pageOf(outcomes));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      runs: { type: 'string', default: String(RUNS) },
      out: { type: 'string' },
      small: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1 || runs > 100)
    throw new Error(`--runs: 1..100, not ${values.runs}`);
  const names = values.only?.split(',');
  const unknown = names?.find((n) => !BENCHMARKS.some((b) => b.name === n));
  if (unknown !== undefined) {
    console.error(`no such benchmark: ${unknown}; there are ${BENCHMARKS.map((b) => b.name).join(' ')}`);
    return 2;
  }
  const { small } = values;
  const chosen = BENCHMARKS.filter((b) => names?.includes(b.name) ?? (!small || b.small !== undefined));
  const scratch = mkdtempSync(join(tmpdir(), 'vipd-bench-all-'));
  const out = values.out ?? (small ? join(scratch, 'out') : 'docs/benchmarks');
  const outcomes: Outcome[] = [];
  try {
    for (const b of chosen) {
      outcomes.push(await measure(b, runs, small, scratch));
      // What is done is not lost when a later one takes the machine down.
      write(out, outcomes);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const failed = outcomes.filter((o) => (o.figure?.problems.length ?? 1) > 0);
  for (const o of failed) console.log(`${o.name}: ${o.failure ?? o.figure?.problems.join('; ')}`);
  console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
