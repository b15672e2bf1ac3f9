import assert from 'node:assert/strict';
import { type ChildProcess, spawn as realSpawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, describe, it } from 'node:test';
import { Hooks } from '../../../../src/io/process/hooks.ts';
import { PathCommandChecker } from '../../../../src/io/process/security.ts';
import { native } from '../../../../src/native.ts';
import type { HookResult, HookRun } from '../../../../src/ports/process.ts';
import { alive, checker, clock, commandOf, NOT_ROOT, UID, until, Workshop } from './support.ts';

const opened: Workshop[] = [];
after(() => {
  for (const w of opened) w.remove();
});

type Bench = {
  readonly shop: Workshop;
  readonly hooks: Hooks;
  readonly results: HookResult[];
  readonly slow: string[];
  run(what: string, argv: readonly string[], more?: Partial<HookRun>): void;
  result(what: string): HookResult;
  settled(count: number): Promise<void>;
};

function bench(
  options: Partial<ConstructorParameters<typeof Hooks>[0]> = {},
  childDeps: ConstructorParameters<typeof Workshop>[0] = {},
): Bench {
  const shop = new Workshop(childDeps);
  opened.push(shop);
  const results: HookResult[] = [];
  const slow: string[] = [];
  const hooks = new Hooks({
    checker: () => checker(),
    turns: shop.turns,
    children: shop.children,
    clock,
    sink: (r) => results.push(r),
    onSlow: (h) => slow.push(h.what),
    environment: process.env,
    ownUid: UID,
    ...options,
  });
  return {
    shop,
    hooks,
    results,
    slow,
    run: (what, argv, more = {}) =>
      hooks.run({
        owner: 'INSTANCE V',
        state: 'MASTER',
        what,
        command: commandOf(...argv),
        extraArgv: [],
        environment: {},
        keep: false,
        ...more,
      }),
    result: (what) => {
      const found = results.find((r) => r.what === what);
      assert.ok(found, `no result of ${what}`);
      return found;
    },
    settled: (count) => until(`${count} results, have ${results.length}`, () => results.length >= count),
  };
}

describe('io/process/hooks: one run', () => {
  it('gives argv exactly as keepalived does', async () => {
    const b = bench();
    const path = b.shop.script('show', 'printf "[%s]" "$0" "$@"');
    b.run('notify', [path, 'a b', '', "it's"], { extraArgv: ['INSTANCE', 'V', 'MASTER', '100'] });
    await b.settled(1);
    assert.equal(b.result('notify').output, `[${path}][a b][][it's][INSTANCE][V][MASTER][100]`);
    assert.equal(b.result('notify').outcome, 'exited');
    assert.equal(b.result('notify').exitCode, 0);
    assert.ok(b.result('notify').durationUs > 0);
  });

  it('starts nothing within run()', async () => {
    const b = bench();
    b.run('x', ['/bin/true']);
    assert.deepEqual(b.results, []);
    assert.equal(b.hooks.pendingCount(), 1);
    await b.settled(1);
    assert.equal(b.hooks.pendingCount(), 0);
  });

  it('tells exit codes and signals', async () => {
    const b = bench();
    b.run('code', [b.shop.script('code', 'exit 7')], { owner: 'A' });
    b.run('kill', [b.shop.script('kill', 'kill -9 $$')], { owner: 'B' });
    await b.settled(2);
    assert.deepEqual(
      [b.result('code').outcome, b.result('code').exitCode, b.result('code').signal],
      ['exited', 7, ''],
    );
    assert.deepEqual(
      [b.result('kill').outcome, b.result('kill').exitCode, b.result('kill').signal],
      ['signalled', -1, 'SIGKILL'],
    );
  });

  it('runs a script without #! by sh', async () => {
    const b = bench();
    b.run('x', [b.shop.script('bare', 'echo "bare $1"', ''), 'word']);
    await b.settled(1);
    assert.equal(b.result('x').output, 'bare word\n');
  });

  it('output is a pipe that a script can open again, in the order written', async () => {
    const b = bench();
    b.run('x', [b.shop.script('x', 'echo 1; echo 2 >&2; echo 3 > /dev/stderr; echo 4 > /dev/stdout')]);
    await b.settled(1);
    assert.equal(b.result('x').output, '1\n2\n3\n4\n');
  });

  it('a missing interpreter is told as such', async () => {
    const b = bench();
    b.run('x', [b.shop.script('x', 'exit 0', '#!/bin/sh\r\n')]);
    await b.settled(1);
    assert.equal(b.result('x').outcome, 'not-started');
    assert.match(b.result('x').detail, /ENOENT \(the interpreter .*carriage return/);
  });
});

describe('io/process/hooks: what a script finds', () => {
  it('has a group of its own, / as folder, an empty stdin', async () => {
    const b = bench();
    b.run('x', [
      b.shop.script('x', 'cat; pwd; readlink /proc/$$/fd/0; set -- $(cat /proc/$$/stat); echo $(($1 - $5))'),
    ]);
    await b.settled(1);
    assert.equal(b.result('x').output, '/\n/dev/null\n0\n');
  });

  const { closeOnExecFrom } = native();
  const noRaw =
    NOT_ROOT || (typeof closeOnExecFrom === 'function' ? false : 'needs closeOnExecFrom of the addon');
  it('inherits no descriptor but 0, 1 and 2, though raw sockets lack close-on-exec', {
    skip: noRaw,
  }, async () => {
    const { createSocket } = createRequire(import.meta.url)('raw-socket') as {
      createSocket(options: { protocol: number }): { close(): void };
    };
    const raw = createSocket({ protocol: 112 });
    try {
      const leaky = bench();
      leaky.run('x', ['/bin/ls', '/proc/self/fd']);
      await leaky.settled(1);
      assert.notEqual(leaky.result('x').output, '0\n1\n2\n3\n', 'this test could not fail');
      const b = bench({}, { beforeSpawn: () => closeOnExecFrom(3) });
      b.run('x', ['/bin/ls', '/proc/self/fd']);
      await b.settled(1);
      assert.equal(b.result('x').output, '0\n1\n2\n3\n'); // 3: the folder that ls reads
    } finally {
      raw.close();
    }
  });

  it('cleans the environment and adds VIPD_*', async () => {
    const b = bench({
      environment: {
        PATH: '/usr/bin:/bin',
        HOME: '/home/x',
        KEEP: 'me',
        IFS: ',',
        LD_PRELOAD: '',
        LD_LIBRARY_PATH: '/x',
        NOTIFY_SOCKET: '/run/x',
        WATCHDOG_USEC: '1',
        VIPD_TOKEN: 'secret',
        NODE_OPTIONS: '--no-warnings',
      },
    });
    b.run('x', ['/usr/bin/env'], { environment: { VIPD_REASON: 'master-silent', LD_PRELOAD: '/evil.so' } });
    await b.settled(1);
    const names = b.result('x').output.trim().split('\n').sort();
    assert.deepEqual(names, [
      'HOME=/home/x',
      'KEEP=me',
      `LOGNAME=${UID}`,
      'PATH=/usr/bin:/bin',
      `USER=${UID}`,
      'VIPD_REASON=master-silent',
    ]);
  });

  it('switches user and group and drops supplementary groups', { skip: NOT_ROOT }, async () => {
    const nobody = native().lookupUser('nobody');
    assert.ok(nobody);
    const b = bench({
      checker: () =>
        new PathCommandChecker({ scriptUser: 'nobody', scriptSecurity: true }, { accounts: native() }),
    });
    b.run('x', [b.shop.script('x', 'id -u; id -G; echo "$HOME $USER"')]);
    await b.settled(1);
    assert.equal(b.result('x').output, `${nobody.uid}\n${nobody.gid}\n${nobody.home} nobody\n`);
  });
});

describe('io/process/hooks: order', () => {
  it('one owner in turn, two owners side by side', async () => {
    const b = bench();
    const path = b.shop.script(
      'step',
      `echo "$1 begins" >> log; sleep 0.4; echo "$1 ends" >> log`.replaceAll('log', b.shop.path('log')),
    );
    b.run('first', [path, 'first']);
    b.run('second', [path, 'second']);
    b.run('other', [path, 'other'], { owner: 'INSTANCE W' });
    await b.settled(3);
    const log = b.shop.read('log').trim().split('\n');
    const at = (line: string): number => log.indexOf(line);
    assert.equal(log.length, 6);
    assert.ok(at('first ends') < at('second begins'));
    assert.ok(at('other begins') < at('first ends'), 'owners do not wait for each other');
  });

  it('a newer transition supersedes queued ones, whole', async () => {
    const b = bench();
    const path = b.shop.script('step', `sleep 0.1; echo "$1" >> ${b.shop.path('log')}`);
    b.run('notify_master', [path, 'm'], { state: 'MASTER' });
    await until('the first begins', () => b.hooks.pendingCount() === 1);
    for (const state of ['BACKUP', 'FAULT'])
      for (const what of ['specific', 'generic'])
        b.run(`${what} ${state}`, [path, `${what} ${state}`], { state });
    await b.settled(5);
    assert.deepEqual(b.shop.read('log').trim().split('\n'), ['m', 'specific FAULT', 'generic FAULT']);
    assert.equal(b.result('specific BACKUP').outcome, 'superseded');
    assert.equal(b.result('generic BACKUP').outcome, 'superseded');
    assert.match(b.result('generic BACKUP').detail, /FAULT/);
  });

  it('what cannot be started does not stop the queue', async () => {
    const b = bench();
    b.run('missing', ['/nonexistent/notify.sh']);
    b.run('next', ['/bin/true']);
    await b.settled(2);
    assert.equal(b.result('missing').outcome, 'not-started');
    assert.match(b.result('missing').detail, /\/nonexistent.*no such file/);
    assert.equal(b.result('next').outcome, 'exited');
  });
});

describe('io/process/hooks: scripts that misbehave', () => {
  it('a script that hangs is told of, abandoned, and the queue goes on', async () => {
    const b = bench({ slowUs: 100_000, boundUs: 400_000 });
    b.run('hang', [b.shop.script('hang', `echo $$ > ${b.shop.path('pid')}; exec sleep 30`)]);
    b.run('next', ['/bin/true']);
    await b.settled(2);
    assert.equal(b.slow.filter((what) => what === 'hang').length, 1);
    assert.equal(b.result('hang').outcome, 'abandoned');
    assert.ok(b.result('hang').durationUs >= 399_000);
    await until('it wrote its number', () => b.shop.read('pid').endsWith('\n'));
    const pid = Number(b.shop.read('pid'));
    assert.ok(alive(pid), 'left running, as keepalived would leave it');
    process.kill(-pid, 'SIGKILL');
    await until('it is gone', () => !alive(pid));
  });

  it('the fifth abandoned one of an owner kills the oldest, even if it ignores SIGTERM', async () => {
    const b = bench({ boundUs: 300_000, killUs: 150_000 });
    const path = b.shop.script(
      'hang',
      `trap '' TERM; echo $$ > ${b.shop.path('pid')}$1; while :; do sleep 1; done`,
    );
    for (let i = 0; i < 5; i++) {
      b.run(`h${i}`, [path, String(i)]);
      if (i % 2 === 0) await b.settled(i + 1); // with and without another one waiting behind it
    }
    // The oldest may have been killed before it wrote its number; the others write it sooner or later.
    await until('numbers', () => [1, 2, 3, 4].every((i) => b.shop.read(`pid${i}`).endsWith('\n')));
    const pids = [0, 1, 2, 3, 4].map((i) => Number(b.shop.read(`pid${i}`)));
    assert.notEqual(pids[0], 0, 'the oldest had 1.5 s');
    try {
      await until('the oldest is killed', () => !alive(pids[0] as number));
      assert.deepEqual(pids.slice(1).map(alive), [true, true, true, true]);
    } finally {
      for (const pid of pids.slice(1)) process.kill(-pid, 'SIGKILL');
    }
    await until('all are gone', () => !pids.some(alive));
  });

  it('10 MB of output are read and the end is kept', async () => {
    const b = bench();
    b.run('x', [b.shop.script('x', 'head -c 10000000 /dev/zero | tr "\\0" x; echo; echo the end')]);
    await b.settled(1);
    assert.equal(b.result('x').exitCode, 0);
    assert.equal(b.result('x').output.length, 4096);
    assert.match(b.result('x').output, /^x+\nthe end\n$/);
  });

  it('a grandchild that holds the pipe does not keep the hook running, and is not killed by SIGPIPE', async () => {
    const b = bench();
    b.run('x', [
      b.shop.script(
        'x',
        `(sleep 2; echo late; echo late; echo alive > ${b.shop.path('log')}) & echo out; exit 3`,
      ),
    ]);
    const from = performance.now();
    await b.settled(1);
    assert.ok(performance.now() - from < 1800, 'told before the grandchild ended');
    assert.equal(b.result('x').exitCode, 3);
    assert.equal(b.result('x').output, 'out\n');
    assert.equal(b.shop.children.lingeringCount(), 1);
    await until('the grandchild wrote', () => b.shop.read('log') === 'alive\n');
    await until('its pipe is closed', () => b.shop.children.lingeringCount() === 0);
  });
});

describe('io/process/hooks: starting fails', () => {
  const failing = (code: string): (() => ChildProcess) => {
    return () => {
      const child = Object.assign(new EventEmitter(), { pid: undefined, unref: (): void => undefined });
      setImmediate(() => child.emit('error', Object.assign(new Error(code), { code })));
      return child as unknown as ChildProcess;
    };
  };
  for (const code of ['EAGAIN', 'EACCES', 'ENOENT'])
    it(`${code} comes back as not-started`, async () => {
      const b = bench({}, { spawn: failing(code) });
      b.run('x', ['/bin/true']);
      await b.settled(1);
      assert.equal(b.result('x').outcome, 'not-started');
      assert.match(b.result('x').detail, new RegExp(`true: ${code}`));
    });

  it('an error thrown by spawn too', async () => {
    const b = bench(
      {},
      {
        spawn: () => {
          throw Object.assign(new Error('spawn EPERM'), { code: 'EPERM' });
        },
      },
    );
    b.run('x', ['/bin/true']);
    await b.settled(1);
    assert.match(b.result('x').detail, /EPERM/);
  });

  it('no descriptor left for the pipe', async () => {
    const b = bench(
      {},
      {
        openPipe: () => {
          throw Object.assign(new Error('pipe2'), { code: 'EMFILE' });
        },
      },
    );
    b.run('x', ['/bin/true']);
    await b.settled(1);
    assert.match(b.result('x').detail, /EMFILE/);
  });

  it('an argument with a NUL ends there, as in C', async () => {
    const b = bench();
    b.run('x', ['/bin/echo', 'a\0b', 'c']);
    await b.settled(1);
    assert.equal(b.result('x').output, 'a c\n');
  });
});

describe('io/process/hooks: stopping', () => {
  it('settle waits for what runs and what is queued', async () => {
    const b = bench();
    const path = b.shop.script('step', `sleep 0.1; echo "$1" >> ${b.shop.path('log')}`);
    b.run('s', [path, '1'], { state: 'STOP', keep: true });
    b.run('n', [path, '2'], { state: 'STOP', keep: true });
    let done = 0;
    b.hooks.settle(5_000_000, () => done++);
    await until('settled', () => done === 1);
    assert.equal(b.results.length, 2);
    assert.equal(b.shop.read('log'), '1\n2\n');
  });

  it('settle is done when nothing is pending', async () => {
    let done = 0;
    bench().hooks.settle(60_000_000, () => done++);
    assert.equal(done, 0);
    await until('settled', () => done === 1);
  });

  it('a hook that hangs keeps neither the STOP hook nor the daemon', async () => {
    const b = bench();
    b.run('hang', [b.shop.script('hang', `echo $$ > ${b.shop.path('pid')}; exec sleep 30`)]);
    await until('it hangs', () => b.shop.read('pid') !== '');
    b.run('stop', [b.shop.script('stop', `echo stopped > ${b.shop.path('log')}`)], {
      state: 'STOP',
      keep: true,
    });
    let done = 0;
    const from = performance.now();
    b.hooks.settle(2_000_000, () => done++);
    await until('settled', () => done === 1);
    assert.ok(performance.now() - from < 4000);
    assert.equal(b.shop.read('log'), 'stopped\n');
    const pid = Number(b.shop.read('pid'));
    assert.ok(alive(pid), 'what still runs is left alone');
    process.kill(-pid, 'SIGKILL');
    await until('it is gone', () => !alive(pid));
  });
});

it('io/process/hooks: 200 hooks leave no zombie, descriptor or listener', async () => {
  const made: ChildProcess[] = [];
  const b = bench(
    {},
    {
      spawn: (...args) => {
        const child = realSpawn(...args);
        made.push(child);
        return child;
      },
    },
  );
  const round = async (count: number): Promise<void> => {
    const target = b.results.length + count;
    for (let i = 0; i < count; i++) b.run(`h${i}`, ['/bin/true'], { owner: `O${i % 20}` });
    await b.settled(target);
    await until('pipes are closed', () => b.shop.children.lingeringCount() === 0);
  };
  await round(5);
  const before = readdirSync('/proc/self/fd').length;
  await round(200);
  assert.ok(b.results.every((r) => r.outcome === 'exited' && r.exitCode === 0));
  assert.ok(readdirSync('/proc/self/fd').length <= before + 2, 'descriptors');
  assert.equal(made.length, 205);
  const zombies = made.filter((c) => existsSync(`/proc/${c.pid}`));
  assert.deepEqual(
    zombies.map((c) => c.pid),
    [],
    'reaped',
  );
  assert.ok(made.every((c) => c.listenerCount('exit') === 0));
});
