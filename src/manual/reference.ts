/** What the manual, the page and the man page say about keywords and codes, read from the tables in their order. */

import type { CodeRow } from '../config/codes/row.ts';
import { CODES } from '../config/codes.ts';
import { ENTRIES, type EntryRow } from '../config/entries.table.ts';
import { type KeywordRow, pathOf } from '../config/keyword.ts';
import { KEYWORDS } from '../config/keywords.table.ts';

export type BlockReference = {
  readonly path: string; // '' = the top level
  readonly opener: KeywordRow | undefined; // the row that opens it
  readonly keywords: readonly KeywordRow[];
  readonly form: string | undefined; // of one line, for blocks of values
  readonly options: readonly EntryRow[];
};

/** Every block with its keywords or lines: the top level, then in the order of the table. */
export function blocks(): readonly BlockReference[] {
  const openers = new Map(
    KEYWORDS.filter((r) => r.type === 'block' || r.type === 'values').map((r) => [pathOf(r), r] as const),
  );
  return ['', ...openers.keys()].map((path) => ({
    path,
    opener: openers.get(path),
    keywords: KEYWORDS.filter((r) => r.block === path),
    form: ENTRIES.find((e) => e.block === path && e.keyword === '<entry>')?.args,
    options: ENTRIES.filter((e) => e.block === path && e.keyword !== '<entry>'),
  }));
}

const SECTIONS: Readonly<Record<string, string>> = {
  '01': 'Lines of a file',
  '02': 'Definitions and loops',
  '03': 'Files and includes',
  '04': 'Blocks and braces',
  '05': 'Arguments and global_defs',
  '06': 'vrrp_instance',
  '07': 'Addresses',
  '08': 'Tracking',
  '09': 'vrrp_sync_group',
  '10': 'Scripts',
  '11': 'virtual_server',
  '20': 'Stricter than keepalived: words and addresses',
  '21': 'Stricter than keepalived: instances and unicast',
  '22': 'Stricter than keepalived: scripts',
  '25': 'The machine',
  '30': 'Two nodes together',
};

export type CodeSection = { readonly title: string; readonly codes: readonly (readonly [string, CodeRow])[] };

/** The codes in rising order, under the heading of their first two digits. */
export function codeSections(): readonly CodeSection[] {
  const sorted = Object.entries<CodeRow>(CODES).sort(([a], [b]) => (a < b ? -1 : 1));
  const keys = [...new Set(sorted.map(([code]) => code.slice(2, 4)))];
  return keys.map((key) => ({
    title: SECTIONS[key] ?? `KA${key}00 to KA${key}99`,
    codes: sorted.filter(([code]) => code.slice(2, 4) === key),
  }));
}
