/** The BFD session machine: a row for each state and event of RFC 5880 6.8. Names are paths. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { step } from '../../../src/bfd/step.ts';
import {
  deadlineUs,
  detectionUs,
  jitteredUs,
  remoteDetectionUs,
  sendIntervalUs,
} from '../../../src/bfd/timers.ts';
import type { Control, Session } from '../../../src/bfd/types.ts';
import { at, fresh, hear, kinds, MS, params, sent, started, up } from './support.ts';

const initial = (): Session => hear(started(), { state: 'down', yourDiscriminator: 0 }, 0).session;
const NEVER = Number.POSITIVE_INFINITY;

type Row = readonly [name: string, from: () => Session, heard: Partial<Control>, effects: string];
/** Beside the effects 'intervals', which other tests look at. */
const ROWS: readonly Row[] = [
  ['down/down', started, { state: 'down' }, 'down>init:handshake send:init'],
  ['down/init', started, { state: 'init' }, 'down>up:handshake poll send:up+poll'],
  ['down/up', started, { state: 'up' }, ''],
  ['down/admin-down', started, { state: 'admin-down' }, ''],
  ['init/down', initial, { state: 'down' }, ''],
  ['init/init', initial, { state: 'init' }, 'init>up:handshake poll send:up+poll'],
  ['init/up', initial, { state: 'up' }, 'init>up:handshake poll send:up+poll'],
  ['init/up/poll', initial, { state: 'up', poll: true }, 'init>up:handshake poll send:up+final send:up+poll'],
  ['init/admin-down', initial, { state: 'admin-down' }, 'init>down:neighbor-admin-down send:down'],
  ['up/up', up, { state: 'up' }, ''],
  ['up/init', up, { state: 'init' }, ''],
  ['up/up/poll', up, { state: 'up', poll: true }, 'send:up+final'],
  ['up/down', up, { state: 'down' }, 'up>down:neighbor-down send:down'],
  ['up/down/poll', up, { state: 'down', poll: true }, 'up>down:neighbor-down send:down+final'],
  ['up/admin-down', up, { state: 'admin-down' }, 'up>down:neighbor-admin-down send:down'],
];

describe('what a packet does', () => {
  for (const [name, from, heard, effects] of ROWS)
    it(name, () => {
      const next = hear(from(), heard, 10 * MS);
      assert.equal(kinds(next.effects.filter((e) => e.type !== 'intervals')), effects);
    });

  it('down/neighbor-down: the diagnostics of RFC 5880 4.1', () => {
    assert.equal(hear(up(), { state: 'down' }, 0).session.diag, 3);
    assert.equal(hear(up(), { state: 'admin-down' }, 0).session.diag, 3);
    assert.equal(hear(hear(up(), { state: 'down' }, 0).session, { state: 'down' }, 0).session.diag, 0);
  });

  it('admin-down: nothing is heard any more', () => {
    const s = at(up(), { type: 'shutdown' }, 0).session;
    for (const state of ['admin-down', 'down', 'init', 'up'] as const)
      assert.deepEqual(hear(s, { state, poll: true }, 1), { session: s, effects: [] });
  });

  it('what it learns goes into the next packet', () => {
    const [reply] = sent(hear(started(), { state: 'down', myDiscriminator: 4_000_000_000 }, 0).effects);
    assert.deepEqual(reply, {
      state: 'init',
      diag: 0,
      poll: false,
      final: false,
      authentication: false,
      demand: false,
      multiplier: 4,
      myDiscriminator: 1,
      yourDiscriminator: 4_000_000_000,
      desiredMinTxUs: 1_000_000,
      requiredMinRxUs: 50 * MS,
      requiredMinEchoRxUs: 0,
    });
  });
});

describe('sending', () => {
  it('start: at once, then at the idle interval', () => {
    const first = at(fresh(), { type: 'start' }, 5);
    assert.equal(kinds(first.effects), 'send:down');
    assert.equal(first.session.sendAtUs, 1_000_005);
    const second = at(first.session, { type: 'timer' }, 1_000_005);
    assert.equal(kinds(second.effects), 'send:down');
    assert.equal(second.session.sendAtUs, 2_000_005);
    assert.equal(kinds(at(first.session, { type: 'timer' }, 1_000_004).effects), '');
  });

  it('passive: nothing before the peer speaks, and nothing after it fell silent', () => {
    const passive = { ...params, passive: true };
    const s = at(fresh(passive), { type: 'start' }, 0, passive);
    assert.deepEqual([s.effects, deadlineUs(s.session)], [[], NEVER]);
    const spoken = hear(s.session, { state: 'down', yourDiscriminator: 0 }, 9, passive);
    assert.match(kinds(spoken.effects), /send:init/);
    const silent = at(spoken.session, { type: 'timer' }, spoken.session.silentAtUs, passive);
    assert.equal(kinds(silent.effects), 'init>down:expired');
    assert.equal(deadlineUs(silent.session), NEVER);
  });

  it('up: the slower of our wish and the peer’s limit; jitter 75..100 %, 90 % with multiplier 1', () => {
    assert.equal(sendIntervalUs(up()), 80 * MS);
    assert.equal(sendIntervalUs(hear(up(), { state: 'up', requiredMinRxUs: 1 }, 0).session), 60 * MS);
    const lengths = (multiplier: number) => [0, 1].map((r) => jitteredUs(100 * MS, multiplier, r));
    assert.deepEqual(lengths(3), [75 * MS, 100 * MS]);
    assert.deepEqual(lengths(1), [75 * MS, 90 * MS]);
  });

  it('a peer that wants nothing gets nothing but answers to its polls', () => {
    const s = hear(up(), { state: 'up', requiredMinRxUs: 0 }, 0);
    assert.equal(s.session.sendAtUs, NEVER);
    assert.equal(
      kinds(hear(s.session, { state: 'up', requiredMinRxUs: 0, poll: true }, 1).effects),
      'send:up+final',
    );
    assert.equal(hear(s.session, { state: 'up', requiredMinRxUs: 1 }, 7).session.sendAtUs, 7);
  });

  it('a peer in demand mode is left alone while both are up', () => {
    const s = hear(up(), { state: 'up', demand: true }, 0).session;
    assert.equal(s.sendAtUs, NEVER);
    assert.notEqual(hear(s, { state: 'up' }, 1).session.sendAtUs, NEVER);
  });

  it('an interval that shrinks brings the next packet forward', () => {
    const s = hear(up(), { state: 'up', requiredMinRxUs: 900 * MS }, 0).session;
    const slow = at({ ...s, sendAtUs: 0 }, { type: 'timer' }, 0).session;
    assert.equal(slow.sendAtUs, 900 * MS);
    assert.equal(hear(slow, { state: 'up', requiredMinRxUs: 1 }, 10 * MS).session.sendAtUs, 70 * MS);
  });
});

describe('detection', () => {
  it('the peer’s multiplier times the slower of its wish and our limit', () => {
    assert.equal(detectionUs(fresh()), 0);
    assert.equal(detectionUs(up()), 300 * MS);
    assert.equal(detectionUs(hear(up(), { state: 'up', desiredMinTxUs: 1 }, 0).session), 150 * MS);
    assert.equal(remoteDetectionUs(params, up()), 320 * MS);
  });

  it('up/expired: down with diagnostic 1, said at once, the peer forgotten', () => {
    const s = up();
    assert.equal(s.silentAtUs, 300 * MS);
    assert.equal(at(s, { type: 'timer' }, 300 * MS - 1).session.name, 'up');
    const next = at(s, { type: 'timer' }, 300 * MS + 7);
    assert.equal(kinds(next.effects), 'up>down:expired send:down');
    assert.deepEqual(next.effects[0], {
      type: 'changed',
      from: 'up',
      to: 'down',
      reason: 'expired',
      silentUs: 300 * MS,
      overdueUs: 7,
    });
    const [said] = sent(next.effects);
    assert.deepEqual([said?.diag, said?.yourDiscriminator, said?.desiredMinTxUs], [1, 0, 1_000_000]);
    assert.equal(next.session.silentAtUs, NEVER);
  });

  it('every packet moves it', () =>
    assert.equal(hear(up(), { state: 'up', desiredMinTxUs: 1 }, 90).session.silentAtUs, 150 * MS + 90));

  it('down/expired: only the discriminator is forgotten', () => {
    const s = hear(started(), { state: 'up' }, 0).session;
    assert.equal(s.remote.discriminator, 77);
    const next = at(s, { type: 'timer' }, s.silentAtUs);
    assert.equal(kinds(next.effects.filter((e) => e.type === 'changed')), '');
    assert.equal(next.session.remote.discriminator, 0);
  });

  it('stalled: one more detection time, once', () => {
    const s = at(up(), { type: 'stalled' }, 900 * MS).session;
    assert.deepEqual([s.silentAtUs, s.gaveChance], [1200 * MS, true]);
    assert.equal(hear(s, { state: 'up' }, 900 * MS).session.gaveChance, false);
  });
});

describe('poll sequences', () => {
  it('up: the fast interval is told with a poll until the final comes', () => {
    const s = hear(started(), { state: 'init' }, 0).session;
    assert.equal(s.polling, true);
    const again = at(s, { type: 'timer' }, s.sendAtUs);
    assert.equal(kinds(again.effects), 'send:up+poll');
    const done = hear(again.session, { state: 'up', final: true }, 0).session;
    assert.equal(done.polling, false);
    assert.equal(kinds(at({ ...done, sendAtUs: 1 }, { type: 'timer' }, 1).effects), 'send:up');
  });

  it('reconfigured: slower sending and closer watching wait for the final', () => {
    const slower = { ...params, minTxUs: 500 * MS, minRxUs: 20 * MS };
    const next = step(slower, up(), { type: 'reconfigured' }, 0, 1);
    assert.equal(kinds(next.effects), 'poll send:up+poll');
    const [said] = sent(next.effects);
    assert.deepEqual([said?.desiredMinTxUs, said?.requiredMinRxUs], [500 * MS, 20 * MS]);
    assert.deepEqual([next.session.paceTxUs, next.session.watchRxUs], [60 * MS, 50 * MS]);
    const done = hear(next.session, { state: 'up', final: true }, 1, slower).session;
    assert.deepEqual([done.paceTxUs, done.watchRxUs], [500 * MS, 20 * MS]);
  });

  it('reconfigured: faster sending and looser watching at once', () => {
    const faster = { ...params, minTxUs: 10 * MS, minRxUs: 200 * MS };
    const next = step(faster, up(), { type: 'reconfigured' }, 0, 1).session;
    assert.deepEqual([next.paceTxUs, next.watchRxUs], [10 * MS, 200 * MS]);
  });

  it('reconfigured: down needs no poll, and a new multiplier none either', () => {
    assert.equal(
      kinds(at(started({ ...params, minRxUs: 1 }), { type: 'reconfigured' }, 0).effects),
      'send:down',
    );
    assert.equal(
      kinds(step({ ...params, multiplier: 9 }, up(), { type: 'reconfigured' }, 0, 1).effects),
      'send:up',
    );
  });
});

describe('shutdown', () => {
  it('is said with diagnostic 7, and again', () => {
    const next = at(up(), { type: 'shutdown' }, 0);
    assert.equal(kinds(next.effects), 'up>admin-down:shutdown send:admin-down');
    assert.deepEqual([sent(next.effects)[0]?.diag, sent(next.effects)[0]?.yourDiscriminator], [7, 77]);
    assert.equal(
      kinds(at(next.session, { type: 'timer' }, next.session.sendAtUs).effects),
      'send:admin-down',
    );
    assert.deepEqual(at(next.session, { type: 'shutdown' }, 0).effects, []);
    assert.deepEqual(at(next.session, { type: 'reconfigured' }, 0).effects, []);
  });
});
