import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { interfaceDetail, interfaceStatus } from '../../../src/track/interface.ts';
import {
  effectivePriority,
  judgeTracked,
  type Tracked,
  type TrackStatus,
  trackEffect,
  trackedStatus,
} from '../../../src/track/priority.ts';

describe('track/priority: what a weight does', () => {
  // [weight, reverse, status, expected]: a number is added to the priority.
  const rows: readonly (readonly [number, boolean, TrackStatus, number | 'none' | 'fault' | 'silent'])[] = [
    [0, false, 'up', 'none'],
    [0, false, 'down', 'fault'],
    [0, false, 'init', 'silent'],
    [0, true, 'up', 'fault'],
    [0, true, 'down', 'none'],
    [0, true, 'init', 'silent'],
    [10, false, 'up', 10],
    [10, false, 'down', 'none'],
    [10, false, 'init', 'none'],
    [10, true, 'up', -10],
    [10, true, 'down', 'none'],
    [10, true, 'init', 'none'],
    [-10, false, 'up', 'none'],
    [-10, false, 'down', -10],
    [-10, false, 'init', 'none'],
    [-10, true, 'up', 'none'],
    [-10, true, 'down', 10],
    [-10, true, 'init', 'none'],
    [253, false, 'up', 253],
    [-253, false, 'down', -253],
  ];
  for (const [weight, reverse, status, expected] of rows) {
    it(`weight ${weight}${reverse ? ' reverse' : ''}/${status}`, () => {
      const effect = trackEffect(weight, reverse, status);
      const got =
        effect.type === 'weight'
          ? effect.weight
          : effect.type === 'none'
            ? 'none'
            : effect.silent
              ? 'silent'
              : 'fault';
      assert.equal(got, expected);
    });
  }
});

describe('track/priority: the sum', () => {
  const rows: readonly (readonly [number, readonly number[], number])[] = [
    [100, [], 100],
    [100, [2, -1], 101],
    [250, [253], 254],
    [254, [], 254],
    [1, [-253], 1],
    [100, [-99], 1],
    [100, [-100], 1],
    [254, [-253, 253], 254], // clamped once, at the end
    [255, [-253], 255],
    [255, [], 255],
  ];
  for (const [base, weights, expected] of rows) {
    it(`${base} with ${weights.join(' ') || 'nothing'} is ${expected}`, () => {
      const contributions = weights.map((weight) => ({ what: 'x', weight }));
      assert.equal(effectivePriority(base, contributions), expected);
    });
  }
});

describe('track/priority: several trackers', () => {
  const one = (what: string, weight: number, status: TrackStatus): Tracked =>
    trackedStatus({ what, weight, reverse: false, status, detail: `${what} failed` });

  it('keeps the order, lists only what counts and every fault', () => {
    const verdict = judgeTracked([
      one('script a', 5, 'up'),
      one('script b', 7, 'down'),
      one('interface eth1', 0, 'down'),
      one('script c', -3, 'down'),
      one('script d', 0, 'init'),
    ]);
    assert.deepEqual(verdict, {
      contributions: [
        { what: 'script a', weight: 5 },
        { what: 'script c', weight: -3 },
      ],
      faults: [
        { what: 'interface eth1', detail: 'interface eth1 failed' },
        { what: 'script d', detail: 'no result yet' },
      ],
      silent: false,
    });
  });

  it('is silent while every fault is only not known yet', () => {
    assert.equal(judgeTracked([one('a', 0, 'init'), one('b', 0, 'init')]).silent, true);
    assert.equal(judgeTracked([one('a', 0, 'init'), one('b', 0, 'up')]).silent, true);
    assert.equal(judgeTracked([one('a', 0, 'up')]).silent, false);
  });

  // KEEPALIVED: 2.4.3 shares one flag for all interfaces of an instance; 2.2.7 counts, and so does this.
  it('two interfaces down, one back: still a fault', () => {
    assert.equal(judgeTracked([one('eth1', 0, 'down'), one('eth2', 0, 'up')]).faults.length, 1);
  });
});

describe('track/interface', () => {
  const link = (present: boolean, up: boolean, running: boolean): Parameters<typeof interfaceStatus>[0] => ({
    present,
    up,
    running,
  });
  const good = link(true, true, true);
  const rows: readonly (readonly [
    string,
    ReturnType<typeof link>,
    ReturnType<typeof link> | undefined,
    TrackStatus,
  ])[] = [
    ['up and running', good, undefined, 'up'],
    ['no carrier', link(true, true, false), undefined, 'down'],
    ['administratively down', link(true, false, false), undefined, 'down'],
    ['down with RUNNING still set', link(true, false, true), undefined, 'down'],
    ['missing', link(false, false, false), undefined, 'down'],
    ['missing, stale flags', link(false, true, true), undefined, 'down'],
    ['macvlan, parent good', good, good, 'up'],
    ['macvlan, parent without carrier', good, link(true, true, false), 'down'],
  ];
  for (const [name, own, parent, expected] of rows)
    it(name, () => assert.equal(interfaceStatus(own, parent), expected));

  it('says what is wrong', () => {
    assert.equal(interfaceDetail('eth1', good), '');
    assert.match(interfaceDetail('eth1', link(true, true, false)), /eth1 has no carrier/);
    assert.match(interfaceDetail('eth1', link(true, false, false)), /ip link set eth1 up/);
    assert.match(interfaceDetail('eth1', link(false, false, false)), /does not exist/);
  });
});
