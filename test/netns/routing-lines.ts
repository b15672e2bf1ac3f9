/**
 * Lines of virtual_routes and virtual_rules with the words in which `ip route` and `ip rule` say the same: a table that
 * has every keyword this kernel knows, and more from a seeded generator. Each has a destination or a preference of its own.
 */
import { prng } from '../../src/base/prng.ts';

/** `ip`: behind 'ip route prepend' (or the mode named) and 'ip rule add'. */
export type Line = {
  readonly vipd: string;
  readonly ip: string;
  readonly mode?: 'add' | 'append';
  readonly family: 4 | 6;
};

const same = (text: string, family: 4 | 6 = 4): Line => ({ vipd: text, ip: text, family });
const as = (vipd: string, ip: string, family: 4 | 6 = 4): Line => ({ vipd, ip, family });

/** The test's network: ra0 has 192.0.2.10/24 and 2001:db8::a/64, rb0 198.51.100.10/24. */
export const ROUTES: readonly Line[] = [
  same('10.1.0.0/24 via 192.0.2.1 dev ra0'),
  same('10.1.1.0/24 dev ra0'),
  same('unicast 10.1.2.0/24 via 192.0.2.1'),
  as('to 10.1.3.0/24 gw 192.0.2.1 oif ra0', '10.1.3.0/24 via 192.0.2.1 dev ra0'),
  same('10.1.4.0/24 dev ra0 src 192.0.2.10'),
  same('10.1.5.0/24 dev ra0 scope global'),
  same('10.1.6.0/24 via 10.99.0.1 dev ra0 onlink'),
  same('10.1.7.0/24 dev ra0 metric 7'),
  same('10.1.7.0/24 dev ra0 priority 8'),
  same('10.1.7.0/24 dev ra0 preference 9 tos 0x10'),
  as('10.1.7.0/24 dev ra0 dsfield EF', '10.1.7.0/24 dev ra0 dsfield 0xb8'),
  same('10.1.8.0/24 dev ra0 table 100'),
  same('10.1.8.0/24 dev ra0 table 70000'),
  same('10.1.8.0/24 dev ra0 table local'),
  same('10.1.9.0/24 dev ra0 realms 3/4'),
  same('10.1.10.0/24 dev ra0 realms 5'),
  same('default via 192.0.2.1 dev ra0 metric 4000'),
  same('0.0.0.0/0 via 192.0.2.2 dev ra0 metric 4001'),
  same('local 10.2.0.1/32 dev ra0'),
  same('local 10.2.0.2/32 dev ra0 table 55'),
  same('broadcast 10.2.0.3/32 dev ra0'),
  same('brd 10.2.0.4/32 dev ra0'),
  same('anycast 10.2.0.5/32 dev ra0'),
  same('multicast 225.2.0.6/32 dev ra0'),
  same('blackhole 10.2.0.7'),
  same('unreachable 10.2.0.8/31'),
  same('prohibit 10.2.1.0/24 metric 5'),
  same('throw 10.2.2.0/24'),
  same('10.3.0.0/24 dev ra0 mtu lock 1400 window 5 hoplimit 6'),
  same('10.3.1.0/24 dev ra0 mtu 1300 advmss 1000 reordering 4 cwnd lock 7 ssthresh 6'),
  same('10.3.2.0/24 dev ra0 initcwnd 3 initrwnd 4 quickack 1 fastopen_no_cookie 1 features ecn'),
  same('10.3.3.0/24 dev ra0 rtt lock 500ms rttvar 300ms rto_min 250ms'),
  same('10.3.4.0/24 dev ra0 rtt 1.5s rttvar lock 2s rto_min 1s'),
  same('10.3.5.0/24 dev ra0 congctl reno'),
  same('10.3.6.0/24 dev ra0 congctl lock reno advmss lock 900 reordering lock 9 ssthresh lock 8'),
  same('10.4.0.0/24 encap ip id 5 dst 192.0.2.9 tos 0x10 ttl 6 dev ra0'),
  same('10.4.1.0/24 encap ip dst 192.0.2.9 src 192.0.2.10 dev ra0'),
  same('10.4.2.0/24 encap ip6 id 7 dst 2001:db8::9 src 2001:db8::a hoplimit 9 tc 3 dev ra0'),
  same('10.5.0.0/24 nexthop via 192.0.2.1 weight 2 nexthop via 192.0.2.2'),
  same('10.5.1.0/24 metric 5 nexthop via 192.0.2.1 dev ra0 weight 256 nexthop dev rb0 weight 3'),
  same('10.5.2.0/24 nexthop via 10.9.9.9 dev ra0 onlink nexthop encap ip id 9 dst 192.0.2.9 dev rb0'),
  same('10.5.3.0/24 nexthop via 192.0.2.1 realms 2/3 nexthop via 198.51.100.1 realms 4/5'),
  as('10.5.4.0/24 via 192.0.2.1 or 192.0.2.2', '10.5.4.0/24 nexthop via 192.0.2.1 nexthop via 192.0.2.2'),
  as('10.6.0.0/24 dev ra0 protocol static no_track', '10.6.0.0/24 dev ra0 proto static'),
  as('10.6.1.0/24 dev ra0 protocol 77 no_track', '10.6.1.0/24 dev ra0 proto 77'),
  same('10.7.0.0/24 via 192.0.2.1 dev ra0'),
  same('10.7.0.0/24 via 192.0.2.2 dev ra0'),
  { vipd: 'append 10.7.1.0/24 via 192.0.2.1', ip: '10.7.1.0/24 via 192.0.2.1', mode: 'append', family: 4 },
  { vipd: 'append 10.7.1.0/24 via 192.0.2.2', ip: '10.7.1.0/24 via 192.0.2.2', mode: 'append', family: 4 },
  { vipd: 'add 10.7.2.0/24 via 192.0.2.1', ip: '10.7.2.0/24 via 192.0.2.1', mode: 'add', family: 4 },
  { vipd: 'add 10.7.2.0/24 via 192.0.2.2', ip: '10.7.2.0/24 via 192.0.2.2', mode: 'add', family: 4 },
  same('2001:db8:1::/64 via 2001:db8::1 dev ra0', 6),
  same('2001:db8:2::/64 dev ra0', 6),
  same('2001:db8:3::/64 via fe80::1 dev ra0 metric 77', 6),
  same('2001:db8:4::/64 from 2001:db8:6::/64 via 2001:db8::1', 6),
  same('2001:db8:5::/64 via 2001:db8::1 pref high', 6),
  same('2001:db8:6::/64 via 2001:db8::1 pref low mtu 1400 hoplimit 5', 6),
  same('2001:db8:7::/64 via 2001:db8::1 expires 1000 pref medium', 6),
  same('2001:db8:8::/64 dev ra0 table 300', 6),
  same('2001:db8:9::/64 dev ra0 src 2001:db8::a', 6),
  same('blackhole 2001:db8:a::/64', 6),
  same('unreachable 2001:db8:b::/64 metric 3', 6),
  same('prohibit 2001:db8:c::/64', 6),
  same('throw 2001:db8:d::/64', 6),
  same('2001:db8:e::/64 nexthop via 2001:db8::1 dev ra0 weight 2 nexthop via 2001:db8::2 dev ra0', 6),
  same('2001:db8:f::/64 encap ip6 dst 2001:db8::9 hoplimit 3 dev ra0', 6),
  same('2001:db8:10::/64 via 2001:db8:99::1 dev ra0 onlink', 6),
  as('default6 via 2001:db8::1 dev ra0 metric 5000', 'default via 2001:db8::1 dev ra0 metric 5000', 6),
  as('2001:db8:11::1/64 dev ra0', '2001:db8:11::/64 dev ra0', 6),
];

export const RULES: readonly Line[] = [
  same('from 203.0.113.0/24 lookup 100 priority 1000'),
  same('from all table main priority 1001'),
  same('to 203.0.113.0/24 table 70000 preference 1002'),
  same('not from 203.0.113.9 table 100 order 1003'),
  same('from 10.0.0.0/8 to 203.0.113.0/24 tos 0x10 table 100 priority 1004'),
  same('dsfield 0x08 table 100 priority 1005'),
  same('fwmark 1 table 100 priority 1006'),
  same('fwmark 0x10/0xff table 100 priority 1007'),
  same('from 10.0.0.0/8 realms 1/2 table 100 priority 1008'),
  same('iif lo table 100 priority 1009'),
  as('dev ra0 table 100 priority 1010', 'iif ra0 table 100 priority 1010'),
  same('oif ra0 table 100 priority 1011'),
  same('suppress_prefixlength 0 table main priority 1012'),
  as(
    'sup_pl 8 sup_group 3 table main priority 1013',
    'suppress_prefixlength 8 suppress_ifgroup 3 table main priority 1013',
  ),
  same('uidrange 100-200 table 100 priority 1014'),
  same('ipproto tcp sport 1-5 dport 6-7 table 100 priority 1015'),
  same('ipproto 17 dport 53-53 table 100 priority 1016'),
  same('goto 2000 priority 1017'),
  same('from 10.0.0.0/8 blackhole priority 1018'),
  same('unreachable priority 1019'),
  as('type prohibit priority 1020', 'prohibit priority 1020'),
  same('nop priority 1021'),
  same('l3mdev priority 1022'),
  as(
    'from 10.9.0.0/16 table 100 priority 1023 no_track',
    'from 10.9.0.0/16 table 100 priority 1023 protocol 0',
  ),
  as(
    'from 10.9.0.0/16 table 100 priority 1024 protocol 4 no_track',
    'from 10.9.0.0/16 table 100 priority 1024 protocol 4',
  ),
  same('from 2001:db8::/32 table 100 priority 1025', 6),
  same('to 2001:db8::1 fwmark 9 table 70000 priority 1026', 6),
  as('table 100 priority 1027 inet6', 'table 100 priority 1027', 6),
  as('from all iif ra0 unreachable priority 1028 inet6', 'from all iif ra0 unreachable priority 1028', 6),
  as(
    'suppress_prefixlength 0 table main priority 1029 inet6',
    'suppress_prefixlength 0 table main priority 1029',
    6,
  ),
];

/** Any of these with any others: route options in IPv4, each with its choices. */
const CHOICES: readonly (readonly string[])[] = [
  ['via 192.0.2.1', 'via 192.0.2.77', ''],
  ['src 192.0.2.10', '', ''],
  ['tos 0x04', 'tos 0x1c', '', ''],
  ['table 9', 'table 900', 'table main', '', ''],
  ['scope link', 'scope global', '', '', ''],
  ['realms 1/2', 'realms 7', '', ''],
  ['mtu 1280', 'mtu lock 1400', 'mtu 70000', ''],
  ['advmss 536', 'advmss lock 1460', '', ''],
  ['rtt 300ms', 'rtt lock 2s', '', ''],
  ['rttvar 200ms', 'rttvar lock 1s', '', ''],
  ['rto_min 200ms', 'rto_min 3s', '', ''],
  ['cwnd 5', 'cwnd lock 12', '', ''],
  ['ssthresh 10', '', ''],
  ['window 100', '', ''],
  ['initcwnd 10', '', ''],
  ['initrwnd 20', '', ''],
  ['hoplimit 0', 'hoplimit 64', '', ''],
  ['quickack 0', 'quickack 1', '', ''],
  ['features ecn', '', ''],
  ['fastopen_no_cookie 1', '', ''],
  ['onlink', '', '', ''],
];

/** `count` lines; the same for the same seed. */
export function generatedRoutes(seed: number, count: number): readonly Line[] {
  const random = prng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: count }, (_, i) => {
    const options = CHOICES.map(pick).filter((o) => o !== '' && (random() < 0.6 || o.startsWith('via')));
    return same(`11.${i >> 8}.${i & 255}.0/24 dev ra0 metric ${i + 1} ${options.join(' ')}`.trim());
  });
}

const SELECTORS: readonly (readonly string[])[] = [
  ['not', '', ''],
  ['from 10.0.0.0/8', 'from 203.0.113.7', 'from all', ''],
  ['to 198.51.100.0/25', ''],
  ['tos 0x08', '', ''],
  ['fwmark 5', 'fwmark 0xff/0xf0', '', ''],
  ['iif lo', 'iif nosuch', '', ''],
  ['oif rb0', '', ''],
  ['uidrange 0-0', 'uidrange 5-4000000000', '', ''],
  ['ipproto udp', 'ipproto 47', '', ''],
  ['sport 1-65534', '', ''],
  ['dport 443-443', '', ''],
];
const ACTIONS = [
  'table 100',
  'lookup main',
  'table 123456',
  'blackhole',
  'prohibit',
  'unreachable',
  'nop',
] as const;

export function generatedRules(seed: number, count: number): readonly Line[] {
  const random = prng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: count }, (_, i) => {
    const words = SELECTORS.map(pick).filter((w) => w !== '');
    return same(`${words.join(' ')} ${pick(ACTIONS)} priority ${3000 + i}`.trim());
  });
}
