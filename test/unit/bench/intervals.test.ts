/** Distances between adverts, and the statistics of what was measured. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { distancesMs } from '../../../bench/intervals.ts';
import { median, quantile } from '../../../bench/median.ts';

const packet = (atS: number, vrid: number) => {
  const bytes = new Uint8Array(60);
  bytes[35] = vrid;
  return { atS, bytes };
};

it('distances are those of one virtual router', () => {
  const found = distancesMs([packet(1, 7), packet(1.5, 8), packet(2, 7), packet(4, 8), packet(2.25, 7)]);
  assert.deepEqual(found, [1000, 2500, 250]);
});
it('a frame cut short is passed over', () =>
  assert.deepEqual(distancesMs([packet(1, 7), { atS: 2, bytes: new Uint8Array(20) }]), []));

it('medians and quantiles', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(quantile([5, 1, 4, 2, 3], 1), 5);
  assert.equal(quantile([5, 1, 4, 2, 3], 0.5), 3);
  assert.throws(() => median([]), /no median of nothing/);
});
