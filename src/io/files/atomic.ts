/** Whole files at once: readers see the old text or the new one, never half, whatever kills the writer. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';

export type AtomicOptions = {
  readonly mode?: number; // default 0600
  /** Of the file that is replaced: it and `mode` are then set exactly, whatever the umask. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly sync?: boolean; // fsync before the rename, for files that must survive a power cut
};

/** EXCL and NOFOLLOW: in /tmp somebody may have put a link there. */
const MAKE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Writes `path` through a neighbour and rename(2). Throws what the system says, leaving no neighbour behind. */
export function writeAtomically(path: string, data: string | Uint8Array, options: AtomicOptions = {}): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const beside = `${path}.${process.pid}.new`;
  const make = (): number => openSync(beside, MAKE, options.mode ?? 0o600);
  let fd: number;
  try {
    fd = make();
  } catch (e) {
    if (!(e instanceof Error && 'code' in e && e.code === 'EEXIST')) throw e;
    unlinkSync(beside); // left by a process of our number that died
    fd = make();
  }
  try {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      if (options.owner !== undefined) {
        fchownSync(fd, options.owner.uid, options.owner.gid);
        // After the owner: a change of owner takes the set-id bits away.
        fchmodSync(fd, options.mode ?? 0o600);
      }
      if (options.sync === true) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
  } catch (e) {
    unlinkSync(beside);
    throw e;
  }
}

/** The same for a new file that is nobody's yet, on another thread. Rejects with what the system says. */
export async function writeAtomicallyLater(path: string, data: string, mode: number): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  const make = () => open(beside, MAKE, mode);
  let file: FileHandle;
  try {
    file = await make();
  } catch (e) {
    if (!(e instanceof Error && 'code' in e && e.code === 'EEXIST')) throw e;
    await unlink(beside);
    file = await make();
  }
  try {
    try {
      await file.writeFile(data);
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (e) {
    await unlink(beside);
    throw e;
  }
}
