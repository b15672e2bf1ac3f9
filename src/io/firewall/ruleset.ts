/**
 * keepalived's nftables rules as commands (listings of 2.4.3). Pure: from what is there and what is wanted to what to do.
 *
 * A VMAC joins groups like any interface, but its reports shall not teach switches the virtual MAC: they leave on the
 * parent ('dup … drop'). Router solicitations are dropped, and so are advertisements of the parent's link-local address,
 * which stands on the VMAC only as a source for adverts.
 */
import {
  type Element,
  type KeyType,
  type NftCommand,
  type NftFamily,
  nameKey,
} from '../../wire/netlink/nft-batch.ts';
import {
  accept,
  counter,
  drop,
  duplicate,
  type Expression,
  equals,
  goTo,
  inSet,
  mapped,
  masked,
  meta,
  payload,
} from '../../wire/netlink/nft-expressions.ts';

export type RulesetSettings = {
  readonly table: string;
  readonly priority: number;
  readonly counters: boolean; // 'nftables_counters'
};

/** Parts of a table, in the order in which they are made. */
export type Part = 'vmacs' | 'addresses';

const IPPROTO_IGMP = 2;
const IPPROTO_ICMPV6 = 58;
const ROUTER_SOLICIT = 133;
const NEIGHBOUR_SOLICIT = 135;
const NEIGHBOUR_ADVERT = 136;
const MLD_REPORTS = [131, 143] as const;
/** Offsets of the addresses in the two IP headers. */
const SOURCE: Readonly<Record<NftFamily, number>> = { 4: 12, 6: 8 };
const DESTINATION: Readonly<Record<NftFamily, number>> = { 4: 16, 6: 24 };
const BYTES: Readonly<Record<NftFamily, number>> = { 4: 4, 6: 16 };

export class Ruleset {
  readonly #s: RulesetSettings;
  readonly #family: NftFamily;

  constructor(family: NftFamily, settings: RulesetSettings) {
    this.#family = family;
    this.#s = settings;
  }

  /** An empty table; what is left of an earlier one goes with it, and the two chains come as they are first needed. */
  table(): NftCommand[] {
    const { table } = this.#s;
    const family = this.#family;
    return [
      { type: 'add-table', family, table },
      { type: 'delete-table', family, table },
      { type: 'add-table', family, table },
    ];
  }

  deleteTable(): NftCommand {
    return { type: 'delete-table', family: this.#family, table: this.#s.table };
  }

  part(part: Part): NftCommand[] {
    if (part === 'addresses') return this.#family === 4 ? this.#addresses4() : this.#addresses6();
    return this.#family === 4 ? this.#vmacs4() : this.#vmacs6();
  }

  elements(type: 'add-elements' | 'delete-elements', set: string, elements: readonly Element[]): NftCommand {
    return { type, family: this.#family, table: this.#s.table, set, elements };
  }

  #vmacs4(): NftCommand[] {
    const igmp = [payload('network', 9, 1), equals(Uint8Array.of(IPPROTO_IGMP))];
    return [
      this.#set('vmac_map', 'iface_index', { map: 'iface_index' }),
      this.#chain('out'),
      this.#rule('out', [...igmp, ...this.#toParent()], drop(), true),
    ];
  }

  #vmacs6(): NftCommand[] {
    const types = MLD_REPORTS.map((t) => ({ key: Uint8Array.of(t) }));
    const advert = [...icmp6(NEIGHBOUR_ADVERT), ...fromMacvlan()];
    const solicit = [...icmp6(ROUTER_SOLICIT), ...fromMacvlan()];
    return [
      this.#set('parent_link_local', 'ipv6_addr . ifname'),
      this.#set('vmac_map', 'iface_index', { map: 'iface_index' }),
      this.#set('vmac_set', 'iface_index'),
      this.#set('mld-report', 'icmpv6_type', { constant: true }),
      this.elements('add-elements', 'mld-report', types),
      this.#chain('out'),
      // Each before the one above, so that they stand first and in this order turned round.
      this.#rule('out', [...solicit, meta('oif'), inSet('vmac_set')], drop(), true),
      this.#rule('out', [...icmp6(), inSet('mld-report'), ...this.#toParent()], drop(), true),
      this.#rule(
        'out',
        [...advert, this.#address('source'), meta('oifname', 2), inSet('parent_link_local')],
        drop(),
        true,
      ),
    ];
  }

  #addresses4(): NftCommand[] {
    return [
      this.#set('vips', 'ipv4_addr'),
      this.#chain('in'),
      this.#chain('out'),
      this.#rule('in', [this.#address('destination'), inSet('vips')], drop()),
      this.#rule('out', [this.#address('source'), inSet('vips')], drop()),
    ];
  }

  #addresses6(): NftCommand[] {
    const discovery = [NEIGHBOUR_SOLICIT, NEIGHBOUR_ADVERT].map((t) => ({ key: Uint8Array.of(t) }));
    const both = [
      ['in', 'destination', 'iif'],
      ['out', 'source', 'oif'],
    ] as const;
    return [
      this.#set('vips', 'ipv6_addr'),
      this.#set('neighbor-discovery', 'icmpv6_type', { constant: true }),
      this.elements('add-elements', 'neighbor-discovery', discovery),
      this.#set('vips_link_local', 'ipv6_addr . iface_index'),
      this.#chain('out'),
      this.#chain('in'),
      this.#chain('in_link_local'),
      this.#chain('out_link_local'),
      ...both.flatMap(([chain, end, device]) => [
        this.#rule(chain, [...icmp6(), inSet('neighbor-discovery')], accept()),
        this.#rule(chain, [this.#address(end), ...isLinkLocal()], goTo(`${chain}_link_local`)),
        this.#rule(chain, [this.#address(end), inSet('vips')], drop()),
        this.#rule(
          `${chain}_link_local`,
          [this.#address(end), meta(device, 2), inSet('vips_link_local')],
          drop(),
        ),
      ]),
    ];
  }

  #address(end: 'source' | 'destination'): Expression {
    const at = end === 'source' ? SOURCE : DESTINATION;
    return payload('network', at[this.#family], BYTES[this.#family]);
  }

  /** From a macvlan of ours: a copy to the group on the parent. */
  #toParent(): Expression[] {
    return [
      ...fromMacvlan(),
      this.#address('destination'),
      meta('oif', 2),
      mapped('vmac_map', 2),
      duplicate(1, 2),
    ];
  }

  #set(
    set: string,
    key: KeyType,
    more: { readonly map?: KeyType; readonly constant?: boolean } = {},
  ): NftCommand {
    return { type: 'add-set', family: this.#family, table: this.#s.table, set, key, ...more };
  }

  #chain(chain: string): NftCommand {
    const { table, priority } = this.#s;
    const hook = chain === 'in' || chain === 'out' ? { hook: { at: chain, priority } as const } : {};
    return { type: 'add-chain', family: this.#family, table, chain, ...hook };
  }

  #rule(chain: string, match: readonly Expression[], verdict: Expression, first = false): NftCommand {
    const expressions = [...match, ...(this.#s.counters ? [counter()] : []), verdict];
    return { type: 'add-rule', family: this.#family, table: this.#s.table, chain, first, expressions };
  }
}

function icmp6(type?: number): Expression[] {
  return [
    meta('l4proto'),
    equals(Uint8Array.of(IPPROTO_ICMPV6)),
    payload('transport', 0, 1),
    ...(type === undefined ? [] : [equals(Uint8Array.of(type))]),
  ];
}

const fromMacvlan = (): Expression[] => [meta('oifkind'), equals(nameKey('macvlan'))];

/** fe80::/10 */
function isLinkLocal(): Expression[] {
  const ten = (first: number, second: number): Uint8Array => {
    const out = new Uint8Array(16);
    out[0] = first;
    out[1] = second;
    return out;
  };
  return [masked(ten(0xff, 0xc0)), equals(ten(0xfe, 0x80))];
}
