/**
 * Keeps passwords and keys of a file out of what is said about it: which characters of a line are secret by the keyword
 * (or the definition's name) in front of them, and findings without the words that stand there. Works on physical lines
 * and knows no block, so it hides too much rather than too little; a mistyped keyword hides its value too.
 */
import { KEYWORDS } from './keywords.table.ts';
import type { Span } from './source.ts';

const words = [...new Set(KEYWORDS.filter((row) => row.secret === true).map((row) => row.keyword))];

/** What stands in front of a secret that goes on to the end of the line: braces in it may be a mistake. */
const IN_FRONT: readonly RegExp[] = [
  new RegExp(`(?<![^\\s{}"])(?:${words.join('|')})(?=[\\s"'=:]|$)`),
  // Not in the table: a slip of the pen at the start of a statement.
  /(?<=(?:^|[{}]|@\S*[ \t])[ \t]*)(?:auth[_-]?p[A-Za-z_-]*|[A-Za-z_-]*(?:passw|passp|secret)[A-Za-z_-]*)(?=[\s"'=:])/i,
  /\$[A-Za-z0-9_]*(?:pass|pwd|secret|key|auth|psk|token)[A-Za-z0-9_]*(?==)/i,
  /(?:passw(?:or)?d|passphrase|secret|token)(?==)/i,
];
/** Of `key` lines: the id of a key, and files that only hold one. */
const NO_SECRET = /^["']?(?:\d{1,3}|file:.*|\/.*)$/;
const SIGN_BEFORE = /["'=:{}]/;
const SIGN_BEHIND = /["'{}]/;

/** Longer lines are not read as one; looking at their words would take too long. */
const LONGEST = 2_048;
const SUSPICIOUS = /pass|pwd|secret|key|auth|psk|token/i;

/** The same number of UTF-16 units, so that columns stay; '*' for each that is secret. */
export function maskSecrets(line: string): string {
  if (line.length > LONGEST) return SUSPICIOUS.test(line) ? line.replace(/[^\t ]/g, '*') : line;
  let out: string[] | undefined;
  for (const { from, to } of secretsOf(line)) {
    out ??= line.split('');
    out.fill('*', from, to);
  }
  return out === undefined ? line : out.join('');
}

type Range = { readonly from: number; readonly to: number };

/** The secret words of a line, without the signs around them. */
function secretsOf(line: string): readonly Range[] {
  const out: Range[] = [];
  if (line.length > LONGEST) return out;
  for (const front of IN_FRONT) {
    const m = front.exec(line);
    if (m === null) continue;
    const from = m.index + m[0].length;
    for (const word of line.slice(from).matchAll(/\S+/g)) {
      if (m[0] === 'key' && NO_SECRET.test(word[0])) continue;
      let a = 0;
      let b = word[0].length;
      while (a < b && SIGN_BEFORE.test(word[0][a] as string)) a++;
      while (b > a && SIGN_BEHIND.test(word[0][b - 1] as string)) b--;
      if (b > a) out.push({ from: from + word.index + a, to: from + word.index + b });
    }
  }
  return out;
}

/** Lines of one definition that are looked through. */
const MOST_LINES = 50;

/** The words that no message about `at` may show. */
export function secretWordsAt(at: Span): readonly string[] {
  const found = wordsOf(lineAt(at));
  if (at.via === undefined) return found;
  const out = [...found];
  let { start } = at.via.at;
  for (let n = 0; n < MOST_LINES; n++) {
    const text = lineAt({ source: at.via.at.source, start });
    out.push(...wordsOf(text));
    // Used behind a secret keyword, a definition of any name is one.
    if (found.length > 0) out.push(...variants(text.replace(/^[^=]*=/, '')));
    if (!text.endsWith('\\')) break;
    start = at.via.at.source.text.indexOf('\n', start) + 1;
  }
  return out;
}

/** '' for a line that is too long to be read. */
function lineAt({ source, start }: Pick<Span, 'source' | 'start'>): string {
  const from = start - source.position(start).col + 1;
  const piece = source.text.slice(from, from + LONGEST + 1);
  const end = piece.indexOf('\n');
  return end === -1 && piece.length > LONGEST ? '' : piece.slice(0, end === -1 ? undefined : end);
}
const wordsOf = (line: string): readonly string[] =>
  secretsOf(line).flatMap(({ from, to }) => variants(line.slice(from, to)));
/** As written and as read. */
const variants = (text: string): readonly string[] =>
  [text, text.replaceAll('\\', '')].flatMap((t) => t.split(/[\s"]+/)).filter((word) => word.length > 1);

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `text` with '***' in place of the words. */
export function hideWords(text: string, secrets: readonly string[]): string {
  let out = text;
  for (const word of new Set(secrets))
    if (out.includes(word)) out = out.replace(new RegExp(`(?<!\\w)${escaped(word)}(?!\\w)`, 'g'), '***');
  return out;
}
