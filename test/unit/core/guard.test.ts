/** 'no_accept': the packet filter stands before the addresses and falls after them; owners and 'accept' have none. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { config, instanceConfig, S, World } from './fakes.ts';

const quiet = { accept: false, garp: { ...instanceConfig().garp, repeatCount: 0 } };
const of = (w: World): string[] => w.done.filter((d) => /^(block|add|del)/.test(d));

it('core/guard: block, add … del, unblock', () => {
  const w = new World(config([instanceConfig(quiet)]), false);
  w.start();
  w.pass(4 * S);
  assert.equal(w.state(), 'master');
  assert.deepEqual(of(w), ['block 192.0.2.100', 'add 192.0.2.100']);
  w.stop();
  assert.deepEqual(of(w).slice(2), ['del 192.0.2.100', 'block ']);
});

it('core/guard: nothing for an owner, nothing where addresses are accepted', () => {
  for (const change of [
    { ...quiet, priority: 255 },
    { ...quiet, accept: true },
  ]) {
    const w = new World(config([instanceConfig(change)]));
    w.start();
    w.pass(4 * S);
    w.stop();
    assert.ok(!w.done.some((d) => d.startsWith('block')), w.done.join('\n'));
  }
});

it('core/guard: a reload that changes the mode of a master changes the filter', () => {
  const w = new World(config([instanceConfig(quiet)]));
  w.start();
  w.pass(4 * S);
  w.core.reload(config([instanceConfig({ ...quiet, accept: true })]), { errors: 0, warnings: 0 });
  assert.equal(of(w).at(-1), 'add 192.0.2.100');
  assert.ok(of(w).includes('block '));
  w.core.reload(config([instanceConfig(quiet)]), { errors: 0, warnings: 0 });
  assert.equal(w.done.filter((d) => d.startsWith('block')).at(-1), 'block 192.0.2.100');
});

it('core/guard: of two masters the one that stays is still guarded', () => {
  const vip = {
    ...instanceConfig().vips[0],
    address: '192.0.2.101',
    bytes: Uint8Array.of(192, 0, 2, 101),
  } as never;
  const two = instanceConfig({ ...quiet, name: 'VI_2', vrid: 52, vips: [vip] });
  const w = new World(config([instanceConfig(quiet), two]));
  w.start();
  w.pass(4 * S);
  w.core.reload(config([two]), { errors: 0, warnings: 0 });
  assert.equal(w.done.filter((d) => d.startsWith('block')).at(-1), 'block 192.0.2.101');
});
