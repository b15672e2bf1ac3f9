import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  initialScript,
  type ScriptEvent,
  type ScriptParams,
  type ScriptState,
  scriptDeadlineUs,
  stepScript,
} from '../../../src/track/script.ts';

const S = 1_000_000;
const params = (p: Partial<ScriptParams> = {}): ScriptParams => ({
  intervalUs: S,
  rise: 1,
  fall: 1,
  initFail: false,
  ...p,
});
const OK: ScriptEvent = { type: 'result', ok: true, timedOut: false, inconclusive: false };
const BAD: ScriptEvent = { type: 'result', ok: false, timedOut: false, inconclusive: false };
const LATE: ScriptEvent = { type: 'result', ok: false, timedOut: true, inconclusive: false };
const NONE: ScriptEvent = { type: 'result', ok: false, timedOut: false, inconclusive: true };
const BUSY: ScriptEvent = { type: 'busy' };

/** Runs once for each letter: o success, x failure, t timeout, i inconclusive, b busy; gives the status after each. */
function history(p: ScriptParams, letters: string): string {
  const events: Record<string, ScriptEvent> = { o: OK, x: BAD, t: LATE, i: NONE, b: BUSY };
  let state = initialScript(p, 0);
  let out = '';
  for (const letter of letters) {
    const nowUs = scriptDeadlineUs(state);
    const run = stepScript(p, state, { type: 'timer' }, nowUs);
    assert.deepEqual(run.effects, [{ type: 'run' }]);
    const event = events[letter];
    assert.ok(event);
    const step = stepScript(p, run.state, event, nowUs + 1000);
    const changed = step.state.status !== state.status;
    assert.equal(step.effects.length, changed ? 1 : 0, 'told exactly when it changes');
    if (changed)
      assert.deepEqual(step.effects, [{ type: 'status', status: step.state.status, first: !state.known }]);
    state = step.state;
    out += { init: '?', up: 'U', down: 'D' }[state.status];
  }
  return out;
}

describe('track/script: rise and fall', () => {
  const rows: readonly (readonly [string, Partial<ScriptParams>, string, string])[] = [
    ['init/one success is enough, whatever rise is', { rise: 3 }, 'oo', 'UU'],
    ['init/one failure confirms, whatever fall is', { fall: 3 }, 'x', 'D'],
    ['init/init_fail starts down, one success is enough', { rise: 3, initFail: true }, 'o', 'U'],
    ['init/init_fail, after a failure rise counts', { rise: 3, initFail: true }, 'xooo', 'DDDU'],
    ['init/init_fail and failure stays down', { initFail: true }, 'x', 'D'],
    ['up/fall 1', {}, 'ox', 'UD'],
    ['up/fall 3', { fall: 3 }, 'oxxx', 'UUUD'],
    ['up/fall 3, a success in between starts again', { fall: 3 }, 'oxxoxxx', 'UUUUUUD'],
    ['down/rise 3', { rise: 3 }, 'xooo', 'DDDU'],
    ['down/rise 3, a failure in between starts again', { rise: 3 }, 'xooxooo', 'DDDDDDU'],
    ['timeout counts as failure', { fall: 2 }, 'ott', 'UUD'],
    ['init/timeout confirms', {}, 't', 'D'],
    ['inconclusive counts as nothing', { fall: 2 }, 'oxix', 'UUUD'],
    ['init/inconclusive stays init', {}, 'ii', '??'],
    ['busy after a timeout counts as failure', { fall: 3 }, 'otbb', 'UUUD'],
    ['busy without one counts as nothing', {}, 'ob', 'UU'],
  ];
  for (const [name, p, letters, expected] of rows)
    it(name, () => assert.equal(history(params(p), letters), expected));
});

describe('track/script: schedule', () => {
  const started = (p: ScriptParams, atUs: number): ScriptState =>
    stepScript(p, initialScript(p, atUs), { type: 'timer' }, atUs).state;

  it('init_fail is down before the first run', () =>
    assert.equal(initialScript(params({ initFail: true }), 0).status, 'down'));
  it('is due at once', () => assert.equal(scriptDeadlineUs(initialScript(params(), 7)), 7));
  it('waits for the result while it runs', () =>
    assert.equal(scriptDeadlineUs(started(params(), 0)), Number.POSITIVE_INFINITY));
  it('runs one interval after the last start', () =>
    assert.equal(scriptDeadlineUs(stepScript(params(), started(params(), 5 * S), OK, 5.2 * S).state), 6 * S));
  it('not before the last has ended', () =>
    assert.equal(scriptDeadlineUs(stepScript(params(), started(params(), 0), OK, 3 * S).state), 3 * S));
  it('ignores an early timer', () => {
    const waiting = stepScript(params(), started(params(), 0), OK, 100).state;
    assert.deepEqual(stepScript(params(), waiting, { type: 'timer' }, 500), { state: waiting, effects: [] });
  });
  it('never asks for a second run', () => {
    const running = started(params(), 0);
    assert.deepEqual(stepScript(params(), running, { type: 'timer' }, 9 * S).effects, []);
  });
  it('ignores a result that nobody waits for', () => {
    const idle = initialScript(params(), 0);
    assert.deepEqual(stepScript(params(), idle, BAD, 5), { state: idle, effects: [] });
    assert.deepEqual(stepScript(params(), idle, BUSY, 5), { state: idle, effects: [] });
  });
});

describe('track/script: reload', () => {
  const up = (): ScriptState => {
    const p = params();
    return stepScript(p, stepScript(p, initialScript(p, 0), { type: 'timer' }, 0).state, OK, 10).state;
  };
  it('keeps the result when the command is the same', () => {
    const step = stepScript(params(), up(), { type: 'reconfigured', sameCommand: true }, 20);
    assert.equal(step.state.status, 'up');
    assert.deepEqual(step.effects, []);
  });
  it('a shorter interval counts from now', () => {
    const p = params({ intervalUs: 100_000 });
    const step = stepScript(p, up(), { type: 'reconfigured', sameCommand: true }, 20);
    assert.equal(scriptDeadlineUs(step.state), 100_020);
  });
  it('does not start a second run beside the one going on', () => {
    const running = stepScript(params(), up(), { type: 'timer' }, 2 * S).state;
    const step = stepScript(params(), running, { type: 'reconfigured', sameCommand: true }, 2.1 * S);
    assert.deepEqual(step, { state: running, effects: [] });
  });
  it('starts again with another command', () => {
    const step = stepScript(params(), up(), { type: 'reconfigured', sameCommand: false }, 20);
    assert.equal(step.state.status, 'init');
    assert.equal(scriptDeadlineUs(step.state), 20);
    assert.deepEqual(step.effects, [{ type: 'status', status: 'init', first: false }]);
  });
});

it('track/script: any history keeps its invariants', () => {
  const event = fc.constantFrom<ScriptEvent>(
    { type: 'timer' },
    OK,
    BAD,
    LATE,
    NONE,
    BUSY,
    { type: 'reconfigured', sameCommand: true },
    { type: 'reconfigured', sameCommand: false },
  );
  const some = fc.record(
    { rise: fc.integer({ min: 1, max: 4 }), fall: fc.integer({ min: 1, max: 4 }), initFail: fc.boolean() },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(some, fc.array(fc.tuple(event, fc.nat(2 * S)), { maxLength: 60 }), (p, list) => {
      const all = params(p);
      let state = initialScript(all, 0);
      let nowUs = 0;
      for (const [e, waitUs] of list) {
        nowUs += waitUs;
        const before = state;
        const step = stepScript(all, state, e, nowUs);
        state = step.state;
        assert.equal(scriptDeadlineUs(state) === Number.POSITIVE_INFINITY, state.running);
        assert.ok(state.streak < Math.max(all.rise, all.fall));
        if (step.effects.some((x) => x.type === 'run')) assert.ok(!before.running && state.running);
        assert.equal(
          step.effects.filter((x) => x.type === 'status').length,
          before.status === state.status ? 0 : 1,
        );
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
