/** Configurations made from the keyword table: one seed, one text. Values lie inside, at and beyond the ends of ranges. */
import { prng } from '../../src/base/prng.ts';
import type { KeywordRow } from '../../src/config/keyword.ts';
import { KEYWORDS } from '../../src/config/keywords.table.ts';

/** Not in 2.2.7, what would touch the machine, what must be a whole of several lines, or what the dump cannot show. */
const LEFT_OUT = new Set([
  'interface',
  'virtual_router_id',
  'version',
  'native_ipv6',
  'vrf',
  'use_vmac',
  'use_vmac_addr',
  'use_ipvlan',
  'vmac_xmit_base',
  'unicast_src_ip',
  'mcast_src_ip',
  'lvs_sync_daemon_interface',
  'garp_extra_if',
  'vmac_garp_intvl',
]);
const TYPES: ReadonlySet<string> = new Set(['flag', 'bool', 'int', 'decimal', 'choice']);

/** Debian's release. */
function known(row: KeywordRow): boolean {
  const since = /^(\d+)\.(\d+)\.(\d+)$/.exec(row.since ?? '');
  if (since === null) return false;
  const [major, minor, patch] = since.slice(1).map(Number) as [number, number, number];
  return major < 2 || (major === 2 && (minor < 2 || (minor === 2 && patch <= 7)));
}

const ROWS = KEYWORDS.filter(
  (r) => r.block === 'vrrp_instance' && TYPES.has(r.type) && known(r) && !LEFT_OUT.has(r.keyword),
);

export function generated(seed: number): string {
  const random = prng(seed * 104_729);
  for (let i = 0; i < 4; i++) random();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const instance = (n: number): string => {
    const lines = ['interface eth0', `virtual_router_id ${n + 1}`];
    if (random() < 0.3) lines.push(`version ${pick([2, 3])}`);
    for (let i = 0; i < 1 + random() * 6; i++) {
      const row = pick(ROWS);
      lines.push(`${row.keyword} ${value(row, random)}`.trim());
    }
    if (random() < 0.3) lines.push('track_interface {', `eth1 weight ${pick([0, 5, -5, 253, -253])}`, '}');
    if (random() < 0.3)
      lines.push('track_script {', `S${random() < 0.5 ? ` weight ${pick([0, 7, -7])}` : ''}`, '}');
    if (random() < 0.2)
      lines.push('authentication {', 'auth_type PASS', `auth_pass ${pick(['a', '12345678'])}`, '}');
    lines.push('virtual_ipaddress {', address(n, random), '}');
    return `vrrp_instance V${n} {\n${lines.join('\n')}\n}\n`;
  };
  const script = 'vrrp_script S {\nscript "/opt/check"\ninterval 3\nweight 4\n}\n';
  const global = `global_defs {\nscript_user root\nenable_script_security\n${random() < 0.2 ? 'vrrp_strict\n' : ''}}\n`;
  return `${global}${script}${Array.from({ length: 1 + Math.floor(random() * 3) }, (_, n) => instance(n)).join('')}`;
}

function address(n: number, random: () => number): string {
  const prefix = ['', '/24', '/32', '/0'][Math.floor(random() * 4)] as string;
  const options = ['', ' dev eth1', ' label eth0:1', ' scope link', ' brd +', ' no_track'];
  return `198.51.100.${n + 1}${prefix}${options[Math.floor(random() * options.length)] ?? ''}`;
}

function value(row: KeywordRow, random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  if (row.type === 'flag') return '';
  if (row.type === 'bool') return pick(['', 'on', 'off', 'true', 'no']);
  if (row.type === 'choice') return pick(row.choices ?? ['']);
  const { min = 0, max = 255 } = row;
  // keepalived sends what a repeat count says before it answers anything.
  const most = Math.min(max, row.keyword.endsWith('_repeat') ? 20 : 100_000);
  const inside = Math.floor(min + random() * (most - min));
  return pick([
    `${inside}`,
    `${Math.ceil(min)}`,
    `${most}`,
    `${max + 1}`,
    ...(row.type === 'decimal' ? ['2.5'] : []),
  ]);
}
