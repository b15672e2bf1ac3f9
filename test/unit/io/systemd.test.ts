/** sd_notify as systemd receives it, the unit files as systemd reads them, and the detached start. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startDetached } from '../../../src/io/daemonize.ts';
import { notifyFromEnvironment, systemdNotify } from '../../../src/io/systemd/notify.ts';
import { native } from '../../../src/native.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-sd-'));
});
after(() => rmSync(folder, { recursive: true }));

function receive(fd: number): string[] {
  const out: string[] = [];
  const buffer = Buffer.alloc(4_096);
  for (let n = native().unixReceive(fd, buffer); n > 0; n = native().unixReceive(fd, buffer))
    out.push(buffer.toString('utf8', 0, n));
  return out;
}
const base = { watchdogUsec: undefined, watchdogPid: undefined, pid: 42, monotonicUs: () => 1_234_567.8 };

describe('sd_notify', () => {
  for (const socket of ['path', '@vipd-test-abstract'])
    it(`says each thing over ${socket}`, () => {
      const path = socket === 'path' ? join(folder, 'notify') : `${socket}-${process.pid}`;
      const fd = native().unixBind(path);
      const notify = systemdNotify({ ...base, socket: path });
      notify.ready('VI_1 BACKUP');
      notify.status('VI_1 BACKUP'); // the same again: not sent
      notify.status('VI_1\nMASTER');
      notify.watchdog();
      notify.reloading();
      notify.reloaded('done');
      notify.stopping();
      assert.deepEqual(receive(fd), [
        'READY=1\nMAINPID=42\nSTATUS=VI_1 BACKUP',
        'STATUS=VI_1 MASTER',
        'WATCHDOG=1',
        'RELOADING=1\nMONOTONIC_USEC=1234567',
        'READY=1\nSTATUS=done',
        'STOPPING=1\nSTATUS=stopping',
      ]);
      closeSync(fd);
    });

  it('never throws, whatever the socket is', () => {
    for (const socket of [
      undefined,
      '',
      'relative',
      '/',
      '/nonexistent/socket',
      '@',
      `/${'x'.repeat(300)}`,
      folder,
    ]) {
      const notify = systemdNotify({ ...base, socket });
      notify.ready('x');
      notify.watchdog();
    }
  });

  it('feeds the watchdog at half its time, and only its own', () => {
    const interval = (watchdogUsec?: string, watchdogPid?: string, socket = '/x'): number =>
      systemdNotify({ ...base, socket, watchdogUsec, watchdogPid }).watchdogIntervalUs;
    assert.equal(interval('5000000'), 2_500_000);
    assert.equal(interval('5000000', '42'), 2_500_000);
    assert.equal(interval('5000000', '43'), 0);
    assert.equal(interval('0'), 0);
    assert.equal(interval('x'), 0);
    assert.equal(interval(undefined), 0);
    assert.equal(interval('5000000', '42', ''), 0);
  });

  it('takes its variables away from hooks', () => {
    const env: Record<string, string | undefined> = {
      NOTIFY_SOCKET: '/x',
      WATCHDOG_USEC: '2',
      WATCHDOG_PID: '1',
      PATH: '/bin',
    };
    assert.equal(notifyFromEnvironment(env, 1, () => 0).watchdogIntervalUs, 1);
    assert.deepEqual(env, { PATH: '/bin' });
  });
});

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

describe('unit files', () => {
  it('systemd-analyze finds nothing to say', { skip: !has('systemd-analyze') }, () => {
    for (const drop of [[], ['hardened.conf']]) {
      const dir = join(folder, `unit${drop.length}`);
      mkdirSync(join(dir, 'vipd.service.d'), { recursive: true });
      // The program is not in /opt here.
      const unit = readFileSync('systemd/vipd.service', 'utf8').replaceAll('/opt/vipd', process.cwd());
      writeFileSync(join(dir, 'vipd.service'), unit);
      for (const name of drop)
        writeFileSync(join(dir, 'vipd.service.d', name), readFileSync(`systemd/vipd.service.d/${name}`));
      const result = spawnSync('systemd-analyze', ['verify', '--man=no', join(dir, 'vipd.service')], {
        encoding: 'utf8',
      });
      assert.equal(result.stdout + result.stderr, '');
      assert.equal(result.status, 0);
    }
  });

  it('the first ExecStopPost is right shell, with and without files', () => {
    const unit = readFileSync('systemd/vipd.service', 'utf8');
    const command = /^ExecStopPost=-\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1];
    assert.ok(command);
    mkdirSync(join(folder, 'run', 'vipd'), { recursive: true });
    writeFileSync(join(folder, 'ip'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const text = command.replaceAll('%t', join(folder, 'run'));
    const run = (): string =>
      execFileSync('/bin/sh', ['-c', text], { encoding: 'utf8', env: { PATH: `${folder}:/bin:/usr/bin` } });
    assert.equal(run(), '');
    writeFileSync(join(folder, 'run', 'vipd', 'release.batch'), 'addr del …\n');
    assert.equal(run(), `-force -batch ${join(folder, 'run')}/vipd/release.batch\n`);
  });
});

describe('detached start', () => {
  const start = (body: string, timeoutMs = 10_000) => {
    const script = join(folder, `child-${Math.round(performance.now() * 1000)}.mjs`);
    const module = new URL('../../../src/io/daemonize.js', import.meta.url).href;
    writeFileSync(
      script,
      `import { reportStart } from '${module}';\nimport { writeFileSync } from 'node:fs';\n${body}`,
    );
    return startDetached({ argv: ['-f', 'x'], script, keepConsole: false, timeoutMs });
  };

  it('leaves with 0 once the child runs, which then lives in its own session', async () => {
    const seen = join(folder, 'seen');
    const result = await start(`
      writeFileSync('${seen}', process.argv.slice(2).join(' '));
      reportStart(3, 0);
    `);
    assert.deepEqual(result, { status: 0, text: '' });
    assert.equal(readFileSync(seen, 'utf8'), '--daemon-child=3 -f x');
  });

  it("passes on the child's refusal", async () => {
    assert.deepEqual(await start(`reportStart(3, 2, 'line 3:\\nno');`), { status: 2, text: 'line 3: no' });
  });

  it('a child that dies without a word', async () => {
    assert.deepEqual(await start('process.exit(6);'), { status: 6, text: '' });
    assert.deepEqual(await start(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`), {
      status: 1,
      text: 'the daemon died of SIGKILL',
    });
  });

  it('a child that hangs is ended', async () => {
    const result = await start(`setInterval(() => {}, 1000);`, 300);
    assert.deepEqual(result, { status: 1, text: 'the daemon did not report that it runs' });
  });
});
