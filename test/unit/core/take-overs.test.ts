/** Instances that become master in one turn: all say so before the first sets its addresses; what is left keeps its order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceConfig } from '../../../src/config/config.ts';
import { advert, config, instanceConfig, S, World } from './fakes.ts';

const address = (last: number): InstanceConfig['vips'] =>
  instanceConfig().vips.map((v) => ({
    ...v,
    address: `192.0.2.${last}`,
    bytes: Uint8Array.of(192, 0, 2, last),
  }));

const three = ['V1', 'V2', 'V3'].map((name, i) =>
  instanceConfig({ name, vrid: 51 + i, vips: address(101 + i) }),
);
const steps = (w: World): string[] => w.done.filter((d) => /^(advert|add|del|garp)/.test(d));

describe('core/take-overs', () => {
  it('every advert goes out before the first address is set', () => {
    const w = new World(config(three));
    w.start();
    w.pass(4 * S);
    assert.deepEqual(steps(w).slice(0, 9), [
      'advert 100',
      'advert 100',
      'advert 100',
      'add 192.0.2.101',
      'garp 1x5',
      'add 192.0.2.102',
      'garp 1x5',
      'add 192.0.2.103',
      'garp 1x5',
    ]);
    assert.deepEqual(
      w.core.snapshot().instances.map((i) => i.state),
      ['master', 'master', 'master'],
    );
  });

  it('what is left is carried out in pieces; a step of the instance comes behind it', () => {
    const w = new World(config(three));
    // Each look at the clock takes so long that a piece is one instance.
    w.start();
    w.pass(3_500_000);
    w.lookUs = 15_000;
    w.pass(150_000);
    const added = (): string[] => w.done.filter((d) => d.startsWith('add'));
    assert.equal(w.done.filter((d) => d === 'advert 100').length, 3, w.done.join());
    const atOnce = added().length;
    assert.ok(atOnce >= 1 && atOnce < 3, `${atOnce} in the first piece`);
    w.lookUs = 0;
    w.hear(advert(200, { vrid: 53 }));
    // It has set the addresses of V3 before it takes them away.
    const about = w.done.filter((d) => d.endsWith('192.0.2.103'));
    assert.deepEqual(about, ['add 192.0.2.103', 'del 192.0.2.103']);
    w.pass(S / 10);
    assert.deepEqual(added().sort(), ['add 192.0.2.101', 'add 192.0.2.102', 'add 192.0.2.103']);
  });

  it('a stop in between leaves nothing behind', () => {
    const w = new World(config(three));
    w.start();
    w.pass(3_500_000);
    w.lookUs = 15_000;
    w.pass(150_000);
    w.lookUs = 0;
    w.stop();
    w.pass(3 * S);
    assert.ok(w.stopped);
    for (const last of [101, 102, 103]) {
      const about = w.done.filter((d) => d.endsWith(`192.0.2.${last}`));
      assert.deepEqual(about, [`add 192.0.2.${last}`, `del 192.0.2.${last}`]);
    }
  });
});
