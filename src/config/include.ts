/** The six `include` words, what each of them insists on, and the checks of `include_check`. */
import type { Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import { expandBraces, hasWildcard, resolvePath } from './paths.ts';
import { Source } from './source.ts';
import type { Text } from './text.ts';

/** Each flag makes one kind of problem fatal (exit status 6). */
export type IncludeChecks = {
  readonly read: boolean; // a match that can't be used
  readonly match: boolean; // a plain name that does not exist
  readonly wildcard: boolean; // a wildcard without match
  readonly brace: boolean; // one alternative of {a,b} without match
};

export const NO_CHECKS: IncludeChecks = { read: false, match: false, wildcard: false, brace: false };
export const ALL_CHECKS: IncludeChecks = { read: true, match: true, wildcard: true, brace: true };

const BY_WORD: Readonly<Record<string, IncludeChecks>> = {
  include: NO_CHECKS,
  includer: { ...NO_CHECKS, read: true },
  includem: { ...NO_CHECKS, read: true, match: true },
  includew: { ...NO_CHECKS, read: true, match: true, wildcard: true },
  includeb: { ...NO_CHECKS, read: true, brace: true },
  includea: ALL_CHECKS,
};

export type IncludeLine = { readonly word: string; readonly pattern: Text; readonly checks: IncludeChecks };

/** The pattern is the whole rest of the line: blanks belong to it, quotes are ordinary characters. */
export function includeLine(line: Text): IncludeLine | undefined {
  const m = /^(include[rmwba]?)[ \t]+(?=\S)/.exec(line.text);
  const checks = m === null ? undefined : BY_WORD[m[1] as string];
  if (m === null || checks === undefined) return undefined;
  return { word: m[1] as string, pattern: line.slice(m[0].length), checks };
}

const either = (a: IncludeChecks, b: IncludeChecks): IncludeChecks => ({
  read: a.read || b.read,
  match: a.match || b.match,
  wildcard: a.wildcard || b.wildcard,
  brace: a.brace || b.brace,
});

/** The words of `include_check`; unknown ones come back in `unknown`. No word at all: every check. */
export function includeCheckWords(
  current: IncludeChecks,
  words: readonly string[],
): { readonly checks: IncludeChecks; readonly unknown: readonly string[] } {
  if (words.length === 0) return { checks: ALL_CHECKS, unknown: [] };
  const unknown: string[] = [];
  const next = { ...current };
  for (const [i, word] of words.entries()) {
    const sign = /^[+-]/.test(word) ? word[0] : '';
    if (i === 0 && sign === '') Object.assign(next, NO_CHECKS, { read: true });
    const on = sign !== '-';
    const name = sign === '' ? word : word.slice(1);
    if (name === 'read') next.read = on;
    else if (name === 'match') next.match = on;
    else if (name === 'wildcard_match') next.wildcard = on;
    else if (name === 'brace_match') next.brace = on;
    else unknown.push(word);
  }
  return { checks: next, unknown };
}

const FATAL = { fatal: 6, keepalivedClass: 'exit-6', severity: 'error' } as const;

/** The sources a pattern stands for, in reading order. Problems are reported here. */
export function openIncluded(
  include: IncludeLine,
  inForce: IncludeChecks,
  directory: string,
  environment: LoadEnvironment,
  reporter: Reporter,
): readonly Source[] {
  const checks = either(include.checks, inForce);
  const pattern = include.pattern.text;
  const at = include.pattern.span();
  const matches = environment.glob(pattern, directory);
  const wild = hasWildcard(pattern);
  const missing = expandBraces(pattern).filter(
    (alternative) => environment.glob(alternative, directory).length === 0,
  );
  const partly = matches.length > 0 && missing.length > 0 && checks.brace;
  if (matches.length === 0 || partly) {
    const fatal = partly || (wild ? checks.wildcard : checks.match);
    reporter.report('KA0301', at, `Config files missing '${partly ? missing.join(' ') : pattern}'`, {
      ...(fatal ? FATAL : {}),
      effect: fatal
        ? `${include.word} insists on a match: keepalived stops with status 6`
        : 'keepalived only logs it and goes on',
      fix: `create the file, or correct the pattern (it is relative to ${directory})`,
    });
  }
  const out: Source[] = [];
  for (const path of matches) {
    const file = resolvePath(directory, path);
    const read = environment.readFile(file);
    if (read.ok) {
      out.push(new Source(file, read.text, include.pattern.span()));
      continue;
    }
    const why =
      read.code === 'EXEC'
        ? 'is not a regular file without execute permission'
        : `cannot be read (${read.code})`;
    reporter.report(
      'KA0302',
      at,
      `included file '${file}' ${why}${read.detail === '' ? '' : `: ${read.detail}`}`,
      {
        ...(checks.read ? FATAL : {}),
        effect: checks.read ? 'keepalived stops with status 6' : 'keepalived skips the file',
        ...(read.code === 'EXEC' ? { fix: `chmod a-x '${file}'` } : {}),
      },
    );
  }
  return out;
}
