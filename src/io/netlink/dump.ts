/** The whole present state of links and addresses, read from the kernel in three dumps. */
import { MessageType } from 'netlink/dist/rt/gen_structs.js';
import type { KernelAddress } from '../../ports/netlink.ts';
import {
  type Decoded,
  decodeAddress,
  decodeLink,
  encodeAddressDump,
  encodeLinkDump,
  type LinkNews,
  type NetlinkMessage,
} from './messages.ts';
import type { RequestSocket } from './request-socket.ts';

export type KernelState = {
  readonly links: readonly LinkNews[];
  readonly addresses: readonly KernelAddress[];
};

function collect<T extends object>(
  messages: readonly NetlinkMessage[],
  type: number,
  decode: (data: Buffer) => Decoded<T>,
): readonly T[] {
  const out: T[] = [];
  for (const m of messages) {
    if (m.type !== type) continue;
    const value = decode(m.data);
    if (typeof value !== 'string') out.push(value);
  }
  return out;
}

/**
 * Addresses in the kernel's order: of one IPv4 subnet the primary comes first. Throws DumpError or the error of a
 * system call.
 */
export function readKernel(socket: RequestSocket): KernelState {
  const links = collect(socket.dump(encodeLinkDump()), MessageType.NEWLINK, decodeLink);
  const families = [4, 6] as const;
  const addresses = families.flatMap((family) =>
    // A kernel without this family answers with all that it has.
    collect(socket.dump(encodeAddressDump(family)), MessageType.NEWADDR, decodeAddress).filter(
      (a) => a.family === family,
    ),
  );
  return { links, addresses };
}
