/** Invariants of the BFD machine over random histories. Fixed seed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { initialSession, step } from '../../../src/bfd/step.ts';
import { deadlineUs } from '../../../src/bfd/timers.ts';
import type { Control, Event, Params } from '../../../src/bfd/types.ts';
import { sent } from './support.ts';

const U32 = { min: 0, max: 0xffff_ffff };
const anyParams: fc.Arbitrary<Params> = fc.record(
  {
    minTxUs: fc.integer({ min: 1000, max: 4_294_967_000 }),
    minRxUs: fc.integer({ min: 1000, max: 4_294_967_000 }),
    idleTxUs: fc.integer({ min: 1_000_000, max: 4_294_967_000 }),
    multiplier: fc.integer({ min: 1, max: 255 }),
    passive: fc.boolean(),
  },
  { noNullPrototype: true },
);
const anyPacket: fc.Arbitrary<Control> = fc.record(
  {
    state: fc.constantFrom('admin-down' as const, 'down' as const, 'init' as const, 'up' as const),
    diag: fc.integer({ min: 0, max: 31 }),
    poll: fc.boolean(),
    final: fc.boolean(),
    authentication: fc.constant(false),
    demand: fc.boolean(),
    multiplier: fc.integer({ min: 1, max: 255 }),
    myDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
    yourDiscriminator: fc.constant(1),
    desiredMinTxUs: fc.integer(U32),
    requiredMinRxUs: fc.integer(U32),
    requiredMinEchoRxUs: fc.integer(U32),
  },
  { noNullPrototype: true },
);
type Act = {
  readonly kind: Event['type'] | 'params';
  readonly packet: Control;
  readonly next: Params;
  readonly waitUs: number;
};
const anyAct: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(
    'start',
    'timer',
    'timer',
    'packet',
    'packet',
    'packet',
    'params',
    'stalled',
    'shutdown',
  ),
  packet: anyPacket,
  next: anyParams,
  waitUs: fc.integer({ min: 0, max: 10_000_000 }),
});

it('whatever comes: valid packets, few of them, deadlines that move on', () =>
  fc.assert(
    fc.property(anyParams, fc.array(anyAct, { maxLength: 40 }), fc.nat(99), (first, acts, percent) => {
      let p = first;
      let s = initialSession(p, 1);
      let nowUs = 0;
      for (const act of acts) {
        nowUs += act.waitUs;
        // A stall is told only of a session whose time is over.
        if (act.kind === 'stalled' && nowUs < s.silentAtUs) continue;
        if (act.kind === 'timer' && deadlineUs(s) !== Number.POSITIVE_INFINITY)
          nowUs = Math.max(nowUs, deadlineUs(s));
        if (act.kind === 'params') p = act.next;
        const event: Event =
          act.kind === 'packet'
            ? { type: 'packet', packet: act.packet }
            : { type: act.kind === 'params' ? 'reconfigured' : act.kind };
        const next = step(p, s, event, nowUs, percent / 100);
        const packets = sent(next.effects);
        assert.ok(packets.length <= 2);
        assert.ok(packets.filter((x) => x.poll).every((x) => !x.final && x.state === 'up'));
        assert.ok(!packets.some((x) => x.final) || (act.kind === 'packet' && act.packet.poll));
        assert.ok(packets.every((x) => x.state === next.session.name && x.myDiscriminator === 1));
        assert.ok(packets.every((x) => x.state === 'up' || x.desiredMinTxUs >= 1_000_000));
        assert.ok(!(s.name === 'admin-down') || next.session.name === 'admin-down');
        assert.ok(next.session.name !== 'up' || next.session.remote.discriminator !== 0);
        assert.ok(!next.session.polling || next.session.name === 'up');
        if (act.kind === 'timer') assert.ok(deadlineUs(next.session) > nowUs);
        s = next.session;
      }
    }),
    { seed: 20_053, numRuns: 500 },
  ));
