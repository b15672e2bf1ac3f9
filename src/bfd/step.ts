/**
 * One BFD session: what a packet, a timer or the operator does to it. RFC 5880 6.8, asynchronous mode. Pure: chance comes in as
 * an argument, packets go out as effects.
 *
 * Beyond the periodic packets one is sent at once when its contents would differ from the last (6.8.7, a SHOULD): a
 * handshake then takes a round trip and not seconds, and a peer need not wait to hear that we went down.
 */
import { assertNever } from '../base/assert.ts';
import { detectionUs, jitteredUs, sendIntervalUs } from './timers.ts';
import {
  type Control,
  Diag,
  type Effect,
  type Event,
  type Params,
  type Reason,
  type Session,
  type StateName,
  type Step,
  UNHEARD,
} from './types.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Down and silent; 'start' sets it going. `discriminator`: 1..2^32-1, no other session's. */
export function initialSession(p: Params, discriminator: number): Session {
  return {
    name: 'down',
    diag: Diag.none,
    discriminator,
    remote: UNHEARD,
    desiredMinTxUs: p.idleTxUs,
    requiredMinRxUs: p.minRxUs,
    paceTxUs: p.idleTxUs,
    watchRxUs: p.minRxUs,
    polling: false,
    sendAtUs: NEVER,
    silentAtUs: NEVER,
    gaveChance: false,
  };
}

/** `random` in 0..1, for the jitter of the next packet. */
export function step(p: Params, s: Session, event: Event, nowUs: number, random: number): Step {
  switch (event.type) {
    case 'start':
      return mayTransmit(p, s) ? withPacket(p, s, nowUs, random) : stay(s);
    case 'timer':
      return onTimer(p, s, nowUs, random);
    case 'packet':
      return onPacket(p, s, event.packet, nowUs, random);
    case 'reconfigured':
      return reconfigured(p, s, nowUs, random);
    case 'stalled':
      return stay({ ...s, silentAtUs: nowUs + detectionUs(s), gaveChance: true });
    case 'shutdown':
      return shutdown(p, s, nowUs, random);
    default:
      return assertNever(event);
  }
}

const stay = (session: Session): Step => ({ session, effects: [] });

/** RFC 5880 6.8.7: whether periodic packets are sent at all. */
function mayTransmit(p: Params, s: Session): boolean {
  if (p.passive && s.remote.discriminator === 0) return false;
  if (s.remote.minRxUs === 0) return false;
  return !(s.remote.demand && s.name === 'up' && s.remote.state === 'up' && !s.polling);
}

function packetOf(p: Params, s: Session, final: boolean): Control {
  return {
    state: s.name,
    diag: s.diag,
    // RFC 5880 6.5: never both; a poll goes on with the next periodic packet.
    poll: s.polling && !final,
    final,
    authentication: false,
    demand: false,
    multiplier: p.multiplier,
    myDiscriminator: s.discriminator,
    yourDiscriminator: s.remote.discriminator,
    desiredMinTxUs: s.desiredMinTxUs,
    requiredMinRxUs: s.requiredMinRxUs,
    requiredMinEchoRxUs: 0,
  };
}

const nextSendUs = (p: Params, s: Session, nowUs: number, random: number): number =>
  mayTransmit(p, s) ? nowUs + jitteredUs(sendIntervalUs(s), p.multiplier, random) : NEVER;

/** A packet now, and the next one an interval later. */
function withPacket(
  p: Params,
  s: Session,
  nowUs: number,
  random: number,
  before: readonly Effect[] = [],
): Step {
  return {
    session: { ...s, sendAtUs: nextSendUs(p, s, nowUs, random) },
    effects: [...before, { type: 'send', packet: packetOf(p, s, false) }],
  };
}

function onTimer(p: Params, s: Session, nowUs: number, random: number): Step {
  if (nowUs >= s.silentAtUs) return expired(p, s, nowUs, random);
  if (nowUs < s.sendAtUs) return stay(s);
  return withPacket(p, s, nowUs, random);
}

/** RFC 5880 6.8.4: the session fails; 6.8.1: the peer's discriminator is forgotten, also by one that is down already. */
function expired(p: Params, s: Session, nowUs: number, random: number): Step {
  const forgotten: Session = { ...s, remote: UNHEARD, silentAtUs: NEVER, gaveChance: false };
  if (s.name !== 'init' && s.name !== 'up')
    return stay({ ...forgotten, sendAtUs: mayTransmit(p, forgotten) ? s.sendAtUs : NEVER });
  const silentUs = detectionUs(s);
  const next = enter(p, forgotten, 'down', Diag.expired);
  const effects: readonly Effect[] = [
    changed(s, next, 'expired', silentUs, Math.max(0, nowUs - s.silentAtUs)),
  ];
  return mayTransmit(p, next)
    ? withPacket(p, next, nowUs, random, effects)
    : { session: { ...next, sendAtUs: NEVER }, effects };
}

/** The state with what it implies: RFC 5880 6.8.3, at least a second between packets while not up. */
function enter(p: Params, s: Session, name: StateName, diag: number): Session {
  const desiredMinTxUs = name === 'up' ? p.minTxUs : p.idleTxUs;
  return {
    ...s,
    name,
    diag,
    desiredMinTxUs,
    paceTxUs: desiredMinTxUs,
    requiredMinRxUs: p.minRxUs,
    watchRxUs: p.minRxUs,
    polling: name === 'up' && desiredMinTxUs !== s.desiredMinTxUs,
  };
}

const changed = (from: Session, to: Session, reason: Reason, silentUs = 0, overdueUs = 0): Effect => ({
  type: 'changed',
  from: from.name,
  to: to.name,
  reason,
  silentUs,
  overdueUs,
});

/** RFC 5880 6.8.6, from where the packet has been accepted for this session. */
function onPacket(p: Params, s: Session, packet: Control, nowUs: number, random: number): Step {
  if (s.name === 'admin-down') return stay(s);
  const heard = learn(s, packet);
  const [name, diag, reason] = nextState(heard, packet);
  const moved = name === s.name ? heard : enter(p, heard, name, diag);
  const next: Session = { ...moved, silentAtUs: nowUs + detectionUs(moved), gaveChance: false };
  const effects: Effect[] = [];
  if (detectionUs(next) !== detectionUs(s) || sendIntervalUs(next) !== sendIntervalUs(s))
    effects.push({ type: 'intervals' });
  if (name !== s.name) effects.push(changed(s, next, reason));
  if (next.polling && !s.polling) effects.push({ type: 'poll' });
  if (packet.poll) effects.push({ type: 'send', packet: packetOf(p, next, true) });
  // The final packet has the new state in it already, but not the poll that begins with it.
  const differs = name !== s.name && (!packet.poll || next.polling);
  if (differs && mayTransmit(p, next)) return withPacket(p, next, nowUs, random, effects);
  return { session: { ...next, sendAtUs: sooner(p, next, nowUs, random) }, effects };
}

/** The next packet stays where it is, or comes forward when the interval has become shorter. */
function sooner(p: Params, s: Session, nowUs: number, random: number): number {
  if (!mayTransmit(p, s)) return NEVER;
  const soonest = nowUs + jitteredUs(sendIntervalUs(s), p.multiplier, random);
  return s.sendAtUs === NEVER ? nowUs : Math.min(s.sendAtUs, soonest);
}

function learn(s: Session, packet: Control): Session {
  const polled = s.polling && packet.final;
  return {
    ...s,
    remote: {
      state: packet.state,
      diag: packet.diag,
      discriminator: packet.myDiscriminator,
      minTxUs: packet.desiredMinTxUs,
      minRxUs: packet.requiredMinRxUs,
      multiplier: packet.multiplier,
      demand: packet.demand,
    },
    polling: s.polling && !packet.final,
    paceTxUs: polled ? s.desiredMinTxUs : s.paceTxUs,
    watchRxUs: polled ? s.requiredMinRxUs : s.watchRxUs,
  };
}

function nextState(s: Session, packet: Control): readonly [StateName, number, Reason] {
  const same = [s.name, s.diag, 'handshake'] as const;
  switch (packet.state) {
    case 'admin-down':
      return s.name === 'down' ? same : ['down', Diag.neighborDown, 'neighbor-admin-down'];
    case 'down':
      if (s.name === 'down') return ['init', Diag.none, 'handshake'];
      return s.name === 'up' ? ['down', Diag.neighborDown, 'neighbor-down'] : same;
    case 'init':
      return s.name === 'up' ? same : ['up', Diag.none, 'handshake'];
    case 'up':
      return s.name === 'init' ? ['up', Diag.none, 'handshake'] : same;
    default:
      return assertNever(packet.state);
  }
}

/**
 * RFC 5880 6.8.3: an up session tells new intervals with a poll sequence; a longer transmit interval and a shorter
 * receive interval are used only when the peer has confirmed them.
 */
function reconfigured(p: Params, s: Session, nowUs: number, random: number): Step {
  if (s.name === 'admin-down') return stay(s);
  const desiredMinTxUs = s.name === 'up' ? p.minTxUs : p.idleTxUs;
  const requiredMinRxUs = p.minRxUs;
  const up = s.name === 'up';
  const changes = desiredMinTxUs !== s.desiredMinTxUs || requiredMinRxUs !== s.requiredMinRxUs;
  const next: Session = {
    ...s,
    desiredMinTxUs,
    requiredMinRxUs,
    paceTxUs: up ? Math.min(s.paceTxUs, desiredMinTxUs) : desiredMinTxUs,
    watchRxUs: up ? Math.max(s.watchRxUs, requiredMinRxUs) : requiredMinRxUs,
    polling: s.polling || (up && changes),
  };
  const effects: readonly Effect[] = next.polling && !s.polling ? [{ type: 'poll' }] : [];
  if (!mayTransmit(p, next)) return { session: { ...next, sendAtUs: NEVER }, effects };
  return withPacket(p, next, nowUs, random, effects);
}

/** RFC 5880 6.8.16: the peer hears that this is no failure. It goes on saying so until the session is taken away. */
function shutdown(p: Params, s: Session, nowUs: number, random: number): Step {
  if (s.name === 'admin-down') return stay(s);
  const next: Session = { ...enter(p, s, 'admin-down', Diag.adminDown), silentAtUs: NEVER };
  const effects = [changed(s, next, 'shutdown')];
  return mayTransmit(p, next)
    ? withPacket(p, next, nowUs, random, effects)
    : { session: { ...next, sendAtUs: NEVER }, effects };
}
