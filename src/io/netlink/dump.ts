/** The whole present state of links and addresses, read from the kernel in three dumps. */
import { MessageType } from 'netlink/dist/rt/gen_structs.js';
import type { KernelAddress, Link } from '../../ports/netlink.ts';
import {
  type Decoded,
  decodeAddress,
  decodeLink,
  encodeAddressDump,
  encodeLinkDump,
  type LinkNews,
  type NetlinkMessage,
} from './messages.ts';
import { Picture } from './picture.ts';
import { RequestSocket, type SocketNative } from './request-socket.ts';

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

const readLinkNews = (socket: RequestSocket): readonly LinkNews[] =>
  collect(socket.dump(encodeLinkDump()), MessageType.NEWLINK, decodeLink);

/** The links alone, once: a host may have thousands of addresses. Throws as `readKernel`, and what netlinkOpen throws. */
export function readLinksNow(native: SocketNative): readonly Link[] {
  const socket = new RequestSocket(native);
  try {
    const picture = new Picture();
    picture.replace(readLinkNews(socket), []);
    return picture.links();
  } finally {
    socket.close();
  }
}

/**
 * Addresses in the kernel's order: of one IPv4 subnet the primary comes first. Throws DumpError or the error of a
 * system call.
 */
export function readKernel(socket: RequestSocket): KernelState {
  const links = readLinkNews(socket);
  const families = [4, 6] as const;
  const addresses = families.flatMap((family) =>
    // A kernel without this family answers with all that it has.
    collect(socket.dump(encodeAddressDump(family)), MessageType.NEWADDR, decodeAddress).filter(
      (a) => a.family === family,
    ),
  );
  return { links, addresses };
}
