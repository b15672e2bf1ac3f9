/** The files of SIGUSR1, SIGUSR2 and signal 36: keepalived's names and places, mode 0600 unless the umask says otherwise. */
import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { writeAtomicallyLater } from './atomic.ts';

/** $TMPDIR when it is an absolute path of an existing directory, else /tmp. */
export function temporaryFolder(tmpdir: string | undefined): string {
  if (tmpdir === undefined || !posix.isAbsolute(tmpdir)) return '/tmp';
  return statSync(tmpdir, { throwIfNoEntry: false })?.isDirectory() === true ? tmpdir : '/tmp';
}

/** keepalived's default file creation mask. */
export const DEFAULT_UMASK = 0o177;

export type DumpName = {
  readonly name: string; // 'keepalived.data'
  /** 'state_dump_file' and its like: a path, a name for the temporary folder, or a folder with '/' behind it. */
  readonly template?: string | undefined;
  /** Goes before the extension: '_parent', '.NAMESPACE_INSTANCE'. */
  readonly part?: string;
};

/** Where a dump goes. */
export function dumpPath({ name, template = '', part = '' }: DumpName, tmpdir: string | undefined): string {
  const { dir, base } = template.endsWith('/') ? { dir: template, base: '' } : posix.parse(template);
  const folder = posix.isAbsolute(dir) ? dir : temporaryFolder(tmpdir);
  const { name: stem, ext } = posix.parse(base === '' ? name : base);
  return posix.join(folder, `${stem}${part}${ext}`);
}

/** Rejects with what the system says. */
export const writeDump = (path: string, text: string, umask: number): Promise<void> =>
  writeAtomicallyLater(path, text, 0o666 & ~umask);
