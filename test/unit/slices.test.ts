import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inSlices } from '../../src/slices.ts';

/** A clock that goes `stepUs` forward each time it is asked. */
function ticking(stepUs: number): () => number {
  let nowUs = 0;
  return () => {
    nowUs += stepUs;
    return nowUs;
  };
}
const never = (): boolean => false;

function* counting(to: number, seen: number[]): Generator<void, string> {
  for (let i = 1; i <= to; i++) {
    seen.push(i);
    yield;
  }
  return 'done';
}

it('slices/timers and sockets are served after 2 ms of work', async () => {
  const seen: number[] = [];
  const between: number[] = [];
  const watch = setInterval(() => between.push(seen.length), 0);
  const result = await inSlices(counting(12, seen), ticking(500), never);
  clearInterval(watch);
  assert.equal(result, 'done');
  assert.equal(seen.length, 12);
  const turns: number[] = [];
  const again: number[] = [];
  const work = inSlices(counting(12, again), ticking(500), () => {
    turns.push(again.length);
    return false;
  });
  assert.equal(again.length, 4, 'the first slice is 2 ms long');
  await work;
  assert.deepEqual(turns, [0, 4, 8, 12]);
});

it('slices/a step longer than a slice is one', async () => {
  const seen: number[] = [];
  const work = inSlices(counting(3, seen), ticking(50_000), never);
  assert.equal(seen.length, 1);
  assert.equal(await work, 'done');
});

it('slices/what is abandoned is not finished', async () => {
  const seen: number[] = [];
  let stop = false;
  const work = inSlices(counting(100, seen), ticking(500), () => stop);
  stop = true;
  assert.equal(await work, undefined);
  assert.equal(seen.length, 4);
});

it('slices/an error of the work is one of the promise', async () => {
  function* broken(): Generator<void, void> {
    yield;
    throw new Error('broken');
  }
  await assert.rejects(inSlices(broken(), ticking(5000), never), /broken/);
});
