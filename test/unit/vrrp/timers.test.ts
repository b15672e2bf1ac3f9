/** Timer arithmetic against RFC 9568 6.1, RFC 3768 6.1 and the figures that keepalived showed on the wire. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lingerBoundUs, masterDownUs, skewUs, type TimerParams } from '../../../src/vrrp/timers.ts';

const S = 1_000_000;
const v3: TimerParams = { version: 3, basePriority: 100, adverIntUs: S, downTimerAdverts: 3 };
const v2: TimerParams = { ...v3, version: 2 };

describe('skewUs', () => {
  const cases: readonly (readonly [string, TimerParams, number, number, number])[] = [
    ['v3/100/1 s [RFC9568-6.1-01+]', v3, 100, S, 609_375],
    ['v3/100/0.1 s [RFC9568-6.1-01+]', v3, 100, 100_000, 60_937],
    ['v3/200/0.01 s', v3, 200, 10_000, 2187],
    ['v3/1/40.95 s', v3, 1, 40_950_000, 40_790_039],
    ['v3/254', v3, 254, S, 7812],
    ['v3/255', v3, 255, S, 3906],
    ['v3/a fraction of a centisecond does not count', v3, 100, 109_999, 60_937],
    ['v2/100/1 s [RFC3768-6.1-01+]', v2, 100, S, 609_375],
    ['v2/100/10 s: a second whatever the interval [RFC3768-6.1-01+]', v2, 100, 10 * S, 609_375],
    ['v2/3', v2, 3, S, 988_281],
    ['owner at 254 skews as 255', { ...v3, basePriority: 255 }, 254, S, 3906],
  ];
  for (const [name, p, priority, intUs, want] of cases)
    it(name, () => assert.equal(skewUs(p, priority, intUs), want));
});

describe('masterDownUs', () => {
  const cases: readonly (readonly [string, TimerParams, number, number, number])[] = [
    ['v3/100/1 s [RFC9568-6.1-03+]', v3, 100, S, 3_609_375],
    ['v3/200/0.01 s [RFC9568-6.1-03+]', v3, 200, 10_000, 32_187],
    ['v2/200/1 s [RFC3768-6.1-02+]', v2, 200, S, 3_218_750],
    ['v2/100/5 s [RFC3768-6.1-02+]', v2, 100, 5 * S, 15_609_375],
    ['down_timer_adverts 2', { ...v2, downTimerAdverts: 2 }, 100, S, 2_609_375],
  ];
  for (const [name, p, priority, intUs, want] of cases)
    it(name, () => assert.equal(masterDownUs(p, priority, intUs), want));
});

describe('lingerBoundUs', () => {
  const cases: readonly (readonly [string, TimerParams, number])[] = [
    ['v2: priority 1 skews 255/256 s', v2, 1_046_093],
    ['v2/10 s: the same', { ...v2, adverIntUs: 10 * S }, 1_046_093],
    ['v3/0.1 s', { ...v3, adverIntUs: 100_000 }, 149_609],
    ['v3/5 s: at most 1.1 s', { ...v3, adverIntUs: 5 * S }, 1_100_000],
    ['owner: the bound is that of the backups', { ...v3, basePriority: 255, adverIntUs: 100_000 }, 149_609],
  ];
  for (const [name, p, want] of cases) it(name, () => assert.equal(lingerBoundUs(p), want));
});

it('a higher priority never waits longer, and all is whole microseconds', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<2 | 3>(2, 3),
      fc.integer({ min: 1, max: 254 }),
      fc.integer({ min: 1, max: 4095 }),
      (version, priority, cs) => {
        const p: TimerParams = { ...v3, version };
        const low = masterDownUs(p, priority, cs * 10_000);
        const high = masterDownUs(p, priority + 1, cs * 10_000);
        assert.ok(Number.isSafeInteger(low) && high <= low && low > 3 * cs * 10_000);
        const exact = version === 2 ? (256 - priority) / 256 : ((256 - priority) * cs) / 25_600;
        assert.ok(Math.abs(skewUs(p, priority, cs * 10_000) - exact * S) < 1);
      },
    ),
    { seed: 42, numRuns: 500 },
  );
});
