/** Sync groups: rows for single calls, and whole groups of real machines run through core's loop in miniature. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type GroupCause,
  type GroupEffect,
  type GroupMember,
  type GroupState,
  groupStep,
} from '../../../src/vrrp/group.ts';
import { deadlineUs, initialState, step } from '../../../src/vrrp/step.ts';
import type { Effect, Event, Params, State, StateName } from '../../../src/vrrp/types.ts';
import { advert, params, S, say } from './rows.ts';

const member = (name: string, state: StateName, more: Partial<GroupMember> = {}): GroupMember => ({
  name,
  state,
  wantsMaster: false,
  ownFault: false,
  ...more,
});
const moved = (
  name: string,
  from: StateName,
  to: StateName,
  reason: 'higher-priority' | 'address-deleted' | 'group' | 'fault' = 'group',
): GroupCause => ({
  type: 'transition',
  member: name,
  from,
  to,
  reason,
});
const tell = (f: GroupEffect): string =>
  f.type === 'member'
    ? `${f.member}: ${f.event.type}${f.event.type === 'fault' && f.event.byGroup ? ' by group' : ''}`
    : `${f.from}>${f.to}`;

const rows: readonly {
  readonly name: string;
  readonly state: GroupState;
  readonly members: readonly GroupMember[];
  readonly cause: GroupCause;
  readonly fx: readonly string[];
}[] = [
  {
    name: 'wants-master/not agreed',
    state: 'backup',
    members: [member('a', 'backup', { wantsMaster: true }), member('b', 'backup')],
    cause: { type: 'wants-master', member: 'a' },
    fx: [],
  },
  {
    name: 'wants-master/agreed',
    state: 'backup',
    members: [member('a', 'backup', { wantsMaster: true }), member('b', 'backup', { wantsMaster: true })],
    cause: { type: 'wants-master', member: 'b' },
    fx: ['a: group-master', 'b: group-master'],
  },
  {
    name: 'wants-master/the others are MASTER already',
    state: 'backup',
    members: [member('a', 'backup', { wantsMaster: true }), member('b', 'master')],
    cause: { type: 'wants-master', member: 'a' },
    fx: ['a: group-master'],
  },
  {
    name: 'wants-master/one has not started',
    state: 'init',
    members: [member('a', 'backup', { wantsMaster: true }), member('b', 'init')],
    cause: { type: 'wants-master', member: 'a' },
    fx: [],
  },
  {
    name: 'wants-master/group of one',
    state: 'backup',
    members: [member('a', 'backup', { wantsMaster: true })],
    cause: { type: 'wants-master', member: 'a' },
    fx: ['a: group-master'],
  },
  {
    name: 'transition/the last one became MASTER',
    state: 'backup',
    members: [member('a', 'master'), member('b', 'master')],
    cause: moved('b', 'backup', 'master'),
    fx: ['backup>master'],
  },
  {
    name: 'transition/one yields, all yield',
    state: 'master',
    members: [member('a', 'backup'), member('b', 'master'), member('c', 'master')],
    cause: moved('a', 'master', 'backup', 'higher-priority'),
    fx: ['b: group-backup', 'c: group-backup'],
  },
  {
    name: 'transition/an address was deleted on one, all give up with priority 0',
    state: 'master',
    members: [member('a', 'backup'), member('b', 'master')],
    cause: moved('a', 'master', 'backup', 'address-deleted'),
    fx: ['b: address-deleted'],
  },
  {
    name: 'transition/fault of one',
    state: 'master',
    members: [member('a', 'fault', { ownFault: true }), member('b', 'master'), member('c', 'backup')],
    cause: moved('a', 'master', 'fault', 'fault'),
    fx: ['b: fault by group', 'c: fault by group'],
  },
  {
    name: 'transition/a late starter meets a faulty group',
    state: 'fault',
    members: [member('a', 'fault', { ownFault: true }), member('b', 'backup')],
    cause: moved('b', 'init', 'backup'),
    fx: ['b: fault by group'],
  },
  {
    name: 'transition/all in FAULT',
    state: 'master',
    members: [member('a', 'fault', { ownFault: true }), member('b', 'fault')],
    cause: moved('b', 'master', 'fault'),
    fx: ['master>fault'],
  },
  {
    name: 'faults-changed/another one is left',
    state: 'fault',
    members: [member('a', 'fault'), member('b', 'fault', { ownFault: true })],
    cause: { type: 'faults-changed', member: 'a' },
    fx: [],
  },
  {
    name: 'faults-changed/the last one ended: all come back',
    state: 'fault',
    members: [member('a', 'fault'), member('b', 'fault')],
    cause: { type: 'faults-changed', member: 'b' },
    fx: ['a: fault-cleared', 'b: fault-cleared'],
  },
  {
    name: 'faults-changed/nothing to do',
    state: 'master',
    members: [member('a', 'master'), member('b', 'master')],
    cause: { type: 'faults-changed', member: 'b' },
    fx: [],
  },
  {
    name: 'transition/stop',
    state: 'master',
    members: [member('a', 'init'), member('b', 'leaving')],
    cause: moved('b', 'master', 'leaving'),
    fx: ['master>init'],
  },
  {
    name: 'transition/one stopped, the other not yet',
    state: 'master',
    members: [member('a', 'init'), member('b', 'master')],
    cause: moved('a', 'master', 'init'),
    fx: [],
  },
  {
    name: 'lower-priority-received/the others announce too',
    state: 'master',
    members: [member('a', 'master'), member('b', 'master'), member('c', 'backup')],
    cause: { type: 'lower-priority-received', member: 'a' },
    fx: ['b: group-announce'],
  },
];

describe('groupStep', () => {
  for (const r of rows)
    it(r.name, () => {
      const { state, effects } = groupStep(r.state, r.members, r.cause);
      assert.deepEqual(effects.map(tell), r.fx);
      const last = effects.at(-1);
      assert.equal(state, last?.type === 'group-transition' ? last.to : r.state);
    });
});

/** Core in miniature: machines, own faults, one group, effects fed back in order; a bounded number of steps. */
class Group {
  nowUs = 0;
  state: GroupState = 'init';
  readonly log: string[] = [];
  readonly #p: Params = { ...params, inGroup: true };
  readonly #states = new Map<string, State>();
  readonly #faults = new Set<string>();
  #budget = 20_000;

  constructor(names: readonly string[]) {
    for (const n of names) this.#states.set(n, initialState(100));
  }
  names(): readonly string[] {
    return [...this.#states.keys()];
  }
  of(name: string): State {
    const s = this.#states.get(name);
    assert.ok(s);
    return s;
  }
  states(): readonly StateName[] {
    return [...this.#states.values()].map((s) => s.name);
  }
  startAll(): void {
    for (const n of this.names()) this.send(n, { type: 'startup', fault: false, notBeforeUs: 0 });
  }
  setFault(name: string, on: boolean): void {
    const had = this.#faults.has(name);
    if (on) this.#faults.add(name);
    else this.#faults.delete(name);
    if (had === on) return;
    if (on && this.of(name).name !== 'fault') this.send(name, { type: 'fault', byGroup: false });
    else this.#group({ type: 'faults-changed', member: name });
  }
  send(name: string, e: Event): void {
    assert.ok(this.#budget-- > 0, 'the group never settles');
    const next = step(this.#p, this.of(name), e, this.nowUs);
    this.#states.set(name, next.state);
    for (const f of next.effects) this.#effect(name, f);
  }
  advance(toUs: number): void {
    for (;;) {
      const [due, name] = this.names()
        .map((n): [number, string] => [deadlineUs(this.of(n)), n])
        .reduce((a, b) => (b[0] < a[0] ? b : a));
      if (due > toUs) break;
      this.nowUs = Math.max(this.nowUs, due);
      this.send(name, { type: 'timer' });
    }
    this.nowUs = toUs;
  }
  #effect(name: string, f: Effect): void {
    this.log.push(`${name} ${say(f)}`);
    if (f.type === 'transition')
      this.#group({ type: 'transition', member: name, from: f.from, to: f.to, reason: f.reason });
    else if (f.type === 'wants-master' || f.type === 'lower-priority-received')
      this.#group({ type: f.type, member: name });
  }
  #group(cause: GroupCause): void {
    const members = [...this.#states].map(([name, s]) =>
      member(name, s.name, {
        wantsMaster: s.name === 'backup' && s.wantsMaster,
        ownFault: this.#faults.has(name),
      }),
    );
    const next = groupStep(this.state, members, cause);
    this.state = next.state;
    for (const f of next.effects) {
      if (f.type === 'member') this.send(f.member, f.event);
      else this.log.push(tell(f));
    }
  }
}

describe('a group of two machines', () => {
  const raised = (): Group => {
    const g = new Group(['a', 'b']);
    g.startAll();
    g.advance(4 * S);
    return g;
  };

  it('becomes MASTER together, the group last', () => {
    const g = raised();
    assert.deepEqual([g.states(), g.state], [['master', 'master'], 'master']);
    assert.equal(g.log.at(-1), 'backup>master');
    assert.ok(g.log.indexOf('a wants-master') < g.log.indexOf('a advert 100'));
  });

  it('waits for the member that hears a master', () => {
    const g = new Group(['a', 'b']);
    g.startAll();
    for (let t = 1; t <= 10; t++) {
      g.advance(t * S);
      g.send('b', advert(200, 1));
    }
    assert.deepEqual(g.states(), ['backup', 'backup']);
    g.advance(13 * S + 609_374);
    assert.deepEqual(g.states(), ['backup', 'backup']);
    g.advance(13 * S + 609_375);
    assert.deepEqual(g.states(), ['master', 'master']);
  });

  it('yields together without priority 0', () => {
    const g = raised();
    g.send('a', advert(200, 1));
    assert.deepEqual([g.states(), g.state], [['backup', 'backup'], 'backup']);
    assert.ok(!g.log.some((l) => l.endsWith('advert 0')));
    assert.equal(g.log.at(-1), 'master>backup');
  });

  it('a fault takes all down with priority 0; recovery waits for the last fault', () => {
    const g = raised();
    g.setFault('a', true);
    assert.deepEqual([g.states(), g.state], [['fault', 'fault'], 'fault']);
    assert.equal(g.log.filter((l) => l === 'a advert 0').length, 2);
    assert.equal(g.log.filter((l) => l === 'b advert 0').length, 1);
    g.setFault('b', true);
    g.setFault('a', false);
    assert.deepEqual(g.states(), ['fault', 'fault']);
    g.setFault('b', false);
    assert.deepEqual([g.states(), g.state], [['backup', 'backup'], 'backup']);
    g.advance(g.nowUs + 4 * S);
    assert.equal(g.state, 'master');
  });

  it('an address deleted on one: both resign and are back after the skew', () => {
    const g = raised();
    g.send('a', { type: 'address-deleted' });
    assert.deepEqual(g.states(), ['backup', 'backup']);
    assert.ok(g.log.includes('b advert 0'));
    g.advance(g.nowUs + 609_375);
    assert.deepEqual(g.states(), ['master', 'master']);
  });
});

it('a group is never half MASTER for long and never stuck, whatever happens to its members', () => {
  const happening = fc.record(
    {
      what: fc.constantFrom('fault', 'clear', 'higher', 'lower', 'zero', 'deleted', 'wait'),
      who: fc.constantFrom('a', 'b', 'c'),
      waitUs: fc.nat(4 * S),
    },
    { noNullPrototype: true },
  );
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const g = new Group(['a', 'b', 'c']);
      g.startAll();
      for (const { what, who, waitUs } of happenings) {
        g.advance(g.nowUs + waitUs);
        if (what === 'fault' || what === 'clear') g.setFault(who, what === 'fault');
        if (what === 'higher') g.send(who, advert(200, 1));
        if (what === 'lower') g.send(who, advert(50, 1));
        if (what === 'zero') g.send(who, advert(0, 1));
        if (what === 'deleted') g.send(who, { type: 'address-deleted' });
        // Nothing is in flight between two happenings, so all members agree.
        assert.equal(new Set(g.states()).size, 1, g.states().join());
        assert.equal(g.state, g.states()[0]);
        seen.add(g.state);
      }
      for (const n of g.names()) g.setFault(n, false);
      g.advance(g.nowUs + 8 * S);
      assert.equal(g.state, 'master');
    }),
    { seed: 42, numRuns: 300 },
  );
  assert.deepEqual([...seen].sort(), ['backup', 'fault', 'master']);
});
