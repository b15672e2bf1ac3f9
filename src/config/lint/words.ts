/** Slips of the pen that are the same in every block: ';', '=', undefined definitions, merge markers, foreign keywords. */
import { nearest } from '../suggest.ts';
import type { Statement } from '../tree.ts';
import type { Word } from '../words.ts';
import { foreignKeyword } from './dialects.table.ts';
import { type Lint, spanKey } from './input.ts';

const MARKER = /^(?:<{7}|>{7}|={7}|\|{7})$/;
/** A letter must follow: `$1` and `$$` are nobody's definition. */
const REFERENCE = /\$(?:\{([A-Za-z_]\w*)[^{}]*\}|([A-Za-z_]\w*))/;

export function checkWords(l: Lint): void {
  const endless = new Set(l.diagnostics.filter((d) => d.code === 'KA0203').map((d) => spanKey(d.at)));
  for (const s of l.statements) statementWords(l, s, endless, 0);
  unknownKeywords(l);
}

/** The nesting of the language is four deep; more is nothing that was written on purpose. */
const MAX_DEPTH = 16;

function statementWords(l: Lint, s: Statement, endless: ReadonlySet<string>, depth: number): void {
  if (s.row.type === 'command') {
    for (const word of s.args) if (definition(l, word, endless)) return;
    const last = s.args.at(-1);
    if (last !== undefined && s.args.length === 1) semicolon(l, last);
  } else if (s.args.length > 0) argumentWords(l, s, endless);
  for (const entry of s.entries)
    for (const word of entry.words) if (!definition(l, word, endless)) semicolon(l, word);
  if (depth < MAX_DEPTH) for (const inner of s.body) statementWords(l, inner, endless, depth + 1);
}

/** Keywords whose value is free text, where any character may be meant. */
const FREE = new Set([
  'auth_pass',
  'router_id',
  'key',
  'digest',
  'regex',
  'notification_email_from',
  'password',
]);

function argumentWords(l: Lint, s: Statement, endless: ReadonlySet<string>): void {
  const [first] = s.args;
  const last = s.args.at(-1);
  if (first?.text === '=') {
    const value = s.args.slice(1).map((w) => w.text);
    for (const word of s.args) replace(l, word); // the surplus word is the value that was meant
    l.reporter.report('KA2005', first.at, `'=' between '${s.keyword.text}' and its value`, {
      effect: "keepalived takes '=' for the value",
      fix: `write '${[s.keyword.text, ...value].join(' ')}'`,
    });
    return;
  }
  const free = FREE.has(s.keyword.text);
  for (const word of s.args) if (!free && definition(l, word, endless)) return;
  if (last !== undefined && !free) semicolon(l, last);
}

function replace(l: Lint, word: Word): void {
  l.replaced.add(spanKey(word.at));
}

function semicolon(l: Lint, word: Word): void {
  if (!word.text.endsWith(';') || word.text.startsWith('#')) return;
  const quoted = word.at.end - word.at.start > word.text.length;
  if (quoted) return;
  replace(l, word);
  const meant = word.text.replace(/;+$/, '');
  l.reporter.report('KA2001', word.at, `';' at the end of the line: the value is '${word.text}'`, {
    effect: "keepalived takes the ';' for a part of the value",
    fix: meant === '' ? "remove the ';'" : `write '${meant}'`,
  });
}

/** True when a definition that does not exist was meant. `endless`: those that exist and never end. */
function definition(l: Lint, word: Word, endless: ReadonlySet<string>): boolean {
  if (!word.text.includes('$') || endless.has(spanKey(word.at))) return false;
  const m = REFERENCE.exec(word.text);
  if (m === null) return false;
  const name = m[1] ?? m[2] ?? '';
  replace(l, word);
  l.reporter.report('KA2004', word.at, `$${name} is not defined: the value is '${word.text}'`, {
    effect: 'keepalived uses the text as it stands',
    fix: name.startsWith('_')
      ? `'${m[0]}' is no built-in definition here; the names are _PWD, _INSTANCE, _ENV, _RANDOM, _HASH, _BANG`
      : `define it above: $${name}=VALUE`,
  });
  return true;
}

/** Better words for what the loader calls an unknown keyword, malformed address and so on. */
function unknownKeywords(l: Lint): void {
  let marker: string | undefined;
  for (const d of l.diagnostics) {
    if (d.code !== 'KA0401' && d.code !== 'KA0701' && d.code !== 'KA0624') continue;
    const word = d.at.source.text.slice(d.at.start, d.at.end);
    if (d.at.start === 0 && word.startsWith('\ufeff')) {
      l.replaced.add(spanKey(d.at));
      l.reporter.report('KA2002', d.at, 'the file begins with a byte order mark', {
        effect: `keepalived reads '${word.slice(1)}' as an unknown keyword and loses its block`,
        fix: 'save the file without a byte order mark (UTF-8 without BOM)',
      });
    } else if (MARKER.test(word)) {
      l.replaced.add(spanKey(d.at));
      if (marker === d.at.source.file && !word.startsWith('<')) continue;
      marker = d.at.source.file;
      l.reporter.report('KA2003', d.at, `conflict marker '${word}' of a merge`, {
        effect: 'keepalived reads what both sides wrote',
        fix: 'keep one side and remove the marker lines',
      });
    } else if (d.code === 'KA0401') foreign(l, word, d.message, spanKey(d.at), d.at);
  }
}

function foreign(l: Lint, word: string, message: string, key: string, at: Word['at']): void {
  const found = foreignKeyword(word);
  if (found === undefined || nearest(word, [found.instead ?? '']) !== undefined) return;
  l.replaced.add(key);
  l.reporter.report('KA2006', at, `${message}: it is ${found.from}`, {
    effect: 'keepalived ignores it',
    fix: found.instead === undefined ? 'remove it; keepalived has nothing like it' : `use '${found.instead}'`,
  });
}
