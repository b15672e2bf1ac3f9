/** The course of an election of many addresses, out of what two kernels reported. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { courseOf, type Held } from '../../../bench/holders.ts';

const VIPS = new Set(['x', 'y']);
/** '+ax 1': node a got address x at second 1. */
const events = (...texts: string[]): Held[] =>
  texts.map((t) => ({
    present: t[0] === '+',
    node: t[1] ?? '',
    address: t[2] ?? '',
    atS: Number(t.slice(4)),
  }));

describe('courseOf', () => {
  it('settles when the last address is there', () =>
    assert.deepEqual(courseOf(events('+ax 1', '+ay 2'), VIPS, 9), {
      settledAtS: 2,
      mostOnBoth: 0,
      bothS: 0,
    }));

  it('counts what both hold, and for how long', () =>
    assert.deepEqual(courseOf(events('+ax 1', '+ay 1', '+bx 2', '+by 3', '-by 4', '-bx 5'), VIPS, 9), {
      settledAtS: 5,
      mostOnBoth: 2,
      bothS: 4,
    }));

  it('is not settled while one address is elsewhere', () => {
    const { settledAtS, mostOnBoth } = courseOf(events('+ax 1', '+by 2'), VIPS, 9);
    assert.deepEqual({ settledAtS, mostOnBoth }, { settledAtS: undefined, mostOnBoth: 0 });
  });

  it('what was settled and did not last is forgotten', () =>
    assert.equal(courseOf(events('+ax 1', '+ay 1', '-ay 3', '+ay 4'), VIPS, 9).settledAtS, 4));

  it('reports out of order, twice, and of other addresses do no harm', () =>
    assert.deepEqual(courseOf(events('+ay 2', '+ax 1', '+ax 3', '+az 4', '-bx 5'), VIPS, 9), {
      settledAtS: 2,
      mostOnBoth: 0,
      bothS: 0,
    }));

  it('what both still hold counts to the end', () =>
    assert.equal(courseOf(events('+ax 1', '+bx 2'), VIPS, 9).bothS, 7));
});
