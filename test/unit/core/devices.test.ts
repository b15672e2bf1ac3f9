/** Core with a kernel of paper that makes interfaces: what happens when they come, go, and cannot be made. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceConfig } from '../../../src/config/config.ts';
import { linkLocalOf } from '../../../src/core/devices/own-addresses.ts';
import type { ChangedSetting, DevicePort, DeviceRequest, DeviceResult } from '../../../src/ports/devices.ts';
import type { FilteredVmac, FirewallPort } from '../../../src/ports/firewall.ts';
import type { Link } from '../../../src/ports/netlink.ts';
import { config, instanceConfig, link, S, World } from './fakes.ts';

const MAC = Uint8Array.of(0, 0, 0x5e, 0, 1, 51);
const VMAC = {
  name: 'vrrp.51',
  nameGiven: false,
  mac: MAC,
  macGiven: false,
  xmitBase: false,
  netlinkNotify: false,
};

/** Makes links in the world's list; tells nothing by itself. */
class Maker implements DevicePort {
  readonly made: string[] = [];
  readonly removed: string[] = [];
  parents: readonly string[] = [];
  vmacs: readonly FilteredVmac[] = [];
  world: World | undefined;
  refusal = '';
  #next = 50;

  make(requests: readonly DeviceRequest[]): readonly DeviceResult[] {
    return requests.map(({ want, parentIndex }) => {
      if (this.refusal !== '') return { ok: false, already: false, code: this.refusal, text: '' };
      this.made.push(want.name);
      const world = this.world as World;
      if (world.links.some((l) => l.name === want.name)) return { ok: true, already: true };
      const made: Link = {
        ...link(want.name, this.#next++),
        kind: want.kind,
        mode: 1,
        parentIndex,
        ...(want.mac === undefined ? {} : { mac: want.mac }),
      };
      world.links = [...world.links, made];
      return { ok: true, already: false };
    });
  }

  remove(names: readonly string[]): readonly DeviceResult[] {
    this.removed.push(...names);
    const world = this.world as World;
    world.links = world.links.filter((l) => !names.includes(l.name));
    return names.map(() => ({ ok: true, already: false }));
  }

  isPresent(name: string): boolean {
    return this.world?.links.some((l) => l.name === name) === true;
  }

  prepareParents(parents: readonly string[]): void {
    this.parents = parents;
  }

  changedSettings(): readonly ChangedSetting[] {
    return [];
  }

  readonly firewall: FirewallPort = {
    setVmacs: (list) => {
      this.vmacs = list;
    },
    setBlocked: () => undefined,
    table: () => undefined,
    remove: () => undefined,
  };
}

function started(change: Partial<InstanceConfig> = {}, refusal = ''): { world: World; maker: Maker } {
  const maker = new Maker();
  maker.refusal = refusal;
  const conf = config([instanceConfig({ vmac: VMAC, ...change })]);
  const world = new World(conf, true, undefined, { devices: maker, firewall: maker.firewall });
  maker.world = world;
  world.start();
  return { world, maker };
}

const VRRP = (world: World): Link => world.links.find((l) => l.name === 'vrrp.51') as Link;

describe('core/devices', () => {
  it('made before the sockets, which are opened on it; addresses and announcements go there; gone after the stop', () => {
    const { world, maker } = started();
    assert.deepEqual([maker.made, maker.parents], [['vrrp.51'], ['eth0']]);
    assert.deepEqual(
      maker.vmacs.map((v) => [v.name, v.interfaceIndex, v.parentIndex, v.ipv4]),
      [['vrrp.51', VRRP(world).index, 2, true]],
    );
    assert.equal(world.opened[0]?.interface, 'vrrp.51');
    assert.deepEqual(world.released.devices, ['vrrp.51']);
    world.pass(4 * S);
    assert.equal(world.state(), 'master');
    assert.equal(world.added[0]?.interfaceIndex, VRRP(world).index);
    assert.equal(world.sent[0]?.source, '192.0.2.10');
    world.stop();
    assert.deepEqual(maker.removed, []);
    world.pass(2 * S);
    assert.ok(world.stopped);
    assert.deepEqual([maker.removed, maker.parents], [['vrrp.51'], []]);
  });

  it('deleted by someone: made again; master again after its skew, no FAULT; the rules know the new number', () => {
    const { world, maker } = started();
    world.pass(4 * S);
    const old = VRRP(world);
    world.links = world.links.filter((l) => l !== old);
    world.addresses = world.addresses.filter((a) => a.interfaceIndex !== old.index);
    // The kernel says down, then gone, then what came.
    world.tell({ type: 'link', link: { ...old, up: false, running: false } });
    world.tell({ type: 'link-removed', index: old.index, name: old.name });
    const born = VRRP(world);
    assert.notEqual(born.index, old.index);
    world.tell({ type: 'link', link: { ...born, up: false, running: false } });
    assert.equal(world.state(), 'master');
    world.tell({ type: 'link', link: born });
    world.pass(0);
    assert.equal(world.state(), 'backup');
    world.pass(S);
    assert.equal(world.state(), 'master');
    assert.equal(maker.vmacs[0]?.interfaceIndex, born.index);
    assert.equal(world.opened.at(-1)?.interfaceIndex, born.index);
    assert.equal(world.added.at(-1)?.interfaceIndex, born.index);
    assert.ok(!world.log.some((l) => l.includes('FAULT')), world.log.join('\n'));
    assert.ok(world.log.includes('warning vrrp.51 was deleted by someone else and made again'));
  });
});

describe('core/devices: faults', () => {
  it('set down by an administrator: FAULT, as the interface of any instance', () => {
    const { world, maker } = started();
    world.tell({ type: 'link', link: { ...VRRP(world), up: false, running: false } });
    assert.equal(world.state(), 'fault');
    assert.deepEqual(maker.made, ['vrrp.51']);
  });

  it("the carrier is the parent's: the news of its own comes late", () => {
    const { world } = started();
    world.tell({ type: 'link', link: { ...VRRP(world), running: false } });
    assert.equal(world.state(), 'backup');
    world.setLink({ ...link('eth0', 2), running: false });
    assert.equal(world.state(), 'fault');
  });

  it('what the kernel refuses to make is said and is a FAULT', () => {
    const { world } = started({}, 'ENOTSUP');
    assert.equal(world.state(), 'fault');
    assert.ok(world.log.some((l) => l.startsWith('error cannot make macvlan vrrp.51 on eth0: ENOTSUP')));
  });

  it('a parent that comes later brings its VMAC', () => {
    const { world, maker } = started({ interface: 'eth7', vips: [] });
    assert.deepEqual(maker.made, []);
    world.setLink(link('eth7', 7));
    assert.deepEqual(maker.made, ['vrrp.51']);
    world.tell({ type: 'link', link: VRRP(world) });
    assert.deepEqual(
      maker.vmacs.map((v) => v.parentIndex),
      [7],
    );
  });

  it('without hands for it nothing is made, and the address is set where it is written', () => {
    const world = new World(config([instanceConfig({ vmac: VMAC })]));
    world.start();
    world.pass(4 * S);
    assert.equal(world.added[0]?.interfaceIndex, 2);
  });

  it('RFC 4291: the link-local address of a MAC', () => {
    assert.deepEqual(
      [...(linkLocalOf(Uint8Array.of(2, 0, 0, 0, 0, 0x0a)) ?? [])],
      [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 0x0a],
    );
    assert.equal(linkLocalOf(new Uint8Array(0)), undefined);
  });
});
