/**
 * Loaded into a daemon under test by NODE_OPTIONS: obeys the file VIPD_TEST_BLOCK as soon as that is there. 'block 500', or just
 * '500': its JavaScript thread stands still for as many milliseconds, as in an endless loop; other threads run on. 'churn 500':
 * for that time it makes garbage and collects all of it, again and again.
 */
import { readFileSync, unlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 20;
/** Some 80 MB are alive at a time. */
const KEPT = 40;
const OBJECTS = 20_000;
const path = process.env['VIPD_TEST_BLOCK'] ?? '';

function churn(untilMs: number, kept: object[][] = []): void {
  if (performance.now() >= untilMs) return;
  kept.push(Array.from({ length: OBJECTS }, (_, i) => ({ i, text: `object ${i}`, list: [i] })));
  if (kept.length > KEPT) kept.splice(0, KEPT / 2);
  if (kept.length % 5 === 0) {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
  }
  setImmediate(churn, untilMs, kept);
}

/** Between reading the sockets and the timers: when it wakes, the timers come first, which is the worse of the two. */
const block = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

setInterval(() => {
  let order = '';
  try {
    order = readFileSync(path, 'utf8');
    unlinkSync(path);
  } catch (e) {
    if (!(e instanceof Error && 'code' in e && e.code === 'ENOENT')) throw e;
  }
  const [, what = 'block', ms = 0] = /^(?:(\w+) )?(\d+)$/.exec(order) ?? [];
  if (what === 'churn') churn(performance.now() + Number(ms));
  else if (Number(ms) > 0) setImmediate(block, Number(ms));
}, LOOK_MS).unref();
