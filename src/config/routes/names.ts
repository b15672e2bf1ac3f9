/**
 * Names for the numbers of routing: tables, protocols, scopes, realms, type of service, interface groups, as iproute2's
 * files give them, and the standard ones where a file is missing. Protocols of IP come from /etc/protocols.
 */
import type { LoadEnvironment } from '../environment.ts';

export type NameTable = 'rt_tables' | 'rt_protos' | 'rt_scopes' | 'rt_realms' | 'rt_dsfield' | 'group';

const AF = [10, 12, 14, 18, 20, 22, 26, 28, 30, 34, 36, 38];
const DSFIELD: readonly (readonly [string, number])[] = [
  ['default', 0],
  ...AF.map((n) => [`AF${Math.floor(n / 8)}${(n % 8) / 2}`, n << 2] as const),
  ...[1, 2, 3, 4, 5, 6, 7].map((n) => [`CS${n}`, n << 5] as const),
  ['EF', 46 << 2],
];

/** What iproute2 6.1 installs. */
const STANDARD: Readonly<Record<NameTable, ReadonlyMap<string, number>>> = {
  rt_tables: new Map(Object.entries({ unspec: 0, default: 253, main: 254, local: 255 })),
  rt_protos: new Map(
    Object.entries({
      unspec: 0,
      redirect: 1,
      kernel: 2,
      boot: 3,
      static: 4,
      gated: 8,
      ra: 9,
      mrt: 10,
      zebra: 11,
      bird: 12,
      dnrouted: 13,
      xorp: 14,
      ntk: 15,
      dhcp: 16,
      keepalived: 18,
      babel: 42,
      openr: 99,
      bgp: 186,
      isis: 187,
      ospf: 188,
      rip: 189,
      eigrp: 192,
    }),
  ),
  rt_scopes: new Map(Object.entries({ global: 0, site: 200, link: 253, host: 254, nowhere: 255 })),
  rt_realms: new Map([['cosmos', 0]]),
  rt_dsfield: new Map(DSFIELD),
  group: new Map([['default', 0]]),
};

/** Assigned numbers of RFC 5237's registry below 128 that Debian's /etc/protocols names. */
const PROTOCOLS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ip: 0,
    hopopt: 0,
    icmp: 1,
    igmp: 2,
    ggp: 3,
    ipencap: 4,
    st: 5,
    tcp: 6,
    egp: 8,
    igp: 9,
    pup: 12,
    udp: 17,
    hmp: 20,
    'xns-idp': 22,
    rdp: 27,
    'iso-tp4': 29,
    dccp: 33,
    xtp: 36,
    ddp: 37,
    'idpr-cmtp': 38,
    ipv6: 41,
    'ipv6-route': 43,
    'ipv6-frag': 44,
    idrp: 45,
    rsvp: 46,
    gre: 47,
    esp: 50,
    ah: 51,
    skip: 57,
    'ipv6-icmp': 58,
    'ipv6-nonxt': 59,
    'ipv6-opts': 60,
    rspf: 73,
    vmtp: 81,
    eigrp: 88,
    ospf: 89,
    'ax.25': 93,
    ipip: 94,
    etherip: 97,
    encap: 98,
    pim: 103,
    ipcomp: 108,
    vrrp: 112,
    l2tp: 115,
    isis: 124,
    sctp: 132,
    fc: 133,
    udplite: 136,
  }),
);

/** The distribution's files; the administrator's come first. keepalived does not read the '.d' folders beside them. */
const VENDOR = ['/usr/share/iproute2', '/usr/lib/iproute2'] as const;
const LIMIT = 4096; // names of one file

/** Lines 'NUMBER NAME' with '#' remarks; numbers in C notation. */
function parseNames(text: string): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const m of text.matchAll(/^[ \t]*(0x[0-9a-f]{1,8}|\d{1,10})[ \t]+([^\s#]\S*)/gim)) {
    if (out.size >= LIMIT) break;
    out.set(m[2] as string, Number(m[1]));
  }
  return out;
}

/** Lines 'name NUMBER ALIAS…'. */
function parseProtocols(text: string): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const line of text.split('\n').slice(0, LIMIT)) {
    const [name, number, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (name === undefined || number === undefined || !/^\d{1,3}$/.test(number)) continue;
    for (const n of [name, ...aliases]) if (!out.has(n)) out.set(n, Number(number));
  }
  return out;
}

/** Reads each file once, when a word first needs it. */
export class RoutingNames {
  readonly #environment: LoadEnvironment;
  readonly #tables = new Map<NameTable, ReadonlyMap<string, number>>();
  #folders: readonly string[] = ['/etc/iproute2', ...VENDOR];
  #protocols: ReadonlyMap<string, number> | undefined;

  constructor(environment: LoadEnvironment) {
    this.#environment = environment;
  }

  /** 'iproute_etc_dir' and 'iproute_usr_dir'. */
  useFolders(local: string, vendor: string | undefined): void {
    const folders = [local, ...(vendor === undefined ? VENDOR : [vendor])];
    if (folders.join('\n') === this.#folders.join('\n')) return;
    this.#folders = folders;
    this.#tables.clear();
  }

  table(name: NameTable): ReadonlyMap<string, number> {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = STANDARD[name];
      for (const folder of this.#folders) {
        const read = this.#environment.readFile(`${folder}/${name}`);
        if (!read.ok) continue;
        table = parseNames(read.text);
        break;
      }
      this.#tables.set(name, table);
    }
    return table;
  }

  ipProtocol(name: string): number | undefined {
    if (this.#protocols === undefined) {
      const read = this.#environment.readFile('/etc/protocols');
      this.#protocols = read.ok ? parseProtocols(read.text) : PROTOCOLS;
    }
    // The file's aliases are the names in capitals.
    return (
      this.#protocols.get(name) ??
      (name === name.toUpperCase() ? this.#protocols.get(name.toLowerCase()) : undefined)
    );
  }
}
