/**
 * Addresses, links and cleanup against the real kernel. Run as root: node --test build/test/netns/netlink.ns.js.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { formatIp } from '../../src/base/ip.ts';
import { deleteAddressesNow, deleteInterfacesNow } from '../../src/io/netlink/cleanup.ts';
import { ownedAddresses } from '../../src/io/netlink/rt-netlink.ts';
import { native } from '../../src/native.ts';
import type { AddressRequest } from '../../src/ports/netlink.ts';
import {
  info,
  inOwnNamespace,
  ip,
  kernelSet,
  octets,
  pair,
  pictureSet,
  request,
  run,
  shown,
  stop,
  until,
  word,
} from './netlink-lab.ts';

const everyOption = (index: number): AddressRequest[] => [
  request(index, '192.0.2.1', 24),
  request(index, '192.0.2.2', 24, { label: 'opt0:1', broadcast: octets('192.0.2.255') }),
  request(index, '192.0.2.3', 32, { scope: 253 }),
  request(index, '192.0.2.4', 32, { peer: { bytes: octets('198.51.100.9'), prefixLength: 30 } }),
  request(index, '2001:db8::1', 64),
  request(index, '2001:db8::2', 128),
  request(index, '2001:db8::3', 64, { flags: 0x202, preferredLifetimeS: 100 }),
  request(index, '2001:db8::4', 128, { peer: { bytes: octets('2001:db8:1::9'), prefixLength: 128 } }),
];

function options(): void {
  it('every option arrives as iproute2 shows it', () => {
    pair('opt0', 'opt1');
    const r = run();
    const all = everyOption(r.index('opt0'));
    assert.ok(r.port.addAddresses(all).every((x) => x.ok && !x.already));
    const by = new Map(info('opt0').map((a) => [a.local, a]));
    const pick = (local: string, ...keys: string[]): unknown[] => keys.map((k) => by.get(local)?.[k]);
    const FOREVER = 4294967295;
    assert.equal(by.size, 8);
    assert.deepEqual(
      pick('192.0.2.1', 'prefixlen', 'scope', 'label', 'broadcast', 'address', 'valid_life_time'),
      [24, 'global', 'opt0', undefined, undefined, FOREVER],
    );
    assert.deepEqual(pick('192.0.2.2', 'label', 'broadcast', 'secondary'), ['opt0:1', '192.0.2.255', true]);
    assert.deepEqual(pick('192.0.2.3', 'prefixlen', 'scope'), [32, 'link']);
    assert.deepEqual(pick('192.0.2.4', 'prefixlen', 'address'), [30, '198.51.100.9']);
    assert.deepEqual(pick('2001:db8::1', 'prefixlen', 'nodad', 'tentative', 'deprecated'), [
      64,
      true,
      undefined,
      undefined,
    ]);
    assert.deepEqual(pick('2001:db8::2', 'nodad', 'deprecated', 'preferred_life_time', 'valid_life_time'), [
      true,
      true,
      0,
      FOREVER,
    ]);
    assert.deepEqual(pick('2001:db8::3', 'noprefixroute', 'preferred_life_time'), [true, 100]);
    assert.deepEqual(pick('2001:db8::4', 'address', 'prefixlen'), ['2001:db8:1::9', 128]);

    r.port.drain();
    assert.deepEqual(pictureSet(r.port.addresses()), kernelSet());
    const ours = ownedAddresses(r.port.addresses());
    // Kernels before 5.18 do not keep the mark.
    if (ours.length > 0) assert.equal(ours.length, 8);
    assert.ok(r.port.addAddresses(all).every((x) => x.ok && x.already));
    assert.ok(r.port.deleteAddresses(all.toReversed()).every((x) => x.ok && !x.already));
    assert.deepEqual(info('opt0'), []);
    assert.ok(r.port.deleteAddresses(all).every((x) => x.ok && x.already));
    stop(r);
  });

  it('one failure does not stop the rest, and says why', () => {
    pair('err0', 'err1');
    const r = run();
    const index = r.index('err0');
    const results = r.port.addAddresses([
      request(index, '192.0.2.1', 24),
      request(index, '192.0.2.2', 24, { label: 'a-label-that-is-too-long' }),
      request(99999, '192.0.2.3', 24),
      request(index, '192.0.2.4', 24),
    ]);
    assert.deepEqual(
      results.map((x) => (x.ok ? 'ok' : x.code)),
      ['ok', 'ERANGE', 'ENODEV', 'ok'],
    );
    assert.deepEqual(
      info('err0').map((a) => a.local),
      ['192.0.2.1', '192.0.2.4'],
    );
    assert.deepEqual(
      r.port
        .deleteAddresses([request(99999, '192.0.2.3', 24), request(index, '192.0.2.1', 32)])
        .map((x) => x.already),
      [true, true],
    );
    assert.equal(info('err0').length, 2, 'another prefix length is another address');
    stop(r);
  });
}

function order(): void {
  it('order is kept: the first is primary; when it goes, the next one is promoted and reported', async () => {
    pair('ord0', 'ord1');
    writeFileSync('/proc/sys/net/ipv4/conf/ord0/promote_secondaries', '1');
    const r = run();
    const index = r.index('ord0');
    const all = [5, 3, 9, 1].map((n) => request(index, `192.0.2.${n}`, 24));
    r.port.addAddresses(all);
    assert.deepEqual(
      info('ord0').map((a) => [a.local, a['secondary'] === true]),
      [
        ['192.0.2.5', false],
        ['192.0.2.3', true],
        ['192.0.2.9', true],
        ['192.0.2.1', true],
      ],
    );
    await until('four events', () => r.events.filter((e) => e.type === 'address-added').length === 4);
    r.events.length = 0;
    r.port.deleteAddresses(all.slice(0, 1));
    await until('the promotion', () => r.events.length >= 2);
    assert.deepEqual(r.events.map(word).sort(), ['+192.0.2.3', '-192.0.2.5']);
    const promoted = r.events.find((e) => e.type === 'address-added');
    assert.ok(promoted?.type === 'address-added');
    assert.equal(promoted.address.flags & 1, 0);
    stop(r);
  });

  it('256 addresses in one batch', () => {
    pair('many0', 'many1');
    const r = run();
    const index = r.index('many0');
    const all = Array.from({ length: 256 }, (_, n) => request(index, `10.0.${n >> 7}.${(n & 127) + 1}`, 24));
    assert.ok(r.port.addAddresses(all).every((x) => x.ok && !x.already));
    assert.equal(info('many0').length, 256);
    assert.ok(r.port.addAddresses(all).every((x) => x.already));
    assert.ok(r.port.deleteAddresses(all.toReversed()).every((x) => x.ok && !x.already));
    assert.equal(info('many0').length, 0);
    stop(r);
  });
}

function linkEvents(): void {
  it('created, up, down, renamed, deleted, created again', async () => {
    const r = run();
    const of = (): string[] => r.events.filter((e) => !word(e).includes('peer')).map(word);
    const seen = async (want: readonly string[]): Promise<void> => {
      await until(want.join(', '), () => want.every((w) => of().includes(w)));
      const got = of();
      r.events.length = 0;
      assert.deepEqual(
        got.filter((w) => want.includes(w)),
        want,
      );
    };
    ip('link', 'add', 'lnk0', 'type', 'veth', 'peer', 'name', 'peer0');
    await seen(['+lnk0 down still']);
    const first = r.index('lnk0');
    ip('link', 'set', 'peer0', 'up');
    ip('link', 'set', 'lnk0', 'up');
    await seen(['+lnk0 up running']);
    ip('link', 'set', 'peer0', 'down');
    await seen(['+lnk0 up still']);
    ip('link', 'set', 'peer0', 'up');
    await seen(['+lnk0 up running']);
    ip('addr', 'add', '192.0.2.77/24', 'dev', 'lnk0');
    await seen(['+192.0.2.77']);
    ip('link', 'set', 'lnk0', 'down');
    ip('link', 'set', 'lnk0', 'name', 'lnk9');
    await seen(['+lnk0 down still', '-lnk0', '+lnk9 down still']);
    assert.equal(r.index('lnk9'), first);
    ip('link', 'del', 'lnk9');
    await seen(['-192.0.2.77', '-lnk9']);
    assert.ok(!r.port.links().some((l) => l.index === first));
    ip('link', 'add', 'lnk0', 'type', 'veth', 'peer', 'name', 'peer0');
    await seen(['+lnk0 down still']);
    ip('link', 'del', 'lnk0');
    await seen(['-lnk0']);
    stop(r);
  });
}

function linkDetails(): void {
  it('MTU and MAC are reported; a change of nothing exposed is not', async () => {
    pair('mtu0', 'mtu1');
    const r = run();
    ip('link', 'set', 'mtu0', 'txqueuelen', '77');
    ip('link', 'set', 'mtu0', 'alias', 'nothing to us');
    ip('link', 'set', 'mtu0', 'mtu', '1400');
    await until('the MTU', () => r.events.some((e) => e.type === 'link' && e.link.mtu === 1400));
    assert.deepEqual(
      r.events.filter((e) => e.type === 'link' && e.link.mtu !== 1400),
      [],
    );
    ip('link', 'set', 'mtu0', 'address', '02:00:00:00:00:07');
    const mac = Uint8Array.from([2, 0, 0, 0, 0, 7]);
    await until('the MAC', () =>
      r.events.some((e) => e.type === 'link' && Buffer.compare(e.link.mac, mac) === 0),
    );
    stop(r);
  });

  it('a port that leaves a bridge is still there', async (t) => {
    const added = spawnSync('ip', ['link', 'add', 'br0', 'type', 'bridge'], { encoding: 'utf8' });
    if (added.status !== 0) return t.skip(`no bridge in this kernel: ${added.stderr.trim()}`);
    pair('port0', 'port1');
    ip('link', 'set', 'port0', 'master', 'br0');
    const r = run();
    ip('link', 'set', 'port0', 'nomaster');
    ip('link', 'set', 'port0', 'mtu', '1300');
    await until('the MTU', () => r.events.some((e) => e.type === 'link' && e.link.mtu === 1300));
    assert.deepEqual(
      r.events.filter((e) => e.type === 'link-removed'),
      [],
    );
    stop(r);
  });

  it("'ip addr del' is address-removed, with what identifies it", async () => {
    pair('del0', 'del1');
    const r = run();
    const index = r.index('del0');
    r.port.addAddresses([request(index, '192.0.2.50', 24), request(index, '2001:db8::50', 64)]);
    ip('addr', 'del', '192.0.2.50/24', 'dev', 'del0');
    ip('addr', 'del', '2001:db8::50/64', 'dev', 'del0');
    await until('both', () => r.events.filter((e) => e.type === 'address-removed').length === 2);
    assert.deepEqual(
      r.events
        .filter((e) => e.type === 'address-removed')
        .map((e) => [formatIp(e.address.bytes), e.address.prefixLength, e.address.interfaceIndex]),
      [
        ['192.0.2.50', 24, index],
        ['2001:db8::50', 64, index],
      ],
    );
    stop(r);
  });
}

function cleanups(): void {
  it('takes away what it is told, and only that', () => {
    pair('cln0', 'cln1');
    ip('addr', 'add', '192.0.2.1/24', 'dev', 'cln0');
    ip('addr', 'add', '192.0.2.1/32', 'dev', 'cln0');
    ip('addr', 'add', '192.0.2.2/24', 'dev', 'cln1');
    ip('addr', 'add', '192.0.2.3', 'peer', '198.51.100.3/32', 'dev', 'cln0');
    ip('addr', 'add', '2001:db8::1/64', 'dev', 'cln0', 'nodad');
    const entry = (name: string, address: string, prefixLength: number) => ({
      interface: name,
      address,
      prefixLength,
    });
    const list = [
      entry('cln0', '192.0.2.1', 32),
      entry('cln0', '192.0.2.2', 24),
      entry('cln0', '192.0.2.3', 32),
      entry('cln0', '2001:db8::1', 64),
      entry('gone0', '192.0.2.1', 24),
    ];
    assert.deepEqual(
      deleteAddressesNow(native(), list).map((r) => [r.ok, r.already]),
      [
        [true, false],
        [true, true],
        [true, false],
        [true, false],
        [true, true],
      ],
    );
    assert.deepEqual(
      [...info('cln0'), ...info('cln1')].map((a) => `${a.local}/${a.prefixlen}`),
      ['192.0.2.1/24', '192.0.2.2/24'],
    );
    assert.ok(deleteAddressesNow(native(), list).every((r) => r.ok && r.already));
  });
  it('deletes interfaces; loopback is refused, an absent one is ok', () => {
    pair('vm0', 'vm1');
    const results = deleteInterfacesNow(native(), ['vm0', 'vm0', 'lo', 'nosuch0']);
    assert.deepEqual(
      results.map((r) => [r.ok, r.already, r.code]),
      [
        [true, false, undefined],
        [true, true, 'ENODEV'],
        [false, false, 'ENOTSUP'],
        [true, true, 'ENODEV'],
      ],
    );
    assert.ok(!shown().some((l) => l.ifname === 'vm0'));
  });
}

inOwnNamespace(import.meta.url, () => {
  describe('addresses', options);
  describe('batches', order);
  describe('links', linkEvents);
  describe('details', linkDetails);
  describe('cleanup', cleanups);
});
