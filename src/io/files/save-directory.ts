/**
 * 'config_save_dir': what the daemon held before and after each reload, for finding out later what a reload changed. Files
 * `TIME-before.data`, `TIME-after.json` … of mode 0600; the oldest go, so that the folder does not grow for ever.
 */
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Log } from '../../ports/system.ts';
import { writeAtomicallyLater } from './atomic.ts';

/** Of the last ten reloads: before and after, data and configuration. */
const MOST_FILES = 40;
const OURS = /^\d{8}T\d{6}\.\d{3}Z-(?:before|after)\.(?:data|json)$/;

export type Saved = { readonly data: string; readonly json: string };

/** Never rejects: a debugging aid may not stop a reload. */
export async function saveState(
  folder: string,
  when: 'before' | 'after',
  saved: Saved,
  wallMs: number,
  log: Log,
): Promise<void> {
  const stamp = new Date(wallMs).toISOString().replaceAll(/[-:]/g, '');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const kind of ['data', 'json'] as const)
      await writeAtomicallyLater(posix.join(folder, `${stamp}-${when}.${kind}`), saved[kind], 0o600);
    const names = await readdir(folder);
    const ours = names.filter((name) => OURS.test(name)).sort();
    for (const name of ours.slice(0, -MOST_FILES)) await unlink(posix.join(folder, name));
  } catch (e) {
    if (!(e instanceof Error && 'code' in e)) throw e;
    log.log('warning', `cannot save the state in config_save_dir ${folder}: ${e.message}`);
  }
}
