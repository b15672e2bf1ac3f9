/**
 * VRRPV3-MIB (RFC 6527): all instances; it is made for both versions.
 * KEEPALIVED: the index of an address lacks the length that the MIB's InetAddress has in front.
 */
import type { SnmpValue } from '../../ports/snmp.ts';
import { keepalivedCount } from '../stats.ts';
import { counter32, counter64, gauge, int, octets, ticks, truth } from './oid.ts';
import {
  addressBytes,
  type Instance,
  MASTER_REASONS,
  masterAddress,
  ownMac,
  type Picture,
  PROTOCOL_ERRORS,
  rejectedCount,
  upSinceUs,
  VRRPV3_MIB,
} from './picture.ts';
import { type Row, scalars, type Table } from './tree.ts';
import { operState, routerIndex } from './vrrp-mib.ts';

const TICK_US = 10_000;
const MS = 1_000;
const OPERATIONS = [...VRRPV3_MIB, 1, 1];
const STATISTICS = [...VRRPV3_MIB, 1, 2];
const ACTIVE = 1; // RowStatus

const index3 = (p: Picture, i: Instance): readonly number[] => [
  ...routerIndex(p, i),
  i.config.family === 4 ? 1 : 2,
];
const routers = (p: Picture): Row<Instance>[] => p.instances.map((of) => ({ index: index3(p, of), of }));

const operTable: Table<Picture, Instance> = {
  entry: [...OPERATIONS, 1, 1],
  rows: routers,
  columns: {
    3: (i) => octets(masterAddress(i)),
    4: (i) => octets(addressBytes(i.state.source, i.config.family)),
    5: (i, p) => octets(ownMac(p, i)),
    6: operState,
    7: (i) => gauge(i.config.priority),
    8: (i) => int(i.config.vips.length),
    9: (i) => int(i.config.adverIntUs / TICK_US),
    10: (i) => truth(i.config.preempt),
    11: (i) => truth(i.config.accept),
    12: (i, p) => {
      const sinceUs = upSinceUs(p, i);
      return ticks(sinceUs < 0 ? 0 : (p.nowUs - sinceUs) / TICK_US);
    },
    13: () => int(ACTIVE),
  },
};

const addresses: Table<Picture, Instance> = {
  entry: [...OPERATIONS, 2, 1],
  rows: (p) =>
    p.instances.flatMap((of) => of.config.vips.map((v) => ({ index: [...index3(p, of), ...v.bytes], of }))),
  columns: { 2: () => int(ACTIVE) },
};

const errors = scalars<Picture>(STATISTICS, {
  1: (p) => counter64(rejectedCount(p.instances, 'checksum')),
  2: (p) => counter64(rejectedCount(p.instances, 'version')),
  // Adverts of VRIDs that are not ours are left in the kernel.
  3: () => counter64(0),
  4: () => ticks(0),
});

const counted =
  (counter: string) =>
  (i: Instance): SnmpValue =>
    counter64(keepalivedCount(i.state, counter));

const statistics: Table<Picture, Instance> = {
  entry: [...STATISTICS, 5, 1],
  rows: routers,
  columns: {
    1: (i) => counter32(i.state.counters.becameMaster),
    2: (i, p) => int(MASTER_REASONS[p.remembered(i.config.name)?.masterReason ?? 'not-master']),
    3: (i) => counter64(i.state.counters.advertsReceived),
    4: counted('advert_interval_err'),
    5: counted('ip_ttl_err'),
    6: (i, p) => int(PROTOCOL_ERRORS[p.remembered(i.config.name)?.protocolError ?? 'none']),
    7: (i) => counter64(i.state.counters.priorityZeroReceived),
    8: (i) => counter64(i.state.counters.priorityZeroSent),
    9: counted('invalid_type_rcvd'),
    10: counted('addr_list_err'),
    11: counted('packet_len_err'),
    12: () => ticks(0),
    13: (i) => gauge(i.config.adverIntUs / MS),
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const vrrpv3Tables: readonly Table<Picture, any>[] = [operTable, addresses, errors, statistics];
