/** Values over time: where the lines lie, and that their names do not cover each other. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { svgOfCurves } from '../../../bench/curves.ts';

const svg = svgOfCurves('RSS < 60', 'MB', [
  {
    name: 'a & b',
    points: [
      [0, 50],
      [60, 75],
      [3600, 100],
    ],
  },
  {
    name: 'c',
    points: [
      [0, 99],
      [3600, 99],
    ],
  },
]);

const lines = [...svg.matchAll(/<polyline class="\w+" points="([^"]+)"/g)].map((m) =>
  (m[1] ?? '').split(' ').map((p) => p.split(',').map(Number)),
);

it('bench/curves: from 0 to the highest value, over the whole time', () => {
  const [first] = lines;
  assert.deepEqual(first?.[0], [56, 152]); // half of 100
  assert.deepEqual(first?.at(-1), [590, 44]);
  assert.match(svg, />60\.0 min</);
});

it('bench/curves: words are escaped, and names of lines that end together stand apart', () => {
  assert.match(svg, /RSS &#60; 60/);
  assert.match(svg, />a &#38; b: 100 MB</);
  const at = [...svg.matchAll(/x="598" y="([\d.]+)"/g)].map((m) => Number(m[1]));
  assert.equal(at.length, 2);
  assert.ok(Math.abs((at[0] ?? 0) - (at[1] ?? 0)) >= 16, at.join());
});
