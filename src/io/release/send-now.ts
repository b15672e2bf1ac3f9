/** One prepared advert on the wire, for a process that does nothing else and must not wait for a module to load. */
import { parseIp } from '../../base/ip.ts';
import type { Native } from '../../native.ts';
import type { ReleaseState } from '../../ports/system.ts';
import { sockaddr } from '../pacer/sockaddr.ts';

// include/linux/socket.h, in.h, include/asm-generic/socket.h; IPPROTO_RAW implies the header of our own and receives nothing.
const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

/** Throws what the system says: ENODEV, ENETDOWN, EPERM, …; EINVAL: a destination that is no address. */
export function sendNow(
  api: Pick<Native, 'close' | 'socketOpen' | 'socketOption' | 'socketSend'>,
  {
    destination,
    interface: device,
    frame,
  }: Pick<ReleaseState['adverts'][number], 'destination' | 'interface' | 'frame'>,
): void {
  const address = parseIp(destination) ?? new Uint8Array();
  const fd = api.socketOpen(address.length === 16 ? AF_INET6 : AF_INET, IPPROTO_RAW);
  try {
    // It is also the scope of a link-local destination.
    if (device !== '') api.socketOption(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`));
    api.socketSend(fd, sockaddr(address, 0), frame);
  } finally {
    api.close(fd);
  }
}
