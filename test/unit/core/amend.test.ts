/** Changes of a running instance from outside. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { advert, config, instanceConfig, S, World } from './fakes.ts';

const NO_FINDINGS = { errors: 0, warnings: 0 };
const shown = (w: World) => {
  const i = w.core.snapshot().instances[0];
  return [i?.state, i?.basePriority, i?.effectivePriority, i?.preempt];
};

it('a backup that is given a higher priority takes over, and the next reload goes by the file again', () => {
  const file = config([instanceConfig()]);
  const w = new World(file);
  w.start();
  w.hear(advert(150));
  assert.deepEqual(shown(w), ['backup', 100, 100, true]);
  w.core.amend('VI_1', { priority: 200 });
  assert.deepEqual(shown(w), ['backup', 200, 200, true]);
  for (let i = 0; i < 6; i++) {
    w.hear(advert(150));
    w.pass(S);
  }
  assert.deepEqual(shown(w), ['master', 200, 200, true]);
  w.core.amend('VI_1', { preempt: false });
  assert.deepEqual(shown(w), ['master', 200, 200, false]);
  assert.equal(w.core.config.instances[0]?.priority, 200);
  w.core.reload({ ...file, instances: file.instances.map((i) => ({ ...i })) }, NO_FINDINGS);
  assert.deepEqual(shown(w), ['master', 100, 100, true]);
});

it('of an instance that is not there nothing is changed', () => {
  const w = new World(config([instanceConfig()]));
  w.start();
  w.core.amend('nobody', { priority: 200 });
  assert.deepEqual(shown(w), ['backup', 100, 100, true]);
});
