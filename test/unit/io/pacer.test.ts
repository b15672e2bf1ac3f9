/** io/pacer: which repetitions share their time. The thread itself is tested in test/native and test/netns/pacer.ns.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sharedTimeUs } from '../../../src/io/pacer/pacer.ts';

const time = fc.integer({ min: 1_000_000_000, max: 1_000_000_000_000_000 });
const interval = fc.integer({ min: 1000, max: 255_000_000 });
const slot = fc.integer({ min: 0, max: 65_535 });

describe('io/pacer: shared times', () => {
  it('less than one interval early, never late; long intervals a sixteenth at most', () => {
    fc.assert(
      fc.property(time, interval, slot, (at, intervalUs, s) => {
        const early = at - sharedTimeUs(at, intervalUs, s);
        assert.ok(early >= 0 && early < intervalUs, `${early}`);
        if (intervalUs >= 1_000_000) assert.ok(early <= intervalUs / 16, `${early}`);
      }),
    );
  });

  it('a few keep their own times', () => {
    for (let s = 0; s < 16; s++) assert.equal(sharedTimeUs(7_000_000_123, 100_000, s), 7_000_000_123);
  });

  it('what is on its time stays there, and so does each of its repetitions', () => {
    fc.assert(
      fc.property(time, interval, slot, fc.nat(1000), (at, intervalUs, s, n) => {
        const shared = sharedTimeUs(at, intervalUs, s) + n * intervalUs;
        assert.equal(sharedTimeUs(shared, intervalUs, s), shared);
      }),
    );
  });

  it('a thousand of one interval, begun at any time, use eight times in it; a hundred use one', () => {
    for (const [count, times] of [
      [1000, 8],
      [100, 1],
      [65_536, 16],
    ] as const) {
      const phases = new Set<number>();
      for (let s = 16; s < count; s++)
        phases.add(sharedTimeUs(7_000_000_123 + s * 7919, 100_000, s) % 100_000);
      assert.equal(phases.size, times, `${count}`);
    }
  });
});
