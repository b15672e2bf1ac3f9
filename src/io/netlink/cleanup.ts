/**
 * What `vipd cleanup` needs after the daemon's death: takes away the addresses and interfaces that its state file names.
 * No events, no loop; everything is synchronous, and what is absent already is no failure.
 */
import { equalBytes } from '../../base/bytes.ts';
import { parseIp } from '../../base/ip.ts';
import type { AddressRequest, AddressResult, KernelAddress } from '../../ports/netlink.ts';
import { readKernel } from './dump.ts';
import { encodeDeleteAddress, type Request } from './messages.ts';
import { removeLinks } from './remove-links.ts';
import { type Answer, RequestSocket, type SocketNative } from './request-socket.ts';
import { deleteResult } from './results.ts';

/** An address as `ReleaseState` keeps it. */
export type NamedAddress = {
  readonly interface: string;
  readonly address: string; // text, either family
  readonly prefixLength: number;
};

const ABSENT: AddressResult = { ok: true, already: true };

/** With a peer the kernel's prefix length is the peer's, which the state file does not know. */
const matches = (a: KernelAddress, index: number, bytes: Uint8Array, prefixLength: number): boolean =>
  a.interfaceIndex === index &&
  equalBytes(a.bytes, bytes) &&
  (a.peer !== undefined || a.prefixLength === prefixLength);

const requestFor = (a: KernelAddress): AddressRequest => ({
  family: a.family,
  bytes: a.bytes,
  prefixLength: a.prefixLength,
  interfaceIndex: a.interfaceIndex,
  scope: a.scope,
  ...(a.peer === undefined ? {} : { peer: { bytes: a.peer, prefixLength: a.prefixLength } }),
});

function withSocket<T>(native: SocketNative, use: (socket: RequestSocket) => T): T {
  const socket = new RequestSocket(native);
  try {
    return use(socket);
  } finally {
    socket.close();
  }
}

/**
 * Deletes those of `list` that the kernel holds; results in the order of `list`. Interfaces are found by their name of
 * now, and the kernel's own list is matched first, so that nothing is deleted that merely resembles an entry. Throws
 * when the kernel's list cannot be read; text that is no address is a result with code 'EINVAL'.
 */
export function deleteAddressesNow(
  native: SocketNative,
  list: readonly NamedAddress[],
): readonly AddressResult[] {
  return withSocket(native, (socket) => {
    const { links, addresses } = readKernel(socket);
    const indexes = new Map(links.map((l) => [l.name, l.index]));
    const results: AddressResult[] = list.map(() => ABSENT);
    const requests: Request[] = [];
    const places: number[] = [];
    for (const [i, entry] of list.entries()) {
      const bytes = parseIp(entry.address);
      if (bytes === undefined) {
        results[i] = { ok: false, already: false, code: 'EINVAL', text: `'${entry.address}' is no address` };
        continue;
      }
      const index = indexes.get(entry.interface);
      if (index === undefined) continue;
      for (const a of addresses.filter((a) => matches(a, index, bytes, entry.prefixLength))) {
        requests.push(encodeDeleteAddress(requestFor(a)));
        places.push(i);
      }
    }
    const answers = socket.transact(requests);
    for (const [n, i] of places.entries()) {
      const before = results[i] as AddressResult;
      if (before.ok) results[i] = deleteResult(answers[n] as Answer);
    }
    return results;
  });
}

/** Deletes interfaces (the virtual-MAC ones) by name; the kernel refuses hardware with 'ENOTSUP'. */
export function deleteInterfacesNow(
  native: SocketNative,
  names: readonly string[],
): readonly AddressResult[] {
  return withSocket(native, (socket) => removeLinks(socket, names));
}
