/**
 * The files of the configuration loader: reads what may be read and expands globs as glob(3) with GLOB_BRACE does. The
 * loader itself opens nothing; it gets these two functions.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import picomatch from 'picomatch';

export type ReadResult =
  | { readonly ok: true; readonly text: string }
  /** ENOENT, EACCES, …; EISDIR; EXEC: an executable file; EINVAL: FIFO, device or socket; EFBIG. */
  | { readonly ok: false; readonly code: string };

export type ConfigFiles = {
  readonly readFile: (path: string) => ReadResult;
  /** Existing paths in the order of strcmp(3); [] when nothing matches. */
  readonly glob: (pattern: string) => readonly string[];
};

/** A configuration is text that people wrote; a file beyond this is a mistake, and reading it would stall the daemon. */
const MAX_BYTES = 16 << 20;
/** Directory entries looked at for one pattern. */
const MAX_ENTRIES = 100_000;

const codeOf = (e: unknown): string => {
  if (e instanceof Error && 'code' in e && typeof e.code === 'string') return e.code;
  throw e;
};

/** `folder` resolves relative paths: the working folder, or that of the including file. */
export function configFiles(folder: string): ConfigFiles {
  return {
    readFile: (path) => readConfigFile(posix.resolve(folder, path)),
    glob: (pattern) => globPaths(folder, pattern),
  };
}

/** KEEPALIVED: an executable file is refused, so that `include *` does not read scripts; root's `x` bits count. */
export function readConfigFile(path: string): ReadResult {
  let fd: number;
  try {
    // NONBLOCK: a FIFO would hold open(2) until somebody writes.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (e) {
    return { ok: false, code: codeOf(e) };
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) return { ok: false, code: 'EISDIR' };
    if (!stat.isFile()) return { ok: false, code: 'EINVAL' };
    if ((stat.mode & 0o111) !== 0) return { ok: false, code: 'EXEC' };
    if (stat.size > MAX_BYTES) return { ok: false, code: 'EFBIG' };
    return { ok: true, text: readFileSync(fd, 'utf8') };
  } catch (e) {
    return { ok: false, code: codeOf(e) };
  } finally {
    closeSync(fd);
  }
}

/** Path parts that hold no pattern are not looked up in their folder: that folder may be searchable but not readable. */
const MAGIC = /[*?[\]\\]/;

/** glob(3): braces first, each alternative sorted by itself; a leading dot is matched only by a dot; no `**`. */
export function globPaths(folder: string, pattern: string): readonly string[] {
  const out: string[] = [];
  const budget = { left: MAX_ENTRIES };
  for (const one of expandBraces(pattern)) {
    const absolute = one.startsWith('/');
    const parts = one.split('/').filter((part) => part !== '');
    const found = walk(absolute ? '/' : '', parts, absolute ? '/' : folder, budget);
    out.push(...found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  }
  return out;
}

/** `shown` is the path as the pattern spells it, so messages name what the user wrote. */
function walk(shown: string, parts: readonly string[], folder: string, budget: { left: number }): string[] {
  const part = parts[0];
  if (part === undefined) return [];
  const names = MAGIC.test(part) ? matching(folder, part, budget) : [part];
  const out: string[] = [];
  for (const name of names) {
    const path = posix.join(folder, name);
    const text = shown === '' || shown === '/' ? `${shown}${name}` : `${shown}/${name}`;
    const stat = statOf(path);
    if (stat === undefined) continue;
    if (parts.length === 1) out.push(text);
    else if (stat.isDirectory()) out.push(...walk(text, parts.slice(1), path, budget));
  }
  return out;
}

function statOf(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (e) {
    codeOf(e); // EACCES, ELOOP, ENOTDIR: glob(3) without an error function goes on
    return undefined;
  }
}

function matching(folder: string, part: string, budget: { left: number }): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (e) {
    codeOf(e);
    return [];
  }
  budget.left -= names.length;
  if (budget.left < 0) return [];
  const matches = picomatch(part, {
    dot: part.startsWith('.'),
    noextglob: true,
    noglobstar: true,
    nobrace: true,
    nonegate: true,
    posix: true, // '[!a]' and '[[:digit:]]'
  });
  return names.filter((name) => matches(name));
}

/** Alternatives of one pattern: enough for any list people write, and an end to `{a,b}{a,b}{a,b}…`. */
const MAX_ALTERNATIVES = 1_024;

/** GLOB_BRACE: 'a{b,c{d,e}}' -> ab, acd, ace; '{}' and unpaired braces stay as they are. At most 1,024 of them. */
export function expandBraces(pattern: string): readonly string[] {
  const out: string[] = [];
  expandInto(pattern, out);
  return out;
}

/** Depth first: every call adds at least one result, so the bound on results bounds the work. */
function expandInto(pattern: string, out: string[]): void {
  if (out.length >= MAX_ALTERNATIVES) return;
  const open = findOpen(pattern);
  if (open === undefined) {
    out.push(pattern);
    return;
  }
  const head = pattern.slice(0, open.start);
  const tail = pattern.slice(open.end + 1);
  for (const alternative of open.alternatives) expandInto(head + alternative + tail, out);
}

type Braces = { readonly start: number; readonly end: number; readonly alternatives: readonly string[] };

/** The first paired brace with something in it. */
function findOpen(pattern: string): Braces | undefined {
  for (let start = 0; start < pattern.length; start++) {
    if (pattern[start] === '\\') start++;
    else if (pattern[start] === '{' && pattern[start + 1] !== '}') {
      const found = readBraces(pattern, start);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function readBraces(pattern: string, start: number): Braces | undefined {
  const alternatives: string[] = [];
  let from = start + 1;
  let depth = 0;
  for (let i = start + 1; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') i++;
    else if (c === '{') depth++;
    else if (c === '}' && depth > 0) depth--;
    else if ((c === ',' || c === '}') && depth === 0) {
      alternatives.push(pattern.slice(from, i));
      from = i + 1;
      if (c === '}') return { start, end: i, alternatives };
    }
  }
  return undefined;
}
