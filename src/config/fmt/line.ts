/**
 * One physical line as a formatter must see it: what of it the reader will see, whether it may be moved, and where its
 * braces are. Knows nothing of the lines around it. Everything uncertain is said to be uncertain.
 */
import { stripComment } from '../comment.ts';
import { includeLine } from '../include.ts';
import { loopHead } from '../loops.ts';
import { Source } from '../source.ts';
import { Text } from '../text.ts';

/** What `raw` (a line that fits the reader's buffer, without its line end) is made of. */
export type LineFacts = {
  /** After both comment passes: what a child of keepalived's reads. */
  readonly code: string;
  /** After one pass: what keepalived's parent reads. '' for blank lines and comments. */
  readonly parentCode: string;
  /** Inside a definition its next line follows. */
  readonly goesOn: boolean;
  /** A backslash ends the line in one view or another: the next line may belong to a definition. */
  readonly continues: boolean;
  /** Using it may leave the reader inside a multi-line definition that some other file or line began. */
  readonly mayBegin: boolean;
  readonly unpairedQuote: boolean;
};

const BACKSLASH_ENDS = /\\[ \t]*$/;
/** A reference that ends the line is the only place where a multi-line definition can be used. */
const REFERENCE_ENDS = /\$(?:\{[^}]*\}|[A-Za-z_][A-Za-z0-9_]*)$/;
const CONDITION = /^@\^?[^ \t]*[ \t]*/;
const DEFINITION = /^\$[A-Za-z_][A-Za-z0-9_]*=[ \t]*/;

export const isDefinition = (code: string): boolean => DEFINITION.test(code.replace(CONDITION, ''));

/** The word a conditional line begins with ('@lb1'); '' for every other line. */
export const conditionOf = (code: string): string => /^@\^?[^ \t]*/.exec(code)?.[0] ?? '';

export function factsOf(raw: string): LineFacts {
  const first = stripComment(textOf(raw));
  const second = stripComment(first.text);
  const code = second.text.text;
  const parentCode = first.text.text;
  const bare = code.replace(CONDITION, '');
  return {
    code,
    parentCode,
    goesOn: code.endsWith('\\') || first.continuedRemark || second.continuedRemark,
    continues: [raw, parentCode, code].some((s) => BACKSLASH_ENDS.test(s)),
    mayBegin:
      REFERENCE_ENDS.test(code) ||
      bare.startsWith('~') ||
      /^include[a-z]?[ \t]/.test(bare) ||
      (bare.startsWith('$') && code !== bare),
    unpairedQuote: first.unterminatedQuote || second.unterminatedQuote,
  };
}

const textOf = (s: string): Text => Text.literal(new Source('', s), 0, s.length);

/** Behind the condition and the heads of loops. */
function statementOf(code: string): string {
  let rest = code.replace(CONDITION, '');
  for (let head = loopHead(rest); head !== undefined && head.close >= 0; head = loopHead(rest))
    rest = rest.slice(head.close + 1).replace(/^[ \t]+/, '');
  return rest;
}

/** The closing braces that a line begins with. */
export function leadingCloses(code: string): number {
  return /^(?:\}[ \t]*)*/.exec(statementOf(code))?.[0].replace(/[ \t]+/g, '').length ?? 0;
}

/** The braces of a line that become logical lines, in order, as keepalived's reader splits them. */
export function bracesOf(code: string): string {
  const rest = statementOf(code);
  if (DEFINITION.test(rest) || includeLine(textOf(rest)) !== undefined) return '';
  let out = '';
  let quoted = false;
  for (const c of rest.replace(/\$\{[A-Za-z_][^{}]*\}/g, '')) {
    if (c === '"') quoted = !quoted;
    else if (!quoted && (c === '{' || c === '}')) out += c;
  }
  return out;
}

/** What may not come to stand at the start of a line, because it means something there and only there. */
const SPECIAL_AT_START = /^(?:[@$~]|include[a-z]?(?:[ \t]|$))/;

/**
 * The lines that `content` (no blanks at its ends) becomes with one statement a line, a comment staying on the last;
 * undefined when it is fine as it is, or when taking it apart could change what is read.
 */
export function statementsOf(content: string): readonly string[] | undefined {
  // Substitution and escapes come before braces are looked for: what such a line will be is not known here.
  if (/[\\$\r]/.test(content) || SPECIAL_AT_START.test(content)) return undefined;
  const out: string[] = [];
  let start = 0;
  let quoted = false;
  let end = content.length;
  const flush = (to: number, more: string): void => {
    const piece = content.slice(start, to).replace(/^[ \t]+|[ \t]+$/g, '');
    if (piece !== '' || more !== '')
      out.push(piece === '' || more === '' ? piece + more : `${piece} ${more}`);
  };
  for (let i = 0; i < content.length; i++) {
    const c = content[i];
    if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (c === '#' || c === '!') {
      end = i;
      break;
    } else if (c === '{') {
      flush(i, '{');
      start = i + 1;
    } else if (c === '}') {
      flush(i, '');
      out.push('}');
      start = i + 1;
    }
  }
  flush(end, '');
  if (quoted || out.length < 2 || out.some((s) => SPECIAL_AT_START.test(s))) return undefined;
  const comment = /[ \t]*$/.exec(content.slice(0, end))?.[0] + content.slice(end);
  return [...out.slice(0, -1), out[out.length - 1] + comment];
}
