/** What each piece of news means for the picture, as events. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkNews } from '../../../../src/io/netlink/messages.ts';
import { Picture } from '../../../../src/io/netlink/picture.ts';
import type { KernelAddress, NetlinkEvent } from '../../../../src/ports/netlink.ts';

const flags = { up: true, running: true, loopback: false, multicast: true, noArp: false };
const news = (index: number, name: string, change: Partial<LinkNews> = {}): LinkNews => ({
  index,
  ...flags,
  name,
  mtu: 1500,
  mac: Uint8Array.from([2, 0, 0, 0, 0, index]),
  ...change,
});
const address = (index: number, last: number, change: Partial<KernelAddress> = {}): KernelAddress => ({
  family: 4,
  bytes: Uint8Array.from([192, 0, 2, last]),
  prefixLength: 24,
  interfaceIndex: index,
  scope: 0,
  label: 'eth0',
  flags: 0x80,
  protocol: 0,
  ...change,
});
const words = (events: readonly NetlinkEvent[]): string[] =>
  events.map((e) => {
    switch (e.type) {
      case 'link':
        return `+${e.link.index} ${e.link.name}`;
      case 'link-removed':
        return `-${e.index} ${e.name}`;
      case 'overrun':
        return 'overrun';
      default: {
        const { interfaceIndex, bytes, prefixLength } = e.address;
        return `${e.type === 'address-added' ? '+' : '-'}${interfaceIndex} .${bytes[3]}/${prefixLength}`;
      }
    }
  });

function picture(): Picture {
  const p = new Picture();
  p.replace([news(1, 'eth0'), news(2, 'eth1')], [address(1, 10), address(1, 11), address(2, 20)]);
  return p;
}

describe('links', () => {
  it('new, changed, unchanged', () => {
    const p = picture();
    assert.deepEqual(words(p.setLink(news(3, 'eth2'))), ['+3 eth2']);
    assert.deepEqual(p.setLink(news(3, 'eth2')), []);
    const changes: Partial<LinkNews>[] = [
      { up: false },
      { running: false },
      { multicast: false },
      { noArp: true },
      { loopback: true },
      { mtu: 9000 },
      { mac: Uint8Array.from([2, 0, 0, 0, 0, 99]) },
    ];
    for (const change of changes) {
      assert.deepEqual(words(p.setLink(news(3, 'eth2', change))), ['+3 eth2'], JSON.stringify(change));
      assert.deepEqual(words(p.setLink(news(3, 'eth2'))), ['+3 eth2']);
    }
  });
  it('renamed: the old name goes, then the new one comes, and the picture has only the new one by then', () => {
    const p = picture();
    assert.deepEqual(words(p.setLink(news(1, 'lan0'))), ['-1 eth0', '+1 lan0']);
    assert.deepEqual(
      p.links().map((l) => l.name),
      ['lan0', 'eth1'],
    );
  });
  it('flags without a name (wireless): the rest stays; unknown: nothing', () => {
    const p = picture();
    assert.deepEqual(p.setLink({ index: 1, ...flags }), []);
    assert.deepEqual(words(p.setLink({ index: 1, ...flags, running: false })), ['+1 eth0']);
    assert.deepEqual(
      p.links().map((l) => [l.name, l.running, l.mtu]),
      [
        ['eth0', false, 1500],
        ['eth1', true, 1500],
      ],
    );
    assert.deepEqual(p.setLink({ index: 77, ...flags }), []);
  });
  it('removed: its addresses first; unknown: nothing', () => {
    const p = picture();
    assert.deepEqual(words(p.removeLink(1)), ['-1 .10/24', '-1 .11/24', '-1 eth0']);
    assert.deepEqual(p.removeLink(1), []);
    assert.deepEqual([p.links().length, p.addresses().length], [1, 1]);
  });
});

describe('addresses', () => {
  it('new, changed, unchanged', () => {
    const p = picture();
    assert.deepEqual(words(p.setAddress(address(1, 12))), ['+1 .12/24']);
    assert.deepEqual(p.setAddress(address(1, 12)), []);
    for (const change of [{ scope: 253 }, { label: 'eth0:1' }, { flags: 0x81 }, { protocol: 18 }])
      assert.deepEqual(words(p.setAddress(address(1, 12, change))), ['+1 .12/24'], JSON.stringify(change));
    assert.equal(p.addresses().length, 4);
  });
  it('the same octets under another prefix, peer or link are another address', () => {
    const p = picture();
    const others = [{ prefixLength: 32 }, { peer: Uint8Array.from([10, 0, 0, 1]) }, { interfaceIndex: 2 }];
    for (const other of others) assert.equal(p.setAddress(address(1, 10, other)).length, 1);
    assert.equal(p.addresses().length, 6);
    for (const other of others) assert.equal(p.removeAddress(address(1, 10, other)).length, 1);
    assert.deepEqual(p.removeAddress(address(1, 10, { prefixLength: 32 })), []);
    assert.equal(p.addresses().length, 3);
  });
  it('a removal reports what was known', () => {
    const p = picture();
    p.setAddress(address(1, 10, { protocol: 18, label: 'eth0:7' }));
    const event = p.removeAddress(address(1, 10))[0];
    assert.ok(event?.type === 'address-removed');
    assert.deepEqual([event.address.protocol, event.address.label], [18, 'eth0:7']);
  });
});

describe('a dump', () => {
  it('the same again: no event', () => {
    const p = picture();
    assert.deepEqual(p.replace([news(1, 'eth0'), news(2, 'eth1')], [...p.addresses()]), []);
  });
  it('differences: what went before what came', () => {
    const p = picture();
    const events = p.replace(
      [news(2, 'eth0'), news(3, 'eth1'), news(4, 'eth4')],
      [address(2, 20, { label: 'eth0' }), address(2, 10), address(3, 11)],
    );
    assert.deepEqual(words(events), [
      '-1 .10/24',
      '-1 .11/24',
      '-1 eth0',
      '-2 eth1',
      '+2 eth0',
      '+3 eth1',
      '+4 eth4',
      '+2 .10/24',
      '+3 .11/24',
    ]);
  });
  it('a changed flag is a difference', () => {
    const p = picture();
    assert.deepEqual(
      words(
        p.replace(
          [news(1, 'eth0', { running: false }), news(2, 'eth1')],
          [address(1, 10), address(1, 11, { flags: 0x81 }), address(2, 20)],
        ),
      ),
      ['+1 eth0', '+1 .11/24'],
    );
  });
});

it('lists are the same object until something changes', () => {
  const p = picture();
  const [links, addresses] = [p.links(), p.addresses()];
  p.setLink(news(1, 'eth0'));
  p.setAddress(address(1, 10));
  assert.ok(p.links() === links && p.addresses() === addresses);
  p.setLink(news(1, 'eth0', { up: false }));
  p.setAddress(address(1, 99));
  assert.ok(p.links() !== links && p.addresses() !== addresses);
  assert.equal(addresses.length, 3);
});
