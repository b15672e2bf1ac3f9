/** The closed set of reasons for which an advert is refused. Types only. */

/** Why an advert is not believed: the counter's name, the metric's label and the log word at once. */
export type RejectReason =
  | 'not-running'
  | 'transport'
  | 'truncated'
  | 'ip-header'
  | 'authentication-header'
  | 'length'
  | 'hmac-unexpected'
  | 'ttl'
  | 'version'
  | 'hmac-missing'
  | 'hmac-malformed'
  | 'hmac-stale'
  | 'hmac-unknown-key'
  | 'hmac-invalid'
  | 'hmac-replay'
  | 'auth-type-unknown'
  | 'auth-type'
  | 'auth-data'
  | 'ah-icv'
  | 'ah-spi'
  | 'ah-replay'
  | 'interval'
  | 'interval-zero'
  | 'type'
  | 'checksum'
  | 'owner-ignores'
  | 'unicast-source'
  | 'unicast-ttl';

/** keepalived's statistics (SIGUSR2 dump, JSON, SNMP) that a rejection counts in; 'none': keepalived does not count it. */
export type KeepalivedCounter =
  | 'packet_len_err'
  | 'ip_ttl_err'
  | 'vers_err'
  | 'invalid_authtype'
  | 'authtype_mismatch'
  | 'auth_failure'
  | 'auth_ext_missing'
  | 'auth_ext_malformed'
  | 'auth_ext_unknown_key'
  | 'auth_ext_invalid_hmac'
  | 'auth_ext_stale'
  | 'auth_ext_replay'
  | 'advert_interval_err'
  | 'invalid_type_rcvd'
  | 'chk_err'
  | 'addr_list_err'
  | 'none';

/** What was found and what would have been right, as short text: '2 s', '254', 'a password'. Never a password itself. */
export type Detail = { readonly got: string; readonly want: string };
