/**
 * Runs notify scripts: those of one owner one at a time and in order, those of different owners side by side.
 * A script that hangs is told of, then left alone (keepalived would never have waited for it) and the queue goes on.
 * Every result goes to the sink, never from within `run`.
 */
import { assert } from '../../base/assert.ts';
import type { CommandChecker, HookPort, HookResult, HookRun, HookSink } from '../../ports/process.ts';
import type { Clock } from '../../ports/system.ts';
import type { Child, ChildEnd, Children } from './children.ts';
import { scriptEnvironment } from './environment.ts';
import { EMPTY_QUEUE, type HookQueue, push, take } from './hook-queue.ts';
import type { Turns } from './turns.ts';

export type HookDeps = {
  readonly checker: () => CommandChecker; // of the configuration in force
  readonly turns: Turns; // one for hooks and checks
  readonly children: Children;
  readonly clock: Clock;
  readonly sink: HookSink;
  /** Still running after `slowUs`; told once for each run. */
  readonly onSlow: (hook: HookRun, durationUs: number) => void;
  readonly environment: Readonly<Record<string, string | undefined>>; // the daemon's
  readonly ownUid: number;
  readonly slowUs?: number; // default 10 s
  readonly boundUs?: number; // default 60 s
  readonly killUs?: number; // SIGTERM to SIGKILL, default 2 s
};

type Running = {
  readonly hook: HookRun;
  child: Child | undefined; // undefined: waits for its turn to be started
  startedAtUs: number;
  slow: NodeJS.Timeout | undefined;
  bound: NodeJS.Timeout | undefined;
};

type Owner = {
  queue: HookQueue;
  running: Running | undefined;
  readonly abandoned: Child[]; // oldest first
};

type Settling = { readonly done: () => void; readonly half: NodeJS.Timeout; readonly end: NodeJS.Timeout };

const TAIL_LENGTH = 4096;
const MAX_ABANDONED = 4;
const DEFAULT_SLOW_US = 10_000_000;
const DEFAULT_BOUND_US = 60_000_000;
const DEFAULT_KILL_US = 2_000_000;

const NOTHING: Omit<HookResult, 'owner' | 'what' | 'state' | 'outcome'> = {
  exitCode: -1,
  signal: '',
  durationUs: 0,
  output: '',
  detail: '',
};

/** The event loop may end although this hook runs. */
function letGo(running: Running): void {
  running.child?.unref();
  running.slow?.unref();
  running.bound?.unref();
}

export class Hooks implements HookPort {
  readonly #deps: HookDeps;
  readonly #owners = new Map<string, Owner>();
  /** Started side by side in the second half of a stop. */
  readonly #loose = new Set<Running>();
  #pending = 0;
  #settling: Settling | undefined;

  constructor(deps: HookDeps) {
    this.#deps = deps;
  }

  run(hook: HookRun): void {
    const owner = this.#owner(hook.owner);
    const { queue, superseded } = push(owner.queue, hook);
    owner.queue = queue;
    this.#pending++;
    for (const old of superseded)
      this.#report(old, 'superseded', { ...NOTHING, detail: `by ${hook.what} ${hook.state}` });
    if (owner.running === undefined) this.#next(hook.owner, owner);
  }

  pendingCount(): number {
    return this.#pending;
  }

  settle(boundUs: number, done: () => void): void {
    assert(this.#settling === undefined, 'settle is called once');
    const halfMs = boundUs / 2000;
    const finish = (): void => this.#settled();
    this.#settling = {
      done,
      // A hook that hangs must not keep the STOP hooks behind it from running at all.
      half: setTimeout(() => this.#startAll(), halfMs),
      end: setTimeout(finish, boundUs / 1000),
    };
    if (this.#pending === 0) setImmediate(finish);
  }

  #settled(): void {
    const settling = this.#settling;
    if (settling === undefined) return;
    this.#settling = undefined;
    clearTimeout(settling.half);
    clearTimeout(settling.end);
    for (const { running } of this.#owners.values()) if (running !== undefined) letGo(running);
    for (const running of this.#loose) letGo(running);
    settling.done();
  }

  #startAll(): void {
    for (const owner of this.#owners.values()) {
      for (let taken = take(owner.queue); taken.hook !== undefined; taken = take(owner.queue)) {
        owner.queue = taken.queue;
        const running = this.#begin(taken.hook, owner);
        this.#loose.add(running);
      }
    }
  }

  #owner(name: string): Owner {
    let owner = this.#owners.get(name);
    if (owner === undefined) {
      owner = { queue: EMPTY_QUEUE, running: undefined, abandoned: [] };
      this.#owners.set(name, owner);
    }
    return owner;
  }

  #next(name: string, owner: Owner): void {
    const taken = take(owner.queue);
    owner.queue = taken.queue;
    if (taken.hook !== undefined) owner.running = this.#begin(taken.hook, owner);
    else if (owner.abandoned.length === 0 && this.#owners.get(name) === owner) this.#owners.delete(name);
  }

  #begin(hook: HookRun, owner: Owner): Running {
    const running: Running = { hook, child: undefined, startedAtUs: 0, slow: undefined, bound: undefined };
    this.#deps.turns.add(true, () => this.#launch(running, owner));
    return running;
  }

  /** The file is looked at when its turn comes: a script that was mended needs no reload. */
  #launch(running: Running, owner: Owner): void {
    const { hook } = running;
    const { clock, children, checker, environment, ownUid } = this.#deps;
    const prepared = checker().prepare(hook.command);
    if (!prepared.ok) {
      const detail = `${prepared.reason}; ${prepared.remedy}`;
      this.#finish(running, owner, 'not-started', { ...NOTHING, detail });
      return;
    }
    running.startedAtUs = clock.nowUs();
    running.slow = setTimeout(
      () => this.#deps.onSlow(hook, clock.nowUs() - running.startedAtUs),
      (this.#deps.slowUs ?? DEFAULT_SLOW_US) / 1000,
    );
    running.bound = setTimeout(
      () => this.#abandon(running, owner),
      (this.#deps.boundUs ?? DEFAULT_BOUND_US) / 1000,
    );
    running.child = children.start(
      {
        path: prepared.path,
        argv: [...prepared.argv, ...hook.extraArgv],
        uid: prepared.uid,
        gid: prepared.gid,
        environment: scriptEnvironment(environment, ownUid, prepared, hook.environment),
        tailLength: TAIL_LENGTH,
      },
      (end) => this.#ended(running, owner, end),
    );
  }

  #ended(running: Running, owner: Owner, end: ChildEnd): void {
    const { child } = running;
    const index = child === undefined ? -1 : owner.abandoned.indexOf(child);
    if (index !== -1) {
      owner.abandoned.splice(index, 1);
      if (owner.running === undefined) this.#next(running.hook.owner, owner);
      return;
    }
    const { outcome, exitCode, signal, durationUs, output, detail } = end;
    this.#finish(running, owner, outcome, { exitCode, signal, durationUs, output, detail });
  }

  #abandon(running: Running, owner: Owner): void {
    const { child } = running;
    if (child === undefined) return;
    child.unref();
    owner.abandoned.push(child);
    for (const old of owner.abandoned.slice(0, -MAX_ABANDONED)) this.#kill(old);
    this.#finish(running, owner, 'abandoned', {
      ...NOTHING,
      durationUs: this.#deps.clock.nowUs() - running.startedAtUs,
      output: child.output(),
      detail: 'still running; left alone',
    });
  }

  #kill(child: Child): void {
    child.signal('SIGTERM');
    setTimeout(() => child.signal('SIGKILL'), (this.#deps.killUs ?? DEFAULT_KILL_US) / 1000).unref();
  }

  #finish(
    running: Running,
    owner: Owner,
    outcome: HookResult['outcome'],
    rest: Omit<HookResult, 'owner' | 'what' | 'state' | 'outcome'>,
  ): void {
    clearTimeout(running.slow);
    clearTimeout(running.bound);
    this.#loose.delete(running);
    if (owner.running === running) {
      owner.running = undefined;
      this.#next(running.hook.owner, owner);
    }
    this.#report(running.hook, outcome, rest);
  }

  #report(
    hook: HookRun,
    outcome: HookResult['outcome'],
    rest: Omit<HookResult, 'owner' | 'what' | 'state' | 'outcome'>,
  ): void {
    const { owner, what, state } = hook;
    setImmediate(() => {
      this.#pending--;
      this.#deps.sink({ owner, what, state, outcome, ...rest });
      if (this.#pending === 0) this.#settled();
    });
  }
}
