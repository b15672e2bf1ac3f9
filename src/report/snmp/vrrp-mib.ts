/** VRRP-MIB (RFC 2787): instances of version 2. A virtual router is an interface and a VRID here, so there is one row for both. */
import type { SnmpValue } from '../../ports/snmp.ts';
import { keepalivedCount } from '../stats.ts';
import { counter32, int, ipAddress, octets, ticks, truth } from './oid.ts';
import {
  addressBytes,
  type Instance,
  interfaceIndex,
  masterAddress,
  ownMac,
  type Picture,
  rejectedCount,
  upSinceUs,
  VRRP_MIB,
} from './picture.ts';
import { type Row, scalars, type Table } from './tree.ts';

const S = 1_000_000;
const TICK_US = 10_000;
const OPERATIONS = [...VRRP_MIB, 1];
const STATISTICS = [...VRRP_MIB, 2];
const ACTIVE = 1; // RowStatus

const isOfVersion2 = ({ config }: Instance): boolean => config.version === 2 && config.family === 4;
export const routerIndex = (p: Picture, i: Instance): readonly number[] => [
  interfaceIndex(p, i.config.interface),
  i.config.vrid,
];
const routers = (p: Picture): Row<Instance>[] =>
  p.instances.filter(isOfVersion2).map((of) => ({ index: routerIndex(p, of), of }));

const operations = scalars<Picture>(OPERATIONS, {
  1: () => int(2),
  2: (p) => truth(p.config.global.snmp.traps),
});

const AUTHENTICATIONS = { none: 1, pass: 2, ah: 3 } as const;
/** initialize, backup, master. */
export const operState = (i: Instance): SnmpValue =>
  int({ init: 1, fault: 1, backup: 2, leaving: 2, master: 3 }[i.state.state]);

const operTable: Table<Picture, Instance> = {
  entry: [...OPERATIONS, 3, 1],
  rows: routers,
  columns: {
    2: (i, p) => octets(ownMac(p, i)),
    3: operState,
    4: () => int(1),
    5: (i) => int(i.config.priority),
    6: (i) => int(i.config.vips.length),
    7: (i) => ipAddress(masterAddress(i)),
    8: (i) => ipAddress(addressBytes(i.state.source, 4)),
    9: (i) => int(AUTHENTICATIONS[i.config.authentication.type]),
    11: (i) => int(i.config.adverIntUs / S),
    12: (i) => truth(i.config.preempt),
    13: (i, p) => {
      const sinceUs = upSinceUs(p, i);
      return ticks(sinceUs < 0 ? 0 : (sinceUs - p.bootUs) / TICK_US);
    },
    14: () => int(1),
    15: () => int(ACTIVE),
  },
};

const addresses: Table<Picture, Instance> = {
  entry: [...OPERATIONS, 4, 1],
  rows: (p) =>
    p.instances
      .filter(isOfVersion2)
      .flatMap((of) => of.config.vips.map((v) => ({ index: [...routerIndex(p, of), ...v.bytes], of }))),
  columns: { 2: () => int(ACTIVE) },
};

const errors = scalars<Picture>(STATISTICS, {
  1: (p) => counter32(rejectedCount(p.instances.filter(isOfVersion2), 'checksum')),
  2: (p) => counter32(rejectedCount(p.instances.filter(isOfVersion2), 'version')),
  // Adverts of VRIDs that are not ours are left in the kernel.
  3: () => counter32(0),
});

const counted =
  (counter: string) =>
  (i: Instance): SnmpValue =>
    counter32(keepalivedCount(i.state, counter));

const statistics: Table<Picture, Instance> = {
  entry: [...STATISTICS, 4, 1],
  rows: routers,
  columns: {
    1: (i) => counter32(i.state.counters.becameMaster),
    2: (i) => counter32(i.state.counters.advertsReceived),
    3: counted('advert_interval_err'),
    4: counted('auth_failure'),
    5: counted('ip_ttl_err'),
    6: (i) => counter32(i.state.counters.priorityZeroReceived),
    7: (i) => counter32(i.state.counters.priorityZeroSent),
    8: counted('invalid_type_rcvd'),
    9: counted('addr_list_err'),
    10: counted('invalid_authtype'),
    11: counted('authtype_mismatch'),
    12: counted('packet_len_err'),
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const vrrpTables: readonly Table<Picture, any>[] = [
  operations,
  operTable,
  addresses,
  errors,
  statistics,
];
