/** What a run that died held by its own account (release.json): the configuration may have changed since. */
import { deleteAddressesNow } from './io/netlink/cleanup.ts';
import { readRelease } from './io/release/release.ts';
import { native } from './native.ts';
import type { ChangedSetting } from './ports/devices.ts';
import type { AddressResult } from './ports/netlink.ts';
import type { Log } from './ports/system.ts';

/**
 * Removes it and says so; changed settings go to `inherit`. Returns the interfaces that it made, which core takes over or
 * removes. Never throws for what the kernel says.
 */
export async function removeRemains(
  runDir: string,
  log: Log,
  inherit: (settings: readonly ChangedSetting[]) => void,
): Promise<readonly string[]> {
  const read = readRelease(runDir);
  if (!read.ok) log.log('warning', `what an earlier run left cannot be known: ${read.error}`);
  if (!read.ok || read.value === undefined) return [];
  const { addresses, routing = [], devices = [], settings = [], table } = read.value;
  inherit(settings);
  if (table !== undefined) {
    const { deleteTablesNow } = await import('./io/firewall/nftables.ts');
    for (const text of deleteTablesNow(native(), table)) log.log('warning', text);
  }
  const tell = (what: string, names: readonly string[], results: readonly AddressResult[]): void => {
    const removed = results.filter((r) => r.ok && !r.already).length;
    if (removed > 0) log.log('warning', `removed ${removed} ${what} that an earlier run left behind`);
    for (const [i, r] of results.entries())
      if (!r.ok) log.log('warning', `an earlier run left ${names[i]}: cannot remove it: ${r.code}`);
  };
  if (routing.length > 0) {
    const { sendPrepared } = await import('./io/netlink/rt-routing.ts');
    const requests = routing.map((r) => r.request);
    tell(
      'route(s) and rule(s)',
      routing.map((r) => r.text),
      sendPrepared(native(), requests),
    );
  }
  if (addresses.length > 0)
    tell(
      'address(es)',
      addresses.map((a) => `${a.address} on ${a.interface}`),
      deleteAddressesNow(native(), addresses),
    );
  return devices;
}
