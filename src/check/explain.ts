/** `vipd explain WORD`: a diagnostic code, a keyword with the blocks that know it, or a line directive. */
import { CODES, type DiagnosticCode } from '../config/codes.ts';
import type { KeepalivedClass } from '../config/diagnostic.ts';
import { DIRECTIVES, type DirectiveRow } from '../config/directives.table.ts';
import { ENTRIES, type EntryRow } from '../config/entries.table.ts';
import { type KeywordRow, pathOf } from '../config/keyword.ts';
import { KEYWORDS } from '../config/keywords.table.ts';
import { configTestStatus } from '../config/load.ts';
import { nearest } from '../config/suggest.ts';
import { wrap } from './wrap.ts';

export type Explanation =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly suggestion?: string };

const WIDTH = 80;

/** 'KA0401', 'ka401', 'priority', 'vrrp_instance/priority', '~SEQ'. The text ends with a newline. */
export function explain(word: string): Explanation {
  const code = codeOf(word);
  if (code !== undefined) return { ok: true, text: explainCode(code) };
  const articles = [
    ...keywordArticles(KEYWORDS.filter((r) => named(word, r.block, r.keyword))),
    ...entryArticles(ENTRIES.filter((r) => r.keyword !== '<entry>' && named(word, r.block, r.keyword))),
    ...DIRECTIVES.filter((r) => r.keyword === word || r.names?.includes(word) === true).map(directiveArticle),
  ];
  if (articles.length > 0) return { ok: true, text: articles.join('\n') };
  const suggestion = nearest(word, explainable()) ?? nearest(word.toUpperCase(), Object.keys(CODES));
  return { ok: false, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** Every word that `explain` knows, codes first; for completion. */
export function explainable(): readonly string[] {
  const words = [
    ...Object.keys(CODES),
    ...DIRECTIVES.map((r) => r.keyword),
    ...KEYWORDS.map((r) => r.keyword),
    ...ENTRIES.map((r) => r.keyword).filter((k) => k !== '<entry>'),
  ];
  return [...new Set(words)];
}

const named = (word: string, block: string, keyword: string): boolean =>
  word === keyword || word === (block === '' ? keyword : `${block}/${keyword}`);

function codeOf(word: string): DiagnosticCode | undefined {
  const digits = /^ka0*(\d{1,4})$/i.exec(word)?.[1];
  const code = `KA${(digits ?? '').padStart(4, '0')}`;
  return digits !== undefined && Object.hasOwn(CODES, code) ? (code as DiagnosticCode) : undefined;
}

/** What keepalived's configuration test makes of a class. */
export function testStatusText(c: KeepalivedClass): string {
  const status = configTestStatus({
    diagnostics: [
      // Only the class counts here.
      { keepalivedClass: c } as Parameters<typeof configTestStatus>[0]['diagnostics'][number],
    ],
  });
  return c === 'none'
    ? 'says nothing about it'
    : `ends with status ${status} for it${c.startsWith('exit') ? ', at once' : ` (${c.replaceAll('-', ' ')})`}`;
}

function explainCode(code: DiagnosticCode): string {
  const row = CODES[code];
  const out = [`${code}: ${row.title} (${row.severity})`, ''];
  if (row.text !== undefined) out.push(...wrap(row.text, WIDTH), '');
  if (row.example !== undefined)
    out.push(
      'Example:',
      '',
      ...row.example
        .trimEnd()
        .split('\n')
        .map((l) => `    ${l}`.trimEnd()),
      '',
    );
  out.push(...wrap(`keepalived's configuration test (-t) ${testStatusText(row.class)}.`, WIDTH));
  return `${out.join('\n')}\n`;
}

const places = (blocks: readonly string[]): string =>
  blocks.map((b) => (b === '' ? 'the top level' : b)).join(', ');

/** `name  value` lines with the values under each other. */
function fields(list: readonly (readonly [string, string | undefined])[]): string[] {
  return list.flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : wrap(value, WIDTH, `  ${`${name}:`.padEnd(16)}`, ' '.repeat(18)),
  );
}

/** Rows that say the same are one article with several blocks. */
function grouped<T extends { readonly block: string }>(
  rows: readonly T[],
): readonly (readonly [T, string[]])[] {
  const found = new Map<string, readonly [T, string[]]>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row, block: '' });
    const known = found.get(key);
    if (known === undefined) found.set(key, [row, [row.block]]);
    else known[1].push(row.block);
  }
  return [...found.values()];
}

export const missingText = (row: KeywordRow): string | undefined =>
  row.args === '(none)' || row.type === 'block' || row.type === 'values' || row.missing === 'ok'
    ? undefined
    : row.missing === 'exit'
      ? 'keepalived stops with status 2'
      : 'reported, and the line is ignored';

export const repeatText = (row: KeywordRow): string | undefined => {
  if (row.type === 'flag') return undefined;
  if (row.repeat === 'first') return 'the first counts, with an error';
  if (row.repeat === 'replace') return 'the last counts, with an error';
  if (row.repeat === 'list') return 'all count';
  return row.type === 'block' ? undefined : 'the last counts';
};

const INACTIVE = 'recognised, and not carried out by this vipd yet';

function keywordArticles(rows: readonly KeywordRow[]): readonly string[] {
  return grouped(rows).map(([row, blocks]) => {
    const args = row.args === '(none)' ? '' : ` ${row.args}`;
    const inside =
      row.type === 'block' ? KEYWORDS.filter((r) => r.block === pathOf(row)).map((r) => r.keyword) : [];
    const entry = row.type === 'values' ? ENTRIES.filter((e) => e.block === pathOf(row)) : [];
    return [
      `${row.keyword}${args}`,
      ...wrap(`${row.summary}.`, WIDTH, '  '),
      ...fields([
        ['in', places(blocks)],
        ['default', row.default],
        ['range', row.range],
        ['unit', row.unit],
        ['one of', row.choices?.join(', ')],
        ['no argument', missingText(row)],
        ['given twice', repeatText(row)],
        ['since', row.since === undefined ? undefined : `keepalived ${row.since}`],
        ['see also', row.aliases],
        ['note', row.note],
        [
          'lines',
          entry
            .filter((e) => e.keyword === '<entry>')
            .map((e) => e.args)
            .join(' | '),
        ],
        [
          'options',
          entry
            .filter((e) => e.keyword !== '<entry>')
            .map((e) => e.args)
            .join(', '),
        ],
        ['holds', inside.join(', ')],
        ['vipd', row.inactive === true ? INACTIVE : undefined],
      ]),
      '',
    ].join('\n');
  });
}

function entryArticles(rows: readonly EntryRow[]): readonly string[] {
  return grouped(rows).map(([row, blocks]) =>
    [
      row.args,
      ...wrap(`${row.summary}.`, WIDTH, '  '),
      ...fields([
        ['on lines of', places(blocks)],
        ['since', row.since === undefined ? undefined : `keepalived ${row.since}`],
        ['see also', row.aliases],
        ['note', row.note],
        ['vipd', row.inactive === true ? INACTIVE : undefined],
      ]),
      '',
    ].join('\n'),
  );
}

function directiveArticle(row: DirectiveRow): string {
  return [
    row.args,
    ...wrap(row.summary, WIDTH, '  '),
    ...fields([
      ['in', 'any file, before keywords are looked at'],
      ['default', row.default],
      ['range', row.range],
      ['mistakes', row.mistakes],
      ['note', row.note],
    ]),
    '',
  ].join('\n');
}
