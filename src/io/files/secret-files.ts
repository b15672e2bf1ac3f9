/** Key files: octets, and whether somebody beside the owner may read them. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

export type SecretResult =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly exposed: boolean }
  /** ENOENT, EACCES, …; EINVAL: no regular file; EFBIG: longer than any key. */
  | { readonly ok: false; readonly code: string };

/** The longest key as digits has 132 octets; the rest is room for line ends. */
const MAX_BYTES = 4096;

const codeOf = (e: unknown): string => {
  if (e instanceof Error && 'code' in e && typeof e.code === 'string') return e.code;
  throw e;
};

export function readSecret(path: string): SecretResult {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (e) {
    return { ok: false, code: codeOf(e) };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { ok: false, code: 'EINVAL' };
    if (stat.size > MAX_BYTES) return { ok: false, code: 'EFBIG' };
    return { ok: true, bytes: readFileSync(fd), exposed: (stat.mode & 0o044) !== 0 };
  } catch (e) {
    return { ok: false, code: codeOf(e) };
  } finally {
    closeSync(fd);
  }
}
