/** Thousands of seeded histories; see chaos.ts for what must hold and why. `SEED=7` repeats one and shows its changes. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { chaos } from './chaos.ts';

const only = process.env['SEED'];
const SEEDS = Number(process.env['SEEDS'] ?? (only === undefined ? 3000 : 1));

it('after the last fault: safety, liveness, agreement, stability', () => {
  const first = Number(only ?? 1);
  let steps = 0;
  let settling = 0;
  for (let seed = first; seed < first + SEEDS; seed++) {
    const outcome = chaos(seed);
    steps += outcome.steps;
    if (outcome.settles) settling++;
    if (only !== undefined) console.log(outcome.log());
    assert.deepEqual(outcome.problems, [], `SEED=${seed}\n${outcome.log()}`);
  }
  assert.ok(steps > 50 * SEEDS, `only ${steps} steps: the histories are empty`);
  assert.ok(
    only !== undefined || settling > SEEDS / 2,
    `agreement was asked for in ${settling} histories only`,
  );
});

it('the same seed is the same history', () => assert.equal(chaos(9).log(), chaos(9).log()));
