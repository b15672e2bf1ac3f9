/**
 * 'auth_hmac' on receipt, in keepalived's order (behaviour.md B15): trailer present, a known unicast sender, well formed,
 * fresh, a known key, the right HMAC, not heard before. Nothing of the advert itself is believed before this.
 */
import { equalBytes } from '../base/bytes.ts';
import { equalSecret, type HmacProof, type HmacRules, type Learnt, type Marks } from './proof.ts';
import type { Detail } from './reject-reason.ts';
import { aheadS, isAfter, packSequence, unpackSequence } from './sequence.ts';

export type HmacReason =
  | 'hmac-missing'
  | 'hmac-malformed'
  | 'hmac-stale'
  | 'hmac-unknown-key'
  | 'hmac-invalid'
  | 'hmac-replay';

const EXT_HMAC_SHA256_128 = 1;
const HMAC_LENGTH = 16;
/** Multicast senders that are remembered. keepalived remembers 4, and forgets what a fifth node has sent. */
const MAX_MARKS = 16;

type Verified =
  | { readonly reason: HmacReason | 'unicast-source'; readonly detail: Detail; readonly learnt?: never }
  /** `learnt` undefined: unsigned, and the mode takes that. */
  | { readonly reason?: never; readonly learnt: Learnt | undefined };

const wrong = (reason: HmacReason | 'unicast-source', got: string, want: string): Verified => ({
  reason,
  detail: { got, want },
});

/** `peers`: of a unicast instance; undefined for multicast. */
export function verifyHmac(
  rules: HmacRules,
  peers: readonly { readonly bytes: Uint8Array }[] | undefined,
  source: { readonly text: string; readonly bytes: Uint8Array },
  proof: HmacProof | undefined,
): Verified {
  if (proof === undefined)
    return rules.mode === 'enforce'
      ? wrong('hmac-missing', 'no trailer', 'one (mode enforce)')
      : { learnt: undefined };
  if (peers !== undefined && !peers.some((p) => equalBytes(p.bytes, source.bytes)))
    return wrong('unicast-source', source.text, 'a unicast_peer');
  if (proof.extType !== EXT_HMAC_SHA256_128 || proof.reserved !== 0)
    return wrong('hmac-malformed', `type ${proof.extType}, reserved ${proof.reserved}`, 'type 1, reserved 0');
  const ahead = aheadS(proof.seconds, rules.wallMs);
  if (rules.antiReplay === 'time' && Math.abs(ahead) > rules.windowS)
    return wrong('hmac-stale', String(ahead), String(rules.windowS));
  const key = rules.keys.find((k) => k.id === proof.keyId);
  if (key === undefined)
    return wrong('hmac-unknown-key', String(proof.keyId), rules.keys.map((k) => k.id).join(', '));
  const hmac = rules.hmacSha256(key.secret, proof.covered).subarray(0, HMAC_LENGTH);
  if (!equalSecret(hmac, proof.hmac)) return wrong('hmac-invalid', String(proof.keyId), 'the same key');
  const sequence = packSequence(proof);
  const mark = rules.marks.find((m) => equalBytes(m.source, source.bytes));
  if (mark !== undefined && !isForgotten(rules, mark.sequence) && !isAfter(sequence, mark.sequence))
    return wrong('hmac-replay', momentOf(sequence), `after ${momentOf(mark.sequence)}`);
  return {
    learnt: {
      type: 'hmac',
      marks: marked(rules.marks, source.bytes, sequence, peers?.length ?? 0),
      keyId: proof.keyId,
      aheadMs: ahead * 1000 + Math.round((proof.subseconds * 1000) / 65_536) - (rules.wallMs % 1000),
    },
  };
}

/**
 * KEEPALIVED: in 'time' mode a mark outside the window does not count. Behind it: the sender was silent, and whatever is
 * fresh is later. Ahead of it: our clock was set back, and most likely theirs too; holding on to the mark would make two masters
 * until the clocks have come to that time again.
 */
function isForgotten(rules: HmacRules, sequence: bigint): boolean {
  const ahead = aheadS(unpackSequence(sequence).seconds, rules.wallMs);
  return rules.antiReplay === 'time' && Math.abs(ahead) > rules.windowS;
}

function marked(marks: Marks, source: Uint8Array, sequence: bigint, peerCount: number): Marks {
  const others = marks.filter((m) => !equalBytes(m.source, source));
  const keep = Math.max(MAX_MARKS, peerCount) - 1;
  return [...others.slice(Math.max(0, others.length - keep)), { source, sequence }];
}

/** 'SECONDS.FRACTION' of UTC, as the packet says it. */
function momentOf(sequence: bigint): string {
  const { seconds, subseconds, counter } = unpackSequence(sequence);
  const ms = String(Math.floor((subseconds * 1000) / 65_536)).padStart(3, '0');
  return counter === 0 ? `${seconds}.${ms}` : `${seconds}.${ms}+${counter}`;
}
