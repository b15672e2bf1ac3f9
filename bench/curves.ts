/** Values over time as SVG: a line for each name, one axis for all. Pure; the same ground and colours as svg.ts. */
import { digits } from './figure.ts';
import { escapeXml, STYLE } from './svg.ts';

/** `points`: seconds, value; at least two, seconds ascending. */
export type Curve = { readonly name: string; readonly points: readonly (readonly [number, number])[] };

const WIDTH = 760;
const HEIGHT = 300;
const LEFT = 56;
const RIGHT = 590;
const TOP = 44;
const BOTTOM = 260;
const STEPS = 4;
/** Names beside the ends of their lines keep this distance. */
const NAME_GAP = 16;
const CLASSES = ['reached', 'none', 'missed'] as const;
const LINES = `
polyline{fill:none;stroke-width:2}.lr{stroke:#2d8a4e}.ln{stroke:#57789e}.lm{stroke:#c2502e}
@media(prefers-color-scheme:dark){.lr{stroke:#3fae67}.ln{stroke:#6f94bd}.lm{stroke:#e0714e}}`;

/** `unit` of the values, which begin at 0. */
export function svgOfCurves(title: string, unit: string, curves: readonly Curve[]): string {
  const all = curves.flatMap((c) => c.points);
  const longest = Math.max(1, ...all.map(([s]) => s));
  const highest = roundUp(Math.max(1, ...all.map(([, v]) => v)));
  const x = (s: number): number => round(LEFT + (s / longest) * (RIGHT - LEFT));
  const y = (v: number): number => round(BOTTOM - (v / highest) * (BOTTOM - TOP));
  const marks = Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS);
  const byHeight = curves
    .map((c, i) => ({ ...c, css: CLASSES[i % CLASSES.length] as string }))
    .toSorted((a, b) => lastOf(b) - lastOf(a));
  let above = Number.NEGATIVE_INFINITY;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}${LINES}</style>`,
    `<rect class="ground" x=".5" y=".5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="6"/>`,
    text(16, 24, title, 'title'),
    ...marks.flatMap((m) => [
      `<line class="one" x1="${LEFT}" y1="${y(m * highest)}" x2="${RIGHT}" y2="${y(m * highest)}"/>`,
      text(LEFT - 6, y(m * highest) + 4, `${digits(m * highest)}`, 'faint', 'end'),
      text(x(m * longest), BOTTOM + 18, timeText(m * longest), 'faint', 'middle'),
    ]),
    text(LEFT - 6, TOP - 8, unit, 'faint', 'end'),
    ...byHeight.flatMap((c) => {
      const at = Math.max(y(lastOf(c)) + 4, above + NAME_GAP);
      above = at;
      const points = c.points.map(([s, v]) => `${x(s)},${y(v)}`).join(' ');
      return [
        `<polyline class="l${c.css[0]}" points="${points}"/>`,
        text(RIGHT + 8, at, `${c.name}: ${digits(lastOf(c))} ${unit}`, c.css),
      ];
    }),
    '</svg>\n',
  ].join('\n');
}

const lastOf = (c: Curve): number => c.points.at(-1)?.[1] ?? 0;

/** To one or two digits, so that the marks are whole. */
function roundUp(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / (step / 2)) * (step / 2);
}

const timeText = (s: number): string => (s >= 120 ? `${digits(s / 60)} min` : `${digits(s)} s`);
const round = (n: number): number => Math.round(n * 10) / 10;
const text = (x: number, y: number, content: string, name: string, anchor = 'start'): string =>
  `<text x="${x}" y="${round(y)}" class="${name}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
