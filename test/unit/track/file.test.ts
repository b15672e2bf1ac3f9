import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileEffect, fileNumber } from '../../../src/track/file.ts';

describe('track/file: the number in a file (C notation, as measured on 2.2.7)', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['', 0],
    ['abc\n', 0],
    ['10\n', 10],
    ['-120', -120],
    ['+7', 7],
    ['0x10\n', 16],
    ['-0x10', -16],
    ['0x', 0],
    ['010', 8],
    ['08', 0],
    ['   7junk', 7],
    ['\n\t 5', 5],
    ['- 5', 0],
    ['-0', 0],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
    ['2147483648', undefined],
    ['4294967295', undefined],
    ['-4294967297', undefined],
    ['99999999999999999999999', undefined],
  ];
  for (const [text, expected] of rows)
    it(JSON.stringify(text), () =>
      assert.ok(Object.is(fileNumber(text), expected), String(fileNumber(text))),
    );
});

describe('track/file: what the number does', () => {
  // [value, weight, reverse, expected]
  const rows: readonly (readonly [number, number, boolean, number | 'none' | 'fault'])[] = [
    [0, 1, false, 'none'],
    [10, 1, false, 10],
    [300, 1, false, 253],
    [-253, 1, false, -253],
    [-254, 1, false, 'fault'],
    [-300, 1, false, 'fault'],
    [5, 2, true, -10],
    [200, 2, true, 'fault'],
    [-200, 2, true, 253],
    [-3, -2, false, 6],
    [2147483647, 254, false, 253],
    [0, 0, false, 'none'],
    [1, 0, false, 'fault'],
    [-1, 0, false, 'fault'],
    [0, 0, true, 'fault'],
    [1, 0, true, 'none'],
  ];
  for (const [value, weight, reverse, expected] of rows)
    it(`${value} x ${weight}${reverse ? ' reverse' : ''}`, () => {
      const e = fileEffect(value, weight, reverse);
      assert.equal(e.type === 'weight' ? e.weight : e.type, expected);
    });
});
