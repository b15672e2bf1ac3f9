/**
 * Signed adverts of an instance: what it signs with next, what a signature that it believed has taught, and when the operator
 * should look at the clocks. The judging itself is vrrp/accept.ts. Keys are only passed on, never written anywhere.
 */
import { clockDifference } from '../base/clock-difference.ts';
import type { InstanceConfig } from '../config/config.ts';
import type { OutgoingAdvert } from '../ports/advert.ts';
import type { AcceptRules } from '../vrrp/accept.ts';
import type { Learnt, Marks } from '../vrrp/proof.ts';
import { LAST_AH_SEQUENCE, nextAhSequence, nextHmacSequence, unpackSequence } from '../vrrp/sequence.ts';
import { marked } from '../vrrp/verify-hmac.ts';
import type { Context } from './context.ts';
import type { Router } from './router.ts';
import type { AuthenticationSnapshot } from './snapshot.ts';

/** What authentication has learnt; kept over a reload, so that nothing old is believed after it. */
export type AuthenticationRecord = {
  ahSequence: number; // sent or accepted, whichever was last; 0 = none
  sent: bigint | undefined; // 'auth_hmac'
  marks: Marks;
  peers: Map<string, PeerClock>;
};
export type PeerClock = { readonly aheadMs: number; readonly keyId: number };

/** Peers whose clock is remembered for the operator. */
const MAX_PEERS = 32;
/**
 * How far ahead of the present number the advert lies that `vipd cleanup` says after a crash: it is prepared now, and must
 * still be new after a day of adverts. The files are renewed when half of it is used up.
 */
const RELEASE_AHEAD = 100_000;
const NO_DATA = new Uint8Array(8);
const NO_KEY = new Uint8Array(32);

export const freshAuthentication = (): AuthenticationRecord => ({
  ahSequence: 0,
  sent: undefined,
  marks: [],
  peers: new Map(),
});

const signs = (c: InstanceConfig): boolean => c.hmac !== undefined && c.hmac.mode !== 'receive-only';

/** The part of the ladder's rules that is about authentication. */
export function authenticationRules(ctx: Context, r: Router): Pick<AcceptRules, 'authentication' | 'hmac'> {
  const { authentication: a, hmac } = r.config;
  const { hmacMd5, hmacSha256 } = ctx.ports.macs;
  if (hmac !== undefined)
    return {
      authentication: { type: 'none' },
      hmac: {
        keys: hmac.keys,
        windowS: hmac.timeWindowS,
        antiReplay: hmac.antiReplay,
        mode: hmac.mode,
        marks: r.authentication.marks,
        wallMs: ctx.ports.clock.wallMs(),
        hmacSha256,
      },
    };
  if (a.type === 'ah')
    return { authentication: { type: 'ah', key: a.data, sequence: r.authentication.ahSequence, hmacMd5 } };
  return { authentication: a };
}

type AdvertAuthentication = Pick<OutgoingAdvert, 'authType' | 'authData' | 'signature'>;

/** For the next advert to leave: takes the next sequence number. */
export function authenticate(ctx: Context, r: Router): AdvertAuthentication {
  const { authentication: a, hmac } = r.config;
  const record = r.authentication;
  if (a.type === 'pass') return { authType: 1, authData: a.data };
  if (a.type === 'ah') {
    countAh(ctx, r, nextAhSequence(record.ahSequence));
    return ahSignature(a.data, record.ahSequence);
  }
  if (hmac === undefined || !signs(r.config)) return { authType: 0, authData: NO_DATA };
  const wallMs = ctx.ports.clock.wallMs();
  record.sent = nextHmacSequence(record.sent, wallMs, hmac.antiReplay, hmac.timeWindowS);
  // What we have said ourselves is no news from anybody: an attacker could send it back to us.
  if (r.config.unicastPeers.length === 0 && r.source !== undefined)
    record.marks = marked(record.marks, r.source, record.sent, 0);
  const key = hmac.keys.find((k) => k.id === hmac.activeKey);
  if (key === undefined) return { authType: 0, authData: NO_DATA };
  return {
    authType: 0,
    authData: NO_DATA,
    signature: { type: 'hmac', keyId: key.id, key: key.secret, ...unpackSequence(record.sent) },
  };
}

const ahSignature = (key: Uint8Array, sequence: number): AdvertAuthentication => ({
  authType: 2,
  authData: NO_DATA,
  signature: { type: 'ah', key, sequence },
});

/**
 * For an advert that is prepared now and sent after our death; undefined: none can be prepared, because its signature
 * must carry the time at which it is sent.
 */
export function authenticateAhead(r: Router): AdvertAuthentication | undefined {
  const { authentication: a } = r.config;
  if (signs(r.config)) return undefined;
  if (a.type === 'pass') return { authType: 1, authData: a.data };
  if (a.type === 'none') return { authType: 0, authData: NO_DATA };
  const half = RELEASE_AHEAD / 2;
  const ahead = Math.floor(r.authentication.ahSequence / half) * half + RELEASE_AHEAD;
  return ahSignature(a.data, Math.min(ahead, LAST_AH_SEQUENCE));
}

/** The same for 'auth_hmac', as far as it goes: a trailer of the right length, which whoever sends it fills in. */
export function authenticateLater(r: Router): AdvertAuthentication | undefined {
  const { hmac } = r.config;
  if (hmac === undefined || !signs(r.config)) return undefined;
  const signature = { type: 'hmac', keyId: hmac.activeKey, key: NO_KEY, ...unpackSequence(0n) } as const;
  return { authType: 0, authData: NO_DATA, signature };
}

/** What was prepared by `authenticateAhead` has been sent: our next numbers are behind it. */
export function skipAhead(ctx: Context, r: Router): void {
  const ahead = authenticateAhead(r)?.signature;
  if (ahead?.type === 'ah') countAh(ctx, r, ahead.sequence);
}

/** An authentic packet came, whether or not its advert is used. */
export function learn(ctx: Context, r: Router, source: string, learnt: Learnt): void {
  const record = r.authentication;
  if (learnt.type === 'ah') {
    countAh(ctx, r, learnt.sequence);
    return;
  }
  record.marks = learnt.marks;
  record.peers.delete(source);
  const [oldest] = record.peers.keys();
  if (record.peers.size >= MAX_PEERS && oldest !== undefined) record.peers.delete(oldest);
  record.peers.set(source, { aheadMs: learnt.aheadMs, keyId: learnt.keyId });
  const { hmac } = r.config;
  if (hmac?.antiReplay !== 'time' || Math.abs(learnt.aheadMs) <= hmac.timeWindowS * 500) return;
  if (ctx.limiter.pass(`clock ${r.config.name} ${source}`, ctx.ports.clock.nowUs()) < 0) return;
  ctx.ports.log.log(
    'warning',
    `(${r.config.name}) the clock of ${source} is ${clockDifference(learnt.aheadMs)} ours; beyond ${hmac.timeWindowS} s (time_window) its adverts are refused: set both clocks by NTP`,
    { instance: r.config.name, source },
  );
}

/** KEEPALIVED: a master that hears a lower advert takes up the sender's count and leaves one number out. */
export function followAh(ctx: Context, r: Router): void {
  if (r.config.authentication.type === 'ah') countAh(ctx, r, nextAhSequence(r.authentication.ahSequence));
}

function countAh(ctx: Context, r: Router, sequence: number): void {
  const part = (n: number): number => Math.floor(n / (RELEASE_AHEAD / 2));
  if (part(sequence) !== part(r.authentication.ahSequence)) ctx.releaseDirty = true;
  r.authentication.ahSequence = sequence;
}

/** For status and dumps; no key in it. */
export function authenticationSnapshot(r: Router): AuthenticationSnapshot {
  const { authentication: a, hmac } = r.config;
  if (hmac !== undefined)
    return {
      type: 'hmac',
      mode: hmac.mode,
      activeKey: hmac.activeKey,
      keys: hmac.keys.map((k) => k.id),
      antiReplay: hmac.antiReplay,
      timeWindowS: hmac.timeWindowS,
      peers: [...r.authentication.peers].map(([address, p]) => ({ address, ...p })),
    };
  if (a.type === 'ah')
    return {
      type: 'ah',
      sequence: r.authentication.ahSequence,
      exhausted: r.authentication.ahSequence >= LAST_AH_SEQUENCE,
    };
  return { type: a.type };
}
