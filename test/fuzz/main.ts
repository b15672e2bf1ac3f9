/**
 * `npm run fuzz -- [--seed N] [--count N] [--from N] [--seconds N] [--lanes N] [--output DIR]`: feeds damaged and invented
 * configurations to the loader and the formatter. Input N of a seed is always the same text. A failing one is made small
 * and written to DIR with its number. Status 1 when any failed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { input } from './inputs.ts';
import type { LaneData, LaneMessage } from './lane.ts';
import { seedTexts } from './seeds.ts';

/** An input that has not come to an end by then hangs. */
const HANG_S = 60;
const MAX_FAILURES = 20;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '86400' },
    lanes: { type: 'string', default: String(availableParallelism()) },
    output: { type: 'string', default: join(tmpdir(), 'vipd-fuzz') },
  },
});
const whole = (name: 'seed' | 'from' | 'count' | 'seconds' | 'lanes', max: number): number => {
  const n = Number(values[name]);
  if (!Number.isInteger(n) || n < 0 || n > max)
    throw new Error(`--${name} must be 0..${max}; got '${values[name]}'`);
  return n;
};
const seed = whole('seed', 2 ** 31 - 1);
const from = whole('from', 2 ** 31 - 1);
const count = whole('count', 2 ** 31 - 1);
const seconds = whole('seconds', 2 ** 31 - 1);
const lanes = Math.max(1, whole('lanes', 256));
const corpus = process.env['VIPD_CORPUS'];

const progress = new SharedArrayBuffer(8 * lanes);
const view = new Int32Array(progress);
const started = performance.now();
const untilMs = performance.timeOrigin + started + seconds * 1000;
let failures = 0;
let running = lanes;

function failed(message: LaneMessage): void {
  failures++;
  mkdirSync(values.output, { recursive: true });
  const path = join(values.output, `seed-${seed}-input-${message.index}`);
  writeFileSync(`${path}.conf`, message.text);
  writeFileSync(`${path}.original.conf`, message.original);
  console.log(
    `input ${message.index}: ${message.problem.slice(0, 1500)}\n  ${JSON.stringify(message.text)}\n  in ${path}.conf`,
  );
  if (failures >= MAX_FAILURES) void end();
}

const workers = Array.from({ length: lanes }, (_, lane) => {
  const data: LaneData = { seed, from, count, lane, lanes, untilMs, corpus, progress };
  const worker = new Worker(new URL('./lane.js', import.meta.url), { workerData: data });
  worker.on('message', failed);
  worker.on('error', (e) => {
    failures++;
    console.log(`lane ${lane} died at input ${view[2 * lane] ?? 0}: ${e.stack ?? e.message}`);
  });
  worker.on('exit', () => {
    if (--running === 0) void end();
  });
  return worker;
});

const seen = Array.from({ length: lanes }, () => ({ done: -1, sinceMs: performance.now() }));
const watch = setInterval(() => {
  for (const [lane, s] of seen.entries()) {
    const done = view[2 * lane + 1] ?? 0;
    if (done !== s.done) Object.assign(s, { done, sinceMs: performance.now() });
    // Shrinking a failure takes its time too; that lane has told nobody yet.
    else if (performance.now() - s.sinceMs > HANG_S * 1000 && s.done >= 0) {
      const index = view[2 * lane] ?? 0;
      const text = input(seed, index, seedTexts(corpus));
      failed({ index, problem: `no end within ${HANG_S} s`, text, original: text });
      Object.assign(s, { done: -2, sinceMs: Number.POSITIVE_INFINITY });
      void workers[lane]?.terminate();
    }
  }
}, 1_000);

// A run that is cut short tells how far it came.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());

let ended = false;
async function end(): Promise<void> {
  if (ended) return;
  ended = true;
  clearInterval(watch);
  await Promise.all(workers.map((w) => w.terminate()));
  const done = seen.reduce((n, _, lane) => n + (view[2 * lane + 1] ?? 0), 0);
  const took = (performance.now() - started) / 1000;
  console.log(
    `fuzz: seed ${seed}, ${done} inputs in ${took.toFixed(0)} s (${Math.round(done / took)}/s), ${failures} failed` +
      (corpus === undefined ? '; VIPD_CORPUS is not set: own texts only' : ''),
  );
  process.exitCode = failures > 0 ? 1 : 0;
}
