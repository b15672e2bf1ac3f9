/**
 * Requests that make interfaces, against the bytes that iproute2 6.1 sends for the same words (recorded with strace;
 * 'ip link add … type ipvlan' is told no by many kernels, its request is the same). Attributes in iproute2's order.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  encodeCreateDevice,
  encodeGroup,
  encodeIpv4Settings,
  encodeIsPresent,
  encodeNoAddressGeneration,
  encodeUp,
} from '../../../../src/io/netlink/device-messages.ts';
import { decodeLink, type Request } from '../../../../src/io/netlink/messages.ts';
import { removeLinks } from '../../../../src/io/netlink/remove-links.ts';
import type { DeviceWant } from '../../../../src/ports/devices.ts';

const HEADER = '00'.repeat(16);
const hex = (r: Request): string => Buffer.concat(r.parts).toString('hex');
const macvlan = (change: Partial<DeviceWant> = {}): DeviceWant => ({
  kind: 'macvlan',
  name: 'vrrp.51',
  parent: 'eth0',
  mac: Uint8Array.of(0, 0, 0x5e, 0, 1, 0x33),
  mode: 'private',
  group: 0,
  ipv4: true,
  ipv6: false,
  notify: false,
  ...change,
});
const name = (text: string): string => Buffer.from(`${text}\0`).toString('hex');

it('io/netlink/devices: ip link add link eth0 name vrrp.51 address … group 7 type macvlan mode private', () => {
  const r = encodeCreateDevice(macvlan({ group: 7 }), 3);
  assert.equal(r.type, 16);
  assert.equal(r.flags, 0x1 | 0x4 | 0x200 | 0x400);
  assert.equal(
    hex(r),
    `${HEADER}0a00010000005e0001330000` +
      '08001b0007000000' +
      '0800050003000000' +
      `0c000300${name('vrrp.51')}` +
      '1c0012000b0001006d6163766c616e000c0002000800010001000000',
  );
});

it('io/netlink/devices: ip link add link eth0 name ipv.51 type ipvlan mode l2 bridge|private|vepa', () => {
  for (const [mode, flag] of [
    ['bridge', '00'],
    ['private', '01'],
    ['vepa', '02'],
  ] as const) {
    const { mac: _, ...want } = macvlan({ kind: 'ipvlan', name: 'ipv.51', mode });
    assert.equal(
      hex(encodeCreateDevice(want, 3)),
      `${HEADER}0800050003000000` +
        `0b000300${name('ipv.51')}00` +
        // iproute2 counts the padding of the last attribute: 24 for 22, 14 for 12.
        '220012000a0001006970766c616e0000' +
        `12000200060001000000000006000200${flag}00`,
      mode,
    );
  }
});

it('io/netlink/devices: settings name the interface, so that they can follow its making in one batch', () => {
  const named = `0c000300${name('vrrp.51')}`;
  assert.equal(hex(encodeIsPresent('vrrp.51')), HEADER + named);
  assert.equal(hex(encodeNoAddressGeneration('vrrp.51')), `${HEADER}${named}0d001a0009000a000500080001`);
  assert.equal(hex(encodeUp('vrrp.51')), `${'00'.repeat(8)}0100000001000000${named}`);
  assert.equal(hex(encodeGroup('eth0', 7)), `${HEADER}09000300${name('eth0')}00000008001b0007000000`);
  assert.equal(
    hex(
      encodeIpv4Settings(
        'vrrp.51',
        new Map([
          [19, 1],
          [8, 0],
        ]),
      ),
    ),
    `${HEADER}${named}1c001a00180002001400010008001300010000000800080000000000`,
  );
});

it('io/netlink/devices: many are deleted as a group of their own, and whatever failed one by one', () => {
  const sent: string[] = [];
  const socket = (codes: Readonly<Record<string, string>>) => ({
    transact: (requests: readonly Request[]) =>
      requests.map((r) => {
        const text = `${r.type === 17 ? 'del' : 'set'} ${Buffer.concat(r.parts)
          .subarray(16)
          .toString('latin1')
          .replace(/[^ -~]/g, '')}`;
        sent.push(text);
        return { code: codes[text] ?? '', text: '' };
      }),
  });
  const names = ['va', 'vb', 'vc', 'vd', 've'];
  assert.deepEqual(
    removeLinks(socket({}), names.slice(0, 2), () => 0x51515151).map((r) => r.ok),
    [true, true],
  );
  assert.deepEqual(sent.splice(0), ['del va', 'del vb']);
  const gone = {
    'del va': 'ENODEV',
    'del vb': 'ENODEV',
    'del vc': 'ENOTSUP',
    'del vd': 'ENODEV',
    'del ve': 'ENODEV',
  };
  const results = removeLinks(socket(gone), names, () => 0x51515151);
  assert.deepEqual(
    results.map((r) => (r.ok ? 'ok' : r.code)),
    ['ok', 'ok', 'ENOTSUP', 'ok', 'ok'],
  );
  assert.deepEqual(
    sent.map((s) => s.replace('QQQQ', ' group')),
    [...names.map((n) => `set ${n} group`), 'del  group', ...names.map((n) => `del ${n}`)],
  );
});

it('io/netlink/devices: what a macvlan is made on and how is read from the news of it', () => {
  const news = decodeLink(Buffer.concat(encodeCreateDevice(macvlan({ group: 7 }), 3).parts));
  assert.ok(typeof news === 'object');
  const { kind, mode, parentIndex, group } = news;
  assert.deepEqual(
    { kind, mode, parentIndex, group },
    { kind: 'macvlan', mode: 1, parentIndex: 3, group: 7 },
  );
});
