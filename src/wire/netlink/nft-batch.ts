/**
 * Batches of nf_tables commands: all of a batch is carried out, or nothing. Plain values on one side, bytes on the other.
 * uapi/linux/netfilter/nfnetlink.h, nf_tables.h.
 *
 *   0               4       6       8               12              16      17      18
 *   | length        | type  | flags | sequence      | port 0        | family|version| resource (big endian) | attributes
 */
import { assertNever } from '../../base/assert.ts';
import { attribute, host32, join, nested, number, putHost16, text } from './attributes.ts';
import type { Expression } from './nft-expressions.ts';

export type NftFamily = 4 | 6;

/** What the octets of a set's key mean; 'nft' prints elements by it. */
export type KeyType =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'iface_index'
  | 'icmpv6_type'
  | 'ipv6_addr . iface_index'
  | 'ipv6_addr . ifname';

/** `key` (and `data` of a map) as the set's types say; interface numbers in the host's byte order. */
export type Element = { readonly key: Uint8Array; readonly data?: Uint8Array };

export type NftCommand =
  | { readonly type: 'add-table'; readonly family: NftFamily; readonly table: string }
  | { readonly type: 'delete-table'; readonly family: NftFamily; readonly table: string }
  | {
      readonly type: 'add-chain';
      readonly family: NftFamily;
      readonly table: string;
      readonly chain: string;
      /** Absent: only jumped to. `priority`: -2147483648..2147483647. */
      readonly hook?: { readonly at: 'in' | 'out'; readonly priority: number };
    }
  | {
      readonly type: 'add-set';
      readonly family: NftFamily;
      readonly table: string;
      readonly set: string;
      readonly key: KeyType;
      readonly map?: KeyType; // what the elements map to
      readonly constant?: boolean;
    }
  | {
      readonly type: 'add-rule';
      readonly family: NftFamily;
      readonly table: string;
      readonly chain: string;
      readonly first?: boolean; // before the rules that are there, else behind them
      readonly expressions: readonly Expression[];
    }
  | {
      readonly type: 'add-elements' | 'delete-elements';
      readonly family: NftFamily;
      readonly table: string;
      readonly set: string;
      readonly elements: readonly Element[];
    };

const HEADER_BYTES = 20;
const Field = { length: 0, type: 4, flags: 6, sequence: 8, family: 16, version: 17, resource: 18 } as const;
const REQUEST = 0x1;
const ACK = 0x4;
const CREATE = 0x400;
const APPEND = 0x800;
const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const NFTABLES = 10;
const MESSAGE = {
  newTable: 0,
  deleteTable: 2,
  newChain: 3,
  newRule: 6,
  newSet: 9,
  newElements: 12,
  deleteElements: 14,
};
const HOOK = { in: 1, out: 3 } as const;
const ACCEPT_POLICY = 1;
const SET_CONSTANT = 0x2;
const SET_MAP = 0x8;
const SET_ID = 10;
const SET_USERDATA = 13;
const FAMILY: Readonly<Record<NftFamily, number>> = { 4: 2, 6: 10 };

/** Number that 'nft' gives the type, length in octets, and whether the value stands in the host's byte order. */
const KEY: Readonly<
  Record<KeyType, { readonly id: number; readonly bytes: number; readonly host: boolean }>
> = {
  ipv4_addr: { id: 7, bytes: 4, host: false },
  ipv6_addr: { id: 8, bytes: 16, host: false },
  iface_index: { id: 20, bytes: 4, host: true },
  icmpv6_type: { id: 29, bytes: 1, host: true },
  // Six bits for each part of a compound.
  'ipv6_addr . iface_index': { id: (8 << 6) | 20, bytes: 20, host: true },
  'ipv6_addr . ifname': { id: (8 << 6) | 41, bytes: 32, host: true },
};

/** The commands in a batch; those numbered `firstSequence + 1`, … are acknowledged, in order. */
export function encodeBatch(commands: readonly NftCommand[], firstSequence: number): Uint8Array {
  const end = message(BATCH_END, REQUEST, 0, [], firstSequence + commands.length + 1, NFTABLES);
  return join([
    message(BATCH_BEGIN, REQUEST, 0, [], firstSequence, NFTABLES),
    ...commands.map((c, i) => encodeCommand(c, firstSequence + 1 + i, i + 1)),
    end,
  ]);
}

function message(
  type: number,
  flags: number,
  family: number,
  attributes: readonly Uint8Array[],
  sequence: number,
  resource = 0,
): Uint8Array {
  const head = new Uint8Array(HEADER_BYTES);
  const length = HEADER_BYTES + attributes.reduce((sum, a) => sum + a.length, 0);
  head.set(host32(length), Field.length);
  putHost16(head, Field.type, type);
  putHost16(head, Field.flags, flags);
  head.set(host32(sequence), Field.sequence);
  head[Field.family] = family;
  head[Field.resource + 1] = resource;
  return join([head, ...attributes]);
}

/** `setId` names a new set within its batch, to the kernel only. */
function encodeCommand(c: NftCommand, sequence: number, setId: number): Uint8Array {
  const send = (type: number, flags: number, attributes: readonly Uint8Array[]): Uint8Array =>
    message((NFTABLES << 8) | type, REQUEST | ACK | flags, FAMILY[c.family], attributes, sequence);
  switch (c.type) {
    case 'add-table':
      return send(MESSAGE.newTable, CREATE, [text(1, c.table)]);
    case 'delete-table':
      return send(MESSAGE.deleteTable, 0, [text(1, c.table)]);
    case 'add-chain':
      return send(MESSAGE.newChain, CREATE, [
        text(1, c.table),
        text(3, c.chain),
        ...(c.hook === undefined
          ? []
          : [
              text(7, 'filter'),
              number(5, ACCEPT_POLICY),
              nested(4, number(1, HOOK[c.hook.at]), number(2, c.hook.priority)),
            ]),
      ]);
    case 'add-set':
      return send(MESSAGE.newSet, CREATE, setAttributes(c, setId));
    case 'add-rule':
      return send(MESSAGE.newRule, CREATE | (c.first === true ? 0 : APPEND), [
        text(1, c.table),
        text(2, c.chain),
        nested(4, ...c.expressions),
      ]);
    case 'add-elements':
      return send(MESSAGE.newElements, CREATE, elementAttributes(c));
    case 'delete-elements':
      return send(MESSAGE.deleteElements, 0, elementAttributes(c));
    default:
      return assertNever(c);
  }
}

function setAttributes(c: NftCommand & { type: 'add-set' }, setId: number): Uint8Array[] {
  const key = KEY[c.key];
  const data = c.map === undefined ? undefined : KEY[c.map];
  const flags = (c.constant === true ? SET_CONSTANT : 0) | (data === undefined ? 0 : SET_MAP);
  return [
    text(1, c.table),
    text(2, c.set),
    ...(flags === 0 ? [] : [number(3, flags)]),
    number(4, key.id),
    number(5, key.bytes),
    ...(data === undefined ? [] : [number(6, data.id), number(7, data.bytes)]),
    number(SET_ID, setId),
    attribute(
      SET_USERDATA,
      join([byteOrder(0, key.host), ...(data === undefined ? [] : [byteOrder(1, data.host)])]),
    ),
  ];
}

/** What 'nft' keeps with a set so as to print it: type, length and a number in the host's order, of key (0) or data (1). */
const byteOrder = (of: 0 | 1, host: boolean): Uint8Array =>
  join([Uint8Array.of(of, 4), host32(host ? 1 : 2)]);

function elementAttributes(
  c: NftCommand & { type: 'add-elements' | 'delete-elements' },
): readonly Uint8Array[] {
  const value = (type: number, octets: Uint8Array): Uint8Array => nested(type, attribute(1, octets));
  return [
    text(1, c.table),
    text(2, c.set),
    nested(
      3,
      ...c.elements.map((e) =>
        nested(1, value(1, e.key), ...(e.data === undefined ? [] : [value(2, e.data)])),
      ),
    ),
  ];
}

/** The key of an interface name: 16 octets, the rest zero. */
export function nameKey(name: string): Uint8Array {
  const out = new Uint8Array(16);
  out.set(new TextEncoder().encode(name).subarray(0, 15));
  return out;
}

export const indexKey = (interfaceIndex: number): Uint8Array => host32(interfaceIndex);

/** The key of a compound type. */
export const compoundKey = (...parts: readonly Uint8Array[]): Uint8Array => join(parts);
