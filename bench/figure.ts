/**
 * What a benchmark found, as plain values, and how it is judged: each row has one value a run for vipd and for what it is
 * measured against, and perhaps a bar that vipd's median must keep below. Pure; read by the table, the page and the figures.
 */
import type { Curve } from './curves.ts';
import { median } from './median.ts';

/** 'ratio': vipd's median divided by the other's. 'value': vipd's median, in the row's unit. */
export type Bar = { readonly kind: 'ratio' | 'value'; readonly most: number };

export type Row = {
  readonly title: string;
  readonly unit: string; // 'ms', 's', '%', 'MB', '' for a count
  /** What the ratio divides by; 'keepalived' unless said. */
  readonly against?: string;
  /** One value a run; none: there is nothing to compare with. */
  readonly base: readonly number[];
  /** One value a run; none: it was never seen, which misses any bar. */
  readonly vipd: readonly number[];
  readonly bar?: Bar;
  /** Measuring stopped here: a value that large means "at least". In the row's unit. */
  readonly limit?: number;
};

export type Figure = {
  readonly title: string;
  /** One to three sentences: what was done, and between which instants. */
  readonly about: string;
  readonly rows: readonly Row[];
  /** What went wrong without spoiling the rest, in sentences. */
  readonly problems: readonly string[];
  /** How values went over the time of the first run. */
  readonly course?: { readonly unit: string; readonly curves: readonly Curve[] };
};

export type Verdict = 'reached' | 'missed' | 'none';
export type Judged = {
  readonly base: number | undefined; // medians
  readonly vipd: number | undefined;
  /** undefined: one of the two is missing, or the base is 0. */
  readonly ratio: number | undefined;
  readonly verdict: Verdict; // 'none': the row has no bar
};

export function judge(row: Row): Judged {
  const [base, vipd] = [row.base, row.vipd].map((v) => (v.length > 0 ? median(v) : undefined));
  const ratio = base !== undefined && base > 0 && vipd !== undefined ? vipd / base : undefined;
  return { base, vipd, ratio, verdict: verdictOf(row, base, vipd, ratio) };
}

function verdictOf(
  { bar }: Row,
  base: number | undefined,
  vipd: number | undefined,
  ratio: number | undefined,
): Verdict {
  if (bar === undefined) return 'none';
  if (vipd === undefined) return 'missed';
  if (bar.kind === 'value') return vipd <= bar.most ? 'reached' : 'missed';
  // Nothing to divide by: only nothing is at most a part of it.
  if (ratio === undefined) return base === 0 && vipd <= 0 ? 'reached' : 'missed';
  return ratio <= bar.most ? 'reached' : 'missed';
}

/** Where the bar of a row lies on an axis of ratios; undefined where it has none, or no base to divide by. */
export function barAsRatio(row: Row): number | undefined {
  if (row.bar === undefined) return undefined;
  if (row.bar.kind === 'ratio') return row.bar.most;
  const { base } = judge(row);
  return base !== undefined && base > 0 ? row.bar.most / base : undefined;
}

/** Three digits that count: '0.0123', '1.23', '123', '12,345'. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= 3) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.min(4, Math.max(0, 2 - size)));
}

/** '12.3 ms', '> 30 s', '-'. */
export function quantity(value: number | undefined, row: Row): string {
  if (value === undefined) return '-';
  const over = row.limit !== undefined && value >= row.limit ? '> ' : '';
  return `${over}${digits(value)}${row.unit === '' ? '' : ` ${row.unit}`}`;
}

export function barText({ bar, unit }: Row): string {
  if (bar === undefined) return '';
  return bar.kind === 'ratio' ? `≤ ${bar.most}` : `≤ ${bar.most}${unit === '' ? '' : ` ${unit}`}`;
}

/** For the terminal. */
export function textTable(figure: Figure): string {
  const rows = figure.rows.map((row) => {
    const { base, vipd, ratio, verdict } = judge(row);
    const title = row.against === undefined ? row.title : `${row.title} (against ${row.against})`;
    return [
      title,
      quantity(base, row),
      quantity(vipd, row),
      ratio === undefined ? '-' : digits(ratio),
      barText(row),
      verdict === 'none' ? '' : verdict,
    ];
  });
  const table = [['median', 'keepalived', 'vipd', 'ratio', 'bar', ''], ...rows];
  const widths = table[0]?.map((_, i) => Math.max(...table.map((cells) => cells[i]?.length ?? 0))) ?? [];
  return table
    .map((cells) =>
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart((widths[i] ?? 0) + 3)))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
