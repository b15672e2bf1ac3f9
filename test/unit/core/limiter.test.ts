import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Limiter } from '../../../src/core/limiter.ts';

it('limiter: one in a while, the rest counted, forgotten by prefix, keys bounded', () => {
  const limiter = new Limiter(60);
  assert.equal(limiter.pass('a 1', 0), 0);
  assert.equal(limiter.pass('a 1', 10), -1);
  assert.equal(limiter.pass('a 1', 59), -1);
  assert.equal(limiter.pass('b 1', 59), 0);
  assert.equal(limiter.pass('a 1', 60), 2, 'two were left unsaid');
  limiter.reset('a ');
  assert.equal(limiter.pass('a 1', 61), 0, 'news again');
  assert.equal(limiter.pass('b 1', 61), -1);
  for (let i = 0; i < 2000; i++) limiter.pass(`k${i}`, 62);
  assert.equal(limiter.pass('b 1', 62), 0, 'pushed out');
  assert.equal(limiter.pass('k1999', 62), -1);
});
