/** Addresses as core asks the kernel for them: their options, where they are removed from, how they are announced. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VirtualAddress } from '../../../src/config/config.ts';
import { config, instanceConfig, link, S, vip, World } from './fakes.ts';

const vip6 = (change: Partial<VirtualAddress> = {}): VirtualAddress => ({
  ...vip(0),
  family: 6,
  address: '2001:db8::1',
  bytes: Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
  prefixLength: 64,
  ...change,
});

function master(change: Parameters<typeof instanceConfig>[0], global = {}): World {
  const conf = config([instanceConfig(change)]);
  const w = new World({ ...conf, global: { ...conf.global, ...global } });
  w.start();
  w.pass(4 * S);
  assert.equal(w.state(), 'master');
  return w;
}

describe('core/addresses: what is asked of the kernel', () => {
  it("'-nodad', 'home', 'noprefixroute' and 'preferred_lft' arrive there", () => {
    const excludedVips = [
      vip6({ flags: ['-nodad'] }),
      vip6({ flags: ['home', 'noprefixroute'], preferredLifetimeS: 30 }),
      vip6(),
      { ...vip(7), flags: ['noprefixroute'] },
    ];
    const w = master({ excludedVips });
    const asked = w.added.slice(1).map((r) => [r.flags, r.preferredLifetimeS]);
    assert.deepEqual(asked, [
      [0, undefined],
      [0x212, 30],
      [undefined, undefined],
      [0x200, undefined],
    ]);
  });

  it('an interface that is renamed while we are master keeps none of our addresses', () => {
    const w = master({});
    w.done.length = 0;
    w.links = [link('eth9', 2), link('eth1', 3)];
    w.tell({ type: 'link-removed', index: 2, name: 'eth0' });
    w.tell({ type: 'link', link: link('eth9', 2) });
    assert.equal(w.state(), 'fault');
    assert.ok(w.done.includes('del 192.0.2.100'), w.done.join(', '));
  });

  it("'promote_secondaries' is set where the interface is, again when it is made anew, and by a reload", () => {
    const w = master({ promoteSecondaries: true });
    assert.deepEqual(w.promoted, ['eth0']);
    w.links = [link('eth1', 3)];
    w.tell({ type: 'link-removed', index: 2, name: 'eth0' });
    w.setLink(link('eth0', 7));
    assert.deepEqual(w.promoted, ['eth0', 'eth0']);
    const other = master({});
    assert.deepEqual(other.promoted, []);
    other.core.reload(config([instanceConfig({ promoteSecondaries: true })]), { errors: 0, warnings: 0 });
    assert.deepEqual(other.promoted, ['eth0']);
  });

  it('a reload that changes only the broadcast address sets the address anew', () => {
    const w = master({});
    w.done.length = 0;
    const vips = [{ ...vip(100), broadcast: Uint8Array.of(192, 0, 2, 255) }];
    w.core.reload(config([instanceConfig({ vips })]), { errors: 0, warnings: 0 });
    assert.deepEqual(
      w.done.filter((d) => /^(add|del)/.test(d)),
      ['del 192.0.2.100', 'add 192.0.2.100'],
    );
  });
});

describe('core/announcements', () => {
  it("'vrrp_gna_interval' spaces IPv6, 'vrrp_garp_interval' IPv4", () => {
    const w = master({ excludedVips: [vip6()] }, { garpIntervalUs: 100_000, gnaIntervalUs: 0 });
    assert.deepEqual(w.announced, [
      { family: 4, spacingUs: 100_000, lane: 'eth0 IPv4' },
      { family: 6, spacingUs: 0, lane: '' },
    ]);
  });
});
