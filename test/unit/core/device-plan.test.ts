/** Names and places of VMACs. The expectations with 2.2.7 in their name were measured with Debian's keepalived. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceConfig, VirtualAddress } from '../../../src/config/config.ts';
import type { VmacConfig } from '../../../src/config/vmac.ts';
import { advertInterface, planDevices } from '../../../src/core/devices/plan.ts';
import { watchedInterfaces } from '../../../src/core/network.ts';
import type { Link } from '../../../src/ports/netlink.ts';
import { config, instanceConfig, link, vip } from './fakes.ts';

const mac = (family: 1 | 2, vrid = 51): Uint8Array => Uint8Array.of(0, 0, 0x5e, 0, family, vrid);
const vmac = (change: Partial<VmacConfig> = {}): VmacConfig => ({
  name: 'vrrp.51',
  nameGiven: false,
  mac: mac(1),
  macGiven: false,
  xmitBase: false,
  netlinkNotify: false,
  ...change,
});
const v6 = (iface = 'eth0', flags?: readonly string[]): VirtualAddress => ({
  ...vip(1, iface),
  family: 6,
  address: '2001:db8::100',
  bytes: new Uint8Array(16),
  ...(flags === undefined ? {} : { flags }),
});
const asking = (v: VirtualAddress): VirtualAddress => ({ ...v, flags: ['use_vmac'] });
const macvlan = (name: string, index: number, parentIndex: number, change: Partial<Link> = {}): Link => ({
  ...link(name, index),
  kind: 'macvlan',
  mode: 1,
  parentIndex,
  mac: mac(1),
  ...change,
});

function plan(
  instances: readonly InstanceConfig[],
  links: readonly Link[] = [],
  ours: readonly string[] = [],
) {
  const all = [link('eth0', 2), link('eth1', 3), ...links];
  const made = planDevices(config(instances), {
    links: new Map(all.map((l) => [l.name, l])),
    ours: new Set(ours),
  });
  const [first] = made.config.instances;
  return {
    ...made,
    first,
    made: made.wants.map((w) => `${w.name} ${w.kind} on ${w.parent} ${w.ipv6 ? 6 : 4}`),
    on: [...(first?.vips ?? []), ...(first?.excludedVips ?? [])].map((v) => v.interface),
  };
}

describe('core/devices/plan: places', () => {
  it('without use_vmac the configuration stays the very same', () => {
    const written = config([instanceConfig()]);
    assert.equal(planDevices(written, { links: new Map(), ours: new Set() }).config, written);
  });

  it('2.2.7: addresses of the own interface go on the VMAC, named there or not; others stay, the other family too', () => {
    const p = plan([
      instanceConfig({
        vmac: vmac(),
        vips: [vip(100), vip(102, 'eth1'), asking(vip(103, 'eth1'))],
        excludedVips: [v6(), asking(vip(104))],
      }),
    ]);
    assert.deepEqual(p.on, ['vrrp.51', 'eth1', 'vrrp1.51', 'eth0', 'vrrp.51']);
    assert.deepEqual(p.made, ['vrrp.51 macvlan on eth0 4', 'vrrp1.51 macvlan on eth1 4']);
  });

  it('2.2.7: use_vmac_addr gives VMACs to other interfaces and the other family', () => {
    const p = plan([
      instanceConfig({
        vmac: vmac(),
        vmacForAddresses: true,
        vips: [vip(100), vip(102, 'eth1')],
        excludedVips: [v6(), v6('eth1')],
      }),
    ]);
    assert.deepEqual(p.on, ['vrrp.51', 'vrrp1.51', 'vrrp6.51', 'vrrp2.51']);
    const alone = plan([
      instanceConfig({ vmacForAddresses: true, vips: [vip(100), vip(102, 'eth1')], excludedVips: [v6()] }),
    ]);
    assert.deepEqual(alone.on, ['eth0', 'vrrp.51', 'vrrp6.51']);
  });

  it('2.2.7: use_vmac behind an address, without one of the instance', () => {
    const p = plan([
      instanceConfig({
        vips: [asking(vip(100)), asking(vip(102, 'eth1')), vip(105)],
        excludedVips: [v6('eth0', ['use_vmac'])],
      }),
    ]);
    assert.deepEqual(p.on, ['vrrp.51', 'vrrp1.51', 'eth0', 'vrrp6.51']);
    assert.equal(advertInterface(p.first as InstanceConfig), 'eth0');
  });

  it('adverts use the VMAC, or the parent with vmac_xmit_base; both are tracked', () => {
    const own = plan([instanceConfig({ vmac: vmac() })]).first as InstanceConfig;
    assert.equal(advertInterface(own), 'vrrp.51');
    assert.deepEqual(watchedInterfaces(own), ['eth0', 'vrrp.51']);
    const base = plan([instanceConfig({ vmac: vmac({ xmitBase: true }) })]).first as InstanceConfig;
    assert.equal(advertInterface(base), 'eth0');
    assert.deepEqual(watchedInterfaces(base), ['eth0', 'vrrp.51']);
  });
});

describe('core/devices/plan: names', () => {
  it('2.2.7: a name that somebody else has is not used', () => {
    const p = plan([instanceConfig({ vmac: vmac({ name: 'eth1', nameGiven: true }) })]);
    assert.deepEqual(p.made, ['vrrp.51 macvlan on eth0 4']);
    assert.match(p.notes.join(), /^\(VI_1\) interface eth1 already exists/);
    const taken = plan([instanceConfig({ vmac: vmac() })], [link('vrrp.51', 9)]);
    assert.deepEqual(taken.made, ['vrrp1.51 macvlan on eth0 4']);
  });

  it('IPv6 tries vrrp6 before numbers, and long prefixes are cut', () => {
    const both = [
      instanceConfig({ vmac: vmac() }),
      instanceConfig({ name: 'VI_6', family: 6, vips: [], vmac: vmac({ mac: mac(2) }) }),
    ];
    assert.deepEqual(plan(both).made, ['vrrp.51 macvlan on eth0 4', 'vrrp6.51 macvlan on eth0 6']);
    const written = config(both);
    const defaults = { ...written.global.defaults, vmacPrefix: 'averylongprefix' };
    const cut = planDevices(
      { ...written, global: { ...written.global, defaults } },
      { links: new Map(), ours: new Set() },
    );
    assert.deepEqual(
      cut.wants.map((w) => w.name),
      ['averylongpre.51', 'averylongpr6.51'],
    );
  });

  it('a private macvlan with this MAC on this parent is taken over, under whatever name', () => {
    assert.deepEqual(plan([instanceConfig({ vmac: vmac() })], [macvlan('left.51', 9, 2)]).made, [
      'left.51 macvlan on eth0 4',
    ]);
    // On another parent, in another mode, with another MAC: somebody else's.
    for (const other of [
      macvlan('vrrp.51', 9, 3),
      macvlan('vrrp.51', 9, 2, { mode: 4 }),
      macvlan('vrrp.51', 9, 2, { mac: mac(1, 9) }),
    ])
      assert.deepEqual(plan([instanceConfig({ vmac: vmac() })], [other]).made, [
        'vrrp1.51 macvlan on eth0 4',
      ]);
  });

  it('one of ours gives its name away when it is not wanted any more, and is renamed by being made anew', () => {
    const moved = plan(
      [instanceConfig({ interface: 'eth1', vips: [vip(100, 'eth1')], vmac: vmac() })],
      [macvlan('vrrp.51', 9, 2)],
      ['vrrp.51'],
    );
    assert.deepEqual(moved.made, ['vrrp.51 macvlan on eth1 4']);
    const renamed = plan(
      [instanceConfig({ vmac: vmac({ name: 'new', nameGiven: true }) })],
      [macvlan('old', 9, 2)],
      ['old'],
    );
    assert.deepEqual(renamed.made, ['new macvlan on eth0 4']);
    // Wanted again by the second: the first may not have it.
    const kept = plan(
      [
        instanceConfig({ name: 'A', interface: 'eth1', vips: [], vmac: vmac() }),
        instanceConfig({ name: 'B', vmac: vmac() }),
      ],
      [macvlan('vrrp.51', 9, 2)],
      ['vrrp.51'],
    );
    assert.deepEqual(kept.made, ['vrrp1.51 macvlan on eth1 4', 'vrrp.51 macvlan on eth0 4']);
  });

  it('2.2.7: an ipvlan is where adverts go, the addresses stay on the parent', () => {
    const p = plan([instanceConfig({ ipvlan: { name: 'vrrp.51', nameGiven: false, mode: 'vepa' } })]);
    assert.deepEqual(p.made, ['vrrp.51 ipvlan on eth0 4']);
    assert.deepEqual(p.on, ['eth0']);
    assert.equal(advertInterface(p.first as InstanceConfig), 'vrrp.51');
    assert.equal(p.wants[0]?.mode, 'vepa');
  });
});
