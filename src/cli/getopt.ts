/**
 * getopt_long(3)'s reading of argv, turned into the unambiguous long form that commander reads: combined short options,
 * attached optional arguments, unique abbreviations, and every mistake reported instead of the first. commander alone
 * takes the word after `-t` as its argument and stops at the first unknown option; keepalived does neither.
 */
import type { OptionRow } from './options.table.ts';

export type Canonical = {
  readonly argv: readonly string[]; // '--long' or '--long=value' only
  readonly operands: readonly string[]; // words that belong to no option
  readonly errors: readonly string[]; // in keepalived's words
};

type Building = { argv: string[]; operands: string[]; errors: string[] };

/** Reads `words` (without node and script) by `rows`. */
export function canonical(words: readonly string[], rows: readonly OptionRow[]): Canonical {
  const out: Building = { argv: [], operands: [], errors: [] };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--') {
      out.operands.push(...words.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) i += readLong(word, words[i + 1], rows, out);
    else if (word.startsWith('-') && word.length > 1) i += readShort(word, words[i + 1], rows, out);
    else out.operands.push(word);
  }
  return out;
}

/** How many of the following words were used: 0 or 1. */
function readLong(word: string, next: string | undefined, rows: readonly OptionRow[], out: Building): 0 | 1 {
  const equals = word.indexOf('=');
  const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
  const attached = equals === -1 ? undefined : word.slice(equals + 1);
  const exact = rows.find((row) => row.long === name);
  const candidates = exact === undefined ? rows.filter((row) => row.long.startsWith(name)) : [exact];
  const row = candidates[0];
  if (row === undefined || candidates.length > 1 || name === '') {
    out.errors.push(`Unknown option ${equals === -1 ? word : word.slice(0, equals)}`);
    return 0;
  }
  if (row.arity === 'none' && attached !== undefined) {
    out.errors.push(`Option --${row.long} takes no parameter`);
    return 0;
  }
  return take(row, `--${row.long}`, attached, next, out);
}

function readShort(word: string, next: string | undefined, rows: readonly OptionRow[], out: Building): 0 | 1 {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string;
    const row = rows.find((r) => r.short === letter);
    if (row === undefined) {
      out.errors.push(`Unknown option -${letter}`);
      continue;
    }
    if (row.arity === 'none') {
      out.argv.push(`--${row.long}`);
      continue;
    }
    const rest = word.slice(at + 1);
    return take(row, `-${letter}`, rest === '' ? undefined : rest, next, out);
  }
  return 0;
}

function take(
  row: OptionRow,
  shown: string,
  attached: string | undefined,
  next: string | undefined,
  out: Building,
): 0 | 1 {
  if (row.arity === 'none') {
    out.argv.push(`--${row.long}`);
    return 0;
  }
  // An empty `--opt=` counts as missing.
  if (attached !== undefined && attached !== '') {
    out.argv.push(`--${row.long}=${attached}`);
    return 0;
  }
  if (row.arity === 'optional' && attached === undefined) {
    out.argv.push(`--${row.long}`);
    return 0;
  }
  if (attached === undefined && next !== undefined) {
    out.argv.push(`--${row.long}=${next}`);
    return 1;
  }
  out.errors.push(`Missing parameter for option ${shown}`);
  return 0;
}
