/** The differ: instances are matched by what they are on the wire, not by name. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { planReload } from '../../../src/config/reload.ts';
import { configOf, instance, load } from './support.ts';

const config = (text: string) => configOf(load(text));
const base = instance('priority 100', '192.0.2.1/24\n192.0.2.2/24');
const script = (command: string) => `vrrp_script c {\nscript "${command}"\n}\n`;

it('reload/nothing changed, though the lines moved', () => {
  const plan = planReload(config(base), config(`\n# moved\n\n${base}`));
  assert.deepEqual(
    [plan.added, plan.removed, plan.refused, plan.globalChanged, plan.groupsChanged],
    [[], [], [], [], false],
  );
  assert.deepEqual(
    plan.kept.map((k) => [k.changed, k.renamed]),
    [[[], false]],
  );
});

it('reload/renamed is kept', () => {
  const plan = planReload(config(base), config(base.replace('VI_1', 'OTHER')));
  assert.deepEqual(
    plan.kept.map((k) => [k.old.name, k.next.name, k.renamed, k.changed]),
    [['VI_1', 'OTHER', true, []]],
  );
});

it('reload/another VRID, interface or way of sending is another router', () => {
  for (const next of [
    base.replace('51', '52'),
    base.replace('eth0', 'eth1'),
    base.replace('priority', 'unicast_peer { 192.0.2.9 }\npriority'),
  ]) {
    const plan = planReload(config(base), config(next));
    assert.deepEqual([plan.kept.length, plan.added.length, plan.removed.length], [0, 1, 1], next);
  }
});

it('reload/addresses that came and went', () => {
  const [kept] = planReload(config(base), config(instance('priority 50', '192.0.2.2/24\n192.0.2.3/24'))).kept;
  assert.deepEqual(kept?.changed, ['priority', 'vips']);
  assert.deepEqual(
    kept?.addedAddresses.map((v) => v.address),
    ['192.0.2.3'],
  );
  assert.deepEqual(
    kept?.removedAddresses.map((v) => v.address),
    ['192.0.2.1'],
  );
});

it('reload/scripts keep their result while the command stays', () => {
  const tracked = instance('track_script { c }');
  const same = planReload(config(script('/a') + tracked), config(`\n${script('/a')}${tracked}`));
  const other = planReload(config(script('/a') + tracked), config(script('/b') + tracked));
  assert.deepEqual(
    [same.scripts.kept.length, same.scripts.added.length, same.scripts.removed.length],
    [1, 0, 0],
  );
  assert.deepEqual(
    [other.scripts.kept.length, other.scripts.added.length, other.scripts.removed.length],
    [0, 1, 1],
  );
});

it('reload/what cannot change is named', () => {
  assert.deepEqual(planReload(config(base), config(`net_namespace blue\ninstance x\n${base}`)).refused, [
    'net_namespace',
    'instance',
  ]);
});
