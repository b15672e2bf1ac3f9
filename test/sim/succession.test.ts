/** One departure from a healthy segment, many seeds: who follows, when, and the account of the address. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type How, succession } from './succession.ts';

const only = process.env['SEED'];
const seeds: readonly number[] =
  only === undefined ? Array.from({ length: 400 }, (_, i) => i + 1) : [Number(only)];
const over = (how: How) =>
  seeds.map((seed) => {
    const result = succession(seed, how);
    assert.deepEqual(result.problems, [], `SEED=${seed}`);
    return result;
  });

it('a crash: the highest backup alone, one down interval after the last advert [RFC9568-6.4.2-04+] [RFC9568-8.3.2-02+]', () =>
  void over('crash'));

it('make before break: nobody ever finds the address unheld', () => {
  for (const r of over('linger')) assert.equal(r.unheldUs, 0);
});

it("keepalived's order leaves the address unheld for the successor's skew", () => {
  for (const r of over('stop')) assert.ok(r.unheldUs >= r.skewUs, `${r.unheldUs} < ${r.skewUs}`);
});

it('equal priorities at the same moment: the highest address stays [RFC9568-6.4.3-10+]', () =>
  void over('tie'));
