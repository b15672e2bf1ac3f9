/** KEEPALIVED-MIB: virtual and static addresses. Those of 'static_ipaddress' have instance 0. */
import { equalBytes } from '../../base/bytes.ts';
import type { VirtualAddress } from '../../config/config.ts';
import { addressType, gauge, int, octets, text, truth } from './oid.ts';
import { interfaceIndex, KEEPALIVED_MIB, type Picture } from './picture.ts';
import type { Row, Table } from './tree.ts';

/** InetScopeType of RT_SCOPE_*: universe, site, link, host; of others, as keepalived, none. */
const SCOPES: Readonly<Record<number, number>> = { 0: 14, 200: 5, 253: 2, 254: 1 };
export const scopeType = (scope: number): number => SCOPES[scope] ?? 0;

type Address = {
  readonly address: VirtualAddress;
  readonly set: boolean;
  readonly advertised: boolean;
};

function addressRows(p: Picture): Row<Address>[] {
  const rows: Row<Address>[] = p.config.staticAddresses.map((address, i) => ({
    index: [0, i + 1],
    of: { address, set: isHeld(p, address), advertised: false },
  }));
  for (const { number, config, state } of p.instances) {
    const master = state.state === 'master';
    for (const [i, address] of [...config.vips, ...config.excludedVips].entries())
      rows.push({
        index: [number, i + 1],
        of: {
          address,
          set: master && state.vips[i]?.present === true,
          advertised: i < config.vips.length,
        },
      });
  }
  return rows;
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
    10: ({ set }) => truth(set),
    11: ({ advertised }) => truth(advertised),
    12: ({ address }) => (address.peer === undefined ? undefined : octets(address.peer.bytes)),
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const addressTables: readonly Table<Picture, any>[] = [addresses];
