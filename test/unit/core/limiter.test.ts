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

it('limiter: of what strangers choose few are said, whatever they choose', () => {
  const limiter = new Limiter(60);
  const said = (fromUs: number): number =>
    Array.from({ length: 5000 }, (_, i) => limiter.passOf('reject a ', `10.0.0.${i}`, fromUs)).filter(
      (n) => n >= 0,
    ).length;
  assert.equal(limiter.pass('mine', 0), 0);
  assert.equal(said(0), 16);
  assert.equal(limiter.passOf('reject b ', '10.0.0.1', 0), 0, 'another group is not touched');
  assert.equal(limiter.pass('mine', 1), -1, 'nor are the keys of others pushed out');
  assert.equal(limiter.passOf('reject a ', '10.0.0.0', 30), -1);
  // 4,984 for which there was no room; the one line that was left out of '10.0.0.0' comes with its own next line.
  assert.equal(limiter.passOf('reject a ', '10.9.9.9', 60), 4984);
  assert.equal(limiter.passOf('reject a ', '10.0.0.0', 61), 1);
  limiter.reset('reject a ');
  assert.equal(said(61), 16, 'news again');
});
