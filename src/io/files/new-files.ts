/** Puts files down that were not there before. */
import { existsSync, mkdirSync } from 'node:fs';
import { posix } from 'node:path';
import { writeAtomically } from './atomic.ts';

/**
 * Writes all files into `folder` (made when missing), or none when one of them exists and `force` is not set. What stands
 * in the way, else undefined.
 */
export function writeNew(
  folder: string,
  files: readonly { readonly name: string; readonly text: string }[],
  force: boolean,
): string | undefined {
  const paths = files.map((f) => posix.join(folder, f.name));
  const there = force ? [] : paths.filter((p) => existsSync(p));
  if (there.length > 0)
    return `${there.join(' and ')} exist${there.length === 1 ? 's' : ''}; give --force or another --output`;
  try {
    mkdirSync(folder, { recursive: true });
    for (const [i, f] of files.entries()) writeAtomically(paths[i] as string, f.text, { mode: 0o644 });
    return undefined;
  } catch (e) {
    if (e instanceof Error && 'code' in e && typeof e.code === 'string') return e.message;
    throw e;
  }
}
