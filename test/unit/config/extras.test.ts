/** Values of VMAC, ipvlan, VRF, auth_hmac and the blocks about interfaces that no dump of 2.2.7 shows. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toHex } from '../../../src/base/bytes.ts';
import { CODES, type DiagnosticCode } from '../../../src/config/codes.ts';
import type { LoadEnvironment } from '../../../src/config/environment.ts';
import { octetsOf } from '../../../src/config/octets.ts';
import { defaultName } from '../../../src/config/vmac.ts';
import { codes, configOf, firstInstance, instance, interfaces, load, messages } from './support.ts';

const HEX = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const TEXT = 'abcdefghijklmnopqrstuvwxyz012345';

it('vmac/name, address and options, each once or by default', () => {
  const of = (lines: string, more = '', addresses = '192.0.2.1') => {
    const v = firstInstance(load(instance(lines, addresses, more))).vmac;
    return v === undefined ? undefined : { ...v, mac: toHex(v.mac) };
  };
  const plain = {
    name: 'vrrp.51',
    nameGiven: false,
    mac: '00005e000133',
    macGiven: false,
    xmitBase: false,
    netlinkNotify: false,
  };
  assert.equal(of(''), undefined);
  assert.deepEqual(of('use_vmac'), plain);
  assert.deepEqual(of('use_vmac', '', 'fe80::1'), { ...plain, mac: '00005e000233' });
  assert.deepEqual(of('use_vmac', 'global_defs { vmac_prefix wide }'), { ...plain, name: 'wide.51' });
  assert.deepEqual(of('use_vmac name a 2:0:0:0:0 netlink_notify_msg group 7\nvmac_xmit_base'), {
    name: 'a',
    nameGiven: true,
    mac: '020000000033',
    macGiven: true,
    xmitBase: true,
    netlinkNotify: true,
    group: 7,
  });
  assert.equal(of('use_vmac no')?.name, 'no');
  assert.equal(of('use_vmac group default')?.group, 0);
  assert.deepEqual(codes(load(instance('use_vmac group nosuch'))), ['KA0672 5']);
  assert.equal(defaultName('abcdefghijklmnopq', 255), 'abcdefghijk.255');
});

it('ipvlan/its address is where adverts come from', () => {
  const i = firstInstance(load(instance('use_ipvlan name v 192.0.2.9/24 private group 9')));
  assert.deepEqual(i.ipvlan, {
    name: 'v',
    nameGiven: true,
    address: { bytes: Uint8Array.of(192, 0, 2, 9), prefixLength: 24 },
    mode: 'private',
    group: 9,
  });
  assert.equal(i.sourceAddress, '192.0.2.9');
  const both = firstInstance(load(instance('use_ipvlan 192.0.2.9\nmcast_src_ip 192.0.2.8')));
  // Its address fixes the family, as a VIP does.
  assert.deepEqual(codes(load(instance('use_ipvlan 2001:db8::9'))), ['KA0703 7']);
  assert.deepEqual([both.sourceAddress, both.ipvlan?.address?.prefixLength], ['192.0.2.8', 32]);
});

it('vrf/only with peers and without interface', () => {
  const of = (device: string, peers: string) =>
    load(
      `vrrp_instance A {\n${device}\nvrf red\nvirtual_router_id 1\nunicast_src_ip 192.0.2.5\n${peers}\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n`,
    );
  const peers = 'unicast_peer {\n192.0.2.9\n}';
  assert.equal(firstInstance(of('', peers)).vrf, 'red');
  assert.deepEqual(codes(of('', peers)), []);
  assert.equal(firstInstance(of('interface eth0', peers)).vrf, undefined);
  assert.deepEqual(codes(of('interface eth0', peers)), ['KA0668 3']);
});

it('timer_expired_backup/254 when bare, off without nopreempt', () => {
  const of = (lines: string) => firstInstance(load(instance(lines))).timerExpiredPriority;
  assert.deepEqual(
    [
      of(''),
      of('nopreempt\ntimer_expired_backup'),
      of('nopreempt\nthread_timer_expired 9'),
      of('timer_expired_backup'),
    ],
    [undefined, 254, 9, undefined],
  );
});

const secrets: Partial<LoadEnvironment> = {
  readSecret: (path) =>
    path === '/k/text'
      ? { ok: true, bytes: octetsOf(`${TEXT}\r\n`), exposed: false }
      : path === '/k/hex'
        ? { ok: true, bytes: octetsOf(`hex:${HEX}\n`), exposed: true }
        : { ok: false, code: 'ENOENT' },
};
const hmac = (lines: string, more = '') => load(instance(`${more}\nauth_hmac {\n${lines}\n}`), secrets);

it('auth_hmac/keys from text, digits and files', () => {
  const result = hmac(
    `key 1 hex:${HEX.toUpperCase()}\nkey 2 ${TEXT}\nkey 3 file:/k/text\nkey 4 file:/k/hex\nactive_key 2`,
  );
  const h = firstInstance(result).hmac;
  assert.deepEqual(
    h?.keys.map((k) => [k.id, toHex(k.secret), k.file]),
    [
      [1, HEX, undefined],
      [2, toHex(octetsOf(TEXT)), undefined],
      [3, toHex(octetsOf(TEXT)), '/k/text'],
      [4, HEX, '/k/hex'],
    ],
  );
  assert.deepEqual([h?.activeKey, h?.antiReplay, h?.mode, h?.timeWindowS], [2, 'time', 'enforce', 5]);
  assert.deepEqual(codes(result), ['KA0677 10']);
});

it('auth_hmac/what is refused, without a word of any key', () => {
  const result = hmac(
    `key 1 ${TEXT}\nkey 1 ${TEXT}\nkey 0 ${TEXT}\nkey 2 hex:12\nkey 3 hex:1\nkey 4 short\nkey 5 file:/none\nactive_key 300\nactive_key 1\nanti_replay monotonic\nmode receive-only\ntime_window 9`,
  );
  assert.deepEqual(
    codes(result).filter((c) => !c.startsWith('KA0508')),
    [8, 9, 10, 11, 12, 13, 14].map((line) => `KA0673 ${line}`),
  );
  assert.equal(
    messages(result).some((m) => m.includes(TEXT)),
    false,
  );
  const { keys: _, ...rest } = firstInstance(result).hmac ?? assert.fail('switched off');
  assert.deepEqual(rest, { activeKey: 1, timeWindowS: 9, antiReplay: 'monotonic', mode: 'receive-only' });
});

it('auth_hmac/the window follows the interval, strict mode enforces', () => {
  const keys = `key 1 ${TEXT}\nactive_key 1`;
  const window = (lines: string) => firstInstance(hmac(keys, lines)).hmac?.timeWindowS;
  assert.deepEqual([window('advert_int 1'), window('advert_int 2'), window('advert_int 120')], [5, 6, 300]);
  assert.equal(window('version 3\nadvert_int 2.9'), 6);
  assert.equal(firstInstance(hmac(`${keys}\nmode permissive`, 'strict_mode')).hmac?.mode, 'enforce');
  assert.equal(firstInstance(hmac(`key 1 ${TEXT}\nactive_key 2`)).hmac, undefined);
});

it('priority changes/instance, then group, then global', () => {
  const one = (name: string, vrid: number, line: string) =>
    instance(line).replace('VI_1', name).replace('51', String(vrid)).replace('.2.1', `.2.${vrid}`);
  const of = (global: string, group: string, own: string) => {
    const text = `global_defs {\n${global}\n}\nvrrp_sync_group G {\ngroup {\nA\nB\n}\n${group}\n}\n${one('A', 1, own)}${one('B', 2, '')}`;
    return configOf(load(text)).instances.map((i) => i.notifyPriorityChanges);
  };
  const [G, N] = ['vrrp_notify_priority_changes', 'notify_priority_changes'];
  assert.deepEqual(of('', '', ''), [false, false]);
  assert.deepEqual(of(G, '', ''), [true, true]);
  assert.deepEqual(of(G, `${N} off`, ''), [false, false]);
  assert.deepEqual(of('', N, `${N} off`), [false, true]);
});

it('garp_group/an interface stays in its first group', () => {
  const text = `garp_group {\ngarp_interval 0.5\ninterface eth0\ninterfaces {\neth1 eth2\n}\n}\ngarp_group {\ngna_interval 1\ninterface eth1\n}\n${instance('')}`;
  assert.deepEqual(configOf(load(text)).global.garpGroups, [
    { interfaces: ['eth0', 'eth1', 'eth2'], garpIntervalUs: 500_000 },
    { interfaces: [], gnaIntervalUs: 1_000_000 },
  ]);
});

it('linkbeat_interfaces/one line for each, the last one counts', () => {
  const text = `linkbeat_interfaces {\neth0 MII\neth1\neth0 IOCTL\n}\nlinkbeat_interfaces {\neth2 ETHTOOL\n}\n${instance('')}`;
  assert.deepEqual(configOf(load(text)).global.linkbeat, {
    all: false,
    interfaces: [
      { interface: 'eth0', method: 'IOCTL' },
      { interface: 'eth1', method: 'auto' },
      { interface: 'eth2', method: 'ETHTOOL' },
    ],
  });
});

/** Codes whose pages have an example here. */
const OWN = Object.entries(CODES).filter(([code]) => {
  const n = Number(code.slice(2));
  return (n >= 558 && n <= 599) || (n >= 662 && n <= 699) || (n >= 907 && n <= 949);
});
for (const [code, row] of OWN)
  it(`example/${code} has this one mistake`, () => {
    assert.ok(row.text !== undefined && row.text.length > 80 && row.text.endsWith('.'));
    if (row.example === undefined) return;
    const result = load(row.example, { interfaces: interfaces('eth0', 'eth1', 'eth2') });
    assert.deepEqual(
      result.diagnostics.map((d): [DiagnosticCode, string] => [d.code, d.severity]),
      [[code, row.severity]],
    );
  });
