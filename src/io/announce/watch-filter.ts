/**
 * Kernel filters of the sockets on which a stepping-down master listens for its successor. Offsets count from the
 * Ethernet header, at which AF_PACKET's SOCK_RAW starts.
 */
import { assert } from '../../base/assert.ts';
import {
  assembleBpf,
  type BpfLine,
  JEQ_K,
  JEQ_X,
  LD_B_ABS,
  LD_H_ABS,
  LD_W_ABS,
  RET_K,
  TAX,
  WHOLE,
} from '../bpf.ts';

const ARP_SENDER_MAC_AT = 22;
const ARP_SENDER_ADDRESS_AT = 28;
const ARP_TARGET_ADDRESS_AT = 38;
const IPV6_NEXT_HEADER_AT = 20;
const ICMPV6_TYPE_AT = 54;
const IPPROTO_ICMPV6 = 58;
const NEIGHBOUR_ADVERT = 136;
/** Two instructions each: well under the kernel's 4,096. With more all gratuitous ARP passes, and the reader compares. */
const MAX_ADDRESSES = 1000;

/** Gratuitous ARP (request or reply) for one of `addresses` (4 octets each), not from `ownMac` (6 octets, or none: from anyone). */
export function arpFilter(ownMac: Uint8Array, addresses: readonly Uint8Array[]): Uint8Array {
  const lines: BpfLine[] = [
    [LD_W_ABS, ARP_SENDER_ADDRESS_AT],
    [TAX, 0],
    [LD_W_ABS, ARP_TARGET_ADDRESS_AT],
    [JEQ_X, 0, 'gratuitous', ''],
    [RET_K, 0],
    'gratuitous',
  ];
  if (ownMac.length > 0) {
    assert(ownMac.length === 6, 'a MAC address is 6 octets');
    const mac = new DataView(ownMac.buffer, ownMac.byteOffset, 6);
    lines.push(
      [LD_W_ABS, ARP_SENDER_MAC_AT],
      [JEQ_K, mac.getUint32(0), '', 'foreign'],
      [LD_H_ABS, ARP_SENDER_MAC_AT + 4],
      [JEQ_K, mac.getUint16(4), '', 'foreign'],
      [RET_K, 0],
      'foreign',
    );
  }
  if (addresses.length > MAX_ADDRESSES) return assembleBpf([...lines, [RET_K, WHOLE]]);
  lines.push([LD_W_ABS, ARP_SENDER_ADDRESS_AT]);
  for (const [i, address] of addresses.entries()) {
    assert(address.length === 4, 'an IPv4 address is 4 octets');
    const value = new DataView(address.buffer, address.byteOffset, 4).getUint32(0);
    lines.push([JEQ_K, value, '', `not-${i}`], [RET_K, WHOLE], `not-${i}`);
  }
  return assembleBpf([...lines, [RET_K, 0]]);
}

/** Neighbour advertisements without extension headers; whose they are the reader decides. */
export function neighbourAdvertFilter(): Uint8Array {
  return assembleBpf([
    [LD_B_ABS, IPV6_NEXT_HEADER_AT],
    [JEQ_K, IPPROTO_ICMPV6, '', 'drop'],
    [LD_B_ABS, ICMPV6_TYPE_AT],
    [JEQ_K, NEIGHBOUR_ADVERT, '', 'drop'],
    [RET_K, WHOLE],
    'drop',
    [RET_K, 0],
  ]);
}
