/**
 * ICMPv6 Neighbor Advertisement (RFC 4861 section 4.4), and the unsolicited one with which a new master moves an
 * IPv6 address (RFC 9568 section 6.4.2).
 *
 *  0               1               2               3
 * | type = 136    | code = 0      | checksum                  |
 * |R|S|O| reserved                                            |
 * | target address, 16 octets                                 |
 * | option type=2 | length = 1    | link-layer address, 6     |
 */
import { assert } from '../base/assert.ts';
import { sum16 } from '../base/checksum.ts';
import { err, ok, type Result } from '../base/result.ts';
import { ETHERNET_HEADER_LENGTH, encodeEthernetHeaderInto } from './ethernet.ts';
import { encodeIpv6HeaderInto, IPV6_HEADER_LENGTH } from './ipv6.ts';
import { copy, putU16 } from './octets.ts';
import { ETH_P_IPV6, IPPROTO_ICMPV6 } from './protocols.ts';
import { pseudoHeaderSum } from './pseudo-header.ts';

/** Field offsets in octets from the ICMPv6 header. */
const Field = { type: 0, code: 1, checksum: 2, flags: 4, target: 8, options: 24 } as const;
export const ND_NEIGHBOR_ADVERT = 136;
const NA_FIXED_LENGTH = 24;
const OPTION_TARGET_LINK_LAYER = 2;
const OPTION_LENGTH = 8;
const FLAG_ROUTER = 0x80;
const FLAG_SOLICITED = 0x40;
const FLAG_OVERRIDE = 0x20;
const HOP_LIMIT = 255;
const ALL_NODES: Uint8Array = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: Uint8Array = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);

/** Octets of the frame that `encodeUnsolicitedNa` makes. */
export const UNSOLICITED_NA_LENGTH: number =
  ETHERNET_HEADER_LENGTH + IPV6_HEADER_LENGTH + NA_FIXED_LENGTH + OPTION_LENGTH;

export type NeighborAdvert = {
  readonly type: number; // 136
  readonly code: number;
  readonly flags: number; // the first octet of the flags word
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly target: Uint8Array; // 16 octets, a copy
  readonly options: Uint8Array; // all of them, a view
  /** The first option, where its 8 octets are there. */
  readonly option: { readonly type: number; readonly len8: number; readonly lladdr: Uint8Array } | undefined;
  readonly targetLinkLayer: Uint8Array | undefined; // 6 octets, where the first option is that one
};

export type NaError = {
  readonly code: 'truncated' | 'type';
  readonly got: number;
  readonly want: number;
};

/** `message` starts at the ICMPv6 header. The checksum is `icmpv6ChecksumOk`'s. Total over all inputs. */
export function decodeNa(message: Uint8Array): Result<NeighborAdvert, NaError> {
  if (message.length < NA_FIXED_LENGTH)
    return err({ code: 'truncated', got: message.length, want: NA_FIXED_LENGTH });
  const type = message[Field.type] as number;
  if (type !== ND_NEIGHBOR_ADVERT) return err({ code: 'type', got: type, want: ND_NEIGHBOR_ADVERT });
  const flags = message[Field.flags] as number;
  const options = message.subarray(Field.options);
  const option =
    options.length < OPTION_LENGTH
      ? undefined
      : { type: options[0] as number, len8: options[1] as number, lladdr: copy(options, 2, OPTION_LENGTH) };
  return ok({
    type,
    code: message[Field.code] as number,
    flags,
    router: (flags & FLAG_ROUTER) !== 0,
    solicited: (flags & FLAG_SOLICITED) !== 0,
    override: (flags & FLAG_OVERRIDE) !== 0,
    target: copy(message, Field.target, Field.options),
    options,
    option,
    targetLinkLayer:
      option?.type === OPTION_TARGET_LINK_LAYER && option.len8 === 1 ? option.lladdr : undefined,
  });
}

/** RFC 4443 section 2.3. */
export function icmpv6ChecksumOk(message: Uint8Array, source: Uint8Array, destination: Uint8Array): boolean {
  return sum16(message, pseudoHeaderSum(source, destination, IPPROTO_ICMPV6, message.length)) === 0xffff;
}

/**
 * The 86-octet frame that keepalived sends: to all nodes, from the address itself, Override set, Solicited clear.
 * `router` is whether the interface forwards. KEEPALIVED: RFC 9568 6.4.2 wants the Router flag always.
 */
export function encodeUnsolicitedNa(mac: Uint8Array, address: Uint8Array, router: boolean): Uint8Array {
  const out = new Uint8Array(UNSOLICITED_NA_LENGTH);
  encodeUnsolicitedNaInto(mac, address, router, out);
  return out;
}

/** The same over exactly 86 octets of `out`. `mac` is 6 octets, `address` 16. */
export function encodeUnsolicitedNaInto(
  mac: Uint8Array,
  address: Uint8Array,
  router: boolean,
  out: Uint8Array,
): void {
  assert(out.length === UNSOLICITED_NA_LENGTH, 'unsolicited NA: the buffer is 86 octets');
  encodeEthernetHeaderInto(ALL_NODES_MAC, mac, ETH_P_IPV6, out);
  const ip = out.subarray(ETHERNET_HEADER_LENGTH);
  encodeIpv6HeaderInto(
    {
      trafficClass: 0,
      flowLabel: 0,
      nextHeader: IPPROTO_ICMPV6,
      hopLimit: HOP_LIMIT,
      source: address,
      destination: ALL_NODES,
    },
    ip,
  );
  const na = ip.subarray(IPV6_HEADER_LENGTH);
  na.fill(0, 0, Field.target);
  na[Field.type] = ND_NEIGHBOR_ADVERT;
  na[Field.flags] = FLAG_OVERRIDE | (router ? FLAG_ROUTER : 0);
  na.set(address, Field.target);
  na[Field.options] = OPTION_TARGET_LINK_LAYER;
  na[Field.options + 1] = OPTION_LENGTH / 8;
  na.set(mac, Field.options + 2);
  const seed = pseudoHeaderSum(address, ALL_NODES, IPPROTO_ICMPV6, na.length);
  putU16(na, Field.checksum, ~sum16(na, seed) & 0xffff);
}
