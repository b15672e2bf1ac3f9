/** The machine as a table: each state x event has its rows, each row the next state and the effects in order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deadlineUs, initialState, step } from '../../../src/vrrp/step.ts';
import type { Event, StateName } from '../../../src/vrrp/types.ts';
import { backupRows } from './backup.rows.ts';
import { idleRows } from './idle.rows.ts';
import { masterRows } from './master.rows.ts';
import { backup, fault, init, leaving, master, NEVER, params, type Row, S, say } from './rows.ts';

const rows: readonly Row[] = [...idleRows, ...backupRows, ...masterRows];
const STATES: readonly StateName[] = ['init', 'fault', 'backup', 'master', 'leaving'];
/** Named once more by hand: the compiler checks that no event is missing. */
const EVENTS: Readonly<Record<Event['type'], true>> = {
  startup: true,
  shutdown: true,
  timer: true,
  advert: true,
  'successor-announced': true,
  priority: true,
  fault: true,
  'fault-cleared': true,
  'address-deleted': true,
  reconfigured: true,
  stalled: true,
  'group-master': true,
  'group-backup': true,
  'group-announce': true,
  'lease-lost': true,
};

describe('step', () => {
  for (const row of rows) {
    it(row.name, () => {
      const { state, effects } = step({ ...params, ...row.p }, row.from, row.e, row.at ?? 5 * S);
      assert.deepEqual(effects.map(say), row.fx ?? []);
      assert.deepEqual(state, row.to);
    });
  }

  it('each state x event has a row, and no two rows one name', () => {
    const missing: string[] = [];
    for (const s of STATES)
      for (const e of Object.keys(EVENTS))
        if (!rows.some((r) => r.from.name === s && r.e.type === e)) missing.push(`${s}/${e}`);
    assert.deepEqual(missing, []);
    assert.equal(new Set(rows.map((r) => r.name)).size, rows.length);
    for (const r of rows) assert.ok(r.name.startsWith(`${r.from.name}/${r.e.type}`), r.name);
  });

  it('an event that means nothing returns the very same state', () => {
    assert.equal(step(params, backup, { type: 'group-backup' }, 0).state, backup);
    assert.equal(step(params, master, { type: 'timer' }, 0).state, master);
  });
});

describe('deadlineUs', () => {
  const cases = [
    ['init', init, NEVER],
    ['fault', fault, NEVER],
    ['backup', backup, 10 * S],
    ['leaving', leaving, 6 * S],
    ['master/advert', master, 5_500_000],
    ['master/second burst', { ...master, secondBurstAtUs: 3 * S }, 3 * S],
    ['master/refresh', { ...master, refreshAtUs: 2 * S }, 2 * S],
    ['master/lower priority burst', { ...master, lowerPrioBurstAtUs: 1 * S }, 1 * S],
  ] as const;
  for (const [name, state, want] of cases) it(name, () => assert.equal(deadlineUs(state), want));
});

it('initialState', () => assert.deepEqual(initialState(42), { name: 'init', priority: 42 }));
