/**
 * Who has just announced an address: the question a stepping-down master asks of each frame on its packet socket
 * (make before break, architecture section 5). Knows nothing of whose address it is. Total over all inputs.
 */
import { decodeArp, isGratuitous } from './arp.ts';
import { decodeEthernet } from './ethernet.ts';
import { decodeIpv6 } from './ipv6.ts';
import { decodeNa, icmpv6ChecksumOk } from './nd.ts';
import { ETH_P_ARP, ETH_P_IPV6, IPPROTO_ICMPV6 } from './protocols.ts';

export type Announced = {
  readonly address: Uint8Array; // 4 or 16 octets
  readonly mac: Uint8Array; // 6 octets: what the announcement says, else the frame's source
};

/** The address that `frame` (with its Ethernet header) announces; undefined for every other frame. */
export function announcedBy(frame: Uint8Array): Announced | undefined {
  const ethernet = decodeEthernet(frame);
  if (!ethernet.ok) return undefined;
  if (ethernet.value.type === ETH_P_ARP) {
    const arp = decodeArp(ethernet.value.payload);
    if (!arp.ok || !isGratuitous(arp.value)) return undefined;
    return { address: arp.value.spa, mac: arp.value.sha };
  }
  if (ethernet.value.type !== ETH_P_IPV6) return undefined;
  const ip = decodeIpv6(ethernet.value.payload);
  // RFC 4861 7.1.2: hop limit 255 and a good checksum, else it came from another link or is broken.
  if (!ip.ok || ip.value.nextHeader !== IPPROTO_ICMPV6 || ip.value.hopLimit !== 255) return undefined;
  if (!icmpv6ChecksumOk(ip.value.payload, ip.value.source, ip.value.destination)) return undefined;
  const na = decodeNa(ip.value.payload);
  if (!na.ok || na.value.solicited) return undefined;
  return { address: na.value.target, mac: na.value.targetLinkLayer ?? ethernet.value.source };
}
