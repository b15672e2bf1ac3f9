/** Damage done to a text, as editors, merges and cats on keyboards do it. */
import { KEYWORDS } from '../../src/config/keywords.table.ts';
import type { Random } from './random.ts';

/** Texts stay within this many characters: the time for a million of them is the limit. */
export const MAX_LENGTH = 3_000;

const SNIPPETS = [
  '{',
  '}',
  '"',
  "'",
  '#',
  '!',
  '\\',
  ' \\\n',
  '$',
  `\${`,
  '@main ',
  '@^x ',
  '$A=',
  '$A=x$A\n',
  '$A=\\\n',
  '$A',
  '~SEQ(A,1,9) ',
  '~SEQx(A,0xff) ',
  '~LST(A,b,c) ',
  'include ',
  'include /inc/a.conf\n',
  'includea nothing\n',
  '\n',
  '\n\n\n',
  '\r',
  '\r\n',
  '\0',
  '\t',
  '\ufeff',
  '\u00e9',
  '\ud800',
  '/24',
  '256',
  '-1',
  '1e9',
  '::',
  `\${_ENV HOME}`,
  `\${_HASH}`,
  `\${_BANG}`,
  `\${_PWD}`,
] as const;

type Mutation = (text: string, r: Random, other: string) => string;

const lines = (change: (all: string[], r: Random, other: string) => void): Mutation => {
  return (text, r, other) => {
    const all = text.split('\n');
    change(all, r, other);
    return all.join('\n');
  };
};
const cut = (text: string, r: Random): readonly [number, number] => {
  const a = r.below(text.length + 1);
  return [a, Math.min(text.length, a + r.below(r.pick([2, 8, 40, 200])))];
};

const MUTATIONS: readonly Mutation[] = [
  lines((all, r) => void all.splice(r.below(all.length), 1 + r.below(3))),
  lines((all, r) => void all.splice(r.below(all.length), 0, all[r.below(all.length)] ?? '')),
  lines((all, r) => void all.splice(r.below(all.length), 0, '')),
  lines((all, r) => {
    const i = r.below(all.length);
    const j = r.below(all.length);
    [all[i], all[j]] = [all[j] ?? '', all[i] ?? ''];
  }),
  lines((all, r, other) => {
    const from = other.split('\n');
    const i = r.below(from.length);
    all.splice(r.below(all.length), 0, ...from.slice(i, i + 1 + r.below(6)));
  }),
  lines((all, r) => {
    const i = r.below(all.length);
    all[i] = `${r.pick(['@main ', '@^main ', '~SEQ(N,1,2) ', '$N=', '# ', '\t', '   '])}${all[i] ?? ''}`;
  }),
  lines((all, r) => {
    const i = r.below(all.length);
    all[i] =
      `${all[i] ?? ''}${r.pick([' \\', '\\', '\r', ' ', '\t \r', ' # c', ' ! c \\', ' {', ' }', ' $N', '"'])}`;
  }),
  lines((all, r) => {
    const i = r.below(all.length);
    const line = all[i] ?? '';
    all[i] = line.padStart(r.pick([1018, 1021, 1022, 1023, 1024, 2046, 2047]), r.pick([' ', 'x', 'é']));
  }),
  (text, r) => {
    const i = text.indexOf('\n', r.below(text.length + 1));
    return i < 0 ? text : `${text.slice(0, i)}${r.pick(['', ' '])}${text.slice(i + 1)}`;
  },
  (text, r) => {
    const [a, b] = cut(text, r);
    return text.slice(0, a) + text.slice(b);
  },
  (text, r) => {
    const [a, b] = cut(text, r);
    return text.slice(0, b) + text.slice(a);
  },
  (text, r) => {
    const at = r.below(text.length + 1);
    return text.slice(0, at) + r.pick(SNIPPETS) + text.slice(at);
  },
  (text, r) => {
    const at = r.below(text.length + 1);
    return (
      text.slice(0, at) + String.fromCharCode(r.below(r.pick([32, 128, 256, 65536]))) + text.slice(at + 1)
    );
  },
  (text, r) => {
    const words = [...text.matchAll(/[A-Za-z0-9_./:-]+/g)];
    if (words.length === 0) return text;
    const w = r.pick(words);
    const to = r.pick([
      r.pick(KEYWORDS).keyword,
      '0',
      '256',
      '-5',
      '99999999999',
      'MASTER',
      '::1',
      '10.0.0.300',
    ]);
    return text.slice(0, w.index) + to + text.slice(w.index + w[0].length);
  },
  (text, r) => text.replaceAll('\n', r.pick(['\r\n', '\n', '\n\n', ' \n', '\n\t'])),
  (text, r) => text.slice(0, r.below(text.length + 1)),
  (text) => text.replaceAll('{\n', '{ ').replaceAll('\n}', ' }'),
];

/** `text` after one to six changes; `other`: a text to borrow lines from. */
export function mutate(text: string, other: string, r: Random): string {
  let out = text;
  for (let i = 1 + r.below(6); i > 0; i--) out = r.pick(MUTATIONS)(out, r, other).slice(0, MAX_LENGTH);
  return out;
}
