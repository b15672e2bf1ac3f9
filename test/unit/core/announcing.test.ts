/** Which gap an announcement keeps and with whom it shares it, and the extra interfaces. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config, InstanceConfig } from '../../../src/config/config.ts';
import { config, instanceConfig, link, S, vip, World } from './fakes.ts';

const VMAC = { ...link('vrrp.51', 9), kind: 'macvlan', parentIndex: 2 };

function master(instance: Partial<InstanceConfig>, global: Partial<Config['global']> = {}): World {
  const c = config([instanceConfig(instance)]);
  const w = new World({ ...c, global: { ...c.global, ...global } });
  w.links.push(VMAC, link('eth2', 10));
  w.start();
  w.pass(4 * S);
  assert.equal(w.state(), 'master');
  return w;
}
const spacings = (w: World): string[] => [...new Set(w.announced.map((a) => `${a.lane} ${a.spacingUs}`))];
const everywhere = { vips: [vip(100), vip(101, 'eth1'), vip(102, 'vrrp.51'), vip(103, 'eth2')] };

describe('the gap', () => {
  it('none: one burst', () => {
    assert.deepEqual(spacings(master(everywhere)), [' 0']);
  });
  it('vrrp_garp_interval: of each physical interface, with the virtual-MAC ones on it', () => {
    assert.deepEqual(spacings(master(everywhere, { garpIntervalUs: 1000 })), [
      'eth0 IPv4 1000',
      'eth1 IPv4 1000',
      'eth2 IPv4 1000',
    ]);
  });
  it('garp_group: one for all its interfaces; it stands for the global settings', () => {
    const garpGroups = [
      { interfaces: ['eth0', 'eth1'], garpIntervalUs: 5000 },
      { interfaces: ['eth2'], gnaIntervalUs: 7 },
    ];
    assert.deepEqual(spacings(master(everywhere, { garpIntervalUs: 1000, garpGroups })), [
      'garp_group 0 IPv4 5000',
      ' 0',
    ]);
  });
});

describe('garp_extra_if', () => {
  const extra = (allInterfaces: boolean) => ({
    ...everywhere,
    garpExtra: { intervalUs: 2 * S, allInterfaces },
  });
  it('one on each virtual-MAC interface, or on all others, as long as it is master', () => {
    for (const [all, count] of [
      [false, 1],
      [true, 3],
    ] as const) {
      const w = master(extra(all));
      w.pass(6 * S);
      w.done.length = 0;
      w.pass(4 * S);
      assert.deepEqual(
        w.done.filter((d) => d.startsWith('garp')),
        [`garp ${count}x1`, `garp ${count}x1`],
      );
      w.setLink(link('eth0', 2, false));
      w.done.length = 0;
      w.pass(10 * S);
      assert.deepEqual(
        w.done.filter((d) => d.startsWith('garp')),
        [],
      );
    }
  });
  it('one timer, however often it became master', () => {
    const w = master(extra(true));
    for (let i = 0; i < 3; i++) {
      w.setLink(link('eth0', 2, false));
      w.setLink(link('eth0', 2, true));
      w.pass(4 * S);
    }
    w.pass(6 * S);
    w.done.length = 0;
    w.pass(8 * S);
    assert.equal(w.done.filter((d) => d === 'garp 3x1').length, 4);
  });
});
