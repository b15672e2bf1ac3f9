/** `vipd cleanup` with its hands. What few nodes have (routes, VMACs, nftables, keys) is loaded only where the file names it. */
import { enterNamespace } from './io/enter-namespace.ts';
import { deleteAddressesNow, deleteInterfacesNow } from './io/netlink/cleanup.ts';
import { cleanUp } from './io/release/cleanup.ts';
import { native } from './native.ts';
import type { AddressResult } from './ports/netlink.ts';

type Write = (text: string) => void;

/** Gives up what the dead daemon of `runDir` held; the exit status. */
export function cleanUpAfter(runDir: string, out: Write, err: Write): Promise<number> {
  return cleanUp(runDir, {
    enterNamespace: (name) => enterNamespace(native(), name),
    signAdverts: async (adverts, { file, configId }) => {
      const { signLate } = await import('./late-signing.ts');
      return signLate(adverts, file, configId);
    },
    deleteAddresses: (list) =>
      failures(deleteAddressesNow(native(), list), (i) => `${list[i]?.address} on ${list[i]?.interface}`),
    deleteRouting: async (list) => {
      const { sendPrepared } = await import('./io/netlink/rt-routing.ts');
      const requests = list.map((x) => x.request);
      return failures(sendPrepared(native(), requests), (i) => list[i]?.text);
    },
    deleteDevices: (names) =>
      names.length === 0
        ? []
        : failures(deleteInterfacesNow(native(), names), (i) => `interface ${names[i]}`),
    deleteTables: async (table) => {
      const { deleteTablesNow } = await import('./io/firewall/nftables.ts');
      return deleteTablesNow(native(), table);
    },
    restoreSettings: async (list) => {
      if (list.length === 0) return [];
      const { restoreSettings } = await import('./io/sysctl.ts');
      return restoreSettings(list);
    },
    out,
    err,
  });
}

const failures = (results: readonly AddressResult[], what: (i: number) => string | undefined): string[] =>
  results.flatMap((r, i) => (r.ok ? [] : [`${what(i)}: ${r.code ?? ''} ${r.text ?? ''}`]));
