/**
 * An event loop that was asleep finds its timer expired and fresh adverts in its socket. Read first, then believe the timer:
 * with that rule no backup rises after a stall; without it the same histories show a false master, so this test can fail.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { params } from '../unit/vrrp/rows.ts';
import { Net, S } from './net.ts';

const SEEDS = 200;

/** Routers that rose after everything was settled. */
function falseMasters(seed: number, drainFirst: boolean, adverIntUs: number, stallUs: number): number {
  const net = new Net({
    seed,
    routers: [200, 100, 50].map((priority, id) => ({
      params: { ...params, basePriority: priority, adverIntUs },
      priority,
      originUs: id * 1e10,
    })),
    link: { minDelayUs: 0, maxDelayUs: 1000, ordered: true, lossRate: 0, duplicateRate: 0 },
    drainFirst,
  });
  for (const r of net.routers) net.start(r.id);
  const settledUs = 10 * S;
  net.run(settledUs + Math.floor(net.random() * S));
  assert.deepEqual(
    net.routers.map((r) => r.state.name),
    ['master', 'backup', 'backup'],
  );
  net.stall(1, stallUs);
  net.stall(2, Math.floor(net.random() * stallUs));
  net.run(net.nowUs + stallUs + 20 * S);
  return net.changes.filter((c) => c.atUs > settledUs && c.to === 'master').length;
}

it('socket first: no false master', () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    assert.equal(falseMasters(seed, true, S, 5 * S + seed * 10_000), 0, `SEED=${seed}`);
});

it('socket first, more adverts than the socket holds: no false master', () =>
  assert.equal(falseMasters(1, true, 100_000, 60 * S), 0));

it('timer first: the same stalls make false masters, every time', () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    assert.ok(falseMasters(seed, false, S, 5 * S + seed * 10_000) > 0, `SEED=${seed}`);
});
