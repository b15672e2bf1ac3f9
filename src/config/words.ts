/**
 * Words of a line. Two splittings exist: the ordinary one, and the one for command lines (`script`, `notify_*` …)
 * that is done in two stages, because keepalived quotes the command string once for the file and once for argv.
 */
import type { Source, Span, Via } from './source.ts';
import type { Text } from './text.ts';

export type Word = { readonly text: string; readonly at: Span };
export type Split = {
  readonly words: readonly Word[];
  /** The place of a `"` without partner; the word that began there is lost. */
  readonly unmatchedQuote: Span | undefined;
};

const BLANK = /[ \t\f\n\r\v]/;

/** A word of a literal line is its own span, which spares an object for each word of the file. */
class LiteralWord implements Word, Span {
  readonly text: string;
  readonly source: Source;
  readonly start: number;
  readonly end: number;

  constructor(text: string, source: Source, start: number, end: number) {
    this.text = text;
    this.source = source;
    this.start = start;
    this.end = end;
  }

  get at(): Span {
    return this;
  }

  get via(): Via | undefined {
    return undefined;
  }
}

/** The word at `a` up to `b` of the line, counted from its first character; `text` without quotes. */
export function wordOf(line: Text, text: string, a: number, b: number): Word {
  if (!line.isLiteral) return { text, at: line.span(a, b) };
  return new LiteralWord(text, line.source, line.start + a, line.start + b);
}

/** What isspace(3) takes for one, but for the newline that no line holds. */
const isSpace = (c: number): boolean => c === 0x20 || (c >= 0x09 && c <= 0x0d);
const QUOTE = 0x22;

/** Ordinary words: a word that begins with `"` runs to the next one; elsewhere a `"` ends the word before it. */
export function splitWords(line: Text): Split {
  return splitFrom(line, 0);
}

/** The ordinary words from the index `from` on. */
export function splitFrom(line: Text, from: number): Split {
  const words: Word[] = [];
  // A literal line is read where it stands in its file: no copy of it is made.
  const base = line.isLiteral ? line.start : 0;
  const s = line.isLiteral ? line.source.text : line.text;
  const stop = base + line.length;
  let i = base + from;
  while (i < stop) {
    const c = s.charCodeAt(i);
    if (isSpace(c)) {
      i++;
      continue;
    }
    if (c === QUOTE) {
      const end = indexBefore(s, QUOTE, i + 1, stop);
      if (end === -1) return { words, unmatchedQuote: line.span(i - base, stop - base) };
      words.push(wordOf(line, s.slice(i + 1, end), i - base, end + 1 - base));
      i = end + 1;
      continue;
    }
    const start = i;
    i = wordEnd(s, i, stop);
    words.push(wordOf(line, s.slice(start, i), start - base, i - base));
  }
  return { words, unmatchedQuote: undefined };
}

/** Where the first word of a literal line ends, when the line begins with one that is not quoted; else 0. */
export function firstWordEnd(line: Text): number {
  return wordEnd(line.source.text, line.start, line.end) - line.start;
}

/** Index behind the first ordinary word of any line. */
export function behindFirst(line: Text): number {
  const s = line.text;
  let i = 0;
  while (i < s.length && isSpace(s.charCodeAt(i))) i++;
  if (s.charCodeAt(i) !== QUOTE) return wordEnd(s, i, s.length);
  const end = indexBefore(s, QUOTE, i + 1, s.length);
  return end === -1 ? s.length : end + 1;
}

function wordEnd(s: string, from: number, stop: number): number {
  let i = from;
  for (; i < stop; i++) {
    const c = s.charCodeAt(i);
    if (c === QUOTE || isSpace(c)) break;
  }
  return i;
}

function indexBefore(s: string, code: number, from: number, stop: number): number {
  for (let i = from; i < stop; i++) if (s.charCodeAt(i) === code) return i;
  return -1;
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
    words.push(wordOf(line, word, start, i));
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
