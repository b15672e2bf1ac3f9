/** A line of a file as a terminal shows it, with a caret below: tabs, wide and hostile characters, very long lines. */
import { maskSecrets } from './secrets.ts';
import type { Span } from './source.ts';

/** Columns of a line that are shown; more are cut at both ends of what is pointed at. */
const COLUMNS = 120;
const BEFORE = 60;

/**
 * Control characters would let a file repaint the reader's terminal, and characters without width or with a direction
 * would show other text than the file holds; each becomes one U+FFFD. Tabs stay.
 */
export const visible = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is being removed
    /[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    '\ufffd',
  );

/** First and last code point of what terminals draw two columns wide (Unicode's W and F, in blocks). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

/** Columns of one character that is not a tab. */
function columns(character: string): number {
  if (/^\p{M}$/u.test(character)) return 0;
  const point = character.codePointAt(0) ?? 0;
  return point >= 0x1100 && WIDE.some(([from, to]) => point >= from && point <= to) ? 2 : 1;
}

const width = (text: string): number => [...text].reduce((n, c) => n + columns(c), 0);

/** Characters of a line that are looked at before and behind a place: a line of megabytes is not gone through for each. */
const REACH = 2048;

/** The two lines, or none where the source line is empty. Passwords and keys are masked. */
export function excerpt(at: Span): readonly string[] {
  const { text } = at.source;
  const lineStart = at.start - at.source.position(at.start).col + 1;
  const start = Math.max(lineStart, at.start - REACH);
  const newline = text.slice(at.start, at.start + REACH).indexOf('\n');
  const end = newline === -1 ? Math.min(text.length, at.start + REACH) : at.start + newline;
  const whole = visible(maskSecrets(text.slice(start, end).replace(/\r+$/, '')));
  if (whole === '') return [];
  const index = at.start - start;
  const from = whole.length <= COLUMNS || index < BEFORE ? 0 : index + 1 - BEFORE;
  const to = Math.min(whole.length, from + COLUMNS);
  const left = from > 0 || start > lineStart ? '…' : '';
  const right = to < whole.length ? '…' : '';
  const before = left + whole.slice(from, index);
  const marked = whole.slice(index, Math.min(to, index + Math.max(1, at.end - at.start)));
  const pad = [...before].map((c) => (c === '\t' ? c : ' '.repeat(columns(c)))).join('');
  return [
    `    ${left}${whole.slice(from, to)}${right}`,
    `    ${pad}${'^'.repeat(Math.max(1, width(marked)))}`,
  ];
}
