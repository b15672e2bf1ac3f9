/** The shape of a keyword's row, and look-ups in the table. */
import { KEYWORDS } from './keywords.table.ts';

/** How the arguments are read. 'flag' ignores them; 'block' holds keywords, 'values' holds lines of data. */
export type ArgumentType =
  | 'flag'
  | 'bool'
  | 'int'
  | 'weight' // <INT> [reverse]
  | 'decimal'
  | 'word'
  | 'words'
  | 'choice'
  | 'address'
  | 'command'
  | 'block'
  | 'values';

export type KeywordRow = {
  readonly block: string; // path: '' at top level, 'vrrp_instance/authentication'
  readonly keyword: string;
  readonly type: ArgumentType;
  readonly args: string; // the manual's notation
  readonly unit?: string;
  readonly default?: string;
  readonly range?: string; // for people; `min` and `max` are for the program, in the written unit
  readonly min?: number;
  readonly max?: number;
  readonly scale?: number; // decimals kept
  readonly choices?: readonly string[];
  readonly anyCase?: true; // choices match in any case
  readonly missing: 'exit' | 'error' | 'ok'; // a bare keyword: keepalived leaves with status 2, reports, accepts
  readonly fallback?: number; // value after a bad argument; without it the earlier one stays
  readonly zero?: number; // what 0 becomes, with an error
  readonly clamp?: true; // beyond min or max: the nearest of them, with an error
  readonly single?: true; // more than one word: an error, and the line is ignored
  readonly lenient?: true; // at run time keepalived takes the number in front of trailing junk
  readonly repeat?: 'first' | 'replace' | 'list'; // given twice: first wins with an error, last wins with an error, all count
  readonly summary: string;
  readonly since?: string; // first keepalived release that knows it in this block
  readonly aliases?: string; // other spellings; 'use X' = deprecated
  readonly note?: string; // what surprises people
  readonly secret?: true; // what is written behind it must not be printed
  readonly inactive?: true; // understood, and not carried out by vipd yet
};

const byBlock = new Map<string, Map<string, KeywordRow>>();
for (const row of KEYWORDS) {
  const block = byBlock.get(row.block) ?? new Map<string, KeywordRow>();
  block.set(row.keyword, row);
  byBlock.set(row.block, block);
}

// Line after line asks for the same block.
let lastBlock = '';
let lastRows = byBlock.get('');

export function findKeyword(block: string, keyword: string): KeywordRow | undefined {
  if (block !== lastBlock) {
    lastBlock = block;
    lastRows = byBlock.get(block);
  }
  return lastRows?.get(keyword);
}

export const keywordsOf = (block: string): readonly string[] => [...(byBlock.get(block)?.keys() ?? [])];

/** The blocks in which a keyword is known, in table order. */
export const blocksOf = (keyword: string): readonly string[] =>
  [...byBlock].filter(([, rows]) => rows.has(keyword)).map(([block]) => block);

const paths = new Map<KeywordRow, string>(
  KEYWORDS.map((row) => [row, row.block === '' ? row.keyword : `${row.block}/${row.keyword}`]),
);

/** 'vrrp_instance' + 'authentication' -> 'vrrp_instance/authentication'. */
export const pathOf = (row: KeywordRow): string => paths.get(row) as string;
