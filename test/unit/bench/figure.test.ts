/** How a benchmark's rows are judged and written. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { barAsRatio, barText, digits, judge, quantity, type Row, textTable } from '../../../bench/figure.ts';

const row = (r: Partial<Row>): Row => ({
  title: 'CPU',
  unit: '%',
  base: [10, 30, 20],
  vipd: [5, 7, 6],
  ...r,
});

describe('judge', () => {
  it('divides medians', () => {
    const { base, vipd, ratio, verdict } = judge(row({}));
    assert.deepEqual([base, vipd, ratio, verdict], [20, 6, 0.3, 'none']);
  });
  for (const [bar, verdict] of [
    [{ kind: 'ratio', most: 0.3 }, 'reached'],
    [{ kind: 'ratio', most: 0.29 }, 'missed'],
    [{ kind: 'value', most: 6 }, 'reached'],
    [{ kind: 'value', most: 5.9 }, 'missed'],
  ] as const)
    it(`${bar.kind} of at most ${bar.most}: ${verdict}`, () =>
      assert.equal(judge(row({ bar })).verdict, verdict));
  it('what was never seen misses its bar', () =>
    assert.equal(judge(row({ vipd: [], bar: { kind: 'value', most: 6 } })).verdict, 'missed'));
  it('against nothing, nothing is good enough', () => {
    const bar = { kind: 'ratio', most: 0.5 } as const;
    assert.equal(judge(row({ base: [0], vipd: [0], bar })).verdict, 'reached');
    assert.equal(judge(row({ base: [0], vipd: [1], bar })).verdict, 'missed');
    assert.equal(judge(row({ base: [], vipd: [1], bar })).verdict, 'missed');
  });
});

it('the bar of a value becomes a ratio by its base', () => {
  assert.equal(barAsRatio(row({ bar: { kind: 'value', most: 5 } })), 0.25);
  assert.equal(barAsRatio(row({ bar: { kind: 'ratio', most: 0.4 } })), 0.4);
  assert.equal(barAsRatio(row({})), undefined);
});

it('numbers are written with three digits that count', () => {
  const written = [0, 0.0012, 0.0123, 0.123, 1.234, 12.34, 123.4, 12_345].map(digits);
  assert.deepEqual(written, ['0', '0.0012', '0.0123', '0.123', '1.23', '12.3', '123', '12,345']);
});

it('a value at the limit is "more than"', () => {
  assert.equal(quantity(30, row({ unit: 's', limit: 30 })), '> 30.0 s');
  assert.equal(quantity(29, row({ unit: 's', limit: 30 })), '29.0 s');
  assert.equal(barText(row({ unit: 's', bar: { kind: 'value', most: 3 } })), '≤ 3 s');
});

it('the table has a line for each row', () => {
  const rows = [row({ bar: { kind: 'ratio', most: 0.2 } }), row({ title: 'memory', against: 'bare node' })];
  const lines = textTable({ title: '', about: '', rows, problems: [] }).split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[1] ?? '', /^CPU +20\.0 % +6\.00 % +0\.300 +≤ 0\.2 +missed$/);
  assert.match(lines[2] ?? '', /^memory \(against bare node\)/);
});
