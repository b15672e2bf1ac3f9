/**
 * A frame in words: the plain, JSON-able form in which `vipd decode` prints and the golden tests compare. Names,
 * spelling and number bases are fixed: people's scripts read them. Hex numbers are '0x…' strings, octet strings
 * plain hex, addresses text.
 */

export type FrameDescription = {
  len: number; // octets captured
  /** The first thing that is wrong with the bytes; what could be read in front of it is described. */
  error?: string;
  eth?: { dst: string; src: string; type: string };
  ip?: Ipv4Description | Ipv6Description;
  arp?: ArpDescription;
  ah?: AhDescription;
  /** 'vrrp', 'garp', 'arp', 'igmp', 'na', else 'ip-N', 'ip6-N', 'icmp6-N' (N: protocol or type) or 'eth'. */
  kind: string;
  vrrp?: VrrpDescription;
  igmp?: { type: string };
  na?: NaDescription;
};

export type Ipv4Description = {
  version: 4;
  ihl: number; // octets
  tos: string;
  total_length: number;
  id: number;
  flags_frag: string;
  ttl: number;
  proto: number;
  header_checksum_ok: boolean;
  src: string;
  dst: string;
  options: string;
};

export type Ipv6Description = {
  version: 6;
  tclass: string;
  flow: string;
  payload_length: number;
  next_header: number;
  hop_limit: number;
  src: string;
  dst: string;
};

export type ArpDescription = {
  hw: number;
  proto: string;
  hlen: number;
  plen: number;
  op: number;
  sha: string;
  spa: string;
  tha: string;
  tpa: string;
  padding: number; // octets behind the ARP packet
};

export type AhDescription = {
  next_header: number;
  payload_len: number;
  reserved: number;
  spi: string;
  seq: number;
  icv: string;
  /** Only with a password: which TTL the check value fits, false when neither. */
  icv_ok?: 'ttl_kept' | 'ttl_zeroed' | false;
};

export type ChecksumForm = 'no_pseudo' | 'pseudo' | 'pseudo_mcast_dst' | 'pseudo_whole_payload';

export type VrrpDescription = {
  version: number;
  type: number;
  vrid: number;
  priority: number;
  count: number;
  auth_type?: number; // version 2
  adver_int_s?: number; // version 2
  rsvd?: number; // version 3
  max_adver_int_cs?: number; // version 3
  checksum: string;
  addresses: string[];
  auth_data_hex?: string; // version 2 over IPv4
  pdu_len: number; // octets of the message, without what follows it
  checksum_matches: ChecksumForm[];
  hmac_trailer?: HmacTrailerDescription;
  trailing_hex?: string; // surplus octets that are no trailer
};

export type HmacTrailerDescription = {
  ext_type: number;
  key_id: number;
  reserved: number;
  sec: number;
  subsec: number;
  ctr: number;
  hmac: string;
  /** Only with the key of this id. */
  hmac_input_hex?: string;
  hmac_ok?: boolean;
};

export type NaDescription = {
  type: number;
  code: number;
  flags: { router: boolean; solicited: boolean; override: boolean };
  flags_byte: string;
  target: string;
  options: string;
  option?: { type: number; len8: number; lladdr: string };
  checksum_ok: boolean;
};

/** What is needed to verify signed packets. The hash functions come from outside: this folder has none. */
export type Secrets = {
  readonly hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  readonly hmacMd5: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  readonly keys: ReadonlyMap<number, Uint8Array>; // 'auth_hmac' keys by id
  readonly authPass?: Uint8Array; // 'auth_pass' of AH
};

/** '0x00c0': `digits` wide at least. */
export function hexNumber(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
