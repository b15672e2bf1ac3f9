/** Numbers of linux/rtnetlink.h, fib_rules.h, lwtunnel.h, mpls_iptunnel.h and ila.h. */

export const RTA = {
  DST: 1,
  SRC: 2,
  OIF: 4,
  GATEWAY: 5,
  PRIORITY: 6,
  PREFSRC: 7,
  METRICS: 8,
  MULTIPATH: 9,
  FLOW: 11,
  TABLE: 15,
  PREF: 20,
  ENCAP_TYPE: 21,
  ENCAP: 22,
  EXPIRES: 23,
  TTL_PROPAGATE: 26,
} as const;

export const RTAX = {
  LOCK: 1,
  MTU: 2,
  WINDOW: 3,
  RTT: 4,
  RTTVAR: 5,
  SSTHRESH: 6,
  CWND: 7,
  ADVMSS: 8,
  REORDERING: 9,
  HOPLIMIT: 10,
  INITCWND: 11,
  FEATURES: 12,
  RTO_MIN: 13,
  INITRWND: 14,
  QUICKACK: 15,
  CC_ALGO: 16,
  FASTOPEN_NO_COOKIE: 17,
} as const;

export const RTN = { UNICAST: 1, LOCAL: 2, BROADCAST: 3, ANYCAST: 4, MULTICAST: 5, NAT: 10 } as const;
export const RT_SCOPE = { UNIVERSE: 0, LINK: 253, HOST: 254, NOWHERE: 255 } as const;
export const RTNH_F_ONLINK = 4;
export const RTM_F_CLONED = 0x200;
/** What keepalived marks its routes and rules with. */
export const RTPROT_KEEPALIVED = 18;

export const ENCAP_TYPE = { mpls: 1, ip: 2, ila: 3, ip6: 4 } as const;
export const MPLS_IPTUNNEL_DST = 1;
export const ILA_ATTR_LOCATOR = 1;
/** The same numbers in LWTUNNEL_IP_* and LWTUNNEL_IP6_*. */
export const TUNNEL = { ID: 1, DST: 2, SRC: 3, TTL: 4, TOS: 5, FLAGS: 6 } as const;

export const FRA = {
  DST: 1,
  SRC: 2,
  IIFNAME: 3,
  GOTO: 4,
  PRIORITY: 6,
  FWMARK: 10,
  FLOW: 11,
  TUN_ID: 12,
  SUPPRESS_IFGROUP: 13,
  SUPPRESS_PREFIXLEN: 14,
  TABLE: 15,
  FWMASK: 16,
  OIFNAME: 17,
  L3MDEV: 19,
  UID_RANGE: 20,
  PROTOCOL: 21,
  IP_PROTO: 22,
  SPORT_RANGE: 23,
  DPORT_RANGE: 24,
} as const;

export const FR_ACT = {
  table: 1,
  l3mdev: 1,
  goto: 2,
  nop: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const;
export const FIB_RULE_INVERT = 2;

/** RTMGRP_IPV4_ROUTE | IPV4_RULE | IPV6_ROUTE, and RTNLGRP_IPV6_RULE, which is group 19. */
export const ROUTING_GROUPS: number = 0x40 | 0x80 | 0x400 | (1 << 18);
