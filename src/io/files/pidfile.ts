/**
 * Pid files as scripts know them: decimal pid and a line end, locked (OFD) for as long as the daemon lives, removed at exit
 * by their owner only. The lock, not the content, says whether a daemon runs; a file without a holder is taken over.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { native } from '../../native.ts';

export type PidFile = {
  readonly path: string;
  readonly tookOver: boolean; // the file was there, left by a daemon that died
  /** Removes the file if it is still ours, and gives up the lock. Harmless when repeated. */
  release(): void;
};
export type PidFileResult =
  | { readonly ok: true; readonly file: PidFile }
  | { readonly ok: false; readonly reason: 'running'; readonly pid: number } // 0: not known
  | { readonly ok: false; readonly reason: 'error'; readonly code: string; readonly text: string };

/** A file that its owner removes between our open and our lock is opened anew, so often. */
const MAX_TRIES = 8;

const code = (e: unknown): string => {
  if (e instanceof Error && 'code' in e && typeof e.code === 'string') return e.code;
  throw e;
};

/** Creates, locks and writes `path`. `mode` as for open(2). The folder is made (0755) when it is missing. */
export function acquirePidFile(path: string, mode = 0o644): PidFileResult {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    for (let i = 0; i < MAX_TRIES; i++) {
      const result = attempt(path, mode);
      if (result !== undefined) return result;
    }
    return { ok: false, reason: 'error', code: 'EBUSY', text: `${path} keeps being replaced` };
  } catch (e) {
    return { ok: false, reason: 'error', code: code(e), text: `${path}: ${textOf(e)}` };
  }
}

const textOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));

/** undefined: another daemon removed the file meanwhile. */
function attempt(path: string, mode: number): PidFileResult | undefined {
  // NOFOLLOW, NONBLOCK: neither a planted link nor a FIFO may stand in for the file.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const fd = openSync(path, flags, mode);
  let keep = false;
  try {
    if (!fstatSync(fd).isFile())
      return { ok: false, reason: 'error', code: 'EINVAL', text: `${path} is not a regular file` };
    const locked = native().lockFile(fd);
    const written = readPid(fd);
    if (!locked) return { ok: false, reason: 'running', pid: written };
    if (!isSame(path, fd)) return undefined;
    if (written !== process.pid && isOldKeepalived(written))
      return { ok: false, reason: 'running', pid: written };
    ftruncateSync(fd, 0);
    writeSync(fd, `${process.pid}\n`, 0);
    keep = true;
    return { ok: true, file: held(path, fd, written !== 0) };
  } finally {
    if (!keep) closeSync(fd);
  }
}

function held(path: string, fd: number, tookOver: boolean): PidFile {
  let open = true;
  return {
    path,
    tookOver,
    release(): void {
      if (!open) return;
      open = false;
      // Unlink before the lock goes: a newcomer that already waits at this inode sees that it is no longer the path's.
      try {
        if (isSame(path, fd)) unlinkSync(path);
      } catch (e) {
        code(e); // EROFS, EACCES: the file stays, unlocked, and the next daemon takes it over
      } finally {
        closeSync(fd);
      }
    },
  };
}

function isSame(path: string, fd: number): boolean {
  try {
    const here = statSync(path, { bigint: true });
    const ours = fstatSync(fd, { bigint: true });
    return here.ino === ours.ino && here.dev === ours.dev;
  } catch (e) {
    if (code(e) === 'ENOENT') return false;
    throw e;
  }
}

/** The number in the file; 0 when there is none. */
function readPid(fd: number): number {
  const buffer = Buffer.alloc(32);
  const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0)).trim();
  return /^\d{1,10}$/.test(text) ? Number(text) : 0;
}

/** keepalived 2.2 locks nothing: a file that names a live keepalived counts as held, or both would own the addresses. */
function isOldKeepalived(pid: number): boolean {
  if (pid <= 1) return false;
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('keepalived');
  } catch (e) {
    if (code(e) === 'ENOENT' || code(e) === 'ESRCH') return false;
    throw e;
  }
}

export type PidFilesResult =
  | {
      readonly ok: true;
      readonly files: readonly PidFile[];
      readonly unwritable: readonly string[]; // what the system said of each file that cannot be made
      release(): void;
    }
  | Exclude<PidFileResult, { ok: true }>;

/**
 * No place for a pid file is no reason to leave the addresses without a router (keepalived does not start then). Anything
 * else, a link planted there for one, is.
 */
const NO_PLACE = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT']);

/** In order; a lock that is held or a file that is not what it should be gives up all. */
export function acquirePidFiles(paths: readonly string[], mode = 0o644): PidFilesResult {
  const files: PidFile[] = [];
  const unwritable: string[] = [];
  const release = (): void => {
    for (const file of [...files].reverse()) file.release();
  };
  for (const path of paths) {
    const result = acquirePidFile(path, mode);
    if (result.ok) files.push(result.file);
    else if (result.reason === 'error' && NO_PLACE.has(result.code)) unwritable.push(result.text);
    else {
      release();
      return result;
    }
  }
  return { ok: true, files, unwritable, release };
}
