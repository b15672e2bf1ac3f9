/** Object paths and state words of the D-Bus interface, as keepalived has them (cli.md, keepalived(8)). Pure. */
import type { InstanceConfig } from '../../ports/notice.ts';

export type Place = {
  readonly serviceName: string; // 'dbus_service_name', org.keepalived.Vrrp1
  readonly namespace: string; // 'net_namespace', '' = none
  readonly instance: string; // 'instance', '' = none
  readonly noInterfaceName: string; // 'dbus_no_interface_name', for instances without interface
};

export type StateName = 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT';
/** A state as the properties and signals carry it. */
export const STATES: Readonly<Record<StateName, readonly [number, string]>> = {
  INIT: [0, 'Init'],
  BACKUP: [1, 'Backup'],
  MASTER: [2, 'Master'],
  FAULT: [3, 'Fault'],
};

/** An element of a path holds letters, digits and underscores only. */
const element = (text: string): string => text.replaceAll(/[^A-Za-z0-9_]/g, '_');

function base(p: Place): string {
  const parts = [
    p.serviceName.replaceAll('.', '/'),
    ...[p.namespace, p.instance].filter(Boolean).map(element),
  ];
  return `/${parts.join('/')}`;
}

export const vrrpPath = (p: Place): string => `${base(p)}/Vrrp`;

export function instancePath(p: Place, c: Pick<InstanceConfig, 'interface' | 'vrid' | 'family'>): string {
  const name = c.interface === '' ? p.noInterfaceName : c.interface;
  return `${base(p)}/Instance/${element(name)}/${c.vrid}/IPv${c.family}`;
}
