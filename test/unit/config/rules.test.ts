/** One row for each rule: what is reported and where, beside the values that `values.test.ts` measures. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ENTRIES } from '../../../src/config/entries.table.ts';
import type { LoadEnvironment } from '../../../src/config/environment.ts';
import { KEYWORDS } from '../../../src/config/keywords.table.ts';
import { configTestStatus } from '../../../src/config/load.ts';
import { codes, configOf, firstInstance, instance, interfaces, load, messages } from './support.ts';

const known = { interfaces: interfaces('eth0', 'eth1') };
const accounts = { userExists: (u: string) => u === 'root', groupExists: () => true };
type Row = readonly [
  name: string,
  text: string,
  codes: readonly string[],
  fatal?: 2 | 6 | undefined,
  machine?: Partial<LoadEnvironment>,
];

const rows: readonly Row[] = [
  ['clean', instance('priority 100'), []],
  ['keyword/unknown', instance('prioriti 5'), ['KA0401 5']],
  ['keyword/missing-argument', instance('priority'), ['KA0501 5'], 2],
  ['brace/extra', `${instance('')}}\n`, ['KA0404 10']],
  [
    'brace/missing',
    'vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1\n}\n',
    ['KA0405 6'],
  ],
  [
    'brace/forgotten before a block',
    `vrrp_instance A\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n}\n`,
    ['KA0403 1', 'KA0404 8'],
  ],
  [
    'brace/forgotten before values',
    'vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress\n10.0.0.1\n}\npriority 5\n}\n}\n',
    ['KA0403 4', 'KA0404 9'],
  ],
  [
    'brace/none belongs',
    'vrrp_instance A {\ninterface eth0 {\nvirtual_router_id 1\n}\n}\nfoo\n',
    ['KA0402 2', 'KA0401 6'],
  ],
  ['name/two words', `vrrp_instance A B {\nfoo\n}\n${instance('')}`, ['KA0408 1']],
  ['name/twice', instance('') + instance(''), ['KA0409 11']],
  ['vrid/missing', 'vrrp_instance A {\ninterface eth0\nvirtual_ipaddress { 10.0.0.1 }\n}\n', ['KA0602 1'], 2],
  [
    'vrid/twice',
    instance('') + instance('').replace('VI_1', 'VI_2').replace('.2.1', '.2.2'),
    ['KA0660 11'],
    2,
  ],
  [
    'interface/missing',
    'vrrp_instance A {\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n}\n',
    ['KA0640 1'],
    2,
  ],
  ['interface/unknown', instance('').replace('eth0', 'eth9'), ['KA0601 3'], 2, known],
  [
    'interface/unknown, dynamic',
    instance('', '192.0.2.1', 'global_defs { dynamic_interfaces }').replace('eth0', 'eth9'),
    [],
    undefined,
    known,
  ],
  ['interface/loopback', instance('').replace('eth0', 'lo'), ['KA0642 3'], 2, known],
  ['interface/dev of an address', instance('', '192.0.2.1 dev eth7'), ['KA0601 7'], 2, known],
  ['interface/tracked', instance('track_interface { eth7 }'), ['KA0601 5'], 2, known],
  ['v3/no address', instance('version 3', ''), ['KA0648 2'], 2],
  ['strict/no address', instance('strict_mode', ''), ['KA0648 2'], 2],
  ['strict/unicast', instance('strict_mode\nunicast_peer { 192.0.2.9 }'), ['KA0649 6'], undefined],
  ['master/no priority is an owner', instance('state MASTER'), ['KA0606 5']],
  [
    'address/same in two',
    instance('') + instance('').replace('VI_1', 'VI_2').replace('51', '52'),
    ['KA0661 11'],
  ],
  ['unicast/own address', instance('unicast_src_ip 192.0.2.9\nunicast_peer { 192.0.2.9 }'), ['KA0627 5']],
  ['unicast/ttl without peers', instance('unicast_ttl 3'), ['KA0622 5']],
  ['auth/pass without type', instance('authentication { auth_pass x }'), ['KA0631 5']],
  ['script/missing', `vrrp_script c {\ninterval 1\n}\n${instance('track_script { c }')}`, ['KA1001 1']],
  ['script/later', `${instance('track_script { c }')}vrrp_script c {\nscript /bin/true\n}\n`, ['KA0801 5']],
  [
    'script/later than the group',
    `vrrp_sync_group G {\ngroup { A B }\ntrack_script { c }\n}\nvrrp_script c {\nscript /bin/true\n}\n${instance('').replace('VI_1', 'A')}${instance('', '192.0.2.2').replace('VI_1', 'B').replace('51', '52')}`,
    ['KA0801 3'],
  ],
  [
    'script/unquoted words',
    `vrrp_script c {\nscript killall -0 x\n}\n${instance('track_script { c }')}`,
    ['KA0507 2'],
  ],
  [
    'script/user',
    `vrrp_script c {\nscript /bin/x\nuser nobody2\n}\n${instance('track_script { c }')}`,
    ['KA1002 3'],
    undefined,
    accounts,
  ],
  ['group/unknown member', `vrrp_sync_group G {\ngroup { VI_1 B }\n}\n${instance('')}`, ['KA0901 2']],
  ['flag/off is on', instance('nopreempt off'), ['KA0507 5']],
  ['include/missing', 'include /none.conf\n', ['KA0301 1']],
  ['includem/missing', 'includem /none.conf\n', ['KA0301 1'], 6],
  ['bom', '\ufeffglobal_defs {\n}\n', ['KA0401 1']],
  ['bom before an instance', `\ufeff${instance('').trimStart()}foo\n`, ['KA0401 1', 'KA0401 9']],
  [
    'block/misspelt',
    `${instance('').replace('virtual_ipaddress', 'virtual_ipadress').replace('}\n}', '}\npriority 5\n}')}foo\n`,
    ['KA0401 6', 'KA0401 11'],
  ],
  ['brace/closed too early', `${instance('}\npriority 5\nnopreempt')}`, ['KA0647 2', 'KA0401 6']],
  [
    'brace/missing before the next block',
    instance('').replace('}\n}\n', '}\n') +
      instance('').replace('VI_1', 'VI_2').replace('51', '52').replace('.2.1', '.2.2'),
    ['KA0401 10'],
  ],
  ['address/none is left', instance('version 3', '192.0.2.300'), ['KA0701 7'], 2],
  ['group/only unknown members', `vrrp_sync_group G {\ngroup { A B }\n}\n`, ['KA0901 2', 'KA0901 2']],
  ['peer/malformed', instance('unicast_src_ip 192.0.2.9\nunicast_peer {\n1.2.3.4,1.2.3.5\n}'), ['KA0624 7']],
  [
    'definition of itself',
    `$IF=$\{IF}\n${instance('').replace('eth0', '$IF')}`,
    ['KA0203 4'],
    2,
    { interfaces: interfaces('eth0') },
  ],
  ['virtual_server group without a name', 'virtual_server group {\n}\n', ['KA1101 1'], 2],
  ['virtual_server without an address', 'virtual_server {\n}\n', ['KA0501 1'], 2],
];

for (const [name, text, expected, fatal, machine] of rows)
  it(`rule/${name}`, () => {
    const result = load(text, machine);
    assert.deepEqual(codes(result), expected, messages(result).join('\n'));
    assert.equal(result.fatal?.exit, fatal);
  });

it('rule/a missing main file is fatal at start and nothing to a test', () => {
  const result = load('', { readFile: () => ({ ok: false, code: 'ENOENT', detail: '' }) });
  assert.deepEqual([result.fatal?.exit, result.config, configTestStatus(result)], [6, undefined, 0]);
});

it('rule/statuses of a test', () => {
  const status = (text: string, machine: Partial<LoadEnvironment> = {}) =>
    configTestStatus(load(text, machine));
  const script = `vrrp_script c {\nscript /bin/x\n}\n${instance('track_script { c }')}`;
  assert.equal(status(instance('')), 0);
  assert.equal(status(instance('nopreempt off')), 0); // what keepalived swallows
  assert.equal(status(instance('foo')), 5);
  assert.equal(status(instance('foo\npriority')), 2);
  assert.equal(
    status('includer /x\n', {
      readFile: (p) =>
        p.endsWith('x') ? { ok: false, code: 'EXEC', detail: '' } : { ok: true, text: 'includer /x\n' },
      glob: () => ['/x'],
    }),
    6,
  );
  assert.equal(status(script, { scriptState: () => 'executable' }), 6);
  assert.equal(status(script, { scriptState: () => 'missing' }), 5);
  assert.equal(
    status(`global_defs {\nenable_script_security\n}\n${script}`, { scriptState: () => 'executable' }),
    0,
  );
});

const VRRP_BLOCKS = [
  '',
  'global_defs',
  'vrrp_instance',
  'vrrp_sync_group',
  'vrrp_instance/virtual_ipaddress',
];
/** Those words that no table says are carried out: the program grows, what is named must follow the tables. */
const withoutEffect = (words: readonly string[]): readonly string[] =>
  words.filter((word) => {
    const rows = [...KEYWORDS, ...ENTRIES].filter((r) => r.keyword === word && VRRP_BLOCKS.includes(r.block));
    return rows.length === 0 || rows.some((r) => r.inactive === true);
  });

it('rule/parts that vipd does not carry out are named', () => {
  const result = load(
    `global_defs {\nenable_dbus\nsmtp_server 192.0.2.9\n}\ntrack_file f {\nfile /x\n}\n${instance('no_accept\ntrack_file { f }\nauthentication { auth_type AH\nauth_pass x\n}')}`,
  );
  assert.deepEqual(codes(result), []);
  assert.deepEqual(
    configOf(result).global.inactive,
    withoutEffect(['enable_dbus', 'smtp_server', 'track_file']),
  );
  assert.deepEqual(firstInstance(result).inactive, withoutEffect(['no_accept', 'track_file']));
});

it('rule/strict mode and AH are carried out', () => {
  const words = 'authentication { auth_type AH\nauth_pass x\n}';
  assert.deepEqual(firstInstance(load(instance(words))).inactive, []);
  const strict = load(`global_defs {\nvrrp_strict\n}\n${instance('')}`);
  assert.equal(firstInstance(strict).strict, true);
  assert.deepEqual(firstInstance(strict).inactive, []);
});

it('rule/every word of global_defs without effect is named, in a group too', () => {
  const group = `vrrp_sync_group G {\ngroup { VI_1 }\ntrack_file { f }\nsmtp_alert\n}\n`;
  const result = load(
    `global_defs {\nlog_unknown_vrids\nvrrp_rx_bufs_policy MTU\numask 077\nprocess_name x\nrouter_id y\n}\ntrack_file f {\nfile /x\n}\n${instance('lvs_sync_daemon_interface eth0', '192.0.2.1/24')}${group}`,
  );
  const { global, groups } = configOf(result);
  assert.deepEqual(global.inactive, withoutEffect(['track_file']));
  assert.deepEqual(groups[0]?.inactive, withoutEffect(['track_file', 'smtp_alert']));
  assert.deepEqual(firstInstance(result).inactive, withoutEffect(['lvs_sync_daemon_interface']));
});

it('rule/notify commands keep argv, user and text', () => {
  const { notify } = firstInstance(
    load(instance(`notify_master "/x/s.sh 'a b' c" nobody grp\nnotify /x/y z`)),
  );
  assert.deepEqual(notify.master?.argv, ['/x/s.sh', 'a b', 'c']);
  assert.deepEqual(
    [notify.master?.user, notify.master?.group, notify.master?.text],
    ['nobody', 'grp', "/x/s.sh 'a b' c"],
  );
  assert.deepEqual([notify.any?.argv, notify.any?.user], [['/x/y'], 'z']);
});

it('rule/scripts take their interval as timeout', () => {
  const text = `vrrp_script c {\nscript "/bin/x y"\ninterval 2.5\nweight -5 reverse\nfall 3\n}\n${instance('track_script { c weight 7 }')}`;
  const result = load(text);
  const [script] = configOf(result).scripts;
  assert.deepEqual(
    [script?.intervalUs, script?.timeoutUs, script?.weight, script?.reverse, script?.rise, script?.fall],
    [2_500_000, 2_500_000, -5, true, 1, 3],
  );
  assert.deepEqual(firstInstance(result).trackScripts, [{ script: 'c', weight: 7, reverse: true }]);
});

it('rule/the result is frozen', () => {
  const result = load(instance('unicast_peer { 192.0.2.9 }'));
  assert.throws(() => Object.assign(firstInstance(result), { priority: 1 }), TypeError);
  assert.throws(() => (firstInstance(result).unicastPeers as unknown[]).push(1), TypeError);
});
