/** Which elements the sets hold for what is wanted, and the difference of two such states. Pure. */
import { toHex } from '../../base/bytes.ts';
import type { BlockedAddress, FilteredVmac } from '../../ports/firewall.ts';
import {
  compoundKey,
  type Element,
  indexKey,
  type NftFamily,
  nameKey,
} from '../../wire/netlink/nft-batch.ts';

/** Set -> key in hexadecimal (with its data) -> element. */
export type Contents = ReadonlyMap<string, ReadonlyMap<string, Element>>;

export type Change = { readonly set: string; readonly elements: readonly Element[] };

const idOf = (e: Element): string => `${toHex(e.key)} ${e.data === undefined ? '' : toHex(e.data)}`;

const named = (set: string, elements: readonly Element[]): [string, ReadonlyMap<string, Element>] => [
  set,
  new Map(elements.map((e) => [idOf(e), e])),
];

export function vmacContents(list: readonly FilteredVmac[], family: NftFamily): Contents {
  const ours = list.filter((v) => (family === 4 ? v.ipv4 : v.ipv6));
  const map = ours.map((v) => ({ key: indexKey(v.interfaceIndex), data: indexKey(v.parentIndex) }));
  if (family === 4) return new Map([named('vmac_map', map)]);
  return new Map([
    named('vmac_map', map),
    named(
      'vmac_set',
      ours.map((v) => ({ key: indexKey(v.interfaceIndex) })),
    ),
    named(
      'parent_link_local',
      ours.flatMap((v) =>
        v.parentLinkLocal === undefined ? [] : [{ key: compoundKey(v.parentLinkLocal, nameKey(v.name)) }],
      ),
    ),
  ]);
}

const isLinkLocal = (a: Uint8Array): boolean => a[0] === 0xfe && ((a[1] ?? 0) & 0xc0) === 0x80;

export function addressContents(list: readonly BlockedAddress[], family: NftFamily): Contents {
  const ours = list.filter((a) => a.family === family);
  const local = family === 4 ? [] : ours.filter((a) => isLinkLocal(a.bytes));
  const vips = named(
    'vips',
    ours.filter((a) => !local.includes(a)).map((a) => ({ key: a.bytes })),
  );
  if (family === 4) return new Map([vips]);
  return new Map([
    vips,
    named(
      'vips_link_local',
      local.map((a) => ({ key: compoundKey(a.bytes, indexKey(a.interfaceIndex)) })),
    ),
  ]);
}

/** What `next` has and `before` has not, by set. */
export function missing(before: Contents | undefined, next: Contents): readonly Change[] {
  const out: Change[] = [];
  for (const [set, wanted] of next) {
    const held = before?.get(set);
    const elements = [...wanted].filter(([id]) => held?.has(id) !== true).map(([, e]) => e);
    if (elements.length > 0) out.push({ set, elements });
  }
  return out;
}

export const isEmpty = (c: Contents): boolean => [...c.values()].every((elements) => elements.size === 0);
