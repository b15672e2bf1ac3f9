/** Numbers that name protocols on the wire: IEEE EtherTypes and IANA "Assigned Internet Protocol Numbers". */

export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_IPV6 = 0x86dd;

export const IPPROTO_HOPOPTS = 0;
export const IPPROTO_IGMP = 2;
export const IPPROTO_AH = 51;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_VRRP = 112;

/** DSCP CS6 (network control), what keepalived sets on adverts of both families. */
export const TOS_NETWORK_CONTROL = 0xc0;
