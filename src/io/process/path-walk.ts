/**
 * Walks an absolute path as the kernel would and keeps every component that it passed through: the directories,
 * the symbolic links themselves and the directories that the links lead through. Whoever can change any of them
 * decides what is executed, so all of them are judged (security.ts). Knows no users and no rules.
 */
import { lstatSync, readlinkSync } from 'node:fs';

export type FileKind = 'file' | 'directory' | 'link' | 'other';
export type FileStat = {
  readonly kind: FileKind;
  readonly mode: number; // permission bits, 0..0o7777
  readonly uid: number;
  readonly gid: number;
};

/** The two questions asked of the file system; each throws Node's ErrnoException. */
export interface FileView {
  lstat(path: string): FileStat;
  readlink(path: string): string;
}

export const KERNEL_FILES: FileView = {
  lstat(path: string): FileStat {
    const s = lstatSync(path);
    const kind: FileKind = s.isSymbolicLink()
      ? 'link'
      : s.isDirectory()
        ? 'directory'
        : s.isFile()
          ? 'file'
          : 'other';
    return { kind, mode: s.mode & 0o7777, uid: s.uid, gid: s.gid };
  },
  readlink: (path: string): string => readlinkSync(path),
};

export type Component = { readonly path: string; readonly stat: FileStat };
export type Walk =
  | {
      readonly ok: true;
      readonly path: string; // no link left in it
      readonly named: string; // same, but its last name as it was written: differs when that is a link
      readonly stat: FileStat;
      readonly trail: readonly Component[]; // from '/' on, in the order of the walk, the file itself last
    }
  | { readonly ok: false; readonly code: string; readonly at: string };

/** As many links as Linux follows (path_resolution(7)). */
const MAX_LINKS = 40;

const split = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');
const join = (folder: string, name: string): string => (folder === '/' ? `/${name}` : `${folder}/${name}`);
const parent = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

/** The code of an ErrnoException; anything else is a bug and thrown on. */
export function errnoCode(e: unknown): string {
  if (e instanceof Error && 'code' in e && typeof e.code === 'string') return e.code;
  throw e;
}

/** `path` must be absolute. Error codes: ENOENT, ENOTDIR, EACCES, ELOOP and whatever lstat says. */
export function walkPath(files: FileView, path: string): Walk {
  const pending = split(path).reverse();
  const own = pending.length; // names of `path` itself; those of link targets are not counted
  let left = own;
  let fromLinks = 0;
  let links = 0;
  let at = '/';
  let named = '/';
  let here = '/';
  try {
    let stat = files.lstat('/');
    const trail: Component[] = [{ path: '/', stat }];
    for (;;) {
      const name = pending.pop();
      if (name === undefined) return { ok: true, path: at, named, stat, trail };
      if (stat.kind !== 'directory') return { ok: false, code: 'ENOTDIR', at };
      const isOwn = fromLinks === 0;
      if (isOwn) left--;
      else fromLinks--;
      here = name === '..' ? parent(at) : join(at, name);
      if (isOwn && left === 0) named = here;
      const found = files.lstat(here);
      trail.push({ path: here, stat: found });
      if (found.kind !== 'link') {
        at = here;
        stat = found;
        continue;
      }
      if (++links > MAX_LINKS) return { ok: false, code: 'ELOOP', at: here };
      const target = files.readlink(here);
      const names = split(target);
      pending.push(...names.reverse());
      fromLinks += names.length;
      if (target.startsWith('/')) {
        at = '/';
        stat = files.lstat('/');
      }
    }
  } catch (e) {
    return { ok: false, code: errnoCode(e), at: here };
  }
}
