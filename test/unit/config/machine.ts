/** Load environments for tests: a map of files, or a folder of the disk. No accounts, no clock, a fixed "random". */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { LoadEnvironment } from '../../../src/config/environment.ts';
import { expandBraces } from '../../../src/config/paths.ts';

const base = {
  env: { PWD: '/etc/keepalived' },
  configId: 'main',
  hostName: 'vm',
  random: (min: number) => min,
} as const;

/** A machine whose only files are these; patterns know `*` and braces. */
export function memoryMachine(
  files: Readonly<Record<string, string>>,
  more: Partial<LoadEnvironment> = {},
): LoadEnvironment {
  return {
    ...base,
    readFile: (path) => {
      const text = files[path];
      return text === undefined ? { ok: false, code: 'ENOENT', detail: '' } : { ok: true, text };
    },
    glob: (pattern, cwd) => {
      const found = expandBraces(pattern.startsWith('/') ? pattern : `${cwd}/${pattern}`).flatMap((p) => {
        const expression = new RegExp(`^${p.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`);
        return Object.keys(files)
          .filter((f) => expression.test(f))
          .sort();
      });
      return found;
    },
    ...more,
  };
}

/** The disk, as keepalived sees it: no files with an execute bit. */
export function diskMachine(more: Partial<LoadEnvironment> = {}): LoadEnvironment {
  return {
    ...base,
    readFile: (path) => {
      if (!existsSync(path)) return { ok: false, code: 'ENOENT', detail: '' };
      const s = statSync(path);
      if (!s.isFile() || (s.mode & 0o111) !== 0) return { ok: false, code: 'EXEC', detail: '' };
      return { ok: true, text: readFileSync(path, 'utf8') };
    },
    glob: (pattern, cwd) => {
      const out = expandBraces(pattern).flatMap((p) => [...globOf(isAbsolute(p) ? p : join(cwd, p))].sort());
      return out;
    },
    ...more,
  };
}

/** Wildcards in the last component only; hidden files need the dot written. */
function globOf(pattern: string): readonly string[] {
  if (!/[*?[]/.test(pattern)) return existsSync(pattern) ? [pattern] : [];
  const folder = dirname(pattern);
  const last = basename(pattern)
    .replace(/[.+^$()|\\{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${last}$`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((f) => expression.test(f) && (pattern.includes('/.') || !f.startsWith('.')))
    .map((f) => join(folder, f));
}

/** Whether a path can be executed by root. */
export function scriptState(path: string): 'executable' | 'not-executable' | 'missing' {
  if (!existsSync(path)) return 'missing';
  try {
    accessSync(path, constants.X_OK);
    return 'executable';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return 'not-executable';
  }
}
