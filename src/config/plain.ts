/**
 * The short way through the reader: lines in which nothing is quoted, escaped, defined, conditional, repeated or included,
 * with at most one brace at the end. Nearly all lines are so, and one pass over their characters finds it out.
 */

/** What a line is; 'special' has to be read by the rules of the whole line language. */
export type Shape = 'special' | 'empty' | 'text' | 'text-open' | 'open' | 'close';

/** The words of a line, as offsets, without blanks at either end and without the brace. */
export type Range = { start: number; end: number };

const [SPECIAL, BRACE] = [1, 2];
const CLASS = new Uint8Array(128);
for (let c = 0; c < 0x20; c++) CLASS[c] = SPECIAL;
for (const c of '"\\#!$@~') CLASS[c.charCodeAt(0)] = SPECIAL;
for (const c of '{}') CLASS[c.charCodeAt(0)] = BRACE;
CLASS[0x09] = 0;
const [TAB, RETURN, SPACE, BANG, HASH, OPEN, SMALL_I] = [0x09, 0x0d, 0x20, 0x21, 0x23, 0x7b, 0x69];

/** Looks at `s` from `from` up to `stop`, the newline; fills `out` for every shape but 'special' and 'empty'. */
export function shapeOf(s: string, from: number, stop: number, out: Range): Shape {
  let a = from;
  let b = stop;
  while (b > a && s.charCodeAt(b - 1) === RETURN) b--;
  while (a < b && isBlank(s.charCodeAt(a))) a++;
  while (b > a && isBlank(s.charCodeAt(b - 1))) b--;
  if (a === b) return 'empty';
  const first = s.charCodeAt(a);
  if (first === HASH || first === BANG) return 'empty';
  // All the include words, and what only begins like them.
  if (first === SMALL_I && s.startsWith('include', a)) return 'special';
  out.start = a;
  out.end = b;
  for (let i = a; i < b; i++) {
    const c = s.charCodeAt(i);
    const what = c < 128 ? CLASS[c] : 0;
    if (what === 0) continue;
    if (what === SPECIAL || i !== b - 1) return 'special';
    if (c !== OPEN) return i === a ? 'close' : 'special';
    if (i === a) return 'open';
    while (isBlank(s.charCodeAt(out.end - 2))) out.end--;
    out.end--;
    return 'text-open';
  }
  return 'text';
}

const isBlank = (c: number): boolean => c === SPACE || c === TAB;
