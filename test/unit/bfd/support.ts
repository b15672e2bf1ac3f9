/** Two ends of a session by hand: what a machine says is what the other hears. */
import { initialSession, step } from '../../../src/bfd/step.ts';
import type { Control, Effect, Event, Params, Session, Step } from '../../../src/bfd/types.ts';
import type { BfdConfig } from '../../../src/config/bfd-config.ts';

export const MS = 1000;
export const params: Params = {
  minTxUs: 60 * MS,
  minRxUs: 50 * MS,
  idleTxUs: 1000 * MS,
  multiplier: 4,
  passive: false,
};

export const packet = (change: Partial<Control> = {}): Control => ({
  state: 'down',
  diag: 0,
  poll: false,
  final: false,
  authentication: false,
  demand: false,
  multiplier: 3,
  myDiscriminator: 77,
  yourDiscriminator: 0,
  desiredMinTxUs: 1_000_000,
  requiredMinRxUs: 80 * MS,
  requiredMinEchoRxUs: 0,
  ...change,
});

/** No jitter: the longest interval. */
export const at = (s: Session, event: Event, nowUs: number, p: Params = params): Step =>
  step(p, s, event, nowUs, 1);
export const hear = (s: Session, change: Partial<Control>, nowUs: number, p: Params = params): Step =>
  at(s, { type: 'packet', packet: packet({ yourDiscriminator: 1, ...change }) }, nowUs, p);

export const fresh = (p: Params = params): Session => initialSession(p, 1);
export const started = (p: Params = params): Session => at(fresh(p), { type: 'start' }, 0, p).session;
/** Up since 0, its poll sequence answered, the peer at 100 ms times 3. */
export function up(p: Params = params): Session {
  const s = hear(started(p), { state: 'init', desiredMinTxUs: 1_000_000 }, 0, p).session;
  return hear(s, { state: 'up', final: true, desiredMinTxUs: 100 * MS }, 0, p).session;
}

export const sent = (effects: readonly Effect[]): readonly Control[] =>
  effects.flatMap((e) => (e.type === 'send' ? [e.packet] : []));
export const kinds = (effects: readonly Effect[]): string =>
  effects
    .map((e) =>
      e.type === 'changed'
        ? `${e.from}>${e.to}:${e.reason}`
        : e.type === 'send'
          ? `send:${e.packet.state}${e.packet.poll ? '+poll' : ''}${e.packet.final ? '+final' : ''}`
          : e.type,
    )
    .join(' ');

/** A `bfd_instance` to 192.0.2.2, 50 ms times 3. */
export const bfdConfig = (name: string, change: Partial<BfdConfig> = {}): BfdConfig => ({
  name,
  neighbor: Uint8Array.of(192, 0, 2, 2),
  minRxUs: 50 * MS,
  minTxUs: 50 * MS,
  idleTxUs: 1000 * MS,
  multiplier: 3,
  passive: false,
  ttl: 255,
  maxHops: 0,
  multihop: false,
  weight: 0,
  reverse: false,
  forVrrp: true,
  forCheckers: true,
  place: { file: 'test.conf', line: 1, col: 1 },
  ...change,
});
