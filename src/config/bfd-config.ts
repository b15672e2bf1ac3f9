/** One checked `bfd_instance`: RFC 5880 over RFC 5881 (single hop) or RFC 5883 (multihop). */
import type { Place } from './config.ts';

export type BfdConfig = {
  readonly name: string; // at most 31 bytes
  readonly neighbor: Uint8Array; // 4 or 16 octets
  readonly source?: Uint8Array; // same family; absent = chosen by the kernel
  readonly interface?: string; // of link-local addresses: what stands behind their '%'
  readonly minRxUs: number; // Required Min RX Interval, 1 ms..4294967 ms, default 10 ms
  readonly minTxUs: number; // Desired Min TX Interval, default 10 ms
  readonly idleTxUs: number; // while down, at least 1 s, default 1 s
  readonly multiplier: number; // Detect Mult, 1..255, default 5
  readonly passive: boolean;
  readonly ttl: number; // 1..255, default 255 (IPv4), 64 (IPv6)
  readonly maxHops: number; // -1..ttl, default 0; TTL that a received packet may have lost, -1 = any
  readonly multihop: boolean; // port 4784 instead of 3784
  readonly weight: number; // -253..253, default of lists that name it
  readonly reverse: boolean;
  readonly forVrrp: boolean; // who hears of its events
  readonly forCheckers: boolean;
  readonly place: Place;
};
