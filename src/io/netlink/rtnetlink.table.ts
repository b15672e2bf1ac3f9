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
export const IFLA_LINKINFO = 18;
export const IFLA_INFO_KIND = 1;
export const IFLA_INFO_DATA = 2;
export const IFLA_VRF_TABLE = 1;
export const IFLA_EXT_MASK = 29;
export const RTEXT_FILTER_SKIP_STATS = 0x8;

/** Extended acknowledgement: NLMSGERR_ATTR_MSG. */
export const NLMSGERR_ATTR_MSG = 1;
