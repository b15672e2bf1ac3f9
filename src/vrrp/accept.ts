/**
 * The receive ladder: which of the well-formed packets that reach an instance are adverts it believes.
 * Ordered and numbered; the first row that fails names the reason, which is at once the counter, the metric label and the log word.
 */
import { compareBytes, equalBytes } from '../base/bytes.ts';
import { equalSecret, type Learnt } from './proof.ts';
import type { AcceptRules, AdvertError, AdvertFacts, PeerRule, ReceivedAdvert } from './received-advert.ts';
import type { Detail, KeepalivedCounter, RejectReason } from './reject-reason.ts';
import type { AdvertEvent } from './types.ts';
import { type AhReason, verifyAh } from './verify-ah.ts';
import { type HmacReason, verifyHmac } from './verify-hmac.ts';

export type { AcceptRules, AdvertError, AdvertFacts, PeerRule, ReceivedAdvert } from './received-advert.ts';
export type { Detail, KeepalivedCounter, RejectReason } from './reject-reason.ts';

export type Warning = 'address-count' | 'address-list' | 'interval';

export type Accepted = {
  readonly accepted: true;
  readonly advert: AdvertFacts;
  readonly warnings: readonly Warning[];
  readonly learnedOldChecksum: boolean; // true: from now on set AcceptRules.learnedOldChecksum
  readonly learnt: Learnt | undefined; // from its signature
};

export type Verdict =
  | Accepted
  | {
      readonly accepted: false;
      readonly reason: RejectReason;
      readonly detail: Detail;
      readonly learnt: Learnt | undefined; // authentic, and refused for another reason
    };

export type LadderRow = {
  readonly number: number; // 1.. in the order of checking
  readonly reason: RejectReason;
  readonly counter: KeepalivedCounter;
  readonly source: string; // RFC section or manual keyword
};

/** Checks before and after the bytes are known to be an advert. undefined = passed. */
type EarlyRow = LadderRow & { readonly check: (r: AcceptRules, p: ReceivedAdvert) => Detail | undefined };
type Row = LadderRow & {
  readonly check: (r: AcceptRules, p: ReceivedAdvert, a: AdvertFacts, s: Signed) => Detail | undefined;
};
/** What came of judging the signature: done once for each packet, told by the row of its reason. */
type Signed = {
  readonly reason?: AhReason | HmacReason | 'unicast-source';
  readonly detail?: Detail;
  readonly learnt?: Learnt | undefined;
};

const seconds = (us: number): string => `${us / 1_000_000} s`;
const differs = (got: number, want: number): Detail | undefined =>
  got === want ? undefined : { got: String(got), want: String(want) };
const AUTH_NAMES = ['none', 'a password', 'AH'] as const;
const authName = (type: number): string => AUTH_NAMES[type] ?? `type ${type}`;
const AH = 2;
const AUTH_TYPES = { none: 0, pass: 1, ah: AH } as const;
const ADVERTISEMENT = 1;
const OWNER = 255;
const MAX_TTL = 255;

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

/** KEEPALIVED: there exactly when ours have one. */
function authenticationHeader(r: AcceptRules, p: ReceivedAdvert): Detail | undefined {
  const bad = undecodable('authentication-header')(r, p);
  const has = p.proof?.type === 'ah';
  if (bad !== undefined || has === (r.authentication.type === 'ah')) return bad;
  return has ? { got: 'one', want: 'none' } : { got: 'none', want: 'one' };
}

/** Signed by the look of it, where nothing is configured: keepalived only sees a length that does not fit. */
function unexpectedTrailer(r: AcceptRules, p: ReceivedAdvert): Detail | undefined {
  return r.hmac === undefined && p.proof?.type === 'hmac' ? { got: 'a trailer', want: 'none' } : undefined;
}

function signature(r: AcceptRules, p: ReceivedAdvert): Signed {
  if (r.hmac !== undefined) {
    const peers = r.mode === 'unicast' ? r.peers : undefined;
    const proof = p.proof?.type === 'hmac' ? p.proof : undefined;
    return verifyHmac(r.hmac, peers, { text: p.source, bytes: p.sourceBytes }, proof);
  }
  if (r.authentication.type === 'ah' && p.proof?.type === 'ah')
    return verifyAh(r.authentication, p.sourceBytes, p.proof);
  return {};
}

const told =
  (reason: Signed['reason']) =>
  (_r: AcceptRules, _p: ReceivedAdvert, _a: AdvertFacts, s: Signed): Detail | undefined =>
    s.reason === reason ? s.detail : undefined;

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
    check: authenticationHeader,
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
    reason: 'hmac-unexpected',
    counter: 'packet_len_err',
    source: 'auth_hmac',
    check: unexpectedTrailer,
  },
  {
    number: 8,
    reason: 'ttl',
    counter: 'ip_ttl_err',
    source: 'RFC 9568 5.1.1.3, 7.1',
    check: (r, p) => (r.mode === 'multicast' ? differs(p.ttl, MAX_TTL) : undefined),
  },
  {
    number: 9,
    reason: 'version',
    counter: 'vers_err',
    source: 'RFC 9568 7.1',
    check: (r, p) =>
      p.decoded.ok ? differs(p.decoded.value.version, r.version) : undecodable('version')(r, p),
  },
];

const LATE: readonly Row[] = [
  {
    number: 10,
    reason: 'hmac-missing',
    counter: 'auth_ext_missing',
    source: 'auth_hmac, mode',
    check: told('hmac-missing'),
  },
  {
    number: 11,
    reason: 'unicast-source',
    counter: 'addr_list_err',
    source: 'auth_hmac, unicast_peer',
    check: told('unicast-source'),
  },
  {
    number: 12,
    reason: 'hmac-malformed',
    counter: 'auth_ext_malformed',
    source: 'auth_hmac',
    check: told('hmac-malformed'),
  },
  {
    number: 13,
    reason: 'hmac-stale',
    counter: 'auth_ext_stale',
    source: 'auth_hmac, time_window',
    check: told('hmac-stale'),
  },
  {
    number: 14,
    reason: 'hmac-unknown-key',
    counter: 'auth_ext_unknown_key',
    source: 'auth_hmac, key',
    check: told('hmac-unknown-key'),
  },
  {
    number: 15,
    reason: 'hmac-invalid',
    counter: 'auth_ext_invalid_hmac',
    source: 'auth_hmac, key',
    check: told('hmac-invalid'),
  },
  {
    number: 16,
    reason: 'hmac-replay',
    counter: 'auth_ext_replay',
    source: 'auth_hmac, anti_replay',
    check: told('hmac-replay'),
  },
  {
    number: 17,
    reason: 'auth-type-unknown',
    counter: 'invalid_authtype',
    source: 'RFC 3768 7.1',
    check: (r, _, a) =>
      r.version === 2 && a.authType > AH ? { got: authName(a.authType), want: '0, 1 or 2' } : undefined,
  },
  {
    number: 18,
    reason: 'auth-type',
    counter: 'authtype_mismatch',
    source: 'RFC 3768 7.1; auth_type',
    check: (r, _, a) => {
      const want = AUTH_TYPES[r.authentication.type];
      return r.version === 2 && a.authType !== want
        ? { got: authName(a.authType), want: authName(want) }
        : undefined;
    },
  },
  {
    number: 19,
    reason: 'auth-data',
    counter: 'auth_failure',
    source: 'RFC 2338 5.3.6.2; auth_pass',
    check: (r, _, a) =>
      r.version === 2 && r.authentication.type === 'pass' && !equalSecret(a.authData, r.authentication.data)
        ? { got: 'another password', want: 'our password' }
        : undefined,
  },
  {
    number: 20,
    reason: 'ah-icv',
    counter: 'auth_failure',
    source: 'RFC 2402 3.4.4; auth_pass',
    check: told('ah-icv'),
  },
  {
    number: 21,
    reason: 'ah-spi',
    counter: 'auth_failure',
    source: 'auth_type AH',
    check: told('ah-spi'),
  },
  {
    number: 22,
    reason: 'ah-replay',
    counter: 'auth_failure',
    source: 'RFC 2402 3.4.3',
    check: told('ah-replay'),
  },
  {
    number: 23,
    reason: 'interval',
    counter: 'advert_interval_err',
    source: 'RFC 3768 7.1',
    check: (r, _, a) =>
      r.version === 2 && a.adverIntUs !== r.adverIntUs
        ? { got: seconds(a.adverIntUs), want: seconds(r.adverIntUs) }
        : undefined,
  },
  {
    number: 24,
    reason: 'type',
    counter: 'invalid_type_rcvd',
    source: 'RFC 9568 5.2.2, 7.1',
    check: (_r, _p, a) => differs(a.type, ADVERTISEMENT),
  },
  {
    number: 25,
    reason: 'interval-zero',
    counter: 'advert_interval_err',
    // keepalived takes it and would be master at once; one such packet must not be able to do that.
    source: 'RFC 9568 7.1',
    check: (r, _, a) =>
      r.version === 3 && a.adverIntUs === 0 ? { got: '0 s', want: '0.01 s or more' } : undefined,
  },
  {
    number: 26,
    reason: 'checksum',
    counter: 'chk_err',
    source: 'RFC 9568 5.2.8, 7.1; v3_checksum_as_v2, old_unicast_checksum',
    check: checksum,
  },
  {
    number: 27,
    reason: 'transport',
    counter: 'none',
    source: 'unicast_peer, IPv4',
    check: (r, p) => (r.family === 4 ? transport(r, p) : undefined),
  },
  {
    number: 28,
    reason: 'owner-ignores',
    counter: 'none',
    source: 'RFC 3768 7.1; owner_ignore_adverts',
    check: (r) =>
      r.ownerIgnoreAdverts && r.basePriority === OWNER ? { got: 'an advert', want: 'none' } : undefined,
  },
  {
    number: 29,
    reason: 'unicast-source',
    counter: 'addr_list_err',
    source: 'check_unicast_src',
    check: (r, p) =>
      checksSource(r) && peerOf(r, p) === undefined ? { got: p.source, want: 'a unicast_peer' } : undefined,
  },
  {
    number: 30,
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
    if (detail !== undefined) return { accepted: false, reason: row.reason, detail, learnt: undefined };
  }
  // Every code of the decoder has its row above, so this is only for the compiler.
  if (!p.decoded.ok)
    return {
      accepted: false,
      reason: p.decoded.error.code,
      detail: { got: '', want: '' },
      learnt: undefined,
    };
  const a = p.decoded.value;
  const signed = signature(r, p);
  for (const row of LATE) {
    const detail = row.check(r, p, a, signed);
    if (detail !== undefined) return { accepted: false, reason: row.reason, detail, learnt: signed.learnt };
  }
  const learnedOldChecksum = !r.learnedOldChecksum && usesOldChecksum(r, p, a);
  return {
    accepted: true,
    advert: a,
    warnings: warnings(r, p, a),
    learnedOldChecksum,
    learnt: signed.learnt,
  };
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
