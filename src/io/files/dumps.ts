/** The files of SIGUSR1, SIGUSR2 and signal 36: keepalived's names and places, mode 0600 unless the umask says otherwise. */
import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { writeAtomically } from './atomic.ts';

export type DumpFile =
  | 'keepalived.data'
  | 'keepalived_bfd.data'
  | 'keepalived.stats'
  | 'keepalived.json'
  | 'keepalived.log';

/** $TMPDIR when it is an absolute path of an existing directory, else /tmp. */
export function temporaryFolder(tmpdir: string | undefined): string {
  if (tmpdir === undefined || !posix.isAbsolute(tmpdir)) return '/tmp';
  return statSync(tmpdir, { throwIfNoEntry: false })?.isDirectory() === true ? tmpdir : '/tmp';
}

/** keepalived's default file creation mask. */
export const DEFAULT_UMASK = 0o177;

/** Writes the dump and returns its path; throws what the system says. */
export function writeDump(
  file: DumpFile,
  text: string,
  tmpdir: string | undefined,
  umask: number = DEFAULT_UMASK,
): string {
  const path = posix.join(temporaryFolder(tmpdir), file);
  writeAtomically(path, text, { mode: 0o666 & ~umask });
  return path;
}
