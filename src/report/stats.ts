/** The text of keepalived.stats (SIGUSR2): the layout that log collectors parse. */
import type { InstanceSnapshot, Snapshot } from '../core/snapshot.ts';

/** Our reasons for refusing an advert -> keepalived's statistics. A reason that is not here, keepalived does not count. */
export const KEEPALIVED_COUNTERS: Readonly<Record<string, string>> = {
  truncated: 'packet_len_err',
  'ip-header': 'packet_len_err',
  'authentication-header': 'packet_len_err',
  length: 'packet_len_err',
  ttl: 'ip_ttl_err',
  'unicast-ttl': 'ip_ttl_err',
  type: 'invalid_type_rcvd',
  interval: 'advert_interval_err',
  'interval-zero': 'advert_interval_err',
  'unicast-source': 'addr_list_err',
  'auth-type-unknown': 'invalid_authtype',
  'auth-type': 'authtype_mismatch',
  'auth-data': 'auth_failure',
  'ah-icv': 'auth_failure',
  'ah-spi': 'auth_failure',
  'ah-replay': 'auth_failure',
  'hmac-unexpected': 'packet_len_err',
  'hmac-missing': 'auth_ext_missing',
  'hmac-malformed': 'auth_ext_malformed',
  'hmac-unknown-key': 'auth_ext_unknown_key',
  'hmac-invalid': 'auth_ext_invalid_hmac',
  'hmac-stale': 'auth_ext_stale',
  'hmac-replay': 'auth_ext_replay',
};

/** Refused adverts of one instance under keepalived's name. */
export function keepalivedCount(i: InstanceSnapshot, counter: string): number {
  let sum = 0;
  for (const [reason, count] of Object.entries(i.counters.rejected))
    if (Object.hasOwn(KEEPALIVED_COUNTERS, reason) && KEEPALIVED_COUNTERS[reason] === counter) sum += count;
  return sum;
}

/** The whole file. */
export function statsText(s: Snapshot): string {
  return s.instances.map(ofInstance).join('');
}

function ofInstance(i: InstanceSnapshot): string {
  const c = i.counters;
  const n = (counter: string): number => keepalivedCount(i, counter);
  return `VRRP Instance: ${i.name}
  Advertisements:
    Received: ${c.advertsReceived}
    Sent: ${c.advertsSent}
  Became master: ${c.becameMaster}
  Released master: ${c.releasedMaster}
  Packet Errors:
    Length: ${n('packet_len_err')}
    TTL: ${n('ip_ttl_err')}
    Invalid Type: ${n('invalid_type_rcvd')}
    Advertisement Interval: ${n('advert_interval_err')}
    Address List: ${n('addr_list_err')}
  Authentication Errors:
    Invalid Type: ${n('invalid_authtype')}
    Type Mismatch: ${n('authtype_mismatch')}
    Failure: ${n('auth_failure')}
  Authentication Extension Errors:
    Missing: ${n('auth_ext_missing')}
    Malformed: ${n('auth_ext_malformed')}
    Unknown Key: ${n('auth_ext_unknown_key')}
    Invalid HMAC: ${n('auth_ext_invalid_hmac')}
    Stale: ${n('auth_ext_stale')}
    Replay: ${n('auth_ext_replay')}
  Priority Zero:
    Received: ${c.priorityZeroReceived}
    Sent: ${c.priorityZeroSent}
`;
}
