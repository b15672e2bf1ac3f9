/** Keywords that people bring from forks of keepalived, from old releases and from other VRRP implementations. */

export type ForeignKeyword = {
  readonly from: string;
  readonly instead?: string; // keepalived's own word
};

const FULLNAT = "of Alibaba's LVS (FULLNAT) and DPVS";
const DPVS = 'of DPVS';
const VYOS = 'of VyOS';
const CISCO = 'of Cisco IOS';
const JUNOS = 'of Junos';

const FOREIGN: Readonly<Record<string, ForeignKeyword>> = {
  local_address_group: { from: FULLNAT },
  laddr_group_name: { from: FULLNAT },
  laddr_group: { from: FULLNAT },
  syn_proxy: { from: FULLNAT },
  establish_timeout: { from: FULLNAT },
  conn_timeout: { from: DPVS },
  hash_target: { from: DPVS },
  snat_group: { from: DPVS },
  deny_list: { from: DPVS },
  vip_bind_dev: { from: FULLNAT },
  vrid: { from: 'of VyOS, uvrrpd and exporters', instead: 'virtual_router_id' },
  'hello-source-address': { from: VYOS, instead: 'unicast_src_ip' },
  'peer-address': { from: VYOS, instead: 'unicast_peer' },
  'preempt-delay': { from: VYOS, instead: 'preempt_delay' },
  'no-preempt': { from: VYOS, instead: 'nopreempt' },
  'advertise-interval': { from: `${VYOS} and Junos`, instead: 'advert_int' },
  'virtual-address': { from: `${VYOS} and Junos`, instead: 'virtual_ipaddress' },
  'accept-data': { from: JUNOS, instead: 'accept' },
  'fast-interval': { from: JUNOS, instead: 'advert_int' },
  standby: { from: CISCO, instead: 'vrrp_instance' },
  vhid: { from: 'of CARP (FreeBSD, OpenBSD)', instead: 'virtual_router_id' },
  advskew: { from: 'of CARP (FreeBSD, OpenBSD)', instead: 'priority' },
  advbase: { from: 'of CARP (FreeBSD, OpenBSD)', instead: 'advert_int' },
};

export const foreignKeyword = (word: string): ForeignKeyword | undefined =>
  Object.hasOwn(FOREIGN, word) ? FOREIGN[word] : undefined;
