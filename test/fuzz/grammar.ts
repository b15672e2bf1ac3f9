/** Texts that follow the language: blocks, keywords and arguments from the table, laid out in every way people use. */
import { type KeywordRow, pathOf } from '../../src/config/keyword.ts';
import { KEYWORDS } from '../../src/config/keywords.table.ts';
import type { Random } from './random.ts';

const NAMES = ['VI_1', 'VI_2', 'A', '"a b"', 'x{y', `\${N}`, '$N', '5'] as const;
const ADDRESSES = [
  '192.0.2.1',
  '192.0.2.1/24',
  '10.0.0.1/8 dev eth1 label eth1:a',
  '2001:db8::1/64',
  'fe80::1',
  `10.0.0.\${N}`,
  '1.2.3',
  '192.0.2.9 brd + scope link no_track',
] as const;
const VALUES = [
  'eth0',
  'V1 weight -20',
  'eth1 weight 10 reverse',
  '10.0.0.2',
  '10.0.0.0/8 via 192.0.2.254 dev eth0',
  'from 10.0.0.1 table 5 priority 7',
  'VI_1',
  'a@b.example',
] as const;
const COMMANDS = [
  '"/usr/bin/true"',
  `"/x/s.sh 'a b' c"`,
  '/x/s.sh root root',
  '"/x \\"q\\""',
  '"a # b"',
  "'x y'",
  'killall -0 haproxy',
] as const;

const byBlock = new Map<string, KeywordRow[]>();
for (const row of KEYWORDS) byBlock.set(row.block, [...(byBlock.get(row.block) ?? []), row]);

function argument(row: KeywordRow, r: Random): string {
  if (r.chance(0.04))
    return r.pick(['', ' ', '"', ' "" x', ' -1 99999999999', `\${_RANDOM 1 3}`, ' é', ' a b c d e']);
  switch (row.type) {
    case 'flag':
      return r.chance(0.1) ? ' off' : '';
    case 'bool':
      return ` ${r.pick(['on', 'off', 'true', 'no', 'maybe', ''])}`;
    case 'int':
    case 'weight':
    case 'decimal':
      return ` ${r.pick([String(row.min ?? 1), String(row.max ?? 9), '1', '3', '5x', '0.5', `\${N}`, '-20', '1.5 reverse'])}`;
    case 'choice':
      return ` ${r.pick([...(row.choices ?? []), 'NONE'])}`;
    case 'address':
      return ` ${r.pick(ADDRESSES)}`;
    case 'command':
      return ` ${r.pick(COMMANDS)}`;
    default:
      return ` ${r.pick([...NAMES, ...ADDRESSES, ...VALUES])}`;
  }
}

/** How a block's braces and statements are set. */
type Style = {
  readonly newline: string;
  readonly brace: string;
  readonly between: string;
  readonly indent: string;
};
const STYLES: readonly Style[] = [
  { newline: '\n', brace: ' {\n', between: '\n', indent: '    ' },
  { newline: '\n', brace: '\n{\n', between: '\n', indent: '\t' },
  { newline: '\r\n', brace: ' {\r\n', between: '\r\n', indent: '  ' },
  { newline: '\n', brace: '{', between: '\n', indent: '' },
  { newline: ' ', brace: ' { ', between: ' ', indent: '' },
  { newline: '\n\n\n', brace: ' { # open\n\n', between: '  ! c\n', indent: ' \t ' },
];

function noise(r: Random): string {
  const piece = r.pick([
    '# remark { }\n',
    '\n\n  \n',
    '! "remark\n',
    '   \t\n',
    '$N=7\n',
    '@main ',
    '@^main ',
    '@other $M=\\\n',
    '~SEQ(N,1,3) ',
    '~LST({N,M},{1,2},{3}) ',
    '$M=\\\n  priority 9 \\\n\n',
    '$M=interface eth0 \\\n virtual_router_id 7 # c \\\n\n\n',
    '$M\n',
    `\${M}\n\n\n`,
    'include /inc/a.conf\n',
    'include *.conf\n',
    `${' '.repeat(r.pick([1000, 1010, 1019, 1022, 1023, 1030]))}x\n`,
    `${'y '.repeat(r.pick([500, 509, 511, 512, 700]))}\n`,
    '\\\n',
    'foo \\\n',
    ' \\ \\\n',
    '\0\n',
    '\ufeff',
    '\r',
    ' \r \n',
    '}\n',
    '{\n',
    '"',
  ]);
  return piece;
}

function block(path: string, depth: number, r: Random, noisy: number): string {
  const rows = byBlock.get(path) ?? [];
  const style = r.pick(STYLES);
  let out = '';
  const count = path === '' ? 1 + r.below(4) : r.below(7);
  for (let i = 0; i < count && rows.length > 0; i++) {
    if (r.chance(noisy)) out += noise(r);
    // Instances are what it is about.
    const row =
      path === '' && r.chance(0.6)
        ? (rows.find((x) => x.keyword === r.pick(['vrrp_instance', 'vrrp_script', 'global_defs'])) ??
          r.pick(rows))
        : r.pick(rows);
    out += statement(row, style, depth, r, noisy);
  }
  return out;
}

function statement(row: KeywordRow, style: Style, depth: number, r: Random, noisy: number): string {
  const pad = style.indent.repeat(depth);
  if (row.type !== 'block' && row.type !== 'values')
    return `${pad}${row.keyword}${argument(row, r)}${style.between}`;
  const name = row.args.includes('<') && !r.chance(0.02) ? ` ${r.pick(NAMES)}` : '';
  let body = '';
  if (row.type === 'block') body = block(pathOf(row), depth + 1, r, noisy);
  else
    for (let i = r.below(4); i > 0; i--)
      body += `${pad}${style.indent}${r.pick([...ADDRESSES, ...VALUES])}${style.between}`;
  if (row.keyword === 'vrrp_instance' && r.chance(0.8))
    body = `interface eth0${style.between}\nvirtual_router_id ${1 + r.below(255)}\n${body}`;
  return `${pad}${row.keyword}${name}${style.brace}${body}${pad}}${style.newline}`;
}

/** A configuration; `noisy`: how often something odd stands between two statements, 0..1. */
export function grammarText(r: Random, noisy: number): string {
  return block('', 0, r, noisy);
}

/** Words, braces and line ends in no order. */
export function soup(r: Random): string {
  let out = '';
  for (let i = r.below(60); i > 0; i--) {
    const kind = r.below(10);
    if (kind < 4) out += r.pick(KEYWORDS).keyword;
    else if (kind < 6) out += r.pick([...NAMES, ...ADDRESSES, ...VALUES, ...COMMANDS]);
    else if (kind < 7) out += noise(r);
    else if (kind < 8)
      out += String.fromCharCode(r.pick([9, 11, 12, 13, 32, 34, 35, 36, 39, 92, 123, 125, 127, 133, 0xfeff]));
    else if (kind < 9) out += String.fromCharCode(r.below(r.pick([128, 256, 65536])));
    out += r.pick([' ', ' ', '\n', '\n', '', ' {\n', '\n}\n', '{', '}']);
  }
  return out;
}
