/** The timer of core, on the real clock: never early, hardly late, and not more often than once a millisecond. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MonotonicClock } from '../../../src/io/clock.ts';
import { PreciseTimer } from '../../../src/io/precise-timer.ts';
import { native } from '../../../src/native.ts';

const clock = new MonotonicClock();
/** And then what has rung meanwhile is served, also on a machine that was busy. */
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(() => setImmediate(resolve), ms));

/** Arms again from within each wake, `everyUs` after it; resolves with the instants of `count` wakes. */
function wakes(count: number, everyUs: number): Promise<{ readonly due: number[]; readonly woke: number[] }> {
  const [due, woke]: [number[], number[]] = [[], []];
  return new Promise((resolve) => {
    const arm = (): void => {
      const atUs = clock.nowUs() + everyUs;
      due.push(atUs);
      timer.arm(atUs);
    };
    const timer = new PreciseTimer(native(), 0, () => {
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

  it('the last word counts, it tells for when it was set, and leaves nothing open', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    const woke: number[] = [];
    const timer = new PreciseTimer(native(), 0, (dueUs) => woke.push(dueUs));
    timer.arm(clock.nowUs() + 1000);
    timer.arm(clock.nowUs() + 3_600_000_000);
    await pause(30);
    assert.deepEqual(woke, []);
    timer.arm(Number.POSITIVE_INFINITY);
    timer.arm(Number.POSITIVE_INFINITY);
    const atUs = clock.nowUs() + 2000;
    timer.arm(atUs);
    await pause(30);
    assert.deepEqual(woke, [atUs]);
    timer.close();
    timer.close();
    await pause(1);
    assert.equal(open(), before);
  });
});

describe('PreciseTimer: vigils', () => {
  /** Two vigils of 20 ms over two clocks that this test turns. */
  const setup = () => {
    const seen = new BigUint64Array(2);
    const woke: number[] = [];
    const timer = new PreciseTimer(native(), 0, () => {
      woke.push(clock.nowUs());
      for (const id of timer.due(clock.nowUs())) {
        timer.endVigil(id);
        over.push(id);
      }
    });
    const over: number[] = [];
    const see = (i: number): void => {
      seen[i] = process.hrtime.bigint();
    };
    const keep = (id: number, i: number, longerUs = 20_000): boolean =>
      timer.keepVigil(id, clock.nowUs() + 20_000, longerUs, { memory: seen.buffer, offset: 8 * i });
    return { timer, woke, over, see, keep };
  };

  it('nobody is woken while all are seen in time; then for the one that is not', async () => {
    const { timer, woke, over, see, keep } = setup();
    keep(700, 0);
    keep(701, 1);
    let stalls = 0;
    for (let i = 0; i < 40; i++) {
      const fromUs = clock.nowUs();
      await pause(3);
      if (clock.nowUs() - fromUs > 15_000) stalls++;
      see(0);
      see(1);
    }
    if (stalls === 0) assert.deepEqual(woke, []);
    const lastUs = clock.nowUs();
    for (let i = 0; i < 10; i++) {
      await pause(3);
      see(0);
    }
    await pause(5);
    if (stalls === 0) assert.deepEqual(over, [701]);
    assert.ok(over.includes(701));
    assert.ok((woke.at(-1) ?? 0) >= lastUs + 20_000 - 1000);
    await pause(40);
    assert.deepEqual(over.toSorted(), [700, 701]);
    timer.close();
  });

  it('one that is never seen is over at its time, and the time that is set rings beside it', async () => {
    const { timer, woke, over } = setup();
    const overUs = clock.nowUs() + 400_000;
    timer.keepVigil(3, overUs, 1, undefined);
    timer.arm(clock.nowUs() + 5000);
    await pause(20);
    if (clock.nowUs() < overUs) assert.deepEqual([woke.length, over.length], [1, 0]);
    await pause(420);
    assert.deepEqual([woke.length, over], [2, [3]]);
    timer.endVigil(3);
    timer.endVigil(99);
    assert.deepEqual(timer.due(clock.nowUs()), []);
    timer.close();
  });

  it('a thread that stood still is told, although all were seen meanwhile', async () => {
    const { timer, woke, over, see, keep } = setup();
    keep(1, 0, 2_000_000);
    const untilUs = clock.nowUs() + 150_000;
    while (clock.nowUs() < untilUs) see(0);
    await pause(5);
    assert.deepEqual([woke.length, over.length], [1, 0]);
    timer.close();
  });
});

describe('PreciseTimer: many vigils', () => {
  it('has room for 65,536, and for another when one is over', () => {
    const timer = new PreciseTimer(native(), 0, () => {});
    const keep = (id: number): boolean => timer.keepVigil(id, 9e14, 1, undefined);
    for (let id = 1; id <= 65_536; id++) assert.ok(keep(id));
    assert.equal(keep(70_000), false);
    assert.equal(keep(5), true, 'it has its place');
    timer.endVigil(5);
    assert.equal(keep(70_000), true);
    timer.close();
  });

  it('many at once: each is named once', async () => {
    const over: number[] = [];
    const timer = new PreciseTimer(native(), 0, () => {
      for (const id of timer.due(clock.nowUs())) {
        timer.endVigil(id);
        over.push(id);
      }
    });
    for (let id = 0; id < 3000; id++) timer.keepVigil(id, 1, 1, undefined);
    for (let id = 0; id < 3000; id += 2) timer.endVigil(id);
    for (let id = 5000; id < 5100; id++) timer.keepVigil(id, 1, 1, undefined);
    await pause(30);
    assert.equal(over.length, 1600);
    assert.equal(new Set(over).size, 1600);
    timer.close();
  });
});
