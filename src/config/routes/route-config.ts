/**
 * Checked routes and policy rules, as rtnetlink takes them: numbers are the kernel's, addresses octets in network
 * order. What is absent is not sent; the kernel's default holds then.
 */
import type { Place } from '../config.ts';

export type Prefix = {
  readonly bytes: Uint8Array; // 4 or 16 octets, host bits as written
  readonly length: number; // 0..32 or 0..128
};

/** RTA_METRICS of one route; `lock` forbids the kernel to learn another value. */
export type Metric = { readonly value: number; readonly lock: boolean };

export type RouteMetrics = {
  readonly mtu?: Metric; // bytes
  readonly window?: Metric; // bytes
  readonly rtt?: Metric; // 1/8 ms, 200 ms..120 s
  readonly rttvar?: Metric; // 1/4 ms, 200 ms..120 s
  readonly ssthresh?: Metric;
  readonly cwnd?: Metric;
  readonly advmss?: Metric; // bytes
  readonly reordering?: Metric;
  readonly hoplimit?: Metric; // 0..255
  readonly initcwnd?: Metric;
  readonly initrwnd?: Metric;
  readonly rtoMin?: Metric; // ms, 200..120000
  readonly quickack?: Metric; // 0 or 1
  readonly fastopenNoCookie?: Metric; // 0 or 1
  readonly features?: Metric; // RTAX_FEATURE_*: bit 0 is ECN
  readonly congctl?: { readonly name: string; readonly lock: boolean };
};

/** A lightweight tunnel (RTA_ENCAP). `id` is 8 octets. */
export type Encap =
  | { readonly type: 'mpls'; readonly labels: readonly number[] } // 1 or 2 labels, 0..1048575
  | {
      readonly type: 'ip' | 'ip6';
      readonly id?: Uint8Array;
      readonly destination?: Uint8Array;
      readonly source?: Uint8Array;
      readonly tos?: number; // 0..255; the traffic class of ip6
      readonly ttl?: number; // 0..255; the hop limit of ip6
      readonly flags?: number; // 0..65535, TUNNEL_*
    }
  | { readonly type: 'ila'; readonly locator: Uint8Array }; // 8 octets

export type Realms = { readonly source: number; readonly destination: number }; // 0..255 each, 0 = none

export type NextHop = {
  readonly via?: Uint8Array;
  readonly interface?: string;
  readonly weight: number; // 1..256, default 1
  readonly onlink: boolean;
  readonly encap?: Encap;
  readonly realms?: Realms;
};

export type RouteConfig = {
  readonly family: 4 | 6;
  readonly type: number; // RTN_*, 1 = unicast
  readonly destination: Prefix;
  readonly source?: Prefix; // 'from', IPv6
  readonly preferredSource?: Uint8Array; // 'src'
  readonly via?: Uint8Array;
  readonly interface?: string;
  readonly onlink: boolean;
  readonly tos: number; // 0..255
  readonly table: number; // 0..4294967295, default 254 (main), 255 (local) for local, broadcast, anycast and nat
  readonly vrf?: string; // the table of this VRF interface instead
  readonly protocol: number; // RTPROT_*; 18 where none was written, and always when watched
  readonly scope?: number; // RT_SCOPE_*
  readonly metric?: number; // 0..4294967295
  readonly expiresS?: number; // IPv6
  readonly pref?: number; // ICMPV6_ROUTER_PREF_*: 0 medium, 1 high, 3 low
  readonly ttlPropagate?: boolean; // MPLS
  readonly realms?: Realms; // IPv4
  readonly metrics: RouteMetrics;
  readonly encap?: Encap;
  readonly nextHops: readonly NextHop[]; // empty: one path, by `via` and `interface`
  readonly mode: 'prepend' | 'append' | 'add';
  readonly track: boolean; // false: nobody watches or restores it
  readonly trackGroup?: string; // static routes
  readonly place: Place;
};

export type RuleAction =
  | { readonly type: 'table'; readonly table: number } // 1..4294967295
  | { readonly type: 'goto'; readonly target: number } // beyond the rule's own priority
  | { readonly type: 'l3mdev' | 'nop' | 'blackhole' | 'unreachable' | 'prohibit' };

export type RuleConfig = {
  readonly family: 4 | 6;
  readonly invert: boolean; // 'not'
  readonly from?: Prefix; // absent = all
  readonly to?: Prefix;
  readonly priority: number; // 0..4294967295; 16384 downwards where none was written
  readonly tos: number;
  readonly mark?: number; // 0..4294967295
  readonly markMask?: number;
  readonly realms?: Realms;
  readonly suppressPrefixLength?: number; // 0..2147483647
  readonly suppressGroup?: number; // interface group, 0..2147483647
  readonly inputInterface?: string;
  readonly outputInterface?: string;
  readonly tunnelId?: Uint8Array; // 8 octets
  readonly uidRange?: readonly [number, number];
  readonly ipProtocol?: number; // 0..255
  readonly sourcePorts?: readonly [number, number];
  readonly destinationPorts?: readonly [number, number];
  readonly action: RuleAction;
  readonly protocol?: number; // RTPROT_*; 18 unless 'no_track'
  readonly track: boolean;
  readonly trackGroup?: string; // static rules
  readonly place: Place;
};
