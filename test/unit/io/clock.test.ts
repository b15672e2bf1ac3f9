/** The timer of core, on the real clock: never early, hardly late, and not more often than once a millisecond. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MonotonicClock, PreciseTimer } from '../../../src/io/clock.ts';
import { native } from '../../../src/native.ts';

const clock = new MonotonicClock();

/** Arms again from within each wake, `everyUs` after it; resolves with the instants of `count` wakes. */
function wakes(count: number, everyUs: number): Promise<{ readonly due: number[]; readonly woke: number[] }> {
  const [due, woke]: [number[], number[]] = [[], []];
  return new Promise((resolve) => {
    const arm = (): void => {
      const atUs = clock.nowUs() + everyUs;
      due.push(atUs);
      timer.arm(atUs);
    };
    const timer = new PreciseTimer(native(), clock, () => {
      woke.push(clock.nowUs());
      if (woke.length < count) return arm();
      timer.arm(Number.POSITIVE_INFINITY);
      resolve({ due, woke });
    });
    arm();
  });
}

describe('PreciseTimer', () => {
  it('is never early, and mostly less than a millisecond late', async () => {
    const { due, woke } = await wakes(40, 3300);
    const late = woke.map((at, i) => at - (due[i] ?? 0)).sort((a, b) => a - b);
    assert.ok((late[0] ?? -1) >= 0, `${late[0]} us`);
    // The better half: a machine with other work may delay any single one.
    assert.ok((late[10] ?? 0) < 1000, `${late.join(' ')} us`);
  });

  it('wakes once a millisecond at most', async () => {
    const { woke } = await wakes(20, 10);
    const least = Math.min(...woke.slice(1).map((at, i) => at - (woke[i] ?? 0)));
    assert.ok(least >= 1000 - 100, `${least} us`);
  });

  it('the last word counts, and Infinity leaves nothing open', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    let woke = 0;
    const timer = new PreciseTimer(native(), clock, () => woke++);
    timer.arm(clock.nowUs() + 1000);
    timer.arm(clock.nowUs() + 3_600_000_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(woke, 0);
    timer.arm(Number.POSITIVE_INFINITY);
    timer.arm(Number.POSITIVE_INFINITY);
    assert.equal(open(), before);
    timer.arm(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(woke, 1);
    timer.arm(Number.POSITIVE_INFINITY);
  });
});
