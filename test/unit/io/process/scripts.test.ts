import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { after, describe, it } from 'node:test';
import { Scripts } from '../../../../src/io/process/scripts.ts';
import type { ScriptConfig, ScriptResult } from '../../../../src/ports/process.ts';
import { alive, checker, clock, commandOf, UID, until, Workshop } from './support.ts';

const opened: Workshop[] = [];
after(() => {
  for (const w of opened) w.remove();
});

type Bench = {
  readonly shop: Workshop;
  readonly scripts: Scripts;
  readonly results: ScriptResult[];
  one(): Promise<ScriptResult>;
};

function bench(
  options: Partial<ConstructorParameters<typeof Scripts>[0]> = {},
  childDeps: ConstructorParameters<typeof Workshop>[0] = {},
): Bench {
  const shop = new Workshop(childDeps);
  opened.push(shop);
  const results: ScriptResult[] = [];
  const scripts = new Scripts({
    checker: () => checker(),
    turns: shop.turns,
    children: shop.children,
    clock,
    sink: (r) => results.push(r),
    environment: process.env,
    ownUid: UID,
    killUs: 300_000,
    ...options,
  });
  return {
    shop,
    scripts,
    results,
    one: async () => {
      await until('a result', () => results.length > 0);
      const [first] = results.splice(0, 1);
      assert.ok(first);
      return first;
    },
  };
}

const config = (argv: readonly string[], more: Partial<ScriptConfig> = {}): ScriptConfig => ({
  name: 'chk',
  command: commandOf(...argv),
  intervalUs: 1_000_000,
  timeoutUs: 5_000_000,
  weight: 0,
  reverse: false,
  rise: 1,
  fall: 1,
  initFail: false,
  ...more,
});

describe('io/process/scripts: results', () => {
  it('success, failure, signal', async () => {
    const b = bench();
    const path = b.shop.script('x', 'echo "$1"; [ "$1" = kill ] && kill -15 $$; exit "$1"');
    b.scripts.run(config([path, '0']));
    const good = await b.one();
    assert.deepEqual(
      [good.script, good.ok, good.exitCode, good.timedOut, good.inconclusive, good.output, good.detail],
      ['chk', true, 0, false, false, '0\n', ''],
    );
    b.scripts.run(config([path, '3']));
    const bad = await b.one();
    assert.deepEqual([bad.ok, bad.exitCode, bad.output], [false, 3, '3\n']);
    b.scripts.run(config([path, 'kill']));
    const killed = await b.one();
    assert.deepEqual([killed.ok, killed.exitCode, killed.timedOut], [false, -1, false]);
    assert.match(killed.detail, /SIGTERM/);
  });

  it('keeps the last 1,024 characters', async () => {
    const b = bench();
    b.scripts.run(config([b.shop.script('x', 'head -c 5000 /dev/zero | tr "\\0" ä; echo end')]));
    const { output } = await b.one();
    assert.equal(output.length, 1024);
    assert.ok(output.endsWith('end\n'));
  });

  it('a script that is not there is a failure', async () => {
    const b = bench();
    assert.equal(b.scripts.run(config(['/nonexistent/chk'])), true);
    assert.deepEqual(b.results, [], 'not told from within run()');
    const r = await b.one();
    assert.deepEqual([r.ok, r.inconclusive], [false, false]);
    assert.match(r.detail, /no such file/);
  });

  it('no process to be had says nothing about the service', async () => {
    const spawn = (): ChildProcess => {
      const child = Object.assign(new EventEmitter(), { pid: undefined });
      setImmediate(() => child.emit('error', Object.assign(new Error('x'), { code: 'EAGAIN' })));
      return child as unknown as ChildProcess;
    };
    const b = bench({}, { spawn });
    b.scripts.run(config(['/bin/true']));
    const r = await b.one();
    assert.deepEqual([r.ok, r.inconclusive], [false, true]);
    assert.equal(b.scripts.run(config(['/bin/true'])), true, 'not busy afterwards');
  });
});

describe('io/process/scripts: never twice at once', () => {
  it('busy while it runs, other scripts are not', async () => {
    const b = bench();
    const path = b.shop.script('x', 'sleep 0.2');
    assert.equal(b.scripts.run(config([path])), true);
    assert.equal(b.scripts.run(config([path])), false);
    assert.equal(b.scripts.run(config([path], { name: 'other' })), true);
    await until('both', () => b.results.length === 2);
    assert.equal(b.scripts.run(config([path])), true);
  });
});

describe('io/process/scripts: timeout', () => {
  it('SIGTERM to the whole group', async () => {
    const b = bench();
    const body = `sleep 30 & echo $! > ${b.shop.path('pid')}; echo waiting; wait`;
    b.scripts.run(config([b.shop.script('x', body)], { timeoutUs: 800_000 }));
    const r = await b.one();
    assert.deepEqual([r.ok, r.timedOut, r.exitCode, r.output], [false, true, -1, 'waiting\n']);
    assert.match(r.detail, /timed out after 0.8 s/);
    assert.ok(r.durationUs >= 800_000 && r.durationUs < 4_000_000);
    const pid = Number(b.shop.read('pid'));
    await until('the grandchild is gone', () => !alive(pid));
  });

  it('what of the group outlives its leader is killed', async () => {
    const b = bench();
    const stubborn = `(trap '' TERM; while :; do sleep 1; done) & echo $! > ${b.shop.path('pid')}; wait`;
    b.scripts.run(config([b.shop.script('x', stubborn)], { timeoutUs: 800_000 }));
    assert.equal((await b.one()).timedOut, true);
    const pid = Number(b.shop.read('pid'));
    await until('the grandchild is gone', () => !alive(pid));
  });

  it('a flood of output does not keep the JS thread busy', async () => {
    const b = bench();
    const before = process.cpuUsage();
    const from = performance.now();
    b.scripts.run(config([b.shop.script('x', 'exec yes')], { timeoutUs: 500_000 }));
    assert.equal((await b.one()).timedOut, true);
    const used = process.cpuUsage(before);
    assert.ok((used.user + used.system) / 1000 < (performance.now() - from) / 2);
  });

  it('a script that answers SIGTERM with 0 has still failed', async () => {
    const b = bench();
    b.scripts.run(
      config([b.shop.script('x', "trap 'exit 0' TERM; while :; do sleep 0.02; done")], {
        timeoutUs: 150_000,
      }),
    );
    const r = await b.one();
    assert.deepEqual([r.ok, r.timedOut], [false, true]);
  });

  it('one that ignores SIGTERM is told of at once, busy until SIGKILL', async () => {
    const b = bench({ killUs: 1_500_000 });
    const script = config(
      [b.shop.script('x', `trap '' TERM; echo $$ > ${b.shop.path('pid')}; while :; do sleep 1; done`)],
      { timeoutUs: 800_000 },
    );
    b.scripts.run(script);
    const r = await b.one();
    assert.ok(r.durationUs < 2_000_000, 'before SIGKILL');
    assert.equal(r.timedOut, true);
    assert.equal(b.scripts.run(script), false, 'still there');
    const pid = Number(b.shop.read('pid'));
    await until('SIGKILL', () => !alive(pid));
    await until('free again', () => b.scripts.run(config(['/bin/true'])));
    assert.equal((await b.one()).ok, true);
    assert.deepEqual(b.results, [], 'the killed run is told of once');
  });
});

describe('io/process/scripts: cancel', () => {
  it('ends the group and says nothing', async () => {
    const b = bench();
    b.scripts.run(config([b.shop.script('x', `echo $$ > ${b.shop.path('pid')}; sleep 30; :`)]));
    await until('it runs', () => b.shop.read('pid') !== '');
    b.scripts.cancel('chk');
    const pid = Number(b.shop.read('pid'));
    await until('it is gone', () => !alive(pid));
    await until('free again', () => b.scripts.run(config(['/bin/true'])));
    await b.one();
    assert.deepEqual(b.results, []);
  });

  it('the end of the daemon is the end of one that ignores SIGTERM', async () => {
    const b = bench();
    b.scripts.run(config([b.shop.script('x', `trap '' TERM; echo $$ > ${b.shop.path('pid')}; sleep 30; :`)]));
    await until('it runs', () => b.shop.read('pid') !== '');
    b.scripts.close();
    const pid = Number(b.shop.read('pid'));
    await until('it is gone', () => !alive(pid));
    assert.deepEqual(b.results, []);
  });

  it('one that waits for its turn never starts', async () => {
    const b = bench();
    const path = b.shop.script('x', `echo ran >> ${b.shop.path('log')}`);
    for (const name of ['a', 'b', 'c']) b.scripts.run(config([path], { name }));
    b.scripts.cancelAll();
    assert.equal(b.scripts.run(config(['/bin/true'], { name: 'a' })), true);
    await b.one();
    assert.equal(b.shop.read('log'), '');
  });

  it('is harmless for a script that does not run', () => bench().scripts.cancel('nothing'));
});

describe('io/process/scripts: </file', () => {
  it('succeeds when the file can be opened', async () => {
    const b = bench({}, { openPipe: () => assert.fail('no process is started') });
    b.scripts.run(config([`<${b.shop.script('x', '')}`]));
    assert.deepEqual(b.results, []);
    assert.equal((await b.one()).ok, true);
    b.scripts.run(config(['</nonexistent/x']));
    const r = await b.one();
    assert.deepEqual([r.ok, r.exitCode], [false, 2]); // keepalived: exited with status 2, ENOENT
    assert.match(r.detail, /\/nonexistent\/x: ENOENT/);
  });

  it('does not wait for a writer of a FIFO', async () => {
    const b = bench();
    execFileSync('mkfifo', [b.shop.path('fifo')]);
    b.scripts.run(config([`<${b.shop.path('fifo')}`]));
    assert.equal((await b.one()).ok, true);
  });

  it('a file system that hangs is a timeout, then busy', async () => {
    let answer: ((e: NodeJS.ErrnoException | null) => void) | undefined;
    const b = bench({
      openFile: (_, done) => {
        answer = done;
      },
    });
    const script = config(['</mnt/dead/x'], { timeoutUs: 50_000 });
    b.scripts.run(script);
    const r = await b.one();
    assert.deepEqual([r.ok, r.timedOut], [false, true]);
    assert.equal(b.scripts.run(script), false);
    answer?.(null);
    assert.equal(b.scripts.run(script), true);
    assert.deepEqual(b.results, [], 'the late answer is not told');
    answer?.(null);
    assert.equal((await b.one()).ok, true);
  });

  it('prepare tells what run would do', () => {
    const b = bench();
    const file = b.scripts.prepare(config(['</etc/x']));
    assert.ok(file.ok);
    assert.deepEqual([file.path, file.argv], ['/etc/x', []]);
    const gone = b.scripts.prepare(config(['/nonexistent/chk']));
    assert.equal(gone.ok, false);
  });
});
