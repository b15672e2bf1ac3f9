/** The addon's unix.c and process.c: results, and errors in Node's own form. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { native } from '../../../src/native.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-nat-'));
});
after(() => rmSync(folder, { recursive: true }));

/** Runs `body` with the addon as `n` in a process of its own. */
function apart(body: string) {
  const module = new URL('../../../src/native.js', import.meta.url).href;
  const program = `import { native } from '${module}'; const n = native(); ${body}`;
  return spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 20_000,
  });
}

describe('unix datagrams', () => {
  it('carry octets, one message each, to paths and abstract names', () => {
    for (const path of [join(folder, 'sock'), `@vipd-nat-${process.pid}`]) {
      const receiver = native().unixBind(path);
      const sender = native().unixOpen(path);
      const out = Buffer.alloc(8);
      assert.equal(native().unixReceive(receiver, out), 0);
      assert.equal(native().unixSend(sender, Buffer.from('one')), true);
      assert.equal(native().unixSend(sender, Buffer.from('number two')), true);
      assert.equal(native().unixReceive(receiver, out), 3);
      assert.equal(out.toString('utf8', 0, 3), 'one');
      assert.throws(() => native().unixReceive(receiver, out), { code: 'EMSGSIZE', syscall: 'recv' });
      closeSync(receiver);
      assert.equal(native().unixSend(sender, Buffer.from('gone')), false);
      closeSync(sender);
    }
  });

  it('refuse what is no name', () => {
    assert.throws(() => native().unixOpen(''), TypeError);
    assert.throws(() => native().unixOpen('x'.repeat(108)), TypeError);
    assert.throws(() => native().unixOpen('/a\0b'), TypeError);
    assert.throws(() => native().unixOpen(join(folder, 'nobody')), { code: 'ENOENT', syscall: 'connect' });
    assert.throws(() => native().unixBind(join(folder, 'no', 'sock')), { code: 'ENOENT', syscall: 'bind' });
    assert.throws(() => native().unixSend(-1, Buffer.alloc(1)), { code: 'EBADF', syscall: 'send' });
    assert.throws(() => native().writeSome(-1, Buffer.alloc(1)), { code: 'EBADF', syscall: 'send' });
    assert.throws(() => native().unixSend(1.5 as never, 'text' as never), TypeError);
  });
});

describe('process', () => {
  it('a lock holds against another open of the same process, until its file is closed', () => {
    const path = join(folder, 'lock');
    const [a, b] = [openSync(path, 'w+'), openSync(path, 'w+')];
    assert.equal(native().lockFile(a), true);
    assert.equal(native().lockFile(a), true);
    assert.equal(native().lockFile(b), false);
    closeSync(a);
    assert.equal(native().lockFile(b), true);
    closeSync(b);
    assert.throws(() => native().lockFile(b), { code: 'EBADF', syscall: 'fcntl' });
  });

  it('signals 36 and 63 are caught and do not keep the process alive', () => {
    const result = apart(`
      let count = 0;
      for (const s of [36, 63]) n.signalStart(s, () => { count += s; });
      process.kill(process.pid, 36); process.kill(process.pid, 63);
      setTimeout(() => console.log(count), 100);
    `);
    assert.deepEqual([result.stdout, result.status, result.signal], ['99\n', 0, null], result.stderr);
    assert.equal(
      apart('process.kill(process.pid, 36); setTimeout(() => {}, 1000);').status,
      null,
      'else it kills',
    );
    assert.throws(() => native().signalStart(9, () => {}), { code: 'EINVAL', syscall: 'uv_signal_start' });
    assert.throws(() => native().signalStart(36, 'x' as never), TypeError);
  });

  it('an exception in a signal handler is uncaught, not lost', () => {
    const result = apart(`
      process.on('uncaughtException', (e) => { console.log('caught ' + e.message); process.exit(7); });
      n.signalStart(36, () => { throw new Error('x'); });
      process.kill(process.pid, 36); setTimeout(() => {}, 5000);
    `);
    assert.deepEqual([result.stdout, result.status], ['caught x\n', 7]);
  });

  it('ends cleanly in a worker that caught a signal', () => {
    const result = apart(`
      const { Worker } = await import('node:worker_threads');
      const code = "import('${new URL('../../../src/native.js', import.meta.url).href}').then((m) => m.native().signalStart(36, () => {}));";
      const w = new Worker(code, { eval: true });
      w.on('exit', (code) => console.log('worker', code));
    `);
    assert.deepEqual([result.stdout, result.status], ['worker 0\n', 0], result.stderr);
  });

  it('name and scheduler reach the kernel, and a child starts without the scheduler', () => {
    const result = apart(`
      import { readFileSync } from 'node:fs'; import { execFileSync } from 'node:child_process';
      n.setProcessName('vipd-test-of-a-long-name');
      let policy = 'none';
      try { n.setScheduler('rr', 1); policy = 'rr'; } catch (e) { if (e.code !== 'EPERM') throw e; }
      const field = (t) => t.slice(t.lastIndexOf(')') + 2).split(' ')[38];
      const child = execFileSync('/bin/cat', ['/proc/self/stat'], { encoding: 'utf8' });
      console.log(readFileSync('/proc/self/comm', 'utf8').trim(), policy, field(readFileSync('/proc/self/stat', 'utf8')), field(child));
    `);
    // Field 41 of proc(5): 0 SCHED_OTHER, 2 SCHED_RR; EPERM without CAP_SYS_NICE.
    assert.match(result.stdout, /^vipd-test-of-a- (rr 2 0|none 0 0)\n$/, result.stderr);
    assert.throws(() => native().setAffinity([1024]), TypeError);
    assert.throws(() => native().setAffinity([]), { code: 'EINVAL', syscall: 'sched_setaffinity' });
    assert.throws(() => native().trimHeapFrom(-1), TypeError);
    assert.throws(() => native().setScheduler('batch' as never, 0), TypeError);
    assert.throws(() => native().setScheduler('fifo', 1_000), { syscall: 'sched_setscheduler' });
  });

  it('affinity reaches the kernel, and code is locked without the memory growing by all of it', () => {
    const result = apart(`
      import { readFileSync } from 'node:fs';
      const field = (name) => new RegExp('^' + name + ':\\\\s*(\\\\S+)', 'm').exec(readFileSync('/proc/self/status', 'utf8'))[1];
      const all = n.getAffinity(); n.setAffinity([all.at(-1)]);
      const before = Number(field('VmRSS'));
      let locked = 'EPERM';
      try { locked = n.lockCode() > 1e6 && Number(field('VmLck')) > 1000; } catch (e) { if (e.code !== 'EPERM' && e.code !== 'ENOMEM') throw e; }
      gc();
      console.log(field('Cpus_allowed_list') === String(all.at(-1)), locked, Number(field('VmRSS')) - before < 20_000);
    `);
    assert.match(result.stdout, /^true (true|EPERM) true\n$/, result.stderr);
  });

  it('capabilities are those of /proc', () => {
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    assert.equal(native().effectiveCapabilities().toString(16).padStart(16, '0'), line);
  });

  it('a namespace that is none', () => {
    assert.throws(() => native().setNetworkNamespace('/nonexistent'), { code: 'ENOENT', syscall: 'open' });
    assert.throws(() => native().setNetworkNamespace('/dev/null'), { code: 'EINVAL', syscall: 'setns' });
  });
});
