/** Each option row of the value blocks of routes, rules, addresses and trackers: accepted, and seen in the model. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ENTRIES, type EntryRow } from '../../../src/config/entries.table.ts';
import { configOf, interfaces, load } from './support.ts';

const machine = { interfaces: interfaces('eth0', 'eth1', 'eth2', 'blue') };
const OTHERS = `track_group G1 {\ngroup {\nVI_1\n}\n}
vrrp_script T1 {\nscript "/usr/bin/true"\n}
track_file F1 {\nfile "/run/f1"\n}
vrrp_track_process P1 {\nprocess sshd\n}
bfd_instance B1 {\nneighbor_ip 192.168.0.9\n}\n`;

/** What stands beside the option; `with` replaces the example made from the table's notation. */
type Example = { readonly beside?: string; readonly with?: string; readonly told?: true };

const ROUTE = '198.51.100.0/24 dev eth0';
const ROUTE6 = '2001:db8:1::/64 dev eth0';
const ROUTES: Readonly<Record<string, Example>> = {
  '<entry>': { beside: '', with: 'blackhole to 198.51.100.0/24 no_track'.replace('to ', '') },
  inet: { beside: '', with: 'inet to 198.51.100.0/24 dev eth0' },
  inet6: { beside: '', with: 'inet6 to 2001:db8:1::/64 dev eth0' },
  src: { with: 'src 192.168.0.1' },
  via: { with: 'via inet 192.168.0.2' },
  gw: { with: 'gw 192.168.0.2', told: true },
  or: { with: 'or 192.168.0.3', told: true },
  from: { beside: ROUTE6, with: 'from 2001:db8:2::/64' },
  as: { with: 'as to 192.168.0.3', told: true },
  tos: { with: 'tos 0x10' },
  dsfield: { with: 'dsfield AF11' },
  table: { with: 'table local' },
  vrf: { with: 'vrf blue' },
  protocol: { beside: `${ROUTE} no_track`, with: 'protocol static' },
  scope: { with: 'scope link' },
  dev: { with: 'dev eth1' },
  oif: { with: 'oif eth1' },
  encap: { with: 'encap mpls 100/200' },
  expires: { beside: ROUTE6, with: 'expires 60' },
  mtu: { with: 'mtu lock 1400' },
  advmss: { with: 'advmss lock 1400' },
  rtt: { with: 'rtt lock 500ms' },
  rttvar: { with: 'rttvar 1.5s' },
  rto_min: { with: 'rto_min 300' },
  realms: { with: 'realms 1/2' },
  features: { with: 'features ecn' },
  quickack: { with: 'quickack 1' },
  congctl: { with: 'congctl lock cubic' },
  pref: { beside: ROUTE6, with: 'pref high' },
  'ttl-propagate': { with: 'ttl-propagate enabled' },
  fastopen_no_cookie: { with: 'fastopen_no_cookie 1' },
  prepend: { beside: `${ROUTE} append` },
  nexthop: { with: 'nexthop via inet 192.168.0.2 dev eth1 weight 5 onlink' },
  track_group: { with: 'track_group G1' },
};
const RULE = 'table 100 preference 50';
const RULES: Readonly<Record<string, Example>> = {
  '<entry>': { beside: '', with: RULE },
  inet: { beside: '', with: `${RULE} inet` },
  inet6: { with: 'inet6' },
  from: { with: 'from 198.51.100.0/24' },
  to: { with: 'to 198.51.100.0/24' },
  table: { beside: '', with: 'preference 50 table main' },
  lookup: { beside: '', with: 'preference 50 lookup main' },
  tos: { with: 'tos AF11' },
  dsfield: { with: 'dsfield 8' },
  fwmark: { with: 'fwmark 0x1/0xff' },
  realms: { with: 'realms 1/2' },
  suppress_ifgroup: { with: 'suppress_ifgroup default' },
  sup_group: { with: 'sup_group 5' },
  dev: { with: 'dev eth1' },
  iif: { with: 'iif eth1' },
  oif: { with: 'oif eth1' },
  uidrange: { with: 'uidrange 1-5' },
  protocol: { beside: `${RULE} no_track`, with: 'protocol 5' },
  ipproto: { with: 'ipproto tcp' },
  sport: { with: 'sport 80-90' },
  dport: { with: 'dport 80-90' },
  type: { beside: '', with: 'preference 50 type blackhole' },
  goto: { beside: '', with: 'preference 50 goto 60' },
  l3mdev: { beside: '', with: 'preference 50 l3mdev' },
  nop: { beside: '', with: 'preference 50 nop' },
  blackhole: { beside: '', with: 'preference 50 blackhole' },
  unreachable: { beside: '', with: 'preference 50 unreachable' },
  prohibit: { beside: '', with: 'preference 50 prohibit' },
  track_group: { beside: `${RULE} iif eth0`, with: 'track_group G1' },
};
const ADDRESSES: Readonly<Record<string, Example>> = {
  '<entry>': { beside: '', with: '198.51.100.7/24' },
  dev: { with: 'dev eth1' },
  scope: { with: 'scope link' },
  broadcast: { with: 'broadcast 198.51.100.255' },
  brd: { with: 'brd 198.51.100.255' },
  label: { with: 'label eth0:7' },
  peer: { with: 'peer 198.51.100.9' },
  preferred_lft: { with: 'preferred_lft 60' },
  track_group: { with: 'track_group G1' },
};
const TRACKS: Readonly<Record<string, string>> = {
  track_interface: 'eth1 weight 5 reverse',
  track_script: 'T1 weight 5 reverse',
  track_file: 'F1 weight 5 reverse',
  track_process: 'P1 weight 5 noreverse',
  track_bfd: 'B1 weight 5 reverse',
};

const KINDS: readonly (readonly [RegExp, string, Readonly<Record<string, Example>>])[] = [
  [/_routes$/, ROUTE, ROUTES],
  [/_rules$/, RULE, RULES],
  [/_ipaddress(_excluded)?$/, '198.51.100.7', ADDRESSES],
];

/** A configuration with these lines in the block that a row belongs to. */
function text(block: string, lines: string): string {
  const last = block.split('/').at(-1) ?? '';
  const own = (path: string) => (block.startsWith(`${path}/`) ? `${last} {\n${lines}\n}` : '');
  const top = block.includes('/') ? '' : `${block} {\n${lines}\n}\n`;
  const one = (n: number, more: string) =>
    `vrrp_instance VI_${n} {\ninterface eth0\nvirtual_router_id 5${n}\nvirtual_ipaddress {\n192.0.2.${n}\n}\n${more}\n}\n`;
  const group = `vrrp_sync_group G {\ngroup {\nVI_1 VI_2\n}\nsync_group_tracking_weight\n${own('vrrp_sync_group')}\n}\n`;
  return `${OTHERS}${top}${one(1, own('vrrp_instance'))}${one(2, '')}${group}`;
}

function exampleOf(row: EntryRow): Example {
  const kind = KINDS.find(([pattern]) => pattern.test(row.block));
  if (kind === undefined) return { beside: '', with: TRACKS[row.block.split('/')[1] ?? ''] ?? '' };
  const [, beside, examples] = kind;
  const plain = { beside, with: row.args.replace(/\[lock\] /, '').replace(/<INT>/, '60') };
  return { ...plain, ...examples[row.keyword] };
}

/** The model without places; the words of a configuration as they are compared. */
const model = (lines: string, row: EntryRow): string => {
  const config = configOf(load(text(row.block, lines), machine));
  return JSON.stringify(config, (key, value) => (key === 'place' || key === 'files' ? undefined : value));
};

const mine = ENTRIES.filter(
  (e) => KINDS.some(([p]) => p.test(e.block)) || /^vrrp_(instance|sync_group)\/track_/.test(e.block),
);

it('entries/the rows are all there', () => assert.ok(mine.length >= 216, String(mine.length)));

for (const row of mine)
  it(`entries/${row.block}/${row.keyword}`, () => {
    const example = exampleOf(row);
    const lines = `${example.beside ?? ''} ${example.with ?? ''}`.trim();
    const result = load(text(row.block, lines), machine);
    const told = result.diagnostics.filter((d) => d.keepalivedClass !== 'none').map((d) => d.message);
    // Scripts need enable_script_security, which is not the matter here.
    assert.equal(told.filter((m) => !m.includes('script')).length > 0, example.told === true, told.join());
    // What is told to have no effect has none.
    if (row.keyword === 'as') assert.equal(model(lines, row), model(example.beside ?? '', row));
    else assert.notEqual(model(lines, row), model(example.beside ?? '', row));
  });
