/** Work that nobody waits for: one at a time, in order, bounded. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Background } from '../../../../src/io/files/background.ts';

it('one at a time; of one name the last that has not begun; refused when too many wait', async () => {
  const background = new Background();
  const done: string[] = [];
  const ends: (() => void)[] = [];
  const work = (what: string) => () =>
    new Promise<void>((resolve) => {
      done.push(what);
      ends.push(resolve);
    });
  assert.ok(background.add('a', work('a1')));
  assert.ok(background.add('a', work('a2')));
  assert.ok(background.add('b', work('b1')));
  assert.ok(background.add('a', work('a3')));
  assert.deepEqual(done, ['a1']);
  for (let i = 0; i < 62; i++) assert.ok(background.add(`n${i}`, async () => {}));
  assert.ok(!background.add('one too many', async () => assert.fail()));
  const beganMs = performance.now();
  await background.settle(20);
  assert.ok(performance.now() - beganMs < 5000);
  for (let i = 0; i < 3; i++) {
    ends.shift()?.();
    await new Promise(setImmediate);
  }
  await background.settle(5000);
  assert.deepEqual(done, ['a1', 'a3', 'b1']);
  assert.ok(background.add('again', work('c')));
  assert.deepEqual(done.at(-1), 'c');
  ends.shift()?.();
  await background.settle(5000);
  await background.settle(5000);
});
