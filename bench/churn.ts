/**
 * Loaded into a daemon under test by NODE_OPTIONS: while the file VIPD_BENCH_CHURN is there, its heap is filled, thrown away and
 * collected as fast as a leak or a careless hook would make it: some 20 MB live, a full collection every 50 ms.
 */
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LIVE = 100_000;
const RENEWED = 10_000;
const EVERY_MS = 50;
const LOOK_EVERY = 10;
const path = process.env['VIPD_BENCH_CHURN'] ?? '';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const live: { readonly n: number; readonly text: string; readonly list: number[] }[] = [];
let turn = 0;
let on = false;

setInterval(() => {
  if (turn++ % LOOK_EVERY === 0) on = existsSync(path);
  if (!on) return;
  for (let i = 0; i < (live.length < LIVE ? LIVE : RENEWED); i++)
    live[(turn * RENEWED + i) % LIVE] = { n: i, text: `object ${i}`, list: [i, i + 1, i + 2] };
  collect();
}, EVERY_MS).unref();
