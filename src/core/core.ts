/**
 * The running daemon without its hands: one queue of events, one heap of deadlines, one table of virtual routers.
 * Events come in by the `on…` methods, go through the pure machines, and leave as effects on the ports, all in one turn.
 */
import { assert, assertNever } from '../base/assert.ts';
import { drain } from '../base/steps.ts';
import type { Config } from '../config/config.ts';
import { refusedChanges } from '../config/reload.ts';
import type { NetlinkEvent } from '../ports/netlink.ts';
import type { HookResult, ScriptResult } from '../ports/process.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import { deadlineUs, initialState, step } from '../vrrp/step.ts';
import type { Effect, Event } from '../vrrp/types.ts';
import { type Amendment, amend } from './amend.ts';
import { announceByName } from './announcing.ts';
import { Backlogs } from './backlogs.ts';
import type { Context, CoreEvent, CoreOptions, Ports } from './context.ts';
import { Deadlines } from './deadlines.ts';
import { Devices } from './devices/devices.ts';
import { lingerUsOf } from './duplicates.ts';
import { carryOut } from './effects.ts';
import { expired } from './expiry.ts';
import { Groups } from './groups.ts';
import { onHookResult } from './hook-results.ts';
import { Limiter } from './limiter.ts';
import { linksByName } from './network.ts';
import { catchUp, cease, checkLease, follow } from './pacing.ts';
import { missesAddresses, onNetlink, refreshRouter } from './reachability.ts';
import { onAdvert } from './receive.ts';
import { Rehearsals } from './rehearsal.ts';
import { Release } from './release.ts';
import { applying, type ReloadReport } from './reload.ts';
import { freshCounters, newRouter, type Router } from './router.ts';
import type { Glance, RoutingSet, Snapshot } from './snapshot.ts';
import { Stalls } from './stalls.ts';
import { removeLeftovers, startNotBeforeUs, startRouters } from './start.ts';
import { TakeOvers } from './take-overs.ts';
import { reloadedNotice, tellPriority } from './tell.ts';
import { Tracking } from './tracking.ts';
import { instanceViews, snapshot } from './view.ts';
import { endVigil, heed, keepVigil, LOOK_US, stragglers, unwatch, watch } from './watching.ts';

/** keepalived gives its stop scripts one second. */
const STOP_HOOKS_US = 1_000_000;
const REPEAT_US = 60_000_000;
/** More wake-ups than this in one turn means a machine that does not move its deadline. */
const MAX_DUE = 100_000;
/** The timer's resolution: between two turns the sockets are polled. */
const NEXT_TURN_US = 1000;

export class Core {
  readonly #ctx: Context;
  readonly #deadlines = new Deadlines();
  readonly #queue: CoreEvent[] = [];
  readonly #groups: Groups;
  readonly #tracking: Tracking;
  readonly #release: Release;
  readonly #stalls: Stalls;
  readonly #backlogs: Backlogs;
  readonly #rehearsals: Rehearsals;
  readonly #owners = new Map<number, Router>();
  #nextId = 0;
  readonly #checkId = this.#nextId++;
  readonly #straggleId = this.#nextId++;
  readonly #takeOverId = this.#nextId++;
  readonly #takeOvers: TakeOvers;
  readonly #toCheck = new Set<Router>();
  #pumping = false;
  #serving = false; // wake() settles once, when all that is due is served
  #stopped: (() => void) | undefined;
  #left = false; // nothing of ours is left: the stop is over
  #startedWallMs = 0;
  #loadedWallMs = 0;
  #findings = { errors: 0, warnings: 0 };
  #warnings: readonly string[] = [];

  constructor(ports: Ports, options: CoreOptions, config: Config) {
    const ctx: Omit<Context, 'devices'> = {
      ports,
      options,
      limiter: new Limiter(REPEAT_US),
      config,
      routers: [],
      links: new Map(),
      releaseDirty: true,
      post: (event) => this.#queue.push(event),
      pace: (r) => {
        catchUp(this.#ctx, r);
        this.#schedule(r);
      },
      lookForStragglers: () => this.#deadlines.set(this.#straggleId, ports.clock.nowUs() + LOOK_US),
      groupFaultsChanged: (r) => this.#groups.faultsChanged(r),
    };
    this.#ctx = Object.assign(ctx, { devices: new Devices(ctx) });
    this.#groups = new Groups(this.#ctx);
    this.#release = new Release(this.#ctx);
    this.#stalls = new Stalls(this.#ctx);
    this.#backlogs = new Backlogs(this.#ctx);
    this.#rehearsals = new Rehearsals(this.#ctx, {
      backlogs: this.#backlogs,
      deadlines: this.#deadlines,
      owners: this.#owners,
      pump: () => this.#pump(),
    });
    this.#takeOvers = new TakeOvers({
      carryOut: (r, effect, cause) => carryOut(this.#ctx, r, effect, cause),
      repeat: (r) => this.#schedule(r),
      nowUs: () => ports.clock.nowUs(),
    });
    this.#tracking = new Tracking(this.#ctx, {
      allocate: () => this.#nextId++,
      setDeadline: (id, atUs) => this.#deadlines.set(id, atUs),
      changed: (r) => refreshRouter(this.#ctx, r, this.#tracking),
    });
  }

  /** Removes leftovers of a crash, opens the sockets, starts every instance. `devices`: what a run that died had made. */
  start(findings: { errors: number; warnings: number }, devices: readonly string[] = []): void {
    const ctx = this.#ctx;
    this.#findings = findings;
    this.#startedWallMs = this.#loadedWallMs = ctx.ports.clock.wallMs();
    ctx.links = linksByName(ctx.ports.netlink.links());
    ctx.devices.inherit(devices);
    const placed = ctx.devices.plan(ctx.config);
    ctx.config = placed.config;
    ctx.devices.apply(placed);
    ctx.devices.finish();
    removeLeftovers(ctx);
    const notBeforeUs = startNotBeforeUs(ctx.config.global, ctx.ports.clock.nowUs());
    this.#tracking.configure(ctx.config);
    for (const config of ctx.config.instances) this.#add(config);
    this.#groups.configure(ctx.config.groups, ctx.routers);
    this.#tracking.attach();
    ctx.ports.notices.tell({ type: 'started' });
    // Before the first address of an owner is there.
    this.#release.write();
    startRouters(ctx, ctx.routers, this.#tracking, notBeforeUs);
    this.#groups.begin();
    this.#pump();
  }

  #add(config: Config['instances'][number]): Router {
    const inGroup = this.#ctx.config.groups.some((g) => g.members.includes(config.name));
    const r = newRouter(this.#nextId++, config, inGroup, initialState(config.priority));
    this.#owners.set(r.id, r);
    this.#ctx.routers.push(r);
    return r;
  }

  #remove(r: Router): void {
    this.#deadlines.set(r.id, Number.POSITIVE_INFINITY);
    this.#owners.delete(r.id);
    this.#ctx.ports.pacer?.forget(r.id);
    this.#ctx.ports.watchdog?.forget(r.id);
    this.#ctx.routers = this.#ctx.routers.filter((x) => x !== r);
  }

  onAdvert(key: string, received: ReceivedAdvert): void {
    this.#accept({ type: 'advert', key, received });
  }

  onNetlink(event: NetlinkEvent): void {
    // After a stop the interfaces that we made go, which is no trouble to report.
    if (!this.#left) this.#accept({ type: 'netlink', event });
  }

  onHookResult(result: HookResult): void {
    this.#accept({ type: 'hook', result });
  }

  onRoutingChange(): void {
    this.#accept({ type: 'routing' });
  }

  onScriptResult(result: ScriptResult): void {
    this.#accept({ type: 'script', result });
  }

  onTrackFile(file: string): void {
    this.#accept({ type: 'track-file', file });
  }

  /** A BFD session came up, or is up no more. */
  onBfdChange(name: string): void {
    this.#accept({ type: 'bfd', name });
  }

  onProcessCount(name: string, count: number): void {
    this.#accept({ type: 'process-count', name, count });
  }

  /** The lease is renewed; where it had run out the machines learn it before anything else. */
  beat(): void {
    checkLease(this.#ctx);
    this.#pump();
  }

  #accept(event: CoreEvent): void {
    checkLease(this.#ctx);
    this.#queue.push(event);
    this.#pump();
  }

  /** The timer rang, which was to do so at `dueUs` or when it was set to: serves every deadline that is due. */
  wake(dueUs?: number): void {
    const ctx = this.#ctx;
    const rangUs = ctx.ports.clock.nowUs();
    const lateUs = this.#stalls.rang(dueUs, rangUs);
    checkLease(this.#ctx);
    this.#backlogs.newTurn();
    this.#serving = true;
    try {
      const nowUs = this.#rehearsals.begin(rangUs);
      for (let served = 0; ; served++) {
        assert(served < MAX_DUE, 'a machine does not move its deadline');
        const id = this.#deadlines.due(nowUs);
        if (id === undefined) break;
        const r = this.#owners.get(id);
        if (id === this.#checkId) this.#checkAll();
        else if (id === this.#straggleId) this.#lookForStragglers();
        else if (id === this.#takeOverId) this.#deadlines.set(id, Number.POSITIVE_INFINITY);
        else if (r === undefined) this.#tracking.onDeadline(id, nowUs);
        else this.#expire(r, nowUs, lateUs);
        this.#pump();
      }
      const done = this.#takeOvers.go(() => this.#pump());
      this.#deadlines.set(this.#takeOverId, done ? Number.POSITIVE_INFINITY : ctx.ports.clock.nowUs());
    } finally {
      this.#serving = false;
    }
    this.#pump();
  }

  #expire(r: Router, nowUs: number, lateUs: number): void {
    const what = expired(this.#ctx, r, nowUs, lateUs, this.#backlogs, () => this.#pump());
    if (what === 'prolonged') this.#schedule(r);
    else if (what === 'later') this.#deadlines.set(r.id, nowUs + NEXT_TURN_US);
    else if (what !== 'heard') this.#ctx.post({ type: 'machine', router: r, event: what });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let e = this.#queue.shift(); e !== undefined; e = this.#queue.shift()) this.#handle(e);
    } finally {
      this.#pumping = false;
    }
    if (!this.#serving) this.#settle();
  }

  #handle(e: CoreEvent): void {
    switch (e.type) {
      case 'advert':
        onAdvert(this.#ctx, e.key, e.received);
        break;
      case 'netlink':
        onNetlink(this.#ctx, e.event, this.#tracking);
        break;
      case 'machine':
        this.#step(e.router, e.event);
        break;
      case 'script':
        this.#tracking.scripts.onResult(e.result);
        break;
      case 'track-file':
        this.#tracking.files.onChange(e.file);
        break;
      case 'process-count':
        this.#tracking.processes.onCount(e.name, e.count);
        break;
      case 'bfd':
        this.#tracking.bfd.onChange(e.name);
        break;
      case 'routing':
        this.#tracking.routing.checkSoon();
        break;
      case 'hook':
        onHookResult(this.#ctx, e.result);
        break;
      case 'check-addresses':
        this.#toCheck.add(e.router);
        this.#deadlines.set(this.#checkId, this.#ctx.ports.clock.nowUs());
        break;
      default:
        assertNever(e);
    }
  }

  #step(r: Router, event: Event): void {
    this.#takeOvers.finish(r);
    catchUp(this.#ctx, r);
    heed(this.#ctx, r);
    const before = r.state;
    const next = step(r.params, before, event, this.#ctx.ports.clock.nowUs());
    // Before priority 0 is said: an advert behind it would take it back.
    if (next.state.name !== 'master') cease(this.#ctx, r);
    r.state = next.state;
    if (event.type === 'advert') watch(this.#ctx, r, event);
    else if (next.state !== before) unwatch(this.#ctx, r);
    const together = this.#serving && !r.params.inGroup;
    const first = together ? this.#takeOvers.begin(r, before, next, event) : next.effects;
    for (const effect of first) carryOut(this.#ctx, r, effect, event);
    if (event.type === 'priority') tellPriority(this.#ctx, r, before.priority);
    // A flood of adverts that change nothing must cost no more than hearing them.
    if (this.#takeOvers.isPending(r)) this.#deadlines.set(r.id, deadlineUs(r.state));
    else if (next.state !== before || next.effects.length > 0 || event.type !== 'advert') this.#schedule(r);
    this.#tracking.garpExtra.follow(r);
    if (r.params.inGroup) for (const effect of next.effects) this.#tellGroup(r, effect);
  }

  #schedule(r: Router): void {
    const atUs = follow(this.#ctx, r);
    if (keepVigil(this.#ctx, r)) this.#deadlines.set(r.id, Number.POSITIVE_INFINITY);
    else {
      endVigil(this.#ctx, r);
      this.#deadlines.set(r.id, atUs);
    }
  }

  #lookForStragglers(): void {
    this.#deadlines.set(this.#straggleId, Number.POSITIVE_INFINITY);
    if (stragglers(this.#ctx)) this.#ctx.lookForStragglers();
  }

  #tellGroup(r: Router, effect: Effect): void {
    if (effect.type === 'transition') this.#groups.memberChanged(r, effect);
    else if (effect.type === 'wants-master') this.#groups.wantsMaster(r);
    else if (effect.type === 'lower-priority-received') this.#groups.lowerPriorityReceived(r);
  }

  /**
   * In a turn of its own: within the notification of a removal the ones behind it cannot be read yet, and an address that a
   * reload moves to another interface, or gives another label, is removed and then added.
   */
  #checkAll(): void {
    this.#deadlines.set(this.#checkId, Number.POSITIVE_INFINITY);
    this.#ctx.ports.netlink.drain();
    const list = [...this.#toCheck];
    this.#toCheck.clear();
    for (const r of list) this.#checkAddresses(r);
  }

  #checkAddresses(r: Router): void {
    if (r.vipsSet && r.state.name === 'master' && missesAddresses(this.#ctx, r))
      this.#step(r, { type: 'address-deleted' });
  }

  /** After each turn: the release files, the timer, and the end of a stop. */
  #settle(): void {
    const ctx = this.#ctx;
    // Once for all that take over together: addresses are in the files anyway.
    if (ctx.releaseDirty && !this.#takeOvers.pending) {
      ctx.releaseDirty = false;
      this.#release.write();
    }
    this.#stalls.arm(this.#deadlines.next(), this.#rehearsals.leadUs());
    if (this.#stopped !== undefined && ctx.routers.every((r) => r.state.name === 'init')) {
      const done = this.#stopped;
      this.#stopped = undefined;
      this.#left = true;
      if (!ctx.options.keepAddresses) this.#tracking.routing.release();
      for (const key of new Set(ctx.routers.map((r) => r.socketKey)))
        if (key !== '') ctx.ports.adverts.close(key);
      this.#groups.end();
      ctx.ports.notices.tell({ type: 'stopped' });
      ctx.ports.hooks.settle(STOP_HOOKS_US, () => {
        if (!ctx.options.keepAddresses) ctx.devices.stop();
        done();
      });
    }
  }

  /** Which routes and rules of an instance, or of the static ones, are in force. */
  readonly routingSet = (instance?: string): RoutingSet => this.#tracking.routing.setOf(instance);

  /** Orderly stop; `done` is called when nothing of ours is left. A second call gives up lingering. */
  stop(done: () => void): void {
    if (this.#left) return;
    const again = this.#stopped !== undefined;
    if (!again) {
      this.#stopped = done;
      this.#tracking.stop();
      this.#groups.stopping();
    }
    const linger = this.#ctx.options.makeBeforeBreak && !again && !this.#ctx.options.keepAddresses;
    for (const router of this.#ctx.routers) {
      const lingerUs = linger ? lingerUsOf(router) : 0;
      this.#ctx.post({ type: 'machine', router, event: { type: 'shutdown', lingerUs } });
    }
    this.#pump();
  }

  /** Settings of `next` that cannot change while running; not empty: do not reload. */
  readonly refusedByReload = (next: Config): readonly string[] => refusedChanges(this.#ctx.config, next);

  /** What is in force: as written, but for the interfaces of addresses and the names of VMACs, which are the real ones. */
  get config(): Config {
    return this.#ctx.config;
  }

  get instanceCount(): number {
    return this.#ctx.routers.length;
  }

  /** Applies `next` in one go; see `reloading`. */
  reload(next: Config, findings: { errors: number; warnings: number }): ReloadReport {
    return drain(this.reloading(next, findings));
  }

  /** Applies `next`: only differences; instances that stay keep their state. In steps, each a turn of its own. */
  *reloading(next: Config, findings: { errors: number; warnings: number }): Generator<void, ReloadReport> {
    let changed = false;
    yield* this.#release.begin(next.instances);
    this.#takeOvers.finishAll();
    const work = applying(this.#ctx, next, {
      add: (config) => this.#add(config),
      remove: (r) => this.#remove(r),
      step: (r, e) => this.#step(r, e),
      settled: (same) => {
        this.#findings = findings;
        this.#loadedWallMs = this.#ctx.ports.clock.wallMs();
        changed = !same;
        // The release files name every address, held or not: what is set from here on must be in them.
        if (changed) this.#ctx.releaseDirty = true;
      },
      groups: this.#groups,
      tracking: this.#tracking,
    });
    for (;;) {
      const step = work.next();
      // And the frames of the masters as they are now.
      if (step.done === true) {
        yield* this.#release.finish();
        if (changed) this.#ctx.releaseDirty = true;
      }
      this.#pump();
      if (step.done === true) {
        this.#ctx.ports.notices.tell(reloadedNotice(this.#ctx, this.#groups.states()));
        return step.value;
      }
      yield;
    }
  }

  /** What an operator should know as long as it is so; shown by `vipd status`. */
  setWarnings(warnings: readonly string[]): void {
    this.#warnings = warnings;
  }

  /** Announces the addresses of an instance that holds them, as at a takeover. */
  readonly announce = (name: string): void => announceByName(this.#ctx, name);

  /** A change of one instance until the next reload; not while one is under way. */
  readonly amend = (name: string, change: Amendment): void =>
    amend(this.#ctx, name, change, () => this.#pump());

  /** What others did for the machines, and saw for them, until now. */
  #catchUpAll(): void {
    for (const r of this.#ctx.routers) {
      catchUp(this.#ctx, r);
      heed(this.#ctx, r);
    }
  }

  clearCounters(): void {
    this.#catchUpAll();
    for (const r of this.#ctx.routers) Object.assign(r.counters, freshCounters());
  }

  snapshot(): Snapshot {
    this.#catchUpAll();
    return this.#view(this.#ctx.routers);
  }

  /** For who asks often and needs little. Adverts that the pacer sent since the last snapshot are not counted in it. */
  readonly glance = (): Glance => ({ snapshot: this.#view([]), instances: instanceViews(this.#ctx) });

  #view(routers: readonly Router[]): Snapshot {
    const frame = {
      startedWallMs: this.#startedWallMs,
      loadedWallMs: this.#loadedWallMs,
      findings: this.#findings,
      warnings: this.#warnings,
      loop: { stallCount: this.#stalls.count, longestStallUs: this.#stalls.longestUs },
    };
    return snapshot(this.#ctx, this.#groups, this.#tracking, frame, routers);
  }
}
