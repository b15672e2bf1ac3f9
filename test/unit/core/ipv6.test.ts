/** IPv6 and unicast instances in core: the source address, duplicate address detection, who an advert is for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatIp, parseIp } from '../../../src/base/ip.ts';
import type { InstanceConfig, VirtualAddress } from '../../../src/config/config.ts';
import type { KernelAddress } from '../../../src/ports/netlink.ts';
import { advert, config, instanceConfig, link, S, vip, World } from './fakes.ts';
import { kernelAddress } from './kernel-items.ts';

const TENTATIVE = 0x40;
const DADFAILED = 0x08;
const command = {
  argv: ['/n'],
  text: '/n',
  place: { file: 'test.conf', line: 1, col: 1 },
};
const bytes = (text: string): Uint8Array => parseIp(text) as Uint8Array;
const held = (text: string, flags = 0, interfaceIndex = 2): KernelAddress => ({
  ...kernelAddress(0, interfaceIndex),
  family: text.includes(':') ? 6 : 4,
  bytes: bytes(text),
  prefixLength: text.includes(':') ? 64 : 24,
  flags,
});
const vip6 = (address: string, flags: readonly string[] = []): VirtualAddress => ({
  ...vip(0),
  family: 6,
  address,
  bytes: bytes(address),
  prefixLength: 64,
  flags,
});
const six = (change: Partial<InstanceConfig> = {}): InstanceConfig =>
  instanceConfig({
    family: 6,
    version: 3,
    vips: [vip6('fe80::5e:100'), vip6('2001:db8::100')],
    notify: { any: command },
    ...change,
  });
/** Started, with these addresses on eth0. */
function started(addresses: readonly KernelAddress[], change: Partial<InstanceConfig> = {}): World {
  const w = new World(config([six(change)]));
  w.addresses = [...addresses];
  w.start();
  return w;
}
/** The kernel's news of an address. */
function tell(w: World, address: KernelAddress): void {
  w.addresses = [...w.addresses.filter((a) => formatIp(a.bytes) !== formatIp(address.bytes)), address];
  w.tell({ type: 'address-added', address });
  w.pass(0);
}
const faultsOf = (w: World): string =>
  w.core
    .snapshot()
    .instances[0]?.faults.map((f) => f.detail)
    .join() ?? '';

describe('core/source address of IPv6', () => {
  it('[RFC9568-5.1.2-01+] adverts leave from the link-local address that is no VIP, to ff02::12, with 255', () => {
    const w = started([held('2001:db8::a'), held('fe80::5e:100'), held('fe80::a')]);
    assert.equal(w.state(), 'backup');
    w.pass(4 * S);
    assert.equal(w.state(), 'master');
    const [first] = w.sent;
    assert.deepEqual([first?.source, first?.destinations, first?.ttl], ['fe80::a', ['ff02::12'], 255]);
    assert.equal(w.opened[0]?.group, 'ff02::12');
  });
  it('[RFC9568-5.1.2-01-] what came over a router is refused and counted', () => {
    const w = started([held('fe80::a')]);
    w.pass(4 * S);
    const foreign = { ...advert(200), source: 'fe80::b', sourceBytes: bytes('fe80::b'), ttl: 254 };
    w.core.onAdvert('ipv6 eth0 2 multicast ff02::12', foreign);
    assert.equal(w.state(), 'master');
    assert.equal(w.core.snapshot().instances[0]?.counters.rejected['ttl'], 1);
  });
  it('without one it is a FAULT that says so; with one it goes on', () => {
    const w = started([held('2001:db8::a')]);
    assert.equal(w.state(), 'fault');
    assert.match(faultsOf(w), /eth0 has no IPv6 link-local address/);
    tell(w, held('fe80::a'));
    assert.equal(w.state(), 'backup');
  });
  it('a tentative one is waited for, nothing is sent from it, and no script hears of the FAULT', () => {
    const w = started([held('fe80::a', TENTATIVE)]);
    w.pass(10 * S);
    assert.deepEqual([w.state(), w.sent, w.opened, w.hooks], ['fault', [], [], []]);
    assert.match(faultsOf(w), /fe80::a of eth0 is tentative/);
    tell(w, held('fe80::a'));
    assert.equal(w.state(), 'backup');
    assert.deepEqual(
      w.hooks.map((h) => h.state),
      ['BACKUP'],
    );
    w.pass(4 * S);
    assert.deepEqual([w.state(), w.sent[0]?.source], ['master', 'fe80::a']);
  });
  it('a second one that is ready is taken instead; one that failed is a FAULT that scripts hear of', () => {
    const w = started([held('fe80::a', TENTATIVE), held('fe80::b')]);
    w.pass(4 * S);
    assert.equal(w.sent[0]?.source, 'fe80::b');
    const failed = started([held('fe80::a', TENTATIVE | DADFAILED)]);
    assert.equal(failed.state(), 'fault');
    assert.match(faultsOf(failed), /duplicate: another host answered for it/);
    assert.deepEqual(
      failed.hooks.map((h) => h.state),
      ['FAULT'],
    );
  });
  it('a configured source is sent from though it is nowhere, but not while it is tentative, here or elsewhere', () => {
    const change = { sourceAddress: '2001:db8::a' };
    assert.equal(started([held('fe80::a')], change).state(), 'backup');
    for (const index of [2, 3]) {
      const w = started([held('2001:db8::a', TENTATIVE, index)], change);
      assert.equal(w.state(), 'fault');
      tell(w, held('2001:db8::a', 0, index));
      if (index === 2) assert.equal(w.state(), 'backup');
    }
  });
});

describe('core/duplicate address detection of VIPs', () => {
  const detected = [vip6('fe80::5e:100'), vip6('2001:db8::100', ['-nodad'])];
  function master(vips = detected): World {
    const w = started([held('fe80::a')], { vips });
    w.pass(4 * S);
    assert.equal(w.state(), 'master');
    w.done.length = 0;
    return w;
  }
  it('announced again when it works, once', () => {
    const w = master();
    tell(w, held('2001:db8::100', TENTATIVE));
    assert.deepEqual(w.done, []);
    tell(w, held('2001:db8::100'));
    assert.deepEqual(w.done, ['garp 1x5']);
    tell(w, held('2001:db8::100'));
    assert.deepEqual(w.done, ['garp 1x5']);
  });
  it('with detection switched off in the kernel, or nodad as usual, there is nothing to say', () => {
    const w = master();
    tell(w, held('2001:db8::100'));
    tell(w, held('fe80::5e:100', TENTATIVE));
    tell(w, held('fe80::5e:100'));
    assert.deepEqual(w.done, []);
  });
  it('a duplicate is set again, at most five times', () => {
    const w = master();
    for (let i = 1; i <= 7; i++) {
      tell(w, held('2001:db8::100', TENTATIVE));
      tell(w, held('2001:db8::100', TENTATIVE | DADFAILED));
    }
    assert.equal(w.done.filter((d) => d.startsWith('add ')).length, 5);
    assert.match(
      w.log.join('\n'),
      /2001:db8::100 on eth0 does not work: another host answered.*tried again \(5 of 5\)/,
    );
    assert.match(w.log.join('\n'), /given up after 5 more tries/);
    assert.equal(w.state(), 'master');
  });
  it('works at last: announced', () => {
    const w = master();
    tell(w, held('2001:db8::100', TENTATIVE | DADFAILED));
    tell(w, held('2001:db8::100', TENTATIVE));
    tell(w, held('2001:db8::100'));
    assert.equal(w.done.at(-1), 'garp 1x5');
  });
  it('a stop does not keep an address for which the successor would find us: keepalived’s order', () => {
    const w = master();
    w.stop();
    assert.ok(w.stopped);
    const kept = master([vip6('2001:db8::100')]);
    kept.stop();
    assert.ok(!kept.stopped);
    assert.equal(kept.watching, 1, 'neighbour advertisements of the successor are watched for');
  });
});

describe('core/unicast', () => {
  const peer = (text: string) => ({
    address: text,
    bytes: bytes(text),
    minTtl: 0,
    maxTtl: 255,
    ttlGiven: false,
  });
  const KEY = 'ipv4 eth0 2 unicast 192.0.2.10';
  it('two instances with one VRID and one address: each hears its own peer, a stranger goes to the first', () => {
    const one = instanceConfig({ name: 'A', unicastPeers: [peer('192.0.2.20')] });
    const two = instanceConfig({ name: 'B', vips: [vip(101)], unicastPeers: [peer('192.0.2.30')] });
    const w = new World(config([one, two]));
    w.start();
    const received = (name: string): number =>
      w.core.snapshot().instances.find((i) => i.name === name)?.counters.advertsReceived ?? -1;
    const from = (last: number) => ({
      ...advert(200, { from: last }),
      destination: '192.0.2.10',
      multicast: false,
    });
    w.core.onAdvert(KEY, from(30));
    assert.deepEqual([received('A'), received('B')], [0, 1]);
    w.core.onAdvert(KEY, from(20));
    assert.deepEqual([received('A'), received('B')], [1, 1]);
    w.core.onAdvert(KEY, from(40));
    assert.deepEqual([received('A'), received('B')], [2, 1]);
    w.pass(4 * S);
    assert.deepEqual(
      w.sent.map((s) => s.destinations.join()),
      ['192.0.2.20', '192.0.2.30'],
    );
  });
  it("'unicast_fault_no_peer' without a peer stays in FAULT", () => {
    const w = new World(config([instanceConfig({ faultWithoutPeers: true })]));
    w.start();
    w.pass(10 * S);
    assert.equal(w.state(), 'fault');
    assert.match(faultsOf(w), /no unicast_peer/);
    assert.deepEqual(w.sent, []);
  });
  it('back from FAULT the source address is announced once; a multicast instance has none to announce', () => {
    for (const [change, want] of [
      [{ unicastPeers: [peer('192.0.2.20')] }, ['garp 1x1']],
      [{}, []],
    ] as const) {
      const w = new World(config([instanceConfig(change)]));
      w.start();
      w.setLink(link('eth0', 2, false));
      w.done.length = 0;
      w.setLink(link('eth0', 2));
      assert.equal(w.state(), 'backup');
      assert.deepEqual(
        w.done.filter((d) => d.startsWith('garp')),
        want,
      );
    }
  });
});
