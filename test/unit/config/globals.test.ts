/**
 * Global settings and what instances make of them: what the data dump of Debian's keepalived 2.2.7 showed for each text
 * in `test/golden/config-globals.json`, run in a namespace with eth0, eth1 and eth2, and the status of its `-t`. A row
 * holds what it had more than, or other than, the first row.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { configTestStatus, type LoadResult, loadConfig } from '../../../src/config/load.ts';
import { globalLines, groupLines, instanceLines, interfaceLines, type Lines } from './dumped.ts';
import { memoryMachine } from './machine.ts';
import { configOf, interfaces } from './support.ts';

type Row = {
  readonly text: string;
  readonly status: number;
  readonly global?: Lines;
  readonly instances?: Readonly<Record<string, Lines>>;
  readonly groups?: Readonly<Record<string, Lines>>;
  readonly interfaces?: Readonly<Record<string, Lines>>;
};

const rows = JSON.parse(readFileSync('test/golden/config-globals.json', 'utf8')) as readonly Row[];
const first = rows[0] as Row;

/** Texts that 2.4.3 reads otherwise than 2.2.7 (or Debian's build of it), by a line of theirs: the status of vipd. */
const NEWER: Readonly<Record<string, number>> = {
  'umask IRWXG|IRUSR | IXOTH': 0, // 2.2.7 does not know IRWX?
  'umask IRUSR | IXOTH | IRWXU': 0,
  'vrrp_iptables A B': 0, // Debian's build has no iptables
  'vrrp_iptables\n': 0,
  'use_vmac name foo': 0, // 'name', 'group' and 'netlink_notify_msg' are newer
  'use_vmac 02:00:00:00:00 netlink': 0,
  'use_vmac foo group': 0,
  'use_vmac group xx': 0,
  'use_ipvlan name ipv0': 0,
  'iproute_etc_dir /x': 0,
  snmp_vs_stats_update_interval: 0,
  'smtp_server no.such': 0, // names are looked up when a mail is sent
  'garp_interval 2\ninterfaces {\neth2\n}\ninterfaces': 5, // 2.2.7 stumbles over the duplicate
  'user nobody': 6, // Debian's -t kills itself here
  'notify_fifo /tmp/a root nogroupp': 5, // keepalived takes the second line after the bad first one
};
const newer = (text: string) => Object.entries(NEWER).find(([line]) => text.includes(line));

/** Lines that say nothing about the configuration, or that are shown in another form. */
const APART =
  /^(?:nftables |current realtime|.* CPU Affinity|No reload scheduled|Default script|libnftnl|.* fifo script|DBus service name|Network namespace$|Email notification to:|.*@|Default interface)/;
/** 2.2.7 shows an address for a name, takes a bad address for a name, keeps a FIFO that 2.4.3 drops. */
const OTHERWISE = /smtp_server localhost|vrrp_notify_fifo \/tmp\/a\b|use_ipvlan 192.0.2.55\/33/;

const machine = {
  interfaces: interfaces('eth0', 'eth1', 'eth2', 'peer0', 'peer1', 'peer2'),
  userExists: (u: string) => u === 'root' || u === 'nobody',
  groupExists: (g: string) => g === 'root',
  scriptState: () => 'executable' as const,
  cpuCount: 2,
};

const loaded = (text: string, testMode: boolean): LoadResult =>
  loadConfig('/k.conf', memoryMachine({ '/k.conf': text }, machine), { testMode });

/** `expected` among `shown`, label by label; a flag of the first row holds unless the row has another one. */
function compare(shown: Lines, expected: Lines, base: Lines, isFirst: boolean): void {
  const wanted = {
    ...Object.fromEntries(Object.entries(base).filter(([, v]) => isFirst || v !== '')),
    ...expected,
  };
  const differ: string[] = [];
  for (const [label, value] of Object.entries(wanted)) {
    const other = label.startsWith('Gratuitous ARP for each') && !(label in shown) && !(label in expected);
    if (!APART.test(label) && !other && shown[label] !== value)
      differ.push(`${label}: ${shown[label]}, not ${value}`);
  }
  assert.deepEqual(differ, []);
}

for (const [n, row] of rows.entries())
  it(`globals/${n}: ${row.text.replace(/\s+/g, ' ').slice(0, 90)}`, () => {
    const result = loaded(row.text, true);
    const status = configTestStatus(result);
    // Whether a command may run, and what that means for the status, is judged elsewhere.
    if (row.status !== 6)
      assert.equal(
        status,
        newer(row.text)?.[1] ?? row.status,
        result.diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'),
      );
    if (row.global === undefined || newer(row.text) !== undefined || OTHERWISE.test(row.text)) return;
    const config = configOf(loaded(row.text, false));
    compare(globalLines(config.global), row.global, first.global ?? {}, row === first);
    for (const instance of config.instances)
      compare(
        instanceLines(instance),
        instanceOf(row.instances?.[instance.name] ?? {}),
        instanceOf(first.instances?.['VI_1'] ?? {}),
        row === first,
      );
    for (const group of config.groups) compare(groupLines(group), row.groups?.[group.name] ?? {}, {}, false);
    // The gap for all interfaces is shown at each interface that sends.
    if (config.global.garpIntervalUs + config.global.gnaIntervalUs > 0) return;
    const shown = interfaceLines(config);
    for (const [name, lines] of Object.entries(row.interfaces ?? {}))
      compare(shown[name] ?? {}, interfaceOf(lines), {}, false);
  });

/** Without what only a running daemon knows; VMAC and ipvlan in the form of `instanceLines`. */
function instanceOf(lines: Lines): Lines {
  const out: Record<string, string> = {};
  for (const [label, value] of Object.entries(lines)) {
    const vmac = /^Use VMAC, i\/f name (\S+), is_up$/.exec(label);
    const ipvlan = /^Use IPVLAN, i\/f (\S+), is_up$/.exec(label);
    const ifName = ipvlan?.[1];
    const address = /i\/f address = ([\d.]+)/.exec(value)?.[1];
    if (vmac !== null) out['Use VMAC, i/f name'] = `${vmac[1]}, ${/xmit_base = \w+/.exec(value)?.[0]}`;
    else if (ifName !== undefined)
      out['Use IPVLAN, i/f'] =
        `${ifName}${address === undefined ? '' : `, i/f address ${address}`}, type ${/type (\w+)/.exec(value)?.[1]}`;
    else if (label === 'Using src_ip' && !value.endsWith('(from configuration)')) continue;
    else if (/^(?:Interface$|Unicast (?:Peer|checksum|config)|Multicast address ff)/.test(label)) continue;
    else out[label] = value;
  }
  return out;
}

/** Without what the kernel told and what groups only count. */
const interfaceOf = (lines: Lines): Lines =>
  Object.fromEntries(Object.entries(lines).filter(([label]) => !/^NIC |aggregation/.test(label)));
