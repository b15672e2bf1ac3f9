/** The figures of the benchmarks: well-formed, as long as the ratios say, and legible whatever is in them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Figure, Row } from '../../../bench/figure.ts';
import { svgOf } from '../../../bench/svg.ts';

const row = (r: Partial<Row>): Row => ({ title: 'CPU', unit: '%', base: [10], vipd: [5], ...r });
const figure = (...rows: Row[]): Figure => ({ title: 'T', about: '', rows, problems: [] });

/** Names of open elements after each tag; throws when one is closed that is not open. */
function wellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (close === '/') assert.equal(open.pop(), name);
    else if (self !== '/') open.push(name);
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(svg.replace(/<[^<>]*>/g, ''), /[<>]|&(?!#\d+;)/, 'text that is not escaped');
}

/** Widths of the bars in the order of the rows. */
const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect class="(?:none|reached|missed)"[^>]* width="([\d.]+)"/g)].map((m) => Number(m[1]));
const xOf = (svg: string, name: string): number =>
  Number(new RegExp(`<line class="${name}" x1="([\\d.]+)"`).exec(svg)?.[1]);

describe('a figure', () => {
  it('is well-formed, also with words that XML would misread', () => {
    wellFormed(
      svgOf({
        title: 'a < b & "c" > d',
        about: '',
        rows: [row({ title: "<script>'", against: '&amp;' })],
        problems: [],
      }),
    );
  });

  it('has bars as long as the ratios, and lines at 1 and at the bar to reach', () => {
    const svg = svgOf(
      figure(
        row({ vipd: [5] }),
        row({ vipd: [2.5], bar: { kind: 'ratio', most: 0.4 } }),
        row({ vipd: [10] }),
      ),
    );
    const [half = 0, quarter = 0, whole = 0] = widths(svg);
    assert.ok(Math.abs(half / quarter - 2) < 0.01 && Math.abs(whole / half - 2) < 0.01);
    const left = Number(/<rect class="none" x="([\d.]+)"/.exec(svg)?.[1]);
    assert.ok(Math.abs(xOf(svg, 'one') - left - whole) < 0.2);
    assert.ok(Math.abs(xOf(svg, 'bar') - left - 0.4 * whole) < 0.2);
  });

  it('a bar of a value is drawn where its ratio is', () => {
    const svg = svgOf(figure(row({ base: [20], vipd: [10], bar: { kind: 'value', most: 5 } })));
    const left = Number(/<rect class="missed" x="([\d.]+)"/.exec(svg)?.[1]);
    assert.ok(Math.abs(xOf(svg, 'bar') - left - (widths(svg)[0] ?? 0) / 2) < 0.2);
  });

  it('a ratio beyond the axis ends in a point inside the picture', () => {
    const svg = svgOf(figure(row({ vipd: [1000] }), row({})));
    assert.equal(widths(svg).length, 1);
    const tip = Number(/<path class="none" d="[^"]*L([\d.]+)/.exec(svg)?.[1]);
    assert.ok(tip > 0 && tip < 600);
    assert.match(svg, />100 {2}\(1,000 % : 10\.0 %\)</);
  });

  it('says in words what the colours say', () => {
    const bar = { kind: 'ratio', most: 0.3 } as const;
    const svg = svgOf(figure(row({ bar }), row({ vipd: [1], bar })));
    assert.match(svg, /class="missed">bar ≤ 0\.3: missed</);
    assert.match(svg, /class="reached">bar ≤ 0\.3: reached</);
  });

  it('without anything to divide by there are numbers and no bar', () => {
    const svg = svgOf(figure(row({ base: [0] }), row({ base: [] }), row({ vipd: [] })));
    wellFormed(svg);
    assert.deepEqual(widths(svg), []);
    assert.match(svg, />5\.00 % : 0 %</);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  });

  it('is legible on dark pages', () => assert.match(svgOf(figure(row({}))), /prefers-color-scheme:dark/));
});
