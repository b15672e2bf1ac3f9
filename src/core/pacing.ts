/**
 * Masters whose adverts are repeated by the pacer. The machine stays in charge: whatever changes what it would send, or when,
 * replaces the repetition; before it steps it is told how far the repetition has gone; before it leaves MASTER, or says
 * priority 0, the repetition has ended.
 */
import { type Cadence, cadence, deadlineWhilePacedUs, repeated } from '../vrrp/cadence.ts';
import { deadlineUs } from '../vrrp/step.ts';
import { authenticateAhead, skipAhead } from './authentication.ts';
import type { Context } from './context.ts';
import { outgoing } from './effects.ts';
import { heldAddresses, heldRouting, holdings, keepWill, sameList } from './last-will.ts';
import type { HeldRouting, Router } from './router.ts';

export type Paced = {
  readonly text: string; // what is repeated, to see a difference
  nextAtUs: number; // as the machine was told: while it still says so nothing is to be changed
  sent: number; // of these, counted already
  failed: number;
  readonly destinations: number; // packets of one advert
  readonly routing: readonly HeldRouting[]; // of the last will
};

type Unsigned = NonNullable<ReturnType<typeof authenticateAhead>>;

/** Longer than a step of the machine takes. */
const SOON_US = 1000;

/** IP identifications are 1..65535. */
const IDS = 65_535;

/** Brings the machine's state and the counters up to what the pacer has done. */
export function catchUp(ctx: Context, r: Router): void {
  const { pacer } = ctx.ports;
  if (r.paced === undefined || pacer === undefined) return;
  const { sent, failed, error, nextAtUs } = pacer.progress(r.id);
  const each = r.paced.destinations;
  const adverts = Math.floor(sent / each) - Math.floor(r.paced.sent / each);
  r.counters.advertsSent += adverts;
  if (adverts > 0) r.ipId = ((r.ipId + adverts - 1) % IDS) + 1;
  r.counters.sendErrors += failed - r.paced.failed;
  if (failed > r.paced.failed) sayFailure(ctx, r, error);
  r.paced.sent = sent;
  r.paced.failed = failed;
  // Where the pacer itself is late its advert is still its own: sent by the machine too it would go out twice.
  const nowUs = ctx.ports.clock.nowUs();
  r.state = repeated(r.state, nextAtUs > nowUs ? nextAtUs : nowUs + SOON_US);
  if (r.state.name === 'master') r.paced.nextAtUs = r.state.adverAtUs;
}

function sayFailure(ctx: Context, r: Router, error: string): void {
  const { name } = r.config;
  const quiet = ctx.limiter.pass(`send ${name} ${error}`, ctx.ports.clock.nowUs());
  if (quiet >= 0)
    ctx.ports.log.log('warning', `(${name}) cannot send adverts on ${r.config.interface}: ${error}`, {
      instance: name,
      error,
    });
}

/** Ends what the pacer does for `r`, with its counters read. */
export function cease(ctx: Context, r: Router): void {
  if (r.lastWill !== undefined) ctx.ports.pacer?.cease(r.id);
  r.lastWill = undefined;
  endRepetition(ctx, r);
}

function endRepetition(ctx: Context, r: Router): void {
  if (r.paced === undefined) return;
  ctx.ports.pacer?.cease(r.id);
  catchUp(ctx, r);
  r.paced = undefined;
}

/** Begins, replaces or ends the repetition as the state asks for; returns the machine's next deadline. */
export function follow(ctx: Context, r: Router): number {
  const { pacer } = ctx.ports;
  const authentication = mayRepeat(r) ? unsigned(r) : undefined;
  const c = authentication === undefined ? undefined : cadence(r.params, r.state);
  if (pacer === undefined || authentication === undefined || c === undefined) {
    endRepetition(ctx, r);
    if (mayRepeat(r)) keepWill(ctx, r);
    return deadlineUs(r.state);
  }
  const text = textOf(r, c, authentication);
  const routing = heldRouting(r);
  if (r.paced?.text === text && r.paced.nextAtUs === c.nextAtUs && sameList(r.paced.routing, routing))
    return deadlineWhilePacedUs(r.state);
  const before = r.paced ?? progressOf(ctx, r);
  // It counts up before it sends.
  const advert = outgoing(r, c.priority, r.ipId === 0 ? IDS : r.ipId, authentication);
  const begun = pacer.repeat(r.id, {
    socketKey: r.socketKey,
    advert,
    intervalUs: c.intervalUs,
    nextAtUs: c.nextAtUs,
    resignation: outgoing(r, 0, 1, authentication),
    ...holdings(ctx, r, routing),
  });
  if (!begun) {
    endRepetition(ctx, r);
    keepWill(ctx, r);
    return deadlineUs(r.state);
  }
  const destinations = Math.max(1, advert.destinations.length);
  r.lastWill = undefined;
  r.paced = { text, nextAtUs: c.nextAtUs, sent: before.sent, failed: before.failed, destinations, routing };
  return deadlineWhilePacedUs(r.state);
}

const progressOf = (ctx: Context, r: Router): { readonly sent: number; readonly failed: number } =>
  ctx.ports.pacer?.progress(r.id) ?? { sent: 0, failed: 0 };

const mayRepeat = (r: Router): boolean => r.started && r.socketKey !== '' && r.source !== undefined;

/** undefined: the octets change each time, for a signature over a sequence number, and are made by this thread. */
const unsigned = (r: Router): ReturnType<typeof authenticateAhead> =>
  r.config.authentication.type === 'ah' ? undefined : authenticateAhead(r);

/** Everything that stands in the advert or says where it goes. */
function textOf(r: Router, { priority, intervalUs }: Cadence, authentication: Unsigned): string {
  const { addresses, ...rest } = outgoing(r, priority, 1, authentication);
  const held = heldAddresses(r).map((a) => `${a.interfaceIndex}:${a.bytes.join('.')}`);
  return JSON.stringify([r.socketKey, intervalUs, rest, addresses.map((a) => a.join('.')), held]);
}

/**
 * Renews the lease of the pacer. Where it had run out the machines are told, before the event that woke us: what they would do
 * with that as masters they may not do any more.
 */
export function checkLease(ctx: Context): void {
  const { pacer, clock, log } = ctx.ports;
  if (pacer === undefined || pacer.renew(clock.nowUs())) return;
  const lost = ctx.routers.filter((r) => r.paced !== undefined || r.lastWill !== undefined);
  if (lost.length === 0) return;
  log.log(
    'error',
    `this process hung: its pacer said priority 0 for ${lost.length} instance(s) and took their addresses away`,
  );
  for (const router of lost) {
    cease(ctx, router);
    skipAhead(ctx, router);
    ctx.post({ type: 'machine', router, event: { type: 'lease-lost' } });
  }
}
