/** The runtime record of one BFD session, and its picture for status and dumps. Plain data; the rules live in bfd/. */
import { equalBytes } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import { detectionUs, remoteDetectionUs, remoteIntervalUs, sendIntervalUs } from '../bfd/timers.ts';
import type { Params, Session } from '../bfd/types.ts';
import type { BfdConfig } from '../config/bfd-config.ts';
import type { BfdListener } from '../ports/bfd.ts';
import { diagnostic, discriminator, notSent } from './bfd-words.ts';
import type { BfdSessionSnapshot } from './snapshot.ts';

export type BfdRecord = {
  readonly id: number; // owner id in the heap of deadlines
  config: BfdConfig;
  params: Params;
  session: Session;
  open: boolean;
  sinceWallMs: number;
  heardAtUs: number; // -1: never
  sendError: string; // '' = the last packet left
  problem: string; // why it cannot work; '' = it can
  lastDown: { reason: string; localDiag: string; remoteDiag: string; wallMs: number } | undefined;
  counters: { received: number; sent: number; sendErrors: number; up: number; down: number };
  rejected: Record<string, number>;
};

export const paramsOf = (c: BfdConfig): Params => ({
  minTxUs: c.minTxUs,
  minRxUs: c.minRxUs,
  idleTxUs: c.idleTxUs,
  multiplier: c.multiplier,
  passive: c.passive,
});

export const familyOf = (c: BfdConfig): 4 | 6 => (c.neighbor.length === 4 ? 4 : 6);
export const listenerOf = (c: BfdConfig): BfdListener => ({ family: familyOf(c), multihop: c.multihop });

const sameOctets = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && equalBytes(a, b));

/** The same session under the same name: what differs else can change while it is up. */
export const sameEnds = (a: BfdConfig, b: BfdConfig): boolean =>
  sameOctets(a.neighbor, b.neighbor) &&
  sameOctets(a.source, b.source) &&
  a.interface === b.interface &&
  a.multihop === b.multihop;

export const sameParams = (a: Params, b: Params): boolean =>
  a.minTxUs === b.minTxUs &&
  a.minRxUs === b.minRxUs &&
  a.idleTxUs === b.idleTxUs &&
  a.multiplier === b.multiplier &&
  a.passive === b.passive;

/** Whose events go to VRRP or the checkers: 'vrrp', 'checker', 'both'. */
const audience = (c: BfdConfig): BfdSessionSnapshot['events'] =>
  c.forVrrp && c.forCheckers ? 'both' : c.forVrrp ? 'vrrp' : 'checker';

/** An address with the interface of a link-local one: 'fe80::1%eth0'. */
export const addressText = (address: Uint8Array, name: string | undefined): string =>
  name === undefined ? formatIp(address) : `${formatIp(address)}%${name}`;

export function snapshotOf(r: BfdRecord, nowUs: number): BfdSessionSnapshot {
  const { config: c, session: s } = r;
  const interval = sendIntervalUs(s);
  return {
    name: c.name,
    neighbor: addressText(c.neighbor, c.interface),
    source: c.source === undefined ? '' : addressText(c.source, c.interface),
    multihop: c.multihop,
    passive: c.passive,
    ttl: c.ttl,
    maxHops: c.maxHops,
    multiplier: c.multiplier,
    minTxUs: c.minTxUs,
    minRxUs: c.minRxUs,
    idleTxUs: c.idleTxUs,
    events: audience(c),
    state: s.name,
    sinceWallMs: r.sinceWallMs,
    diag: diagnostic(s.diag),
    discriminator: discriminator(s.discriminator),
    polling: s.polling,
    sendIntervalUs: interval === Number.POSITIVE_INFINITY ? -1 : interval,
    detectionUs: detectionUs(s),
    remote: {
      state: s.remote.state,
      diag: diagnostic(s.remote.diag),
      discriminator: discriminator(s.remote.discriminator),
      minTxUs: s.remote.minTxUs,
      minRxUs: s.remote.minRxUs,
      multiplier: s.remote.multiplier,
      demand: s.remote.demand,
      sendIntervalUs: remoteIntervalUs(s),
      detectionUs: remoteDetectionUs(r.params, s),
    },
    lastHeardAgoUs: r.heardAtUs < 0 ? -1 : Math.max(0, nowUs - r.heardAtUs),
    lastDown: r.lastDown ?? null,
    problem: r.problem === '' && r.sendError !== '' ? notSent(r.sendError) : r.problem,
    counters: { ...r.counters, rejected: { ...r.rejected } },
  };
}
