/** A packet from a socket: to which instance it belongs, whether the ladder believes it, what the machine is told. */
import { equalBytes } from '../base/bytes.ts';
import type { InstanceConfig } from '../config/config.ts';
import {
  type AcceptRules,
  accept,
  advertEvent,
  type ReceivedAdvert,
  type RejectReason,
  type Warning,
} from '../vrrp/accept.ts';
import { explainRejection } from '../vrrp/explain-rejection.ts';
import type { AdvertEvent } from '../vrrp/types.ts';
import { authenticationRules, followAh, learn } from './authentication.ts';
import type { Context } from './context.ts';
import { isUnicast, type Router } from './router.ts';
import { onSocket } from './sharing.ts';
import { tellRejected } from './tell.ts';
import { heed, leavesNoTrace } from './watching.ts';
import * as words from './words.ts';

const NO_ADDRESS = new Uint8Array(4);

/** The addresses that an advert may list: asked for each packet. */
const listed = new WeakMap<InstanceConfig, readonly Uint8Array[]>();

function listedAddresses(c: InstanceConfig): readonly Uint8Array[] {
  const known = listed.get(c);
  if (known !== undefined) return known;
  const made = c.vips.filter((v) => v.family === c.family).map((v) => v.bytes);
  listed.set(c, made);
  return made;
}

/** Rules of the ladder for `r` as it stands now. */
export function rulesOf(ctx: Context, r: Router): AcceptRules {
  const c = r.config;
  return {
    family: c.family,
    version: c.version,
    mode: isUnicast(c) ? 'unicast' : 'multicast',
    ...authenticationRules(ctx, r),
    adverIntUs: c.adverIntUs,
    addresses: listedAddresses(c),
    checksumAsV2: c.v3ChecksumAsV2,
    oldUnicastChecksum: c.oldUnicastChecksum,
    learnedOldChecksum: r.learnedOldChecksum,
    skipCheckAddresses: c.skipCheckAdvAddr,
    lastMaster: r.heard?.bytes,
    checkUnicastSource: c.checkUnicastSource,
    peers: c.unicastPeers,
    ownerIgnoreAdverts: c.ownerIgnoreAdverts,
    basePriority: c.priority,
    state: r.state.name,
  };
}

/** The instances of one socket with one VRID: usually one; several unicast ones are told apart by their peers. */
function addressee(ctx: Context, key: string, received: ReceivedAdvert): Router | undefined {
  let first: Router | undefined;
  for (const r of onSocket(ctx, key, received.vrid)) {
    if (!isUnicast(r.config) || r.config.unicastPeers.some((p) => equalBytes(p.bytes, received.sourceBytes)))
      return r;
    first ??= r;
  }
  return first;
}

/** 'log_unknown_vrids' */
function sayUnknown(ctx: Context, key: string, { vrid, source }: ReceivedAdvert): void {
  const quiet = ctx.limiter.passOf(`unknown ${key} `, `${vrid} ${source}`, ctx.ports.clock.nowUs());
  if (quiet >= 0) ctx.ports.log.log('info', words.unknownVrid(vrid, source, key), { vrid, source });
}

export function onAdvert(ctx: Context, key: string, received: ReceivedAdvert): void {
  const r = addressee(ctx, key, received);
  if (r === undefined) {
    if (ctx.config.global.logUnknownVrids) sayUnknown(ctx, key, received);
    return;
  }
  heed(ctx, r);
  const verdict = accept(rulesOf(ctx, r), received);
  if (verdict.learnt !== undefined) learn(ctx, r, received.source, verdict.learnt);
  if (!verdict.accepted) {
    if (verdict.reason === 'not-running') return;
    reject(ctx, r, verdict.reason, received.source, explainRejection(verdict.reason, verdict.detail));
    return;
  }
  const { advert } = verdict;
  const nowUs = ctx.ports.clock.nowUs();
  r.counters.advertsReceived++;
  if (advert.priority === 0) {
    r.counters.priorityZeroReceived++;
    if (ctx.limiter.passOf(`note ${r.config.name} `, `zero ${received.source}`, nowUs) >= 0)
      ctx.ports.log.log('info', words.receivedPriorityZero(r.config.name, r.state.name), {
        instance: r.config.name,
      });
  }
  for (const w of verdict.warnings) warn(ctx, r, w, received, advert.addresses.length, advert.adverIntUs);
  if (verdict.learnedOldChecksum && !r.learnedOldChecksum) {
    r.learnedOldChecksum = true;
    ctx.ports.log.log('warning', `(${r.config.name}) Setting unicast VRRPv3 checksum to old version`, {
      instance: r.config.name,
    });
  }
  r.heard = {
    address: received.source,
    bytes: received.sourceBytes.slice(),
    priority: advert.priority,
    atUs: nowUs,
    adverIntUs: advert.adverIntUs,
  };
  r.gaveChance = false;
  r.watchable = leavesNoTrace(r, verdict) ? received : undefined;
  // Without a source address of our own there are no sockets either.
  const event = advertEvent(advert, received.sourceBytes, r.source ?? NO_ADDRESS);
  if (r.state.name === 'master' && losesTo(r.state.priority, event)) followAh(ctx, r);
  ctx.post({ type: 'machine', router: r, event });
}

/** An advert that a master of `priority` answers with its own. */
const losesTo = (priority: number, e: AdvertEvent): boolean =>
  e.priority !== 0 && (e.priority < priority || (e.priority === priority && e.sourceOrder < 0));

function reject(ctx: Context, r: Router, reason: RejectReason, source: string, detail: string): void {
  r.counters.rejected[reason] = (r.counters.rejected[reason] ?? 0) + 1;
  r.lastRejection = { reason, source, detail, wallMs: ctx.ports.clock.wallMs() };
  tellRejected(ctx, r, reason, source);
  const quiet = ctx.limiter.passOf(
    `reject ${r.config.name} `,
    `${reason} ${source}`,
    ctx.ports.clock.nowUs(),
  );
  if (quiet < 0) return;
  ctx.ports.log.log(
    'warning',
    `(${r.config.name}) advert from ${source} rejected (${reason}): ${detail}${quiet > 0 ? ` (${quiet} more since the last line)` : ''}`,
    { instance: r.config.name, reason, source },
  );
}

function warn(
  ctx: Context,
  r: Router,
  what: Warning,
  received: ReceivedAdvert,
  count: number,
  adverIntUs: number,
): void {
  r.counters.rejected[`warning-${what}`] = (r.counters.rejected[`warning-${what}`] ?? 0) + 1;
  if (
    ctx.limiter.passOf(`reject ${r.config.name} `, `${what} ${received.source}`, ctx.ports.clock.nowUs()) < 0
  )
    return;
  const c = r.config;
  const ours = listedAddresses(c).length;
  const text =
    what === 'address-count'
      ? `received ${count} VIPs but we have ${ours}; the advert is used (both nodes should list the same addresses)`
      : what === 'address-list'
        ? 'the VIPs in the advert are not ours; the advert is used (both nodes should list the same addresses)'
        : `their advertisement interval is ${adverIntUs / 1e6} s, ours ${c.adverIntUs / 1e6} s; theirs is used while they are master`;
  ctx.ports.log.log('warning', `(${c.name}) advert from ${received.source}: ${text}`, {
    instance: c.name,
    source: received.source,
  });
}
