/** Invariants of the machine over random parameters and random histories: what must hold whatever the world sends. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { deadlineUs, initialState, step } from '../../../src/vrrp/step.ts';
import type { Effect, Event, Params, State, StateName, Step } from '../../../src/vrrp/types.ts';
import { S } from './rows.ts';

const priority = fc.oneof(fc.integer({ min: 1, max: 254 }), fc.constantFrom(1, 100, 254));
const anyPriority = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(0, 100, 254, 255));
const interval = fc.constantFrom(10_000, 100_000, S, 5 * S, 40_950_000);
const pause = fc.constantFrom(0, 0, 1, S, 3 * S);

const params: fc.Arbitrary<Params> = fc.record(
  {
    vrid: fc.constant(51),
    version: fc.constantFrom<2 | 3>(2, 3),
    basePriority: fc.oneof(fc.constantFrom(100, 255), priority),
    adverIntUs: interval,
    downTimerAdverts: fc.constantFrom(1, 3, 100),
    preempt: fc.boolean(),
    preemptDelayUs: fc.constantFrom(0, 0, S, 7 * S),
    lowerPrioNoAdvert: fc.boolean(),
    higherPrioSendAdvert: fc.boolean(),
    garp: fc.record(
      {
        repeatCount: fc.constantFrom(0, 1, 5),
        delayUs: pause,
        refreshUs: pause,
        refreshRepeatCount: fc.constantFrom(0, 1),
        lowerPrioRepeatCount: fc.constantFrom(0, 5),
        lowerPrioDelayUs: pause,
      },
      { noNullPrototype: true },
    ),
    inGroup: fc.boolean(),
    expiredPriority: fc.constantFrom(0, 1, 254),
  },
  { noNullPrototype: true },
);

const adverts: fc.Arbitrary<Event> = fc.record(
  {
    type: fc.constant('advert' as const),
    priority: anyPriority,
    adverIntUs: interval,
    sourceOrder: fc.constantFrom<-1 | 0 | 1>(-1, 0, 1),
  },
  { noNullPrototype: true },
);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Event>({ type: 'timer' }) },
  { weight: 6, arbitrary: adverts },
  { weight: 2, arbitrary: priority.map((p): Event => ({ type: 'priority', priority: p })) },
  {
    weight: 8,
    arbitrary: fc.constantFrom<Event>(
      { type: 'startup', fault: false, notBeforeUs: 0 },
      { type: 'startup', fault: false, notBeforeUs: 20 * S },
      { type: 'startup', fault: true, notBeforeUs: 0 },
      { type: 'shutdown', lingerUs: 0 },
      { type: 'shutdown', lingerUs: S },
      { type: 'successor-announced' },
      { type: 'fault', byGroup: false },
      { type: 'fault', byGroup: true },
      { type: 'fault-cleared' },
      { type: 'address-deleted' },
      { type: 'group-master' },
      { type: 'group-backup' },
      { type: 'group-announce' },
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(priority, fc.boolean())
      .map(([p, addressesAdded]): Event => ({ type: 'reconfigured', priority: p, addressesAdded })),
  },
);
/** An event after so many microseconds; negative = exactly when the machine's own deadline comes, if it has one. */
const history = fc.array(fc.tuple(event, fc.oneof(fc.nat(5 * S), fc.constant(-1))), {
  minLength: 20,
  maxLength: 120,
});

type Look = {
  readonly p: Params;
  readonly e: Event;
  readonly nowUs: number;
  readonly before: State;
  readonly after: State;
  readonly effects: readonly Effect[];
};
type Memory = { held: boolean; told: StateName; seen: Set<string> };

function deepFreeze<T extends object>(value: T): T {
  for (const v of Object.values(value)) if (typeof v === 'object' && v !== null) deepFreeze(v as object);
  return Object.freeze(value);
}

/** Runs one history and shows every step to `check`. Owners get no priority events and stay owners, as core promises. */
function live(
  p: Params,
  events: readonly (readonly [Event, number])[],
  check: (look: Look, m: Memory) => void,
) {
  const m: Memory = { held: false, told: 'init', seen: new Set() };
  let state = deepFreeze(initialState(p.basePriority));
  let nowUs = 1;
  deepFreeze(p);
  for (const [raw, waitUs] of [
    [{ type: 'startup', fault: false, notBeforeUs: 0 } as Event, 0] as const,
    ...events,
  ]) {
    const e: Event =
      raw.type === 'reconfigured' && p.basePriority === 255 ? { ...raw, priority: 255 } : deepFreeze(raw);
    const dueUs = deadlineUs(state);
    nowUs = waitUs >= 0 ? nowUs + waitUs : Number.isFinite(dueUs) ? Math.max(nowUs, dueUs) : nowUs;
    const next: Step = step(p, state, e, nowUs);
    assert.deepEqual(step(p, state, e, nowUs), next, 'same arguments, same answer');
    check({ p, e, nowUs, before: state, after: next.state, effects: next.effects }, m);
    state = deepFreeze(next.state);
    m.seen.add(state.name);
  }
  return m;
}

const property = (name: string, check: (look: Look, m: Memory) => void) =>
  it(name, () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(params, history, (p, events) => {
        for (const s of live(p, events, check).seen) seen.add(s);
      }),
      { seed: 42, numRuns: 400 },
    );
    // A history that reaches no state proves nothing about it.
    assert.deepEqual([...seen].sort(), ['backup', 'fault', 'init', 'leaving', 'master']);
  });

const types = (effects: readonly Effect[]): readonly string[] => effects.map((f) => f.type);

property(
  'the addresses are wished for in MASTER and while leaving, nowhere else [RFC9568-6.4.2-01+] [RFC9568-6.4.2-02+] [RFC9568-6.4.3-01+] [RFC3768-6.4.2-01+] [RFC3768-6.4.3-01+]',
  (look, m) => {
    for (const f of look.effects) if (f.type === 'addresses') m.held = f.want === 'present';
    assert.equal(m.held, look.after.name === 'master' || look.after.name === 'leaving');
  },
);

property('transitions form a chain, one for each change that is published', (look, m) => {
  for (const f of look.effects) {
    if (f.type !== 'transition') continue;
    assert.equal(f.from, m.told);
    assert.notEqual(f.to, f.from);
    m.told = f.to;
  }
  const silent = look.after.name === 'backup' && look.after.unannounced;
  assert.equal(m.told, silent ? 'init' : look.after.name);
});

property(
  'deadlines: finite where something is awaited, ahead of a served timer, none put into the past',
  (look) => {
    const { before, after, nowUs, e } = look;
    const dueUs = deadlineUs(after);
    assert.equal(Number.isFinite(dueUs), after.name !== 'init' && after.name !== 'fault');
    if (e.type === 'timer')
      assert.ok(dueUs > nowUs, 'a timer that leaves its deadline behind spins for ever');
    else assert.ok(dueUs >= Math.min(deadlineUs(before), nowUs));
    if (after.name === 'master') assert.ok(after.adverAtUs <= nowUs + look.p.adverIntUs);
  },
);

property(
  'a MASTER restarts its advert timer when, and only when, it sent an advert',
  ({ before, after, effects, p, nowUs }) => {
    if (before.name !== 'master' || after.name !== 'master') return;
    const sent = types(effects).includes('send-advert');
    assert.equal(after.adverAtUs, sent ? nowUs + p.adverIntUs : before.adverAtUs);
  },
);

property(
  'adverts: own priority as MASTER, 0 on the way out, none from anywhere else [RFC9568-5.2.4-03+]',
  ({ before, after, effects }) => {
    for (const f of effects) {
      if (f.type !== 'send-advert') continue;
      if (f.priority === 0) assert.ok(before.name === 'master' && after.name !== 'master');
      else if (after.name === 'master') assert.equal(f.priority, after.priority);
      else assert.ok(before.name === 'master' && f.priority === before.priority);
    }
    if (effects.some((f) => f.type === 'announce')) assert.equal(after.name, 'master');
  },
);

property('order of effects', ({ before, after, effects }) => {
  const order = types(effects).filter((t) => t !== 'note');
  const rises = before.name !== 'master' && after.name === 'master';
  if (rises) {
    const want = ['send-advert', 'addresses', 'announce', 'transition'];
    assert.deepEqual(order.length === 3 ? want.toSpliced(2, 1) : want, order);
  }
  const held = (s: State) => s.name === 'master' || s.name === 'leaving';
  if (held(before) && !held(after)) {
    assert.deepEqual(order.slice(-3), ['forget-announcements', 'addresses', 'transition']);
    for (const t of order.slice(0, -3)) assert.equal(t, 'send-advert');
  }
});

property('INIT and FAULT do nothing until they are left', ({ before, e, effects, after }) => {
  if (before.name === 'init' && e.type !== 'startup') assert.deepEqual([effects, after.name], [[], 'init']);
  if (before.name === 'fault' && e.type !== 'fault-cleared' && e.type !== 'shutdown')
    assert.deepEqual([effects, after.name], [[], 'fault']);
});

property(
  'numbers are numbers, priorities are 1..255, an owner stands at 254 or 255 [RFC9568-5.2.4-02+]',
  ({ p, after }) => {
    for (const [key, value] of Object.entries(after)) assert.ok(!Number.isNaN(value), key);
    assert.ok(after.priority >= 1 && after.priority <= (p.basePriority === 255 ? 255 : 254));
    if (p.basePriority === 255) assert.ok(after.priority >= 254);
    if (after.name === 'master' && p.basePriority === 255) assert.equal(after.priority, 255);
  },
);

property(
  'no MASTER before the end of the start-up delay, unless the group or a reload says so',
  (look, m) => {
    if (look.before.name !== 'backup' || look.after.name !== 'master') return;
    if (look.e.type === 'timer') assert.ok(look.nowUs >= look.before.notBeforeUs, m.told);
  },
);
