/** Sync groups and tracking under seeded faults; see groups.ts. `SEED=7` repeats one. Then cores with one part cut out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Files } from '../../src/core/files.ts';
import { Groups } from '../../src/core/groups.ts';
import { Interfaces } from '../../src/core/interfaces.ts';
import { Processes } from '../../src/core/processes.ts';
import { groupChaos } from './groups.ts';

const only = process.env['SEED'];
const SEEDS = Number(process.env['GROUP_SEEDS'] ?? (only === undefined ? 40 : 1));

it('after the last fault: one node has it all, the right one, and keeps it', () => {
  const first = Number(only ?? 1);
  let transitions = 0;
  for (let seed = first; seed < first + SEEDS; seed++) {
    const outcome = groupChaos(seed);
    transitions += outcome.transitions;
    assert.deepEqual(outcome.problems, [], `SEED=${seed}`);
  }
  assert.ok(transitions > 10 * SEEDS, `only ${transitions} changes: the histories are empty`);
});

type Cut = {
  readonly name: string;
  readonly of: object;
  readonly method: string;
  readonly instead: (...args: never[]) => unknown;
  readonly problem: RegExp;
};

const cuts: readonly Cut[] = [
  {
    name: 'the group is not told what becomes of a member',
    of: Groups.prototype,
    method: 'memberChanged',
    instead: () => undefined,
    problem: /group|agreement/,
  },
  {
    name: 'the group is not told that a fault is over',
    of: Groups.prototype,
    method: 'faultsChanged',
    instead: () => undefined,
    problem: /agreement/,
  },
  {
    name: 'nobody hears that a member wants to be master',
    of: Groups.prototype,
    method: 'wantsMaster',
    instead: () => undefined,
    problem: /agreement/,
  },
  {
    name: 'a tracked file is read at the start only',
    of: Files.prototype,
    method: 'onChange',
    instead: () => undefined,
    problem: /priority|agreement/,
  },
  {
    name: 'a number of processes is not taken over',
    of: Processes.prototype,
    method: 'onCount',
    instead: () => undefined,
    problem: /fault: the process/,
  },
  {
    name: 'interfaces are not tracked',
    of: Interfaces.prototype,
    method: 'trackedOf',
    instead: () => [],
    problem: /priority|agreement|address|group/,
  },
];

describe('the simulation of groups finds', () => {
  for (const cut of cuts)
    it(cut.name, (t) => {
      const whole = Object.getOwnPropertyDescriptor(cut.of, cut.method) as PropertyDescriptor;
      Object.defineProperty(cut.of, cut.method, { ...whole, value: cut.instead });
      try {
        for (let seed = 1; seed <= 60; seed++) {
          const found = groupChaos(seed).problems.find((text) => cut.problem.test(text));
          if (found === undefined) continue;
          t.diagnostic(`SEED=${seed} ${found}`);
          return;
        }
        assert.fail(`no seed shows ${cut.problem}`);
      } finally {
        Object.defineProperty(cut.of, cut.method, whole);
      }
    });
});
