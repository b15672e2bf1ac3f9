/** Two BFD ends in virtual time. Safety: a peer that speaks is never given up. Liveness: one that is gone is missed in time, and both agree again. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BfdNet, MS, type NetOptions, S } from './bfd-net.ts';

const SEEDS = 40;
/** Detection at 50 ms times 3. */
const DETECTION_US = 150 * MS;

function settled(o: Omit<NetOptions, 'configs'> & Partial<NetOptions>): BfdNet {
  const net = new BfdNet({ configs: [{}, {}], ...o });
  net.start(0);
  net.run(Math.floor(net.random() * 3 * S));
  net.start(1);
  net.run(4 * S);
  assert.ok(net.bothUp, `SEED=${o.seed}: not up 4 s after both run`);
  assert.equal(net.downs().length, 0, `SEED=${o.seed}`);
  return net;
}

function each(run: (seed: number) => void): void {
  for (let seed = 1; seed <= SEEDS; seed++) run(seed);
}

it('safety: delay, lateness and jitter bring no session down', () =>
  each((seed) => {
    const net = settled({ seed, link: { minDelayUs: 0, maxDelayUs: 30 * MS }, latenessUs: 15 * MS });
    net.run(20 * S);
    assert.deepEqual(net.downs(), [], `SEED=${seed}`);
  }));

it('safety: an end that slept reads its socket first', () =>
  each((seed) => {
    // The other end is patient; this one would give up after 150 ms.
    const net = settled({ seed, configs: [{ multiplier: 3 }, { multiplier: 100 }] });
    for (let i = 0; i < 10; i++) {
      net.stall(1, 200 * MS + Math.floor(net.random() * 3 * S));
      net.run(4 * S);
    }
    assert.deepEqual(net.downs(), [], `SEED=${seed}`);
  }));

it('safety: new intervals on either side, with a tenth lost, bring nothing down', () =>
  each((seed) => {
    const net = settled({ seed, configs: [{ multiplier: 9 }, { multiplier: 9 }] });
    net.link.lossRate = 0.1;
    for (let i = 0; i < 10; i++) {
      const wish = () => 10 * MS + Math.floor(net.random() * 200 * MS);
      net.reconfigure(i % 2, { multiplier: 9, minTxUs: wish(), minRxUs: wish() });
      net.run(2 * S);
    }
    assert.deepEqual(net.downs(), [], `SEED=${seed}`);
    net.link.lossRate = 0;
    net.run(S);
    for (const n of [0, 1]) assert.equal(net.session(n).polling, false, `SEED=${seed}`);
    assert.equal(net.session(0).sendIntervalUs, net.session(1).remote.sendIntervalUs, `SEED=${seed}`);
  }));

it('liveness: a cut is missed within the detection time, by both, and not before', () =>
  each((seed) => {
    const net = settled({ seed });
    net.run(Math.floor(net.random() * S));
    const cutUs = net.nowUs;
    net.link.cut = true;
    net.run(S);
    const downs = net.downs(cutUs);
    assert.deepEqual(downs.map((d) => d.node).sort(), [0, 1], `SEED=${seed}`);
    for (const d of downs) {
      const us = d.atUs - cutUs;
      // The last packet left at most an interval before the cut; a millisecond each for delay and lateness.
      assert.ok(us > DETECTION_US - 54 * MS && us <= DETECTION_US + 2 * MS, `SEED=${seed}: ${us} us`);
    }
    net.link.cut = false;
    net.run(3 * S);
    assert.ok(net.bothUp, `SEED=${seed}: not up again`);
  }));

it('liveness: after a stall beyond the detection time and half of all packets lost both are up again', () =>
  each((seed) => {
    const net = settled({ seed });
    net.stall(0, 2 * S); // silent for longer than the detection time
    net.run(3 * S);
    net.link.lossRate = 0.5;
    net.run(20 * S);
    net.link.lossRate = 0;
    net.run(6 * S);
    assert.ok(net.bothUp, `SEED=${seed}`);
    const since = net.nowUs;
    net.run(10 * S);
    assert.deepEqual(net.downs(since), [], `SEED=${seed}`);
  }));

it('a shutdown is told within the delay of the link', () =>
  each((seed) => {
    const net = settled({ seed });
    const since = net.nowUs;
    net.node(0).sessions.stop();
    net.run(2 * MS);
    assert.deepEqual(
      net.downs(since).map((d) => d.node),
      [1],
      `SEED=${seed}`,
    );
    assert.equal(net.session(1).lastDown?.reason, 'neighbor-admin-down');
  }));

it('one end passive: up all the same; both passive: nobody ever speaks', () => {
  settled({ seed: 1, configs: [{ passive: true }, {}] });
  settled({ seed: 2, configs: [{}, { passive: true }] });
  const net = new BfdNet({ seed: 3, configs: [{ passive: true }, { passive: true }] });
  for (const n of [0, 1]) net.start(n);
  net.run(60 * S);
  assert.deepEqual([net.sent, net.bothUp], [0, false]);
});
