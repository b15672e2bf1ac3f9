/** One worker of a run: every n-th input. Tells the main thread about failures only; its position is in shared memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { checkText } from './checks.ts';
import { input } from './inputs.ts';
import { seedTexts } from './seeds.ts';
import { shrink } from './shrink.ts';

export type LaneData = {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  readonly lane: number;
  readonly lanes: number;
  readonly untilMs: number; // of performance.timeOrigin + now
  readonly corpus: string | undefined;
  /** Index of the input in work, and the number done, for each lane. */
  readonly progress: SharedArrayBuffer;
};
export type LaneMessage = {
  readonly index: number;
  readonly problem: string;
  readonly text: string;
  readonly original: string;
};

const problemOf = (text: string): string | undefined => {
  try {
    checkText(text);
    return undefined;
  } catch (e) {
    return e instanceof Error ? (e.stack ?? e.message) : String(e);
  }
};
/** The same mistake, not just any: its first line without numbers. */
const kindOf = (problem: string): string =>
  (problem.split('\n')[0] ?? '').replace(/\d+|"(?:[^"\\]|\\.)*"/g, '');

const data = workerData as LaneData;
const progress = new Int32Array(data.progress);
const seeds = seedTexts(data.corpus);
for (let i = data.lane; i < data.count; i += data.lanes) {
  if (performance.timeOrigin + performance.now() > data.untilMs) break;
  Atomics.store(progress, 2 * data.lane, data.from + i);
  const original = input(data.seed, data.from + i, seeds);
  const problem = problemOf(original);
  Atomics.add(progress, 2 * data.lane + 1, 1);
  if (problem === undefined) continue;
  const kind = kindOf(problem);
  const text = shrink(original, (t) => kindOf(problemOf(t) ?? '') === kind);
  const message: LaneMessage = { index: data.from + i, problem: problemOf(text) ?? problem, text, original };
  parentPort?.postMessage(message);
}
