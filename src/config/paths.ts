/** The little of node:path that pure code needs: POSIX names only. */

export function dirname(path: string): string {
  const i = path.lastIndexOf('/');
  return i < 0 ? '.' : i === 0 ? '/' : path.slice(0, i);
}

/** `path` seen from `directory`; `.` and `..` are left to the file system. */
export function resolvePath(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  return directory === '/' ? `/${path}` : `${directory}/${path}`;
}

export const hasWildcard = (pattern: string): boolean => /[*?[]/.test(pattern);

const MAX_ALTERNATIVES = 256;

/** The alternatives of a pattern with `{a,b}`; the pattern itself when it has none. At most 256. */
export function expandBraces(pattern: string): readonly string[] {
  const open = pattern.indexOf('{');
  if (open < 0) return [pattern];
  const parts: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let i = open; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '{') depth++;
    else if (c === ',' && depth === 1) {
      parts.push(pattern.slice(start, i));
      start = i + 1;
    } else if (c === '}' && --depth === 0) {
      parts.push(pattern.slice(start, i));
      const out: string[] = [];
      for (const part of parts) {
        // Before the call, not after: otherwise `{a,b}{a,b}…` would take exponential time to be cut off.
        if (out.length >= MAX_ALTERNATIVES) break;
        out.push(...expandBraces(pattern.slice(0, open) + part + pattern.slice(i + 1)));
      }
      return out.slice(0, MAX_ALTERNATIVES);
    }
  }
  return [pattern];
}
