/**
 * The receive ladder: which of the well-formed packets that reach an instance are adverts it believes.
 * Ordered and numbered; the first row that fails names the reason, which is at once the counter, the metric label and the log word.
 */
import { assertNever } from '../base/assert.ts';
import { compareBytes, equalBytes } from '../base/bytes.ts';
import type { Result } from '../base/result.ts';
import type { AdvertEvent, StateName } from './types.ts';

/** What the decoder found in the bytes; nothing here was compared with any configuration. */
export type AdvertFacts = {
  readonly version: 2 | 3;
  readonly type: number; // 1 = advertisement
  readonly vrid: number;
  readonly priority: number; // 0..255
  readonly adverIntUs: number; // v2 seconds, v3 centiseconds, converted; 0 is possible
  readonly addresses: readonly Uint8Array[]; // 4 or 16 octets each
  readonly authType: number; // v2; 0 for v3
  readonly authData: Uint8Array; // v2: 8 octets, else empty
  /** Which checksum rules the packet fits (behaviour.md A4, B11). */
  readonly checksum: { readonly standard: boolean; readonly noPseudo: boolean; readonly oldUnicast: boolean };
};

export type AdvertError = {
  readonly code: 'truncated' | 'ip-header' | 'authentication-header' | 'version' | 'length';
  readonly got: number;
  readonly want: number;
};

export type ReceivedAdvert = {
  readonly source: string;
  readonly sourceBytes: Uint8Array;
  readonly destination: string;
  readonly multicast: boolean; // the destination is a multicast address
  readonly ttl: number; // 0..255
  readonly vrid: number; // -1 where the packet is too short to say
  readonly decoded: Result<AdvertFacts, AdvertError>;
};

/** What the ladder needs to know of one instance. `state` and the two learnt fields change; the rest is fixed between reloads. */
export type AcceptRules = {
  readonly family: 4 | 6;
  readonly version: 2 | 3;
  readonly mode: 'multicast' | 'unicast';
  readonly authentication: { readonly type: 'none' } | { readonly type: 'pass'; readonly data: Uint8Array }; // 8 octets
  readonly adverIntUs: number; // own
  readonly addresses: readonly Uint8Array[]; // as advertised: without the excluded ones
  readonly checksumAsV2: boolean; // 'v3_checksum_as_v2'
  readonly oldUnicastChecksum: 'auto' | 'always' | 'never';
  readonly learnedOldChecksum: boolean; // an earlier verdict said so
  readonly skipCheckAddresses: boolean; // 'skip_check_adv_addr'
  readonly lastMaster: Uint8Array | undefined; // source of the last accepted advert
  readonly checkUnicastSource: boolean;
  readonly peers: readonly PeerRule[]; // unicast
  readonly ownerIgnoreAdverts: boolean;
  readonly basePriority: number;
  readonly state: StateName;
};

export type PeerRule = {
  readonly bytes: Uint8Array;
  readonly minTtl: number; // 0..255
  readonly maxTtl: number; // 0..255
  readonly ttlGiven: boolean; // either was written in the configuration
};

/** Why an advert is not believed: the counter's name, the metric's label and the log word at once. */
export type RejectReason =
  | 'not-running'
  | 'transport'
  | 'truncated'
  | 'ip-header'
  | 'authentication-header'
  | 'length'
  | 'ttl'
  | 'version'
  | 'auth-type-unknown'
  | 'auth-type'
  | 'auth-data'
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
  | 'advert_interval_err'
  | 'invalid_type_rcvd'
  | 'chk_err'
  | 'addr_list_err'
  | 'none';

export type Warning = 'address-count' | 'address-list' | 'interval';

/** What was found and what would have been right, as short text: '2 s', '254', 'a password'. Never a password itself. */
export type Detail = { readonly got: string; readonly want: string };

export type Verdict =
  | {
      readonly accepted: true;
      readonly advert: AdvertFacts;
      readonly warnings: readonly Warning[];
      readonly learnedOldChecksum: boolean; // true: from now on set AcceptRules.learnedOldChecksum
    }
  | { readonly accepted: false; readonly reason: RejectReason; readonly detail: Detail };

export type LadderRow = {
  readonly number: number; // 1.. in the order of checking
  readonly reason: RejectReason;
  readonly counter: KeepalivedCounter;
  readonly source: string; // RFC section or manual keyword
};

/** Checks before and after the bytes are known to be an advert. undefined = passed. */
type EarlyRow = LadderRow & { readonly check: (r: AcceptRules, p: ReceivedAdvert) => Detail | undefined };
type Row = LadderRow & {
  readonly check: (r: AcceptRules, p: ReceivedAdvert, a: AdvertFacts) => Detail | undefined;
};

const seconds = (us: number): string => `${us / 1_000_000} s`;
const differs = (got: number, want: number): Detail | undefined =>
  got === want ? undefined : { got: String(got), want: String(want) };
const AUTH_NAMES = ['none', 'a password', 'AH'] as const;
const authName = (type: number): string => AUTH_NAMES[type] ?? `type ${type}`;
const PASS = 1;
const AH = 2;
const ADVERTISEMENT = 1;
const OWNER = 255;
const MAX_TTL = 255;

/** Time depends on the lengths only: how many octets of a password are right must not show. */
function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

function transport(r: AcceptRules, p: ReceivedAdvert): Detail | undefined {
  const got = p.multicast ? 'multicast' : 'unicast';
  return got === r.mode ? undefined : { got, want: r.mode };
}

/** The decoder's verdict as a row of the ladder. */
const undecodable =
  (code: AdvertError['code']) =>
  (_: AcceptRules, p: ReceivedAdvert): Detail | undefined =>
    !p.decoded.ok && p.decoded.error.code === code
      ? { got: String(p.decoded.error.got), want: String(p.decoded.error.want) }
      : undefined;

function checksum(r: AcceptRules, p: ReceivedAdvert, a: AdvertFacts): Detail | undefined {
  const bad: Detail = { got: 'a wrong sum', want: 'a right one' };
  if (r.version === 2 || r.family === 6) return a.checksum.standard ? undefined : bad;
  // KEEPALIVED: 'v3_checksum_as_v2' verifies nothing on receipt.
  if (r.checksumAsV2) return undefined;
  if (p.multicast || r.oldUnicastChecksum === 'never') {
    if (a.checksum.standard) return undefined;
    return a.checksum.noPseudo ? { got: 'one without pseudo header', want: 'one with it' } : bad;
  }
  if (r.oldUnicastChecksum === 'always')
    return a.checksum.oldUnicast ? undefined : { got: 'the new form', want: 'old_unicast_checksum' };
  if (a.checksum.standard || a.checksum.oldUnicast) return undefined;
  return a.checksum.noPseudo ? { got: 'one without pseudo header', want: 'one with it' } : bad;
}

const peerOf = (r: AcceptRules, p: ReceivedAdvert): PeerRule | undefined =>
  r.peers.find((peer) => equalBytes(peer.bytes, p.sourceBytes));

/** KEEPALIVED: a bound on the TTL of any peer switches the source check on for all. */
const checksSource = (r: AcceptRules): boolean =>
  r.mode === 'unicast' && (r.checkUnicastSource || r.peers.some((peer) => peer.ttlGiven));

const EARLY: readonly EarlyRow[] = [
  {
    number: 1,
    reason: 'not-running',
    counter: 'none',
    source: 'RFC 9568 6.4.1; keepalived FAULT',
    check: (r) =>
      r.state === 'init' || r.state === 'fault' ? { got: r.state, want: 'backup or master' } : undefined,
  },
  {
    number: 2,
    reason: 'transport',
    counter: 'none',
    source: 'unicast_peer, IPv6',
    check: (r, p) => (r.family === 6 ? transport(r, p) : undefined),
  },
  {
    number: 3,
    reason: 'authentication-header',
    counter: 'packet_len_err',
    source: 'RFC 2338 5.3.6.3; auth_type AH',
    check: undecodable('authentication-header'),
  },
  {
    number: 4,
    reason: 'truncated',
    counter: 'packet_len_err',
    source: 'RFC 9568 7.1',
    check: undecodable('truncated'),
  },
  {
    number: 5,
    reason: 'ip-header',
    counter: 'packet_len_err',
    source: 'RFC 9568 7.1',
    check: undecodable('ip-header'),
  },
  {
    number: 6,
    reason: 'length',
    counter: 'packet_len_err',
    source: 'RFC 9568 7.1',
    check: undecodable('length'),
  },
  {
    number: 7,
    reason: 'ttl',
    counter: 'ip_ttl_err',
    source: 'RFC 9568 5.1.1.3, 7.1',
    check: (r, p) => (r.mode === 'multicast' ? differs(p.ttl, MAX_TTL) : undefined),
  },
  {
    number: 8,
    reason: 'version',
    counter: 'vers_err',
    source: 'RFC 9568 7.1',
    check: (r, p) =>
      p.decoded.ok ? differs(p.decoded.value.version, r.version) : undecodable('version')(r, p),
  },
];

const LATE: readonly Row[] = [
  {
    number: 9,
    reason: 'auth-type-unknown',
    counter: 'invalid_authtype',
    source: 'RFC 3768 7.1',
    check: (r, _, a) =>
      r.version === 2 && a.authType > AH ? { got: authName(a.authType), want: '0, 1 or 2' } : undefined,
  },
  {
    number: 10,
    reason: 'auth-type',
    counter: 'authtype_mismatch',
    source: 'RFC 3768 7.1; auth_type',
    check: (r, _, a) => {
      const want = r.authentication.type === 'pass' ? PASS : 0;
      return r.version === 2 && a.authType !== want
        ? { got: authName(a.authType), want: authName(want) }
        : undefined;
    },
  },
  {
    number: 11,
    reason: 'auth-data',
    counter: 'auth_failure',
    source: 'RFC 2338 5.3.6.2; auth_pass',
    check: (r, _, a) =>
      r.version === 2 && r.authentication.type === 'pass' && !equalSecret(a.authData, r.authentication.data)
        ? { got: 'another password', want: 'our password' }
        : undefined,
  },
  {
    number: 12,
    reason: 'interval',
    counter: 'advert_interval_err',
    source: 'RFC 3768 7.1',
    check: (r, _, a) =>
      r.version === 2 && a.adverIntUs !== r.adverIntUs
        ? { got: seconds(a.adverIntUs), want: seconds(r.adverIntUs) }
        : undefined,
  },
  {
    number: 13,
    reason: 'type',
    counter: 'invalid_type_rcvd',
    source: 'RFC 9568 5.2.2, 7.1',
    check: (_r, _p, a) => differs(a.type, ADVERTISEMENT),
  },
  {
    number: 14,
    reason: 'interval-zero',
    counter: 'advert_interval_err',
    // keepalived takes it and would be master at once; one such packet must not be able to do that.
    source: 'RFC 9568 7.1',
    check: (r, _, a) =>
      r.version === 3 && a.adverIntUs === 0 ? { got: '0 s', want: '0.01 s or more' } : undefined,
  },
  {
    number: 15,
    reason: 'checksum',
    counter: 'chk_err',
    source: 'RFC 9568 5.2.8, 7.1; v3_checksum_as_v2, old_unicast_checksum',
    check: checksum,
  },
  {
    number: 16,
    reason: 'transport',
    counter: 'none',
    source: 'unicast_peer, IPv4',
    check: (r, p) => (r.family === 4 ? transport(r, p) : undefined),
  },
  {
    number: 17,
    reason: 'owner-ignores',
    counter: 'none',
    source: 'RFC 3768 7.1; owner_ignore_adverts',
    check: (r) =>
      r.ownerIgnoreAdverts && r.basePriority === OWNER ? { got: 'an advert', want: 'none' } : undefined,
  },
  {
    number: 18,
    reason: 'unicast-source',
    counter: 'addr_list_err',
    source: 'check_unicast_src',
    check: (r, p) =>
      checksSource(r) && peerOf(r, p) === undefined ? { got: p.source, want: 'a unicast_peer' } : undefined,
  },
  {
    number: 19,
    reason: 'unicast-ttl',
    counter: 'ip_ttl_err',
    source: 'min_ttl, max_ttl',
    check: (r, p) => {
      const peer = checksSource(r) ? peerOf(r, p) : undefined;
      return peer !== undefined && (p.ttl < peer.minTtl || p.ttl > peer.maxTtl)
        ? { got: String(p.ttl), want: `${peer.minTtl}..${peer.maxTtl}` }
        : undefined;
    },
  },
];

const info = ({ number, reason, counter, source }: LadderRow): LadderRow => ({
  number,
  reason,
  counter,
  source,
});

/** The whole ladder in order, for documents, tests and the mapping of our counters to keepalived's. */
export const LADDER: readonly LadderRow[] = [...EARLY.map(info), ...LATE.map(info)];

/** Total: any packet and any rules give a verdict. The first row that fails is the reason. */
export function accept(r: AcceptRules, p: ReceivedAdvert): Verdict {
  for (const row of EARLY) {
    const detail = row.check(r, p);
    if (detail !== undefined) return { accepted: false, reason: row.reason, detail };
  }
  // Every code of the decoder has its row above, so this is only for the compiler.
  if (!p.decoded.ok) return { accepted: false, reason: p.decoded.error.code, detail: { got: '', want: '' } };
  const a = p.decoded.value;
  for (const row of LATE) {
    const detail = row.check(r, p, a);
    if (detail !== undefined) return { accepted: false, reason: row.reason, detail };
  }
  const learnedOldChecksum = !r.learnedOldChecksum && usesOldChecksum(r, p, a);
  return { accepted: true, advert: a, warnings: warnings(r, p, a), learnedOldChecksum };
}

/** Only the form of keepalived <= 1.3.6 fits: the pseudo header names the multicast group though the packet is unicast. */
function usesOldChecksum(r: AcceptRules, p: ReceivedAdvert, a: AdvertFacts): boolean {
  const may = r.version === 3 && r.family === 4 && r.oldUnicastChecksum === 'auto' && !r.checksumAsV2;
  return may && !p.multicast && !a.checksum.standard && a.checksum.oldUnicast;
}

/**
 * KEEPALIVED 2.4: a list that differs from ours is reported, the advert counts (2.2.7 dropped it, and both became master).
 * 'skip_check_adv_addr' spares a BACKUP the list, never the count, while the same master speaks.
 */
function warnings(r: AcceptRules, p: ReceivedAdvert, a: AdvertFacts): readonly Warning[] {
  const out: Warning[] = [];
  const skip =
    r.skipCheckAddresses &&
    r.state === 'backup' &&
    r.lastMaster !== undefined &&
    equalBytes(r.lastMaster, p.sourceBytes);
  if (a.addresses.length !== r.addresses.length) out.push('address-count');
  else if (!skip && !sameSet(a.addresses, r.addresses)) out.push('address-list');
  if (r.version === 3 && a.adverIntUs !== r.adverIntUs) out.push('interval');
  return out;
}

/** Two lists of one length, order free. In order is the rule and costs one pass. */
function sameSet(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.every((x, i) => equalBytes(x, b[i] as Uint8Array))) return true;
  const within = (x: Uint8Array, list: readonly Uint8Array[]): boolean => list.some((y) => equalBytes(x, y));
  return a.every((x) => within(x, b)) && b.every((y) => within(y, a));
}

/** The machine's event for an accepted advert; `ownAddress`: our primary address, same family (RFC 9568 6.4.3 (705)). */
export function advertEvent(a: AdvertFacts, sourceBytes: Uint8Array, ownAddress: Uint8Array): AdvertEvent {
  return {
    type: 'advert',
    priority: a.priority,
    adverIntUs: a.adverIntUs,
    sourceOrder: compareBytes(sourceBytes, ownAddress),
  };
}

/** One sentence for an operator, theirs and ours named: "their advert_int is 2 s, ours is 1 s". */
export function explainRejection(reason: RejectReason, d: Detail): string {
  switch (reason) {
    case 'not-running':
      return `we are in state ${d.got} and hear no adverts`;
    case 'transport':
      return `they send ${d.got}, we are configured for ${d.want}`;
    case 'truncated':
      return `their packet has ${d.got} octets, an advert has at least ${d.want}`;
    case 'ip-header':
      return `their IP header does not fit the packet (${d.got}, expected ${d.want})`;
    case 'authentication-header':
      return 'their packet carries an IPsec authentication header (auth_type AH), ours have none';
    case 'length':
      return `their advert is ${d.got} octets long, its own fields say ${d.want}`;
    case 'ttl':
      return `their packet arrived with TTL ${d.got}, it must be ${d.want}: a router or a filter stands between`;
    case 'version':
      return `they speak VRRP version ${d.got}, we speak version ${d.want} (vrrp_version)`;
    case 'auth-type-unknown':
      return `their authentication is ${d.got}, which is none of ${d.want}`;
    case 'auth-type':
      return `their authentication is ${d.got}, ours is ${d.want} (auth_type)`;
    case 'auth-data':
      return 'their auth_pass is not ours';
    case 'interval':
      return `their advert_int is ${d.got}, ours is ${d.want}; version 2 needs them equal`;
    case 'interval-zero':
      return 'their advert interval is 0';
    case 'type':
      return `their packet has VRRP type ${d.got}, an advert has ${d.want}`;
    case 'checksum':
      return `their checksum is ${d.got}, we expect ${d.want}`;
    case 'owner-ignores':
      return 'we are the address owner and ignore adverts (owner_ignore_adverts)';
    case 'unicast-source':
      return `${d.got} is not one of our unicast_peer addresses`;
    case 'unicast-ttl':
      return `their packet arrived with TTL ${d.got}, allowed is ${d.want} (min_ttl, max_ttl)`;
    default:
      return assertNever(reason);
  }
}
