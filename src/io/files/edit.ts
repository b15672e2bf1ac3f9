/** Reads and replaces files that people edit: whole, as bytes, through links to the file itself, keeping mode and owner. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { writeAtomically } from './atomic.ts';

export type EditResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly text: string };

/** No configuration is longer. */
const MAX_BYTES = 16 << 20;

const textOf = (e: unknown): string => {
  if (e instanceof Error && 'code' in e && typeof e.code === 'string') return e.message;
  throw e;
};

/** The bytes of a regular file. */
export function readForEdit(path: string): EditResult<Buffer> {
  let fd: number;
  try {
    // NONBLOCK: a FIFO would hold open(2) until somebody writes.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (e) {
    return { ok: false, text: textOf(e) };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { ok: false, text: `${path} is not a regular file` };
    if (stat.size > MAX_BYTES) return { ok: false, text: `${path} has more than ${MAX_BYTES >> 20} MiB` };
    return { ok: true, value: readFileSync(fd) };
  } catch (e) {
    return { ok: false, text: textOf(e) };
  } finally {
    closeSync(fd);
  }
}

/** Standard input to its end. */
export function readInput(): EditResult<Buffer> {
  try {
    return { ok: true, value: readFileSync(0) };
  } catch (e) {
    return { ok: false, text: `standard input: ${textOf(e)}` };
  }
}

/**
 * Puts `after` in place of `before`: readers see one or the other. Refused when the file has other contents by now, or
 * other names (a rename would leave those with the old text).
 */
export function replaceFile(path: string, before: Buffer, after: Buffer): EditResult<undefined> {
  try {
    const real = realpathSync(path);
    const stat = statSync(real);
    if (stat.nlink > 1) return { ok: false, text: `${path} has ${stat.nlink} hard links; write it by hand` };
    const now = readForEdit(real);
    if (!now.ok) return now;
    if (!now.value.equals(before)) return { ok: false, text: `${path} was changed meanwhile; run it again` };
    writeAtomically(real, after, {
      mode: stat.mode & 0o7777,
      owner: { uid: stat.uid, gid: stat.gid },
      sync: true,
    });
    return { ok: true, value: undefined };
  } catch (e) {
    return { ok: false, text: textOf(e) };
  }
}
