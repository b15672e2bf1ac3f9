/** io/pacer: which repetitions share their time. The thread itself is tested in test/native and test/netns/pacer.ns.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Pacer, type PacerNative, sharedTimeUs } from '../../../src/io/pacer/pacer.ts';
import type { OutgoingAdvert, SocketSpec } from '../../../src/ports/advert.ts';

const time = fc.integer({ min: 1_000_000_000, max: 1_000_000_000_000_000 });
const interval = fc.integer({ min: 1000, max: 255_000_000 });
const slot = fc.integer({ min: 0, max: 65_535 });

describe('io/pacer: shared times', () => {
  it('less than one interval early, never late; long intervals a sixteenth at most', () => {
    fc.assert(
      fc.property(time, interval, slot, (at, intervalUs, s) => {
        const early = at - sharedTimeUs(at, intervalUs, s);
        assert.ok(early >= 0 && early < intervalUs, `${early}`);
        if (intervalUs >= 1_000_000) assert.ok(early <= intervalUs / 16, `${early}`);
      }),
    );
  });

  it('what is on its time stays there, and so does each of its repetitions', () => {
    fc.assert(
      fc.property(time, interval, slot, fc.nat(1000), (at, intervalUs, s, n) => {
        const shared = sharedTimeUs(at, intervalUs, s) + n * intervalUs;
        assert.equal(sharedTimeUs(shared, intervalUs, s), shared);
      }),
    );
  });

  it('a thousand of one interval, begun at any time, use eight times in it; a hundred use one', () => {
    for (const [count, times] of [
      [1000, 8],
      [100, 1],
      [65_536, 16],
    ] as const) {
      const phases = new Set<number>();
      for (let s = 0; s < count; s++)
        phases.add(sharedTimeUs(7_000_000_123 + s * 7919, 100_000, s) % 100_000);
      assert.equal(phases.size, times, `${count}`);
    }
  });
});

const SPEC: SocketSpec = {
  family: 4,
  protocol: 112,
  interface: 'eth0',
  interfaceIndex: 2,
  mode: 'multicast',
  group: '224.0.0.18',
  source: '',
  vrids: [],
  receiveBufferBytes: 0,
};
const ADVERT: OutgoingAdvert = {
  version: 3,
  vrid: 1,
  priority: 100,
  adverIntUs: 100_000,
  addresses: [],
  authType: 0,
  authData: new Uint8Array(8),
  source: '192.0.2.1',
  destinations: ['224.0.0.18'],
  ttl: 255,
  ipId: 1,
  checksumForm: 'standard',
};

/** The addon as far as times go: slots and when their next one comes. */
class Times implements PacerNative {
  readonly nextUs = new Map<number, number>();
  pacerStart(): void {}
  pacerStop(): void {}
  pacerUrgency(): void {}
  pacerKeep(): void {}
  pacerRenew = (): boolean => true;
  pacerLateness = (): number => 0;
  pacerArm(slot: number, ...rest: unknown[]): void {
    this.nextUs.set(slot, rest[3] as number);
  }
  pacerDisarm(slot: number): void {
    this.nextUs.delete(slot);
  }
  pacerForget(slot: number): void {
    this.nextUs.delete(slot);
  }
  pacerAdvance(slot: number, byUs: number): void {
    this.nextUs.set(slot, (this.nextUs.get(slot) as number) - byUs);
  }
  pacerRead(slot: number): [number, number, number, number, number] {
    return [0, 0, 0, this.nextUs.get(slot) ?? 0, 1];
  }
  socketOpen = (): number => 99;
  socketOption(): void {}
  close(): void {}
  times = (intervalUs: number): Set<number> =>
    new Set([...this.nextUs.values()].map((us) => us % intervalUs));
}

describe('io/pacer: few and many', () => {
  const BEGAN_US = 7_000_000_000;
  const own = (id: number): number => BEGAN_US + 1 + id * 7919;
  const begin = () => {
    const times = new Times();
    const pacer = new Pacer({
      native: times,
      adverts: { encode: () => [new Uint8Array(40)], spec: () => SPEC },
      leaseUs: 0,
      onLost: assert.fail,
      onProblem: assert.fail,
    });
    const repeat = (id: number, intervalUs: number): boolean =>
      pacer.repeat(id, {
        socketKey: 'k',
        advert: ADVERT,
        intervalUs,
        nextAtUs: own(id),
        routing: [],
        addresses: [],
      });
    return { times, pacer, repeat };
  };

  it('sixteen of one interval keep their own times, whatever others there are', () => {
    const { times, pacer, repeat } = begin();
    for (let id = 0; id < 16; id++) for (let again = 0; again < 2; again++) assert.ok(repeat(id, 100_000));
    for (let id = 16; id < 32; id++) assert.ok(repeat(id, 1_000_000));
    for (let id = 32; id < 64; id++)
      assert.ok(pacer.guard(id, { socketKey: 'k', routing: [], addresses: [] }));
    for (let id = 0; id < 32; id++) assert.equal(times.nextUs.get(id), own(id));
  });

  it('with the seventeenth those who were alone join in, never later than they would have come', () => {
    const { times, pacer, repeat } = begin();
    for (let id = 0; id < 16; id++) repeat(id, 100_000);
    pacer.cease(3);
    repeat(16, 100_000);
    assert.equal(times.times(100_000).size, 16);
    repeat(3, 100_000);
    assert.equal(times.times(100_000).size, 1);
    for (let id = 0; id < 17; id++) {
      const earlyUs = own(id) - (times.nextUs.get(id) as number);
      assert.ok(earlyUs >= 0 && earlyUs < 100_000, `${id}: ${earlyUs}`);
    }
    // And one that begins anew stays with them.
    repeat(5, 100_000);
    assert.equal(times.times(100_000).size, 1);
  });
});
