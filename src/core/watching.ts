/**
 * Backups whose master is watched by somebody else: adverts that only say that it lives do not come to this thread. When they
 * came is asked for when the master-down timer ends, and before anything else is done with the instance, so that machine,
 * counters and status are as if each had been heard.
 *
 * Order of events. While a packet for the VRID waits in the socket nothing is noted (ports/watchdog.ts), so all that is noted
 * when a packet is judged came before it. An advert that is just being noted while the watch ends is not lost: it shows
 * up a moment later, and is then judged like one that waited in the socket.
 */

import type { Accepted, ReceivedAdvert } from '../vrrp/accept.ts';
import { onlyProlongs, prolonged } from '../vrrp/liveness.ts';
import { deadlineUs } from '../vrrp/step.ts';
import { masterDownUs } from '../vrrp/timers.ts';
import type { AdvertEvent, BackupState } from '../vrrp/types.ts';
import type { Context } from './context.ts';
import type { Heard, Router } from './router.ts';
import { onSocket } from './sharing.ts';

export type Watching = {
  readonly received: ReceivedAdvert;
  readonly event: AdvertEvent;
  readonly heard: Heard;
  lastUs: number; // what came later is news
  state: BackupState; // of which it is known that the advert only prolongs it
  ended: boolean;
  looks: number; // for stragglers, since it has ended
};

/** Straggling is over in microseconds. */
const LOOKS = 2;
export const LOOK_US = 300_000;
/** Of one watch: one for each processor at most. */
const MOST_STRAGGLERS = 64;

/**
 * An advert that the ladder believed and that left no trace beside the machine: no warning, nothing learnt. Where adverts may
 * be signed each is judged: what a signature is worth changes with time.
 */
export const leavesNoTrace = (r: Router, verdict: Accepted): boolean =>
  verdict.warnings.length === 0 &&
  !verdict.learnedOldChecksum &&
  r.config.hmac === undefined &&
  r.config.authentication.type !== 'ah';

/** After the machine has heard the advert behind `received`: from now on its repetitions are watched, or each is heard. */
export function watch(ctx: Context, r: Router, event: AdvertEvent): void {
  const { watchdog, clock } = ctx.ports;
  const received = r.watchable;
  r.watchable = undefined;
  if (watchdog === undefined) return;
  const nowUs = clock.nowUs();
  const { heard, state } = r;
  if (
    received !== undefined &&
    heard !== undefined &&
    onlyProlongs(r.params, state, event, nowUs) &&
    onSocket(ctx, r.socketKey, r.config.vrid).length === 1 &&
    watchdog.watch(r.id, r.socketKey, received)
  )
    r.watching = { received, event, heard, lastUs: nowUs, state, ended: false, looks: 0 };
  else unwatch(ctx, r);
}

/** Brings machine and counters up to what was noted. */
export function heed(ctx: Context, r: Router): void {
  const { watchdog, clock } = ctx.ports;
  const w = r.watching;
  if (w === undefined || w.ended || watchdog === undefined) return;
  const noted = watchdog.noted(r.id);
  if (noted === r.noted) return;
  const lastUs = Math.min(watchdog.lastUs(r.id), clock.nowUs());
  const state = r.state === w.state ? w.state : r.state;
  if (state !== w.state && !onlyProlongs(r.params, state, w.event, lastUs)) return; // for `stragglers`
  r.counters.advertsReceived += noted - r.noted;
  r.noted = noted;
  // Of the watch before this one: counted, and outdated by what began this one.
  if (lastUs <= w.lastUs) return;
  w.lastUs = lastUs;
  w.heard.atUs = lastUs;
  r.heard = w.heard;
  w.state = prolonged(r.params, state, lastUs);
  r.state = w.state;
}

/** Ends the watch: first nothing more is noted, then what was noted is heeded. */
export function unwatch(ctx: Context, r: Router): void {
  if (r.watching === undefined || r.watching.ended) return;
  ctx.ports.watchdog?.unwatch(r.id);
  heed(ctx, r);
  r.watching.ended = true;
  ctx.lookForStragglers();
}

/** Whether the master of a backup whose timer has ended was heard by the watch. If not, the watch is over: nothing is missed. */
export function isAlive(ctx: Context, r: Router, nowUs: number): boolean {
  heed(ctx, r);
  if (deadlineUs(r.state) <= nowUs) unwatch(ctx, r);
  return deadlineUs(r.state) > nowUs;
}

/** Leaves the master-down timer of a watched backup to the watch; false: there is none, or it is to be served as any other. */
export function keepVigil(ctx: Context, r: Router): boolean {
  const { watching: w, state } = r;
  if (w === undefined || w.ended || w.state !== state) return false;
  const downUs = masterDownUs(r.params, w.state.priority, w.state.masterAdverIntUs);
  if (ctx.ports.watchdog?.keepVigil(r.id, w.state.masterDownAtUs, downUs) !== true) return false;
  r.vigil = true;
  return true;
}

/** Its timer is core's again. */
export function endVigil(ctx: Context, r: Router): void {
  if (r.vigil) ctx.ports.watchdog?.endVigil(r.id);
  r.vigil = false;
}

/** LOOK_US after `lookForStragglers`: what was noted while a watch ended is judged now. True: look once more. */
export function stragglers(ctx: Context): boolean {
  const { watchdog } = ctx.ports;
  if (watchdog === undefined) return false;
  let again = false;
  for (const r of ctx.routers) {
    const w = r.watching;
    if (w === undefined || !w.ended) continue;
    const noted = watchdog.noted(r.id);
    const count = r.socketKey === '' ? 0 : Math.min(noted - r.noted, MOST_STRAGGLERS);
    r.noted = noted;
    for (let i = 0; i < count; i++) ctx.post({ type: 'advert', key: r.socketKey, received: w.received });
    if (++w.looks >= LOOKS) r.watching = undefined;
    else again = true;
  }
  return again;
}
