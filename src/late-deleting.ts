/**
 * What `vipd cleanup` takes away, after it has said priority 0: bin/bundle.mjs gives it a file of its own, which nobody on the wire waits
 * for. What few nodes have (routes, nftables) is loaded only where the state file names it. Each returns what could not be done, as text.
 */
import { deleteAddressesNow, deleteInterfacesNow } from './io/netlink/cleanup.ts';
import { native } from './native.ts';
import type { ChangedSetting } from './ports/devices.ts';
import type { AddressResult } from './ports/netlink.ts';
import type { ReleaseState } from './ports/system.ts';

type Failures = readonly string[];

const failures = (results: readonly AddressResult[], what: (i: number) => string | undefined): Failures =>
  results.flatMap((r, i) => (r.ok ? [] : [`${what(i)}: ${r.code ?? ''} ${r.text ?? ''}`]));

export const deleteAddresses = (list: ReleaseState['addresses']): Failures =>
  failures(deleteAddressesNow(native(), list), (i) => `${list[i]?.address} on ${list[i]?.interface}`);

export async function deleteRouting(list: NonNullable<ReleaseState['routing']>): Promise<Failures> {
  const { sendPrepared } = await import('./io/netlink/rt-routing.ts');
  const requests = list.map((x) => x.request);
  return failures(sendPrepared(native(), requests), (i) => list[i]?.text);
}

export const deleteDevices = (names: readonly string[]): Failures =>
  failures(deleteInterfacesNow(native(), names), (i) => `interface ${names[i]}`);

export async function deleteTables(table: string): Promise<Failures> {
  const { deleteTablesNow } = await import('./io/firewall/nftables.ts');
  return deleteTablesNow(native(), table);
}

export async function restoreSettings(list: readonly ChangedSetting[]): Promise<Failures> {
  const settings = await import('./io/sysctl.ts');
  return settings.restoreSettings(list);
}
