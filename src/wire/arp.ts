/**
 * ARP for IPv4 over Ethernet (RFC 826), and the gratuitous request with which a new master moves its addresses.
 *
 *  0               1               2               3
 * | hardware type = 1             | protocol type = 0x0800    |
 * | hlen = 6      | plen = 4      | operation                 |
 * | sender hardware address (6) , sender protocol address (4) |
 * | target hardware address (6) , target protocol address (4) |
 */
import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { ETHERNET_HEADER_LENGTH, encodeEthernetHeaderInto } from './ethernet.ts';
import { copy, putU16, u16 } from './octets.ts';
import { ETH_P_ARP, ETH_P_IP } from './protocols.ts';

/** Field offsets in octets from the start of the ARP packet. */
const Field = { hw: 0, proto: 2, hlen: 4, plen: 5, op: 6, sha: 8, spa: 14, tha: 18, tpa: 24 } as const;
const ARP_LENGTH = 28;
const HW_ETHERNET = 1;
const OP_REQUEST = 1;
const BROADCAST: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

/** Octets of the frame that `encodeGratuitousArp` makes; the driver pads it to 60 where the medium asks for it. */
export const GRATUITOUS_ARP_LENGTH: number = ETHERNET_HEADER_LENGTH + ARP_LENGTH;

export type Arp = {
  readonly hw: number;
  readonly proto: number;
  readonly hlen: number; // 6
  readonly plen: number; // 4
  readonly op: number; // 1 request, 2 reply
  readonly sha: Uint8Array; // 6 octets, a copy
  readonly spa: Uint8Array; // 4 octets, a copy
  readonly tha: Uint8Array;
  readonly tpa: Uint8Array;
};

/** 'address-length': not 6 octets of hardware and 4 of protocol address; got and want are hlen * 256 + plen. */
export type ArpError = {
  readonly code: 'truncated' | 'address-length';
  readonly got: number;
  readonly want: number;
};

/** `packet` is the Ethernet payload, padding allowed. Total over all inputs. */
export function decodeArp(packet: Uint8Array): Result<Arp, ArpError> {
  if (packet.length < ARP_LENGTH) return err({ code: 'truncated', got: packet.length, want: ARP_LENGTH });
  const lengths = u16(packet, Field.hlen);
  if (lengths !== 0x0604) return err({ code: 'address-length', got: lengths, want: 0x0604 });
  return ok({
    hw: u16(packet, Field.hw),
    proto: u16(packet, Field.proto),
    hlen: 6,
    plen: 4,
    op: u16(packet, Field.op),
    sha: copy(packet, Field.sha, Field.spa),
    spa: copy(packet, Field.spa, Field.tha),
    tha: copy(packet, Field.tha, Field.tpa),
    tpa: copy(packet, Field.tpa, ARP_LENGTH),
  });
}

/** Sender and target protocol address are the same (RFC 5227 section 3): request and reply form alike. */
export function isGratuitous(arp: Arp): boolean {
  return equalBytes(arp.spa, arp.tpa);
}

/** The 42-octet broadcast request that keepalived sends: target hardware address all ones. */
export function encodeGratuitousArp(mac: Uint8Array, address: Uint8Array): Uint8Array {
  const out = new Uint8Array(GRATUITOUS_ARP_LENGTH);
  encodeGratuitousArpInto(mac, address, out);
  return out;
}

/** The same over exactly 42 octets of `out`. `mac` is 6 octets, `address` 4. */
export function encodeGratuitousArpInto(mac: Uint8Array, address: Uint8Array, out: Uint8Array): void {
  assert(out.length === GRATUITOUS_ARP_LENGTH, 'gratuitous ARP: the buffer is 42 octets');
  assert(address.length === 4, 'gratuitous ARP: the address is 4 octets');
  encodeEthernetHeaderInto(BROADCAST, mac, ETH_P_ARP, out);
  const arp = out.subarray(ETHERNET_HEADER_LENGTH);
  putU16(arp, Field.hw, HW_ETHERNET);
  putU16(arp, Field.proto, ETH_P_IP);
  arp[Field.hlen] = 6;
  arp[Field.plen] = 4;
  putU16(arp, Field.op, OP_REQUEST);
  arp.set(mac, Field.sha);
  arp.set(address, Field.spa);
  arp.set(BROADCAST, Field.tha);
  arp.set(address, Field.tpa);
}
