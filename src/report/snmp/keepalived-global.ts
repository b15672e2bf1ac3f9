/** KEEPALIVED-MIB, group 'global': who the daemon is, and its mail settings. */
import type { SnmpValue } from '../../ports/snmp.ts';
import { addressType, gauge, int, octets, text, truth } from './oid.ts';
import { addressBytes, KEEPALIVED_MIB, type Picture } from './picture.ts';
import { scalars, type Table } from './tree.ts';

const GLOBAL = [...KEEPALIVED_MIB, 1];
const MAIL = [...GLOBAL, 3];

/** on, off, not said. */
const said = (value: boolean | undefined): SnmpValue => int(value === undefined ? 3 : value ? 1 : 2);
const server = (p: Picture) => p.config.global.smtp;
/** A relay that is given by name has no address here. */
const serverFamily = (p: Picture): 4 | 6 => (server(p)?.server.includes(':') === true ? 6 : 4);

const global = scalars<Picture>(GLOBAL, {
  1: (p) => text(`vipd ${p.snapshot.version}`),
  2: (p) => text(p.config.global.routerId),
  4: (p) => truth(p.config.global.snmp.traps),
  5: (p) => int(p.config.global.linkbeat.all ? 2 : 1),
  6: (p) => truth(p.config.global.lvs.flush),
  7: () => truth(true),
  8: (p) => text(p.config.global.netNamespace ?? ''),
  9: (p) => truth(p.config.global.dbus.enabled),
  10: (p) => truth(p.config.global.dynamicInterfaces),
  11: (p) => int({ all: 1, no: 2, services: 3 }[p.config.global.lvs.flushOnStop]),
});

const mail = scalars<Picture>(MAIL, {
  1: (p) => (server(p) === undefined ? undefined : addressType(serverFamily(p))),
  2: (p) => {
    const smtp = server(p);
    return smtp && octets(addressBytes(smtp.server, serverFamily(p)));
  },
  3: (p) => server(p) && gauge(server(p)?.connectTimeoutS ?? 0),
  4: (p) => {
    const from = server(p)?.from;
    return from === undefined ? undefined : text(from);
  },
  6: (p) => server(p) && gauge(server(p)?.port ?? 0),
  7: (p) => truth(!p.config.global.alerts.noFaults),
  8: (p) => said(p.config.global.alerts.all),
  9: (p) => said(p.config.global.alerts.vrrp),
  10: (p) => said(p.config.global.alerts.checker),
});

const recipients: Table<Picture, string> = {
  entry: [...MAIL, 5, 1],
  rows: (p) => (server(p)?.to ?? []).map((of, i) => ({ index: [i + 1], of })),
  columns: { 2: (address) => text(address) },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const globalTables: readonly Table<Picture, any>[] = [global, mail, recipients];
