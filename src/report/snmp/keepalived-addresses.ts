/** KEEPALIVED-MIB: virtual and static addresses. Those of 'static_ipaddress' have instance 0. */
import { equalBytes } from '../../base/bytes.ts';
import type { VirtualAddress } from '../../config/config.ts';
import { addressType, gauge, int, octets, text, truth } from './oid.ts';
import { type Instance, interfaceIndex, KEEPALIVED_MIB, type Picture } from './picture.ts';
import type { Row, Table } from './tree.ts';

/** InetScopeType of RT_SCOPE_*: universe, site, link, host; of others, as keepalived, none. */
const SCOPES: Readonly<Record<number, number>> = { 0: 14, 200: 5, 253: 2, 254: 1 };
export const scopeType = (scope: number): number => SCOPES[scope] ?? 0;

/** `of`: whose it is, and its place there; absent: static. */
type Address = {
  readonly address: VirtualAddress;
  readonly of?: { readonly instance: Instance; readonly place: number };
};

function addressRows(p: Picture): Row<Address>[] {
  const rows: Row<Address>[] = p.config.staticAddresses.map((address, i) => ({
    index: [0, i + 1],
    of: { address },
  }));
  for (const instance of p.instances) {
    const { vips, excludedVips } = instance.config;
    for (const [place, address] of [...vips, ...excludedVips].entries())
      rows.push({ index: [instance.number, place + 1], of: { address, of: { instance, place } } });
  }
  return rows;
}

function isSet({ address, of }: Address, p: Picture): boolean {
  if (of === undefined) return isHeld(p, address);
  const { state, vips } = of.instance.state;
  return state === 'master' && vips[of.place]?.present === true;
}

const isHeld = (p: Picture, { bytes, interface: name }: VirtualAddress): boolean =>
  p.addresses().some((a) => a.interfaceIndex === interfaceIndex(p, name) && equalBytes(a.bytes, bytes));

const NO_BROADCAST = new Uint8Array(4);

const addresses: Table<Picture, Address> = {
  entry: [...KEEPALIVED_MIB, 2, 6, 1],
  rows: addressRows,
  columns: {
    2: ({ address }) => addressType(address.family),
    3: ({ address }) => octets(address.bytes),
    4: ({ address }) => (address.family === 6 ? undefined : octets(address.broadcast ?? NO_BROADCAST)),
    5: ({ address }) => gauge(address.prefixLength),
    6: ({ address }) => int(scopeType(address.scope)),
    7: ({ address }, p) => int(interfaceIndex(p, address.interface)),
    8: ({ address }) => text(address.interface),
    9: ({ address }) => (address.label === undefined ? undefined : text(address.label)),
    10: (a, p) => truth(isSet(a, p)),
    11: ({ of }) => truth(of !== undefined && of.place < of.instance.config.vips.length),
    12: ({ address }) => (address.peer === undefined ? undefined : octets(address.peer.bytes)),
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const addressTables: readonly Table<Picture, any>[] = [addresses];
