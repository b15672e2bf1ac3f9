/** Numbers of linux/if_addr.h, if_link.h and rtnetlink.h that npm netlink's tables lack or keep to themselves. */

/** RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR. */
export const NOTIFICATION_GROUPS: number = 0x1 | 0x10 | 0x100;

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_LABEL = 3;
export const IFA_BROADCAST = 4;
export const IFA_CACHEINFO = 6;
export const IFA_FLAGS = 8;
export const IFA_PROTO = 11;

export const IFA_F_NODAD = 0x02;

/** What keepalived writes into IFA_PROTO; its number among the routing protocols too. */
export const IFAPROT_KEEPALIVED = 18;

export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_LINK = 5;
export const IFLA_LINKINFO = 18;
export const IFLA_AF_SPEC = 26;
export const IFLA_GROUP = 27;
export const IFLA_EXT_MASK = 29;
export const RTEXT_FILTER_SKIP_STATS = 0x8;

/** Extended acknowledgement: NLMSGERR_ATTR_MSG. */
export const NLMSGERR_ATTR_MSG = 1;

/** linux/if_link.h: inside IFLA_LINKINFO and its data. */
export const IFLA_INFO_KIND = 1;
export const IFLA_INFO_DATA = 2;
export const IFLA_VRF_TABLE = 1;
export const IFLA_MACVLAN_MODE = 1;
export const IFLA_IPVLAN_MODE = 1;
export const IFLA_IPVLAN_FLAGS = 2;
export const MACVLAN_MODE_PRIVATE = 1;
export const IPVLAN_MODE_L2 = 0;
export const IPVLAN_F_PRIVATE = 1;
export const IPVLAN_F_VEPA = 2;

/** Inside IFLA_AF_SPEC: settings of IPv4 by their number (linux/ip.h IPV4_DEVCONF_*), address generation of IPv6. */
export const IFLA_INET_CONF = 1;
export const IPV4_DEVCONF_RP_FILTER = 8;
export const IPV4_DEVCONF_ARP_IGNORE = 19;
export const IPV4_DEVCONF_PROMOTE_SECONDARIES = 20;
export const IPV4_DEVCONF_ACCEPT_LOCAL = 23;
export const IFLA_INET6_ADDR_GEN_MODE = 8;
export const IN6_ADDR_GEN_MODE_NONE = 1;
