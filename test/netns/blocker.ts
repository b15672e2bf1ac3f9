/**
 * Loaded into a daemon under test by NODE_OPTIONS: blocks its JavaScript thread, as a long garbage collection or an endless
 * loop would, for as many milliseconds as the file VIPD_TEST_BLOCK says, as soon as that file is there. Other threads run on.
 */
import { readFileSync, unlinkSync } from 'node:fs';

const LOOK_MS = 20;
const path = process.env['VIPD_TEST_BLOCK'] ?? '';

setInterval(() => {
  let ms = 0;
  try {
    ms = Number(readFileSync(path, 'utf8'));
    unlinkSync(path);
  } catch (e) {
    if (!(e instanceof Error && 'code' in e && e.code === 'ENOENT')) throw e;
  }
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}, LOOK_MS).unref();
