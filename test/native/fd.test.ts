/** native/fd.c: bad arguments, and the life of a watch. Needs no privilege. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Native, native, type PollHandle } from '../../src/native.ts';

const NATIVE_MODULE = new URL('../../src/native.js', import.meta.url).href;
const n = native();
/** The addon without types: what a mistaken caller could hand it. */
const raw = n as unknown as Record<string, (...args: unknown[]) => unknown>;
const turn = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Waits for something that a callback of the loop brings about; 5 s at most. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await turn(5);
  assert.ok(condition(), 'it did not happen within 5 s');
}

/** A FIFO that is open both ways, so that it can be made readable and never ends. A test that fails leaves no watch. */
async function withFifo(
  body: (fd: number, path: string, watch: Native['pollStart']) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vipd-fd-'));
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const handles: PollHandle[] = [];
  try {
    await body(fd, path, (on, ready) => {
      const handle = n.pollStart(on, ready);
      handles.push(handle);
      return handle;
    });
  } finally {
    for (const handle of handles) n.pollStop(handle);
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

/** Runs a script that has `n`, the addon, in a process of its own. */
function run(script: string): { status: number | null; signal: NodeJS.Signals | null; output: string } {
  const text = `import { native } from ${JSON.stringify(NATIVE_MODULE)};\nconst n = native();\n${script}`;
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status: done.status, signal: done.signal, output: done.stdout + done.stderr };
}

const BAD_NUMBERS: readonly unknown[] = [
  -1,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 32 + 3,
  '3',
  null,
  undefined,
  {},
  3n,
];

describe('fd arguments', () => {
  for (const name of ['close', 'closeOnExecFrom', 'pollStart', 'pollStop', 'sockFprog'] as const) {
    it(`${name}: too few`, () => assert.throws(() => raw[name]?.(), { name: 'TypeError' }));
  }
  it('descriptors must be whole numbers of a descriptor', () => {
    for (const bad of BAD_NUMBERS) {
      for (const call of [
        () => raw['close']?.(bad),
        () => raw['closeOnExecFrom']?.(bad),
        () => raw['pollStart']?.(bad, () => {}),
      ])
        assert.throws(
          call,
          (e: Error) => e instanceof TypeError && /fd must be/.test(e.message),
          String(bad),
        );
    }
  });
  it('a closed descriptor is EBADF, with errno, code and syscall', () => {
    assert.throws(() => n.close(9999), { code: 'EBADF', errno: -9, syscall: 'close' });
    assert.throws(() => n.pollStart(9999, () => {}), { code: 'EBADF', syscall: 'uv_poll_init' });
  });
  it('pollStart refuses what is no function and a regular file', () => {
    assert.throws(() => raw['pollStart']?.(0, 'ready'), { name: 'TypeError' });
    const fd = openSync(new URL(NATIVE_MODULE), 'r');
    assert.throws(() => n.pollStart(fd, () => {}), { code: 'EPERM' });
    closeSync(fd);
  });
  it('pollStop refuses what pollStart did not give', () => {
    for (const bad of [0, null, undefined, {}, [], () => {}, new Uint8Array(8), 'handle'])
      assert.throws(() => raw['pollStop']?.(bad), { name: 'TypeError' });
  });
  it('sockFprog takes 1 to 4096 whole instructions', () => {
    for (const bad of [new Uint8Array(0), new Uint8Array(7), new Uint8Array(12), new Uint8Array(4097 * 8)])
      assert.throws(() => n.sockFprog(bad), { name: 'TypeError' });
    for (const bad of [
      null,
      'x',
      [1],
      new Uint16Array(8),
      new ArrayBuffer(8),
      new DataView(new ArrayBuffer(8)),
    ])
      assert.throws(() => raw['sockFprog']?.(bad), { name: 'TypeError' });
    for (const count of [1, 8, 4096]) {
      const program = n.sockFprog(new Uint8Array(count * 8));
      assert.equal(program.length, 16);
      assert.equal(program.readUInt16LE(0), count);
      assert.notEqual(program.readBigUInt64LE(8), 0n);
    }
  });
});

describe('fd', () => {
  it('closeOnExecFrom marks descriptors from the given one up', () =>
    withFifo((fd, path) => {
      // Node opens everything close-on-exec; the shell's redirection does not, so start from one.
      const script = `n.closeOnExecFrom(3); const fs = await import('node:fs');
        console.log(fs.readFileSync('/proc/self/fdinfo/7', 'utf8'));`;
      const text = `import { native } from ${JSON.stringify(NATIVE_MODULE)};\nconst n = native();\n${script}`;
      const out = execFileSync(
        'sh',
        ['-c', 'exec 7<>"$1"; exec "$2" --input-type=module -e "$3"', 'sh', path, process.execPath, text],
        { encoding: 'utf8' },
      );
      assert.ok(fd > 2);
      const flags = Number.parseInt(/flags:\s+(\d+)/.exec(out)?.[1] ?? '0', 8);
      assert.equal(flags & 0o2000000, 0o2000000, out);
    }));

  it('a watch reports readiness, again and again, until it is stopped', () =>
    withFifo(async (fd, _path, watch) => {
      const seen: number[] = [];
      const handle = watch(fd, (status) => {
        seen.push(status);
        readSync(fd, Buffer.alloc(16));
      });
      for (let i = 1; i <= 3; i++) {
        writeSync(fd, 'x');
        await until(() => seen.length >= i);
      }
      assert.deepEqual(seen, [0, 0, 0]);
      n.pollStop(handle);
      n.pollStop(handle);
      writeSync(fd, 'x');
      await turn(20);
      assert.equal(seen.length, 3);
      n.pollStop(handle); // libuv has let go of it by now
    }));

  it('a watch can stop itself and start anew in its own callback', () =>
    withFifo(async (fd, _path, watch) => {
      let first = 0;
      let second = 0;
      const handle = watch(fd, () => {
        first++;
        n.pollStop(handle);
        const again = watch(fd, () => {
          second++;
          n.pollStop(again);
        });
      });
      writeSync(fd, 'x');
      await until(() => second > 0);
      await turn(20);
      assert.deepEqual([first, second], [1, 1]);
    }));

  it('a negative status is passed on and the watch goes on', () =>
    withFifo(async (fd, path, watch) => {
      const other = `${path}2`;
      execFileSync('mkfifo', [other]);
      const reader = openSync(other, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(other, constants.O_WRONLY | constants.O_NONBLOCK);
      closeSync(reader); // the last one: the writing end is in error from here on
      const seen: number[] = [];
      const handle = watch(writer, (status) => {
        seen.push(status);
        if (seen.length === 3) n.pollStop(handle);
      });
      await until(() => seen.length >= 3);
      await turn(20);
      assert.equal(seen.length, 3);
      assert.ok(seen.every((status) => status < 0));
      n.close(writer);
      assert.ok(fd > 2);
    }));

  it('close refuses a watched descriptor', () =>
    withFifo((fd, _path, watch) => {
      const handle = watch(fd, () => {});
      assert.throws(() => n.pollStart(fd, () => {}), { code: 'EEXIST' });
      assert.throws(() => n.close(fd), { code: 'EBUSY' });
      n.pollStop(handle);
    }));

  it('500 watches come and go and leave no descriptor', () =>
    withFifo(async (fd) => {
      const before = readdirSync('/proc/self/fd').length;
      for (let i = 0; i < 500; i++) n.pollStop(n.pollStart(fd, () => {}));
      await turn(10);
      assert.ok(readdirSync('/proc/self/fd').length <= before + 2);
    }));
});

const FIFO = `const fs = await import('node:fs'); const cp = await import('node:child_process');
  const os = await import('node:os'); const path = await import('node:path');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vipd-fd-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const fifo = path.join(folder, 'fifo'); cp.execFileSync('mkfifo', [fifo]);
  const fd = fs.openSync(fifo, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);\n`;

describe('the end of an environment', () => {
  it('what the callback throws is an uncaughtException, and the watch survives it', () => {
    const out = run(`${FIFO} let caught = 0; process.on('uncaughtException', (e) => { caught++; });
      let calls = 0;
      const handle = n.pollStart(fd, () => { calls++; if (calls === 1) throw new Error('mine');
        n.pollStop(handle); console.log('calls', calls, 'caught', caught); });
      fs.writeSync(fd, 'x');`);
    assert.deepEqual([out.status, out.output], [0, 'calls 2 caught 1\n']);
  });
  it('an uncaught throw ends the process with its message, not with a signal', () => {
    const out = run(`${FIFO} n.pollStart(fd, () => { throw new Error('of mine'); }); fs.writeSync(fd, 'x');`);
    assert.deepEqual([out.status, out.signal], [1, null]);
    assert.match(out.output, /of mine/);
  });
  it('process.exit inside a callback', () => {
    const out = run(`${FIFO} n.pollStart(fd, () => process.exit(7)); fs.writeSync(fd, 'x');`);
    assert.deepEqual([out.status, out.signal, out.output], [7, null, '']);
  });
  it('an open watch keeps the process alive, also when its handle was collected', () => {
    const out = run(`${FIFO} const v8 = await import('node:v8'); v8.setFlagsFromString('--expose-gc');
      const vm = await import('node:vm'); const gc = vm.runInNewContext('gc');
      (() => { n.pollStart(fd, () => { console.log('ready'); process.exit(0); }); })();
      for (let i = 0; i < 5; i++) gc();
      setTimeout(() => { gc(); fs.writeSync(fd, 'x'); }, 50).unref(); setTimeout(() => {}, 100);`);
    assert.deepEqual([out.status, out.output], [0, 'ready\n']);
  });
  it('a worker that ends with open watches does not take the process down', () => {
    const worker = `import { parentPort } from 'node:worker_threads'; import { openSync, constants } from 'node:fs';
      import(${JSON.stringify(NATIVE_MODULE)}).then(({ native }) => {
        const fd = openSync(process.argv.at(-1), constants.O_RDWR | constants.O_NONBLOCK);
        native().pollStart(fd, () => {});
        parentPort.postMessage('up'); });`;
    const out =
      run(`${FIFO} const WORKER = ${JSON.stringify(worker)}; const { Worker } = await import('node:worker_threads');
      for (let i = 0; i < 3; i++) {
        const w = new Worker(new URL('data:text/javascript,' + encodeURIComponent(WORKER)), { argv: [fifo] });
        await new Promise((done, fail) => { w.on('message', done); w.on('error', fail); });
        await w.terminate();
      }
      console.log('alive');`);
    assert.deepEqual([out.status, out.signal, out.output], [0, null, 'alive\n']);
  });
});
