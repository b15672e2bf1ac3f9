/**
 * Words of a line. Two splittings exist: the ordinary one, and the one for command lines (`script`, `notify_*` …)
 * that is done in two stages, because keepalived quotes the command string once for the file and once for argv.
 */
import type { Span } from './source.ts';
import type { Text } from './text.ts';

export type Word = { readonly text: string; readonly at: Span };
export type Split = {
  readonly words: readonly Word[];
  /** The place of a `"` without partner; the word that began there is lost. */
  readonly unmatchedQuote: Span | undefined;
};

const BLANK = /[ \t\f\n\r\v]/;

/** Ordinary words: a word that begins with `"` runs to the next one; elsewhere a `"` ends the word before it. */
export function splitWords(line: Text): Split {
  const s = line.text;
  const words: Word[] = [];
  let i = 0;
  while (i < s.length) {
    if (BLANK.test(s[i] as string)) {
      i++;
      continue;
    }
    if (s[i] === '"') {
      const end = s.indexOf('"', i + 1);
      if (end === -1) return { words, unmatchedQuote: line.span(i, s.length) };
      words.push({ text: s.slice(i + 1, end), at: line.span(i, end + 1) });
      i = end + 1;
      continue;
    }
    const start = i;
    while (i < s.length && s[i] !== '"' && !BLANK.test(s[i] as string)) i++;
    words.push({ text: s.slice(start, i), at: line.span(start, i) });
  }
  return { words, unmatchedQuote: undefined };
}

/** Stage A: both kinds of quotes, anywhere in a word; `\X` keeps both characters and shields X. */
export function splitCommandLine(line: Text): Split {
  const s = line.text;
  const words: Word[] = [];
  let i = 0;
  while (i < s.length) {
    if (BLANK.test(s[i] as string)) {
      i++;
      continue;
    }
    const start = i;
    let word = '';
    let quote = '';
    for (; i < s.length; i++) {
      const c = s[i] as string;
      if (c === '\\' && i + 1 < s.length) word += c + s[++i];
      else if (quote !== '') {
        if (c === quote) quote = '';
        else word += c;
      } else if (c === '"' || c === "'") quote = c;
      else if (BLANK.test(c)) break;
      else word += c;
    }
    if (quote !== '') return { words, unmatchedQuote: line.span(start, i) };
    words.push({ text: word, at: line.span(start, i) });
  }
  return { words, unmatchedQuote: undefined };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** One `\…` of stage B at `i` (the backslash): what it stands for and the index behind it. */
function unescapeAt(s: string, i: number): readonly [string, number] {
  const rest = s.slice(i + 1, i + 5);
  const octal = /^[0-7]{1,3}/.exec(rest);
  if (octal !== null)
    return [String.fromCharCode(Number.parseInt(octal[0], 8) & 0xff), i + 1 + octal[0].length];
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
  if (hex !== null)
    return [String.fromCharCode(Number.parseInt(hex[1] as string, 16)), i + 1 + hex[0].length];
  const control = /^c([\x21-\x7e])/.exec(rest);
  if (control !== null) return [String.fromCharCode((control[1] as string).charCodeAt(0) & 0x1f), i + 3];
  const c = rest[0] as string;
  return [ESCAPES[c] ?? c, i + 2];
}

/** Stage B: the command string to argv, with escapes. An open quote at the end is closed silently. */
export function splitArgv(command: string): readonly string[] {
  const out: string[] = [];
  let i = 0;
  while (i < command.length) {
    if (BLANK.test(command[i] as string)) {
      i++;
      continue;
    }
    let word = '';
    let quote = '';
    while (i < command.length) {
      const c = command[i] as string;
      if (c === '\\' && i + 1 < command.length) {
        const [text, next] = unescapeAt(command, i);
        word += text;
        i = next;
        continue;
      }
      if (quote !== '') {
        if (c === quote) quote = '';
        else word += c;
      } else if (c === '"' || c === "'") quote = c;
      else if (BLANK.test(c)) break;
      else word += c;
      i++;
    }
    out.push(word);
  }
  return out;
}
