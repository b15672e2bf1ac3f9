/**
 * The BFD sessions at work, beside core and with a timer of their own: VRRP's queue never waits for them. Packets and timers go
 * through the pure machine of bfd/, packets leave at once, and what VRRP has to know is told by `changed`.
 */
import { assert, assertNever } from '../base/assert.ts';
import { equalBytes, toHex } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import { lookupOf, type Refusal, refusalOf } from '../bfd/accept.ts';
import { initialSession, step } from '../bfd/step.ts';
import { deadlineUs, detectionUs, remoteIntervalUs, sendIntervalUs } from '../bfd/timers.ts';
import type { Control, Effect, Event } from '../bfd/types.ts';
import type { BfdConfig } from '../config/bfd-config.ts';
import type { BfdPort, BfdReceived, BfdStates } from '../ports/bfd.ts';
import type { Clock, Log, Timer } from '../ports/system.ts';
import {
  addressText,
  type BfdRecord,
  familyOf,
  listenerOf,
  paramsOf,
  sameEnds,
  sameParams,
  snapshotOf,
} from './bfd-record.ts';
import * as words from './bfd-words.ts';
import { Deadlines } from './deadlines.ts';
import type { Limiter } from './limiter.ts';
import type { BfdSnapshot } from './snapshot.ts';

/** Sockets that could not be opened are tried again so often: an address may come, another daemon may go. */
const RETRY_US = 1_000_000;
const MAX_DUE = 100_000;
const RETRY_ID = 0;
/** What a socket says whose interface is gone. */
const STALE = new Set(['EINVAL', 'ENODEV', 'EADDRNOTAVAIL', 'ENXIO']);

export type BfdHands = {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
  readonly limiter: Limiter;
  readonly sockets: BfdPort;
  /** In 0..1, for jitter. */
  random(): number;
  /** 1..2^32-1, not to be guessed: whoever knows it can speak for a peer. */
  discriminator(): number;
  /** A session came up, or is up no more. */
  changed(name: string): void;
};

export class BfdSessions implements BfdStates {
  readonly #hands: BfdHands;
  readonly #deadlines = new Deadlines();
  readonly #records = new Map<string, BfdRecord>();
  readonly #byId = new Map<number, BfdRecord>();
  readonly #byDiscriminator = new Map<number, BfdRecord>();
  readonly #byNeighbor = new Map<string, BfdRecord[]>();
  readonly #discarded: Record<string, number> = {};
  #nextId = RETRY_ID + 1;
  #armedAtUs = Number.POSITIVE_INFINITY;
  #stopping = false;

  constructor(hands: BfdHands) {
    this.#hands = hands;
  }

  /** Takes new and changed sessions; those that are gone stay until `retire`, when nobody asks for them any more. */
  configure(configs: readonly BfdConfig[]): void {
    for (const config of configs) {
      const r = this.#records.get(config.name);
      if (r === undefined) this.#add(config);
      else if (sameEnds(r.config, config)) this.#replace(r, config);
      else {
        this.#remove(r);
        this.#add(config);
      }
    }
    this.#openAll();
    this.#arm();
  }

  /** Ends the sessions that are not among these; their peers are told. */
  retire(configs: readonly BfdConfig[]): void {
    const stay = new Set(configs.map((c) => c.name));
    for (const r of [...this.#records.values()]) if (!stay.has(r.config.name)) this.#remove(r);
    this.#arm();
  }

  #add(config: BfdConfig): void {
    const params = paramsOf(config);
    let mine = this.#hands.discriminator();
    for (let i = 0; this.#byDiscriminator.has(mine); i++) {
      assert(i < MAX_DUE, 'a free discriminator is found');
      mine = this.#hands.discriminator();
    }
    const r: BfdRecord = {
      id: this.#nextId++,
      config,
      params,
      session: initialSession(params, mine),
      open: false,
      sinceWallMs: this.#hands.clock.wallMs(),
      heardAtUs: -1,
      sendError: '',
      problem: '',
      lastDown: undefined,
      counters: { received: 0, sent: 0, sendErrors: 0, up: 0, down: 0 },
      rejected: {},
    };
    this.#records.set(config.name, r);
    this.#byId.set(r.id, r);
    this.#byDiscriminator.set(mine, r);
    const key = toHex(config.neighbor);
    this.#byNeighbor.set(key, [...(this.#byNeighbor.get(key) ?? []), r]);
  }

  #replace(r: BfdRecord, config: BfdConfig): void {
    const reopen = r.config.ttl !== config.ttl;
    r.config = config;
    if (reopen && r.open) this.#open(r);
    const params = paramsOf(config);
    if (sameParams(r.params, params)) return;
    r.params = params;
    if (r.open) this.#step(r, { type: 'reconfigured' });
    else r.session = initialSession(params, r.session.discriminator);
  }

  #remove(r: BfdRecord): void {
    const { name } = r.config;
    this.#step(r, { type: 'shutdown' });
    this.#hands.sockets.close(name);
    this.#deadlines.set(r.id, Number.POSITIVE_INFINITY);
    this.#records.delete(name);
    this.#byId.delete(r.id);
    this.#byDiscriminator.delete(r.session.discriminator);
    const key = toHex(r.config.neighbor);
    const others = (this.#byNeighbor.get(key) ?? []).filter((x) => x !== r);
    if (others.length > 0) this.#byNeighbor.set(key, others);
    else this.#byNeighbor.delete(key);
    const l = listenerOf(r.config);
    const used = [...this.#records.values()].some(
      (x) => x.config.multihop === l.multihop && familyOf(x.config) === l.family,
    );
    if (!used) this.#hands.sockets.unlisten(l);
  }

  /** Everything that is not open yet; tried again as long as something is not. */
  #openAll(): void {
    for (const r of this.#records.values()) if (!r.open && this.#open(r)) this.#step(r, { type: 'start' });
    const missing = [...this.#records.values()].some((r) => !r.open);
    const atUs = missing ? this.#hands.clock.nowUs() + RETRY_US : Number.POSITIVE_INFINITY;
    this.#deadlines.set(RETRY_ID, atUs);
  }

  #open(r: BfdRecord): boolean {
    const { sockets } = this.#hands;
    const c = r.config;
    r.open = false;
    try {
      sockets.listen(listenerOf(c));
      sockets.open(c.name, {
        family: familyOf(c),
        source: c.source ?? new Uint8Array(c.neighbor.length),
        interface: c.interface ?? '',
        ttl: c.ttl,
      });
      r.open = true;
      r.problem = '';
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      r.problem = problemText(c, String(e.code));
      this.#warn(r, `open ${e.code}`, r.problem);
    }
    return r.open;
  }

  #warn(r: BfdRecord, what: string, text: string): void {
    const { limiter, clock, log } = this.#hands;
    if (limiter.pass(`bfd ${r.config.name} ${what}`, clock.nowUs()) >= 0)
      log.log('warning', `(${r.config.name}) ${text}`, { bfd: r.config.name });
  }

  /** A datagram from one of the receive sockets. */
  receive(received: BfdReceived): void {
    const { packet } = received;
    if (!packet.ok) {
      this.#discard(received, packet.error, `malformed: ${packet.error}`);
      return;
    }
    const how = lookupOf(packet.value);
    if (how !== 'discriminator' && how !== 'addresses') {
      this.#discard(received, how, how);
      return;
    }
    const r =
      how === 'discriminator'
        ? this.#byDiscriminator.get(packet.value.yourDiscriminator)
        : this.#byAddresses(received);
    if (r === undefined || r.config.multihop !== received.multihop || !r.open)
      this.#discard(received, 'unknown-session', words.sessionNotFound(packet.value.yourDiscriminator));
    else this.#accept(r, received, packet.value);
    this.#arm();
  }

  #byAddresses(received: BfdReceived): BfdRecord | undefined {
    return this.#byNeighbor.get(toHex(received.source))?.find(({ config: c }) => {
      if (c.multihop !== received.multihop) return false;
      if (c.source !== undefined && !equalBytes(c.source, received.destination)) return false;
      return (
        c.interface === undefined ||
        this.#hands.sockets.interfaceIndex(c.interface) === received.interfaceIndex
      );
    });
  }

  #accept(r: BfdRecord, received: BfdReceived, packet: Control): void {
    const refusal = refusalOf(r.config, r.session.name, received.ttl);
    if (refusal !== undefined) {
      r.rejected[refusal] = (r.rejected[refusal] ?? 0) + 1;
      if (refusal === 'ttl')
        this.#warn(r, 'ttl', words.ttlTooLow(received.ttl, r.config.ttl - r.config.maxHops));
      return;
    }
    r.counters.received++;
    r.heardAtUs = this.#hands.clock.nowUs();
    this.#step(r, { type: 'packet', packet });
  }

  #discard(received: BfdReceived, reason: string | Refusal, what: string): void {
    this.#discarded[reason] = (this.#discarded[reason] ?? 0) + 1;
    const { limiter, clock, log } = this.#hands;
    const quiet = limiter.pass(`bfd discard ${reason}`, clock.nowUs());
    if (quiet < 0) return;
    const more = quiet > 0 ? `; ${quiet} more since the last line` : '';
    log.log('warning', words.discarding(received, `${what}${more}`));
  }

  /** The timer rang: serves every deadline that is due. */
  wake(): void {
    const nowUs = this.#hands.clock.nowUs();
    const lateUs = this.#armedAtUs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, nowUs - this.#armedAtUs);
    this.#armedAtUs = Number.POSITIVE_INFINITY;
    const drained = new Set<string>();
    for (let served = 0; ; served++) {
      assert(served < MAX_DUE, 'a BFD session does not move its deadline');
      const id = this.#deadlines.due(nowUs);
      if (id === undefined) break;
      const r = this.#byId.get(id);
      if (id === RETRY_ID) this.#openAll();
      else if (r === undefined) this.#deadlines.set(id, Number.POSITIVE_INFINITY);
      else this.#expire(r, nowUs, lateUs, drained);
    }
    this.#arm();
  }

  /**
   * An expired detection time is believed only after the socket was read to its end: after a stall the packets that disprove it
   * wait there. After a stall with nothing there the peer gets one more detection time, once.
   */
  #expire(r: BfdRecord, nowUs: number, lateUs: number, drained: Set<string>): void {
    if (nowUs >= r.session.silentAtUs) {
      const l = listenerOf(r.config);
      const key = `${l.family} ${l.multihop}`;
      if (!drained.has(key)) {
        drained.add(key);
        this.#hands.sockets.drain(l);
        if (deadlineUs(r.session) > nowUs) return;
      }
      const interval = remoteIntervalUs(r.session);
      if (nowUs >= r.session.silentAtUs && lateUs >= interval && !r.session.gaveChance) {
        this.#step(r, { type: 'stalled' });
        return;
      }
    }
    this.#step(r, { type: 'timer' });
  }

  #step(r: BfdRecord, event: Event): void {
    const next = step(r.params, r.session, event, this.#hands.clock.nowUs(), this.#hands.random());
    r.session = next.session;
    for (const effect of next.effects) this.#carryOut(r, effect);
    this.#deadlines.set(r.id, deadlineUs(r.session));
  }

  #carryOut(r: BfdRecord, effect: Effect): void {
    const { log } = this.#hands;
    const { name } = r.config;
    switch (effect.type) {
      case 'send':
        this.#send(r, effect.packet);
        break;
      case 'changed':
        this.#onChange(r, effect);
        break;
      case 'intervals':
        log.log('debug', intervalsText(r), { bfd: name });
        break;
      case 'poll':
        log.log('debug', words.pollStarted(name), { bfd: name });
        break;
      default:
        assertNever(effect);
    }
  }

  #send(r: BfdRecord, packet: Control): void {
    const { address, interface: name, multihop } = destinationOf(r.config);
    const error =
      this.#hands.sockets.send(r.config.name, { address, interface: name, multihop }, packet) ?? '';
    if (error === '') r.counters.sent++;
    else r.counters.sendErrors++;
    if (error !== '' && error !== r.sendError) this.#warn(r, `send ${error}`, words.notSent(error));
    r.sendError = error;
    // An interface that came back under its name has another number: the socket is bound to the old one.
    if (r.config.interface !== undefined && STALE.has(error)) {
      r.open = false;
      this.#deadlines.set(RETRY_ID, this.#hands.clock.nowUs() + RETRY_US);
    }
  }

  #onChange(r: BfdRecord, e: Effect & { type: 'changed' }): void {
    const { log, clock } = this.#hands;
    const { name } = r.config;
    const fields = { bfd: name, state: words.bfdState(e.to) };
    r.sinceWallMs = clock.wallMs();
    const { diag, remote } = r.session;
    if (e.reason === 'expired') log.log('info', words.expired(name, e.silentUs, e.overdueUs), fields);
    if (e.to === 'down') log.log('warning', words.enteringDown(name, diag, remote.diag), fields);
    else log.log('info', words.entering(name, e.to), fields);
    if (e.to === 'up') r.counters.up++;
    if (e.from === 'up') {
      r.counters.down++;
      r.lastDown = {
        reason: e.reason,
        localDiag: words.diagnostic(diag),
        remoteDiag: words.diagnostic(remote.diag),
        wallMs: clock.wallMs(),
      };
    }
    // At a stop nothing has failed.
    if (!this.#stopping && (e.from === 'up' || e.to === 'up')) this.#hands.changed(name);
  }

  #arm(): void {
    const next = this.#deadlines.next();
    if (next === this.#armedAtUs) return;
    this.#armedAtUs = next;
    this.#hands.timer.arm(next);
  }

  /** The peers hear that we go on purpose. What VRRP was told last stays true for it. */
  stop(): void {
    this.#stopping = true;
    for (const r of this.#records.values()) if (r.open) this.#step(r, { type: 'shutdown' });
    this.#arm();
  }

  /** The last words once more, in case the first were lost, and the end. */
  close(): void {
    for (const r of this.#records.values()) {
      if (r.session.name === 'admin-down' && r.session.sendAtUs !== Number.POSITIVE_INFINITY)
        this.#step({ ...r, session: { ...r.session, sendAtUs: 0 } }, { type: 'timer' });
      this.#deadlines.set(r.id, Number.POSITIVE_INFINITY);
    }
    this.#deadlines.set(RETRY_ID, Number.POSITIVE_INFINITY);
    this.#arm();
    this.#hands.sockets.closeAll();
  }

  stateOf(name: string): { readonly up: boolean; readonly detail: string } {
    const r = this.#records.get(name);
    if (r === undefined) return { up: false, detail: `there is no BFD session ${name}` };
    const up = r.session.name === 'up';
    const to = addressText(r.config.neighbor, r.config.interface);
    const why = r.problem === '' ? words.diagnostic(r.session.diag) : r.problem;
    return {
      up,
      detail: `BFD session ${name} to ${to} is ${words.bfdState(r.session.name)}${up ? '' : ` (${why})`}`,
    };
  }

  snapshot(): BfdSnapshot {
    const nowUs = this.#hands.clock.nowUs();
    return {
      sessions: [...this.#records.values()].map((r) => snapshotOf(r, nowUs)),
      discarded: { ...this.#discarded },
    };
  }

  clearCounters(): void {
    for (const r of this.#records.values()) {
      r.counters = { received: 0, sent: 0, sendErrors: 0, up: 0, down: 0 };
      r.rejected = {};
    }
    for (const reason of Object.keys(this.#discarded)) delete this.#discarded[reason];
  }
}

const destinationOf = (c: BfdConfig): { address: Uint8Array; interface: string; multihop: boolean } => ({
  address: c.neighbor,
  interface: c.interface ?? '',
  multihop: c.multihop,
});

function problemText(c: BfdConfig, code: string): string {
  if (code === 'EADDRINUSE')
    return `UDP port ${c.multihop ? 4784 : 3784} is taken: another BFD daemon (keepalived, FRR's bfdd) runs here; waiting for it to go`;
  if (code === 'EADDRNOTAVAIL')
    return `source address ${c.source === undefined ? '' : formatIp(c.source)} is on no interface; waiting for it`;
  if (code === 'ENODEV') return `interface ${c.interface ?? ''} does not exist; waiting for it`;
  return `no socket: ${code}; trying again`;
}

function intervalsText(r: BfdRecord): string {
  const { name } = r.config;
  const s = r.session;
  return `(${name}) sending every ${sendIntervalUs(s)} us, peer every ${remoteIntervalUs(s)} us, detection time ${detectionUs(s)} us`;
}
