/**
 * The kernel filters of the receive sockets: foreign adverts never wake JavaScript.
 *
 * What they hide, so that nothing counts it: packets that are not to this socket's destination; packets whose VRID is
 * not one of ours; packets that end before the VRID octet; on an IPv4 multicast socket, packets whose TTL is not 255
 * (another link sent them, RFC 9568 7.1). All else passes, however malformed: wrong version, type, checksum, length,
 * interval, authentication, hop limit, so that the receive ladder judges and counts it. Unicast TTL bounds ('min_ttl',
 * 'max_ttl') are per peer and judged there too.
 */
import { assert } from '../../base/assert.ts';
import {
  AND_K,
  AND_X,
  assembleBpf,
  type BpfLine,
  JA,
  JEQ_K,
  LD_B_ABS,
  LD_B_IND,
  LD_IMM,
  LD_MEM,
  LD_W_ABS,
  LDX_MSH,
  LSH_X,
  RET_K,
  RSH_K,
  ST,
  TAX,
  WHOLE,
} from '../bpf.ts';

/** Octet offsets in the IPv4 header, at which a raw socket's packet starts. */
const IP_TTL_AT = 8;
const IP_DESTINATION_AT = 16;
/** Octet offset in the IPv6 header, counted from the network header: an IPv6 raw socket's packet starts behind it. */
const SKF_NET_OFF = 0xfff00000;
const IPV6_DESTINATION_AT = 24;
/** Octet offset of the VRID in the VRRP message. */
const VRID_AT = 1;
/** Octets between the IPv4 header and the message: the authentication header of protocol 51. */
const IN_FRONT = { 112: 0, 51: 24 } as const;
const TTL_OF_THIS_LINK = 255;

/**
 * For IPv4. `destination`: 4 octets, the group or our unicast source address. `vrids`: 0..255 each; none means that
 * nothing passes. At most 44 instructions, whatever the set: a bitmap of 256 bits.
 */
export function advertFilter(
  mode: 'multicast' | 'unicast',
  protocol: 112 | 51,
  destination: Uint8Array,
  vrids: readonly number[],
): Uint8Array {
  assert(destination.length === 4, 'the destination is an IPv4 address');
  const ttl: readonly BpfLine[] = [
    [LD_B_ABS, IP_TTL_AT],
    [JEQ_K, TTL_OF_THIS_LINK, '', 'drop'],
  ];
  return assembleBpf([
    ...(mode === 'multicast' ? ttl : []),
    [LD_W_ABS, IP_DESTINATION_AT],
    [JEQ_K, word(destination, 0), '', 'drop'],
    [LDX_MSH, 0],
    [LD_B_IND, IN_FRONT[protocol] + VRID_AT], // behind the end of the packet: the kernel drops it
    ...oneOf(vrids),
  ]);
}

/** For IPv6, of either mode. `destination`: 16 octets. At most 47 instructions. */
export function advertFilter6(destination: Uint8Array, vrids: readonly number[]): Uint8Array {
  assert(destination.length === 16, 'the destination is an IPv6 address');
  const lines: BpfLine[] = [];
  for (let at = 0; at < 16; at += 4)
    lines.push(
      [LD_W_ABS, SKF_NET_OFF + IPV6_DESTINATION_AT + at],
      [JEQ_K, word(destination, at), '', 'drop'],
    );
  return assembleBpf([...lines, [LD_B_ABS, VRID_AT], ...oneOf(vrids)]);
}

const word = (octets: Uint8Array, at: number): number =>
  new DataView(octets.buffer, octets.byteOffset).getUint32(at);

/** Lets a packet pass whose VRID, in A, is one of these; names the label 'drop'. */
function oneOf(vrids: readonly number[]): readonly BpfLine[] {
  const bitmap = new Uint32Array(8);
  for (const vrid of vrids) {
    assert(Number.isInteger(vrid) && vrid >= 0 && vrid <= 255, `VRID ${vrid} is not in 0..255`);
    bitmap[vrid >> 5] = (bitmap[vrid >> 5] as number) | (1 << (vrid & 31));
  }
  const words: BpfLine[] = [];
  for (const [i, bits] of bitmap.entries()) {
    if (bits === 0) continue;
    words.push([JEQ_K, i, '', `not-${i}`], [LD_IMM, bits], [JA, 0, 'test', ''], `not-${i}`);
  }
  return [
    [ST, 0],
    [AND_K, 31],
    [TAX, 0],
    [LD_IMM, 1],
    [LSH_X, 0],
    [TAX, 0], // X = the VRID's bit in its word
    [LD_MEM, 0],
    [RSH_K, 5], // A = the number of the word
    ...words,
    [RET_K, 0],
    'test',
    [AND_X, 0],
    [JEQ_K, 0, 'drop', ''],
    [RET_K, WHOLE],
    'drop',
    [RET_K, 0],
  ];
}
