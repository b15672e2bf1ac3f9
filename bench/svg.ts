/**
 * A figure as SVG: a bar for each row, as long as vipd's median divided by what it is measured against, with a line at 1 and one at
 * the bar to reach. Pure. Legible on light and dark pages: it brings its own ground, and follows the reader's colour scheme.
 */
import {
  barAsRatio,
  barText,
  digits,
  type Figure,
  judge,
  quantity,
  type Row,
  type Verdict,
} from './figure.ts';

const WIDTH = 760;
const LEFT = 16;
/** Bars end here, the numbers begin behind. */
const RIGHT = 520;
const HEAD = 62;
const ROW = 42;
const FOOT = 14;
const THICK = 14;
/** A ratio beyond is drawn as an open end. */
const LONGEST = 3;

export const STYLE = `
.ground{fill:#ffffff;stroke:#d0d7de}text{font:12px system-ui,sans-serif;fill:#1f2328;stroke:#ffffff;stroke-width:3;paint-order:stroke}.title{font-size:15px;font-weight:600}.faint{fill:#59636e}
.none{fill:#57789e}.reached{fill:#2d8a4e}.missed{fill:#c2502e}.one{stroke:#8c959f;stroke-dasharray:3 3}.bar{stroke:#1f2328;stroke-width:2}
@media(prefers-color-scheme:dark){.ground{fill:#0d1117;stroke:#3d444d}text{fill:#f0f6fc;stroke:#0d1117}.faint{fill:#9198a1}
.none{fill:#6f94bd}.reached{fill:#3fae67}.missed{fill:#e0714e}.one{stroke:#6e7681}.bar{stroke:#f0f6fc}}`;

export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export function svgOf(figure: Figure): string {
  const height = HEAD + figure.rows.length * ROW + FOOT;
  const most = longestOf(figure.rows);
  const x = (ratio: number): number => round(LEFT + (Math.min(ratio, most) / most) * (RIGHT - LEFT));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escapeXml(figure.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    text(LEFT, 24, figure.title, 'title'),
    text(x(1), HEAD - 12, '1 = the same', 'faint', 'middle'),
    line('one', x(1), HEAD - 6, height - FOOT),
    ...figure.rows.flatMap((row, i) => drawRow(row, HEAD + i * ROW, x, most)),
    '</svg>\n',
  ].join('\n');
}

/** The axis ends behind 1, every bar and every ratio, but not far away. */
function longestOf(rows: readonly Row[]): number {
  const all = rows.flatMap((row) => [judge(row).ratio ?? 0, barAsRatio(row) ?? 0]);
  return Math.min(LONGEST, Math.max(1, ...all) * 1.08);
}

function drawRow(row: Row, top: number, x: (ratio: number) => number, most: number): string[] {
  const { base, vipd, ratio, verdict } = judge(row);
  const title = row.against === undefined ? row.title : `${row.title} (against ${row.against})`;
  const y = top + 20;
  const numbers = `${quantity(vipd, row)} : ${quantity(base, row)}`;
  const out = [
    text(LEFT, top + 14, title),
    text(RIGHT + 16, y + 11, ratio === undefined ? numbers : `${digits(ratio)}  (${numbers})`),
  ];
  if (ratio !== undefined) out.push(drawBar(verdict, x, ratio, most, y));
  const bar = barAsRatio(row);
  if (bar !== undefined && bar <= most) out.push(line('bar', x(bar), y - 4, y + THICK + 4));
  if (verdict !== 'none') out.push(text(RIGHT + 16, top + 14, `bar ${barText(row)}: ${verdict}`, verdict));
  return out;
}

/** One that is too long ends in a point. */
function drawBar(
  verdict: Verdict,
  x: (ratio: number) => number,
  ratio: number,
  most: number,
  y: number,
): string {
  const width = Math.max(1, round(x(Math.max(0, ratio)) - LEFT));
  if (ratio <= most)
    return `<rect class="${verdict}" x="${LEFT}" y="${y}" width="${width}" height="${THICK}"/>`;
  const [tip, neck, middle] = [x(most), x(most) - THICK / 2, y + THICK / 2];
  return `<path class="${verdict}" d="M${LEFT} ${y}H${neck}L${tip} ${middle}L${neck} ${y + THICK}H${LEFT}Z"/>`;
}

const round = (n: number): number => Math.round(n * 10) / 10;

function text(x: number, y: number, content: string, name = '', anchor = ''): string {
  const attributes = `${name === '' ? '' : ` class="${name}"`}${anchor === '' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${x}" y="${y}"${attributes}>${escapeXml(content)}</text>`;
}

const line = (name: string, x: number, from: number, to: number): string =>
  `<line class="${name}" x1="${x}" y1="${from}" x2="${x}" y2="${to}"/>`;
