/**
 * Every keyword of the VRRP half and of the global part reaches the checked configuration: with the keyword set to
 * something else than its default, something other than `inactive` differs. The rules of its row hold too: what a bare
 * keyword, a second line and a bad value do.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { KeywordRow } from '../../../src/config/keyword.ts';
import { KEYWORDS } from '../../../src/config/keywords.table.ts';
import type { LoadResult } from '../../../src/config/load.ts';
import { interfaces, load } from './support.ts';

const machine = { interfaces: interfaces('eth0', 'eth1', 'eth2') };

/** Tracked things, routes and rules, and what is in them, have tests of their own. */
const ELSEWHERE =
  /^(?:track_file|track_process|track_bfd|track_group|virtual_routes|virtual_rules|SSL|static_.*|virtual_server.*|bfd_instance|vrrp_track_.*)$/;
const BLOCKS = new Set([
  '',
  'global_defs',
  'vrrp_instance',
  'vrrp_instance/auth_hmac',
  'vrrp_instance/authentication',
  'vrrp_sync_group',
  'vrrp_script',
  'garp_group',
]);
const rows = KEYWORDS.filter((r) => BLOCKS.has(r.block) && !ELSEWHERE.test(r.keyword));

/** No value in the model, on purpose. */
const WITHOUT_VALUE: Readonly<Record<string, string>> = {
  'global_defs include_check': 'says how the following includes are read, and is used up by it',
};

const HEX = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const other = HEX.replace('0011', '9911');

type Sample = {
  /** Lines of the same block that are there with and without the keyword. */
  readonly beside?: string;
  /** The line, or lines one of which must make a difference. */
  readonly lines?: readonly string[];
  /** Instead of one VIP on the instance. */
  readonly addresses?: string;
};

const PEER = 'unicast_peer {\n192.0.2.9\n}';
const MAIL = 'smtp_server 192.0.2.8';
const SIGNED = `key 1 hex:${HEX}\nactive_key 1`;
const SAMPLES: Readonly<Record<string, Sample>> = {
  ' net_namespace_ipvs': { lines: ['net_namespace_ipvs', 'net_namespace_ipvs other'] },
  ' global_defs': { lines: ['global_defs {\nrouter_id x\n}'] },
  ' vrrp_sync_group': { lines: ['vrrp_sync_group H {\ngroup {\nVI_1\n}\n}'] },
  ' vrrp_instance': {
    lines: ['vrrp_instance V3 {\ninterface eth0\nvirtual_router_id 3\nvirtual_ipaddress {\n192.0.2.3\n}\n}'],
  },
  ' vrrp_script': {
    lines: [
      'vrrp_script s {\nscript /usr/bin/true\n}\nvrrp_instance V3 {\ninterface eth0\nvirtual_router_id 3\ntrack_script {\ns\n}\nvirtual_ipaddress {\n192.0.2.3\n}\n}',
    ],
  },
  ' garp_group': { lines: ['garp_group {\ngarp_interval 1\ninterface eth0\n}'] },
  ' linkbeat_interfaces': { lines: ['linkbeat_interfaces {\neth1\n}'] },
  ' interface_up_down_delays': { lines: ['interface_up_down_delays {\neth1 1 2\n}'] },
  'global_defs notification_email_from': { beside: MAIL, lines: ['notification_email_from a@example.org'] },
  'global_defs smtp_server': { lines: [MAIL] },
  'global_defs smtp_helo_name': { beside: MAIL },
  'global_defs smtp_connect_timeout': { beside: MAIL },
  'global_defs notification_email': { beside: MAIL, lines: ['notification_email {\na@example.org\n}'] },
  'global_defs lvs_timeouts': { lines: ['lvs_timeouts tcp 5'] },
  'global_defs lvs_sync_daemon': { lines: ['lvs_sync_daemon eth0 VI_1 id 7'] },
  'global_defs vrrp_mcast_group4': { lines: ['vrrp_mcast_group4 224.0.0.99'] },
  'global_defs vrrp_mcast_group6': { lines: ['vrrp_mcast_group6 ff02::99'] },
  'global_defs vrrp_garp_extra_if': { lines: ['vrrp_garp_extra_if all 5'] },
  'global_defs vrrp_vmac_garp_intvl': { lines: ['vrrp_vmac_garp_intvl 5'] },
  'global_defs vrrp_iptables': { lines: ['vrrp_iptables A B'] },
  'global_defs vrrp_ipsets': { beside: 'vrrp_iptables', lines: ['vrrp_ipsets a b'] },
  'global_defs vrrp_cpu_affinity': { lines: ['vrrp_cpu_affinity 0 1'] },
  'global_defs checker_cpu_affinity': { lines: ['checker_cpu_affinity 0 1'] },
  'global_defs bfd_cpu_affinity': { lines: ['bfd_cpu_affinity 0 1'] },
  'global_defs nftables_ipvs_priority': { beside: 'nftables_ipvs' },
  'global_defs nftables_ipvs_start_fwmark': { beside: 'nftables_ipvs' },
  'global_defs notify_fifo': { lines: ['notify_fifo /run/a root root'] },
  'global_defs vrrp_notify_fifo': { lines: ['vrrp_notify_fifo /run/a root root'] },
  'global_defs lvs_notify_fifo': { lines: ['lvs_notify_fifo /run/a root root'] },
  'global_defs notify_fifo_script': { beside: 'notify_fifo /run/a' },
  'global_defs vrrp_notify_fifo_script': { beside: 'vrrp_notify_fifo /run/a' },
  'global_defs lvs_notify_fifo_script': { beside: 'lvs_notify_fifo /run/a' },
  'global_defs script_user': { lines: ['script_user root'] },
  'global_defs vrrp_rx_bufs_policy': { lines: ['vrrp_rx_bufs_policy ADVERT'] },
  'global_defs umask': { lines: ['umask 022'] },
  'garp_group garp_interval': { beside: 'gna_interval 1\ninterface eth0', lines: ['garp_interval 2'] },
  'garp_group gna_interval': { beside: 'garp_interval 1\ninterface eth0', lines: ['gna_interval 2'] },
  'garp_group interface': { beside: 'garp_interval 1', lines: ['interface eth1'] },
  'garp_group interfaces': { beside: 'garp_interval 1', lines: ['interfaces {\neth1 eth2\n}'] },
  'vrrp_sync_group group': { lines: ['group {\nVI_1\nVI_2\n}'] },
  'vrrp_sync_group track_interface': { lines: ['track_interface {\neth2\n}'] },
  'vrrp_sync_group track_script': { lines: ['track_script {\nchk\n}'] },
  'vrrp_instance use_vmac': { lines: ['use_vmac name foo 02:00:00:00:00:01'] },
  'vrrp_instance vmac_xmit_base': { beside: 'use_vmac' },
  'vrrp_instance use_ipvlan': { lines: ['use_ipvlan foo 192.0.2.7/24 vepa'] },
  'vrrp_instance unicast_peer': { lines: [PEER] },
  'vrrp_instance check_unicast_src': { beside: PEER },
  'vrrp_instance old_unicast_checksum': { beside: PEER },
  'vrrp_instance unicast_ttl': { beside: PEER },
  'vrrp_instance native_ipv6': { beside: 'no_virtual_ipaddress', addresses: '' },
  'vrrp_instance interface': { lines: ['interface eth2'] },
  'vrrp_instance vrf': { beside: `unicast_src_ip 192.0.2.5\n${PEER}` },
  'vrrp_instance track_interface': { lines: ['track_interface {\neth2\n}'] },
  'vrrp_instance track_script': { lines: ['track_script {\nchk\n}'] },
  'vrrp_instance mcast_src_ip': { lines: ['mcast_src_ip 192.0.2.5'] },
  'vrrp_instance unicast_src_ip': { lines: ['unicast_src_ip 192.0.2.5'] },
  'vrrp_instance mcast_dst_ip': { lines: ['mcast_dst_ip 224.0.0.99'] },
  'vrrp_instance track_src_ip': { beside: 'mcast_src_ip 192.0.2.5' },
  'vrrp_instance virtual_router_id': { lines: ['virtual_router_id 77'] },
  'vrrp_instance virtual_ipaddress': { lines: ['virtual_ipaddress {\n192.0.2.70\n}'] },
  'vrrp_instance virtual_ipaddress_excluded': { lines: ['virtual_ipaddress_excluded {\n192.0.2.70\n}'] },
  'vrrp_instance preempt': { beside: 'nopreempt' },
  'vrrp_instance accept': { beside: 'no_accept' },
  'vrrp_instance owner_ignore_adverts': { beside: 'state MASTER\npriority 255' },
  'vrrp_instance timer_expired_backup': { beside: 'nopreempt' },
  'vrrp_instance thread_timer_expired': { beside: 'nopreempt' },
  'vrrp_instance garp_extra_if': { lines: ['garp_extra_if all 5'] },
  'vrrp_instance vmac_garp_intvl': { lines: ['vmac_garp_intvl 5'] },
  'vrrp_instance authentication': { lines: ['authentication {\nauth_type PASS\nauth_pass x\n}'] },
  'vrrp_instance auth_hmac': { lines: [`auth_hmac {\n${SIGNED}\n}`] },
  'vrrp_instance/authentication auth_type': { beside: 'auth_pass x' },
  'vrrp_instance/authentication auth_pass': { beside: 'auth_type PASS\nauth_pass y' },
  'vrrp_instance/auth_hmac key': { beside: SIGNED, lines: [`key 2 hex:${other}`] },
  'vrrp_instance/auth_hmac active_key': { beside: `${SIGNED}\nkey 2 hex:${other}`, lines: ['active_key 2'] },
  'vrrp_instance/auth_hmac time_window': { beside: SIGNED },
  'vrrp_instance/auth_hmac anti_replay': { beside: SIGNED },
  'vrrp_instance/auth_hmac mode': { beside: SIGNED },
  'vrrp_script script': { lines: ['script /usr/bin/false'] },
  'vrrp_script user': { lines: ['user root'] },
};

const key = (row: KeywordRow) => `${row.block} ${row.keyword}`;

/** The line of a row with a value that is not its default: one of these. */
function lines(row: KeywordRow): readonly string[] {
  const values: Partial<Record<KeywordRow['type'], readonly (string | number)[]>> = {
    flag: [''],
    bool: ['on', 'off'],
    int: [row.max ?? 9, row.min ?? 1],
    weight: [row.max ?? 9],
    decimal: [row.max ?? 9, row.min ?? 1],
    word: ['sample'],
    choice: row.choices ?? [],
    command: ['/usr/bin/true'],
  };
  return SAMPLES[key(row)]?.lines ?? (values[row.type] ?? []).map((v) => `${row.keyword} ${v}`.trim());
}

/** The text around a line of a block; 'chk' is a script that all of it may track. */
function text(row: KeywordRow, line: string): string {
  const beside = SAMPLES[key(row)]?.beside ?? '';
  const inside = `${beside}\n${line}`;
  const at = (block: string, otherwise = '') => (row.block === block ? inside : otherwise);
  const addresses = SAMPLES[key(row)]?.addresses ?? 'virtual_ipaddress {\n192.0.2.1\n}';
  const auth = row.block.startsWith('vrrp_instance/') ? `${row.block.slice(14)} {\n${inside}\n}` : '';
  const device = row.keyword === 'vrf' ? '' : 'interface eth0';
  return `${at('')}
global_defs {
${row.keyword === 'enable_script_security' ? '' : 'enable_script_security'}
${at('global_defs')}
}
vrrp_script chk {
script /usr/bin/true
${at('vrrp_script')}
}
${row.block === 'garp_group' ? `garp_group {\n${inside}\n}` : ''}
vrrp_instance VI_1 {
${device}
virtual_router_id 51
${row.keyword === 'version' ? '' : 'version 2'}
${row.keyword === 'track_script' ? '' : 'track_script {\nchk weight 2\n}'}
${at('vrrp_instance')}
${auth}
${addresses}
}
vrrp_instance VI_2 {
interface eth1
virtual_router_id 52
version 2
track_script {
chk weight 2
}
virtual_ipaddress {
192.0.2.2
}
}
${row.block === '' ? '' : `vrrp_sync_group G {\n${row.keyword === 'group' ? '' : 'group {\nVI_2\n}'}\n${at('vrrp_sync_group')}\n}`}
`;
}

/** The configuration as text, without what only says where or that something stood. */
function model(result: LoadResult): string {
  const { files: _, ...config } = result.config ?? assert.fail('nothing was loaded');
  return JSON.stringify(config, (k, v) => {
    if (k === 'inactive' || k === 'place') return undefined;
    return ArrayBuffer.isView(v) ? String(v) : v;
  });
}

const run = (row: KeywordRow, line: string) => load(text(row, line), machine);
const found = (result: LoadResult) =>
  result.diagnostics.map((d) => `${d.code} ${d.message}`).filter((m) => !m.startsWith('KA0647'));

for (const row of rows)
  it(`row/${row.block === '' ? 'top' : row.block}/${row.keyword}`, () => {
    if (Object.hasOwn(WITHOUT_VALUE, key(row))) return;
    const without = model(run(row, ''));
    assert.ok(lines(row).length > 0, 'a sample is missing');
    const changed = lines(row).filter((line) => model(run(row, line)) !== without);
    assert.notDeepEqual(
      changed,
      [],
      `${lines(row)} changes nothing: ${found(run(row, lines(row)[0] ?? ''))}`,
    );
  });

it('row/a bare keyword does what its row says', () => {
  const wrong: string[] = [];
  for (const row of rows.filter((r) => r.type !== 'block' && r.type !== 'values')) {
    const before = found(run(row, ''));
    const result = run(row, row.keyword);
    const more = found(result).filter((m) => !before.includes(m));
    const codes = more.map((m) => m.slice(0, 6));
    const expected = { exit: 'KA0501', error: 'KA0502', ok: undefined }[row.missing];
    if (
      expected === undefined
        ? codes.includes('KA0501') || codes.includes('KA0502')
        : !codes.includes(expected)
    )
      wrong.push(`${key(row)}: ${row.missing}, and ${more.join(' | ')}`);
    if ((row.missing === 'exit') !== (result.fatal?.exit === 2)) wrong.push(`${key(row)}: fatal`);
  }
  assert.deepEqual(wrong, []);
});

it('row/no number: the default or the fallback stays, and it is said', () => {
  const wrong: string[] = [];
  for (const row of rows.filter((r) => /^(?:int|weight|decimal)$/.test(r.type))) {
    const result = run(row, `${row.keyword} x`);
    if (!result.diagnostics.some((d) => d.code === 'KA0503')) wrong.push(`${key(row)}: silent`);
    const same = row.fallback === undefined ? run(row, '') : run(row, `${row.keyword} ${row.fallback}`);
    // A fallback may be out of the range of what can be written.
    const reachable = row.fallback === undefined || !same.diagnostics.some((d) => d.code === 'KA0504');
    if (reachable && model(result) !== model(same)) wrong.push(`${key(row)}: another value`);
  }
  assert.deepEqual(wrong, []);
});

it('row/beyond the range: an error, and the nearest bound only where the row says so', () => {
  const wrong: string[] = [];
  for (const row of rows.filter((r) => r.max !== undefined && (r.type === 'int' || r.type === 'decimal'))) {
    const result = run(row, `${row.keyword} ${Math.floor(row.max ?? 0) + 1}`);
    if (!result.diagnostics.some((d) => d.code === 'KA0504')) wrong.push(`${key(row)}: silent`);
    const want =
      row.clamp === true
        ? `${row.keyword} ${row.max}`
        : row.fallback === undefined
          ? ''
          : `${row.keyword} ${row.fallback}`;
    const same = run(row, want);
    if (!same.diagnostics.some((d) => d.code === 'KA0504') && model(result) !== model(same))
      wrong.push(`${key(row)}: another value`);
  }
  assert.deepEqual(wrong, []);
});

it('row/twice: the first, or the last, as the row says', () => {
  const wrong: string[] = [];
  const second: Partial<Record<KeywordRow['type'], string>> = {
    word: 'second',
    command: '/usr/bin/false',
    bool: 'off',
  };
  for (const row of rows.filter(
    (r) => second[r.type] !== undefined && !Object.hasOwn(WITHOUT_VALUE, key(r)),
  )) {
    // Lines of a list, and one that works where it stands and is not taken back (measured with 2.2.7).
    if (row.block === 'garp_group' || row.keyword === 'interface' || row.keyword === 'vrrp_min_garp')
      continue;
    const a = lines(row)[0] ?? '';
    const b = `${row.keyword} ${second[row.type]}`;
    const both = run(row, `${a}\n${b}`);
    if (model(both) !== model(run(row, row.repeat === 'first' ? a : b))) wrong.push(`${key(row)}: value`);
    const codes = both.diagnostics.map((d) => d.code);
    if (row.repeat === 'first' && !codes.includes('KA0509')) wrong.push(`${key(row)}: silent`);
  }
  assert.deepEqual(wrong, []);
});
