/** The notify FIFOs on a real file system, with real readers. */
import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../../../src/config/config.ts';
import { Fifos } from '../../../../src/io/fifo/fifos.ts';
import { fifoLines } from '../../../../src/io/fifo/lines.ts';
import { Children } from '../../../../src/io/process/children.ts';
import { PathCommandChecker } from '../../../../src/io/process/security.ts';
import { native } from '../../../../src/native.ts';
import type { Notice } from '../../../../src/ports/notice.ts';
import { config, instanceConfig } from '../../core/fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipd-fifos-'));
after(() => rmSync(folder, { recursive: true }));
const ownUid = process.geteuid?.() ?? 0;
const ownGid = process.getegid?.() ?? 0;
const clock = { nowUs: () => Math.round(performance.now() * 1000), wallMs: () => 0 };
const PLACE = { file: 'test.conf', line: 1, col: 1 };
const EMPTY = config([]);

type FifoSettings = Config['global']['fifos'];
const withFifos = (fifos: Partial<FifoSettings>): Config => ({
  ...EMPTY,
  global: { ...EMPTY.global, fifos: { writeStatesOnReload: false, ...fifos } },
});

function fifos(umask?: number): { readonly fifos: Fifos; readonly said: string[] } {
  const said: string[] = [];
  const log = { log: (_level: string, text: string) => void said.push(text) };
  const api = native();
  const children = new Children({ clock, openPipe: () => api.openPipe(), ownUid, ownGid });
  const checker = new PathCommandChecker({ scriptSecurity: false }, { accounts: api, path: '/usr/bin:/bin' });
  return {
    said,
    fifos: new Fifos({
      make: (path) => api.makeFifo(path),
      write: (fd, data) => api.writeSome(fd, data),
      accounts: api,
      reader: { checker: () => checker, children, log, environment: {}, ownUid, firstPauseMs: 50 },
      clock,
      log,
      ownUid,
      ownGid,
      umask,
    }),
  };
}

const instance = (name: string, state: 'MASTER' | 'BACKUP'): Notice => ({
  type: 'instance',
  config: instanceConfig({ name }),
  state,
  previous: 'BACKUP',
  priority: 100,
  reason: 'start',
  peer: '',
  source: '',
});

function readAll(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const out = Buffer.alloc(1 << 17);
    return out.toString('utf8', 0, readSync(fd, out));
  } finally {
    closeSync(fd);
  }
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; !done(); i++) {
    assert.ok(i < 1000, 'did not come about in 10 s');
    await sleep(10);
  }
}

describe('io/fifo: lines', () => {
  const i = instanceConfig({ notifyPriorityChanges: true });
  const rows: readonly (readonly [string, Notice, readonly string[]])[] = [
    ['transition', instance('VI 1', 'MASTER'), ['INSTANCE "VI 1" MASTER 100']],
    [
      'priority',
      { type: 'priority', config: i, state: 'BACKUP', priority: 90, previousPriority: 100 },
      ['INSTANCE "VI_1" BACKUP_PRIORITY 90'],
    ],
    [
      'priority, not asked for',
      { type: 'priority', config: instanceConfig(), state: 'BACKUP', priority: 90, previousPriority: 100 },
      [],
    ],
    [
      'lower priority',
      { type: 'lower-priority-received', config: i, priority: 100, peer: '192.0.2.2' },
      ['INSTANCE "VI_1" MASTER_RX_LOWER_PRI 100'],
    ],
    [
      'virtual server',
      { type: 'virtual-server', service: '[192.0.2.1]:tcp:80', up: true, detail: '', mail: false },
      ['VS [192.0.2.1]:tcp:80 UP'],
    ],
    [
      'real server',
      {
        type: 'real-server',
        server: '[10.0.0.2]:tcp:80',
        service: '[192.0.2.1]:tcp:80',
        up: false,
        byChecker: true,
        detail: '',
        mail: false,
      },
      ['RS [10.0.0.2]:tcp:80 [192.0.2.1]:tcp:80 DOWN'],
    ],
    [
      'reload',
      { type: 'reloaded', instances: [{ config: i, state: 'MASTER', priority: 7 }], groups: [] },
      ['INSTANCE "VI_1" MASTER 7'],
    ],
    [
      'reload, INIT',
      { type: 'reloaded', instances: [{ config: i, state: 'INIT', priority: 7 }], groups: [] },
      [],
    ],
    ['rejected', { type: 'rejected', config: i, reason: 'ttl', peer: '' }, []],
  ];
  for (const [name, notice, lines] of rows)
    it(name, () =>
      assert.deepEqual(
        fifoLines(notice, true).map((l) => l.text),
        lines,
      ),
    );
  it('a reload is told only where it is asked for', () =>
    assert.deepEqual(
      fifoLines(
        { type: 'reloaded', instances: [{ config: i, state: 'MASTER', priority: 7 }], groups: [] },
        false,
      ),
      [],
    ));
});

describe('io/fifo: the pipes', () => {
  it('are made private, hear their part, are removed at the end', async () => {
    const [all, vrrp, lvs] = ['all', 'vrrp', 'lvs'].map((n) => ({ path: join(folder, n) }));
    const f = fifos();
    f.fifos.reconfigure(withFifos({ all, vrrp, lvs } as FifoSettings));
    assert.equal(lstatSync(join(folder, 'all')).mode & 0o7777, 0o600);
    f.fifos.tell(instance('A', 'MASTER'));
    f.fifos.tell({
      type: 'virtual-server',
      service: '[192.0.2.1]:tcp:80',
      up: true,
      detail: '',
      mail: false,
    });
    assert.equal(readAll(join(folder, 'all')), 'INSTANCE "A" MASTER 100\nVS [192.0.2.1]:tcp:80 UP\n');
    assert.equal(readAll(join(folder, 'vrrp')), 'INSTANCE "A" MASTER 100\n');
    assert.equal(readAll(join(folder, 'lvs')), 'VS [192.0.2.1]:tcp:80 UP\n');
    await f.fifos.close();
    assert.ok(!existsSync(join(folder, 'all')) && !existsSync(join(folder, 'lvs')));
    assert.deepEqual(f.said, []);
  });

  it('the umask takes away, an existing one stays as it is', async () => {
    const path = join(folder, 'there');
    native().makeFifo(path);
    const f = fifos(0o022);
    f.fifos.reconfigure(withFifos({ all: { path }, vrrp: { path: join(folder, 'made') } }));
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    assert.equal(lstatSync(join(folder, 'made')).mode & 0o777, 0o644);
    await f.fifos.close();
    assert.ok(existsSync(path), 'not ours to remove');
  });

  it('anything but a FIFO is refused with a reason, and the rest goes on', async () => {
    const file = join(folder, 'file');
    const linked = join(folder, 'linked');
    writeFileSync(file, 'precious');
    symlinkSync(file, linked);
    const f = fifos();
    f.fifos.reconfigure(
      withFifos({ all: { path: file }, vrrp: { path: linked }, lvs: { path: join(folder, 'no', 'x') } }),
    );
    assert.equal(f.said.length, 3);
    assert.match(f.said[0] ?? '', /notify_fifo is not used: .*is not a FIFO; remove it/);
    assert.match(f.said[2] ?? '', /lvs_notify_fifo is not used: .*ENOENT/);
    f.fifos.tell(instance('A', 'MASTER'));
    assert.equal(readFileSync(file, 'utf8'), 'precious');
    await f.fifos.close();
  });

  it('a full one loses lines, counted, said once, and never waits', async () => {
    const path = join(folder, 'full');
    const f = fifos();
    f.fifos.reconfigure(withFifos({ all: { path } }));
    const startedMs = performance.now();
    for (let i = 0; i < 10_000; i++) f.fifos.tell(instance('A'.repeat(100), 'MASTER'));
    assert.ok(performance.now() - startedMs < 5_000);
    assert.equal(f.said.length, 1);
    assert.match(f.said[0] ?? '', /nobody reads .*full: 1 line\(s\) lost/);
    assert.ok(readAll(path).endsWith('\n'), 'whole lines only');
    f.fifos.tell(instance('B', 'MASTER'));
    assert.equal(readAll(path), 'INSTANCE "B" MASTER 100\n');
    await f.fifos.close();
  });
});

describe('io/fifo: the reader', () => {
  const script = (name: string, text: string): { argv: string[]; text: string; place: typeof PLACE } => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}`, { mode: 0o755 });
    return { argv: [path, 'word'], text: path, place: PLACE };
  };
  const lines = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

  it('gets the path as last argument, reads to the end at a stop, then goes', async () => {
    const out = join(folder, 'out');
    const path = join(folder, 'read');
    const f = fifos();
    const command = script(
      'reader',
      `echo "args $*" >>${out}\nwhile read l; do echo "$l" >>${out}; done <"$2"\nexit 1\n`,
    );
    f.fifos.reconfigure(withFifos({ all: { path, script: command } }));
    f.fifos.tell(instance('A', 'BACKUP'));
    await until(() => lines(out).includes('BACKUP'));
    f.fifos.tell(instance('A', 'MASTER'));
    await f.fifos.close();
    assert.equal(lines(out), `args word ${path}\nINSTANCE "A" BACKUP 100\nINSTANCE "A" MASTER 100\n`);
    assert.deepEqual(f.said, []);
  });

  it('is started anew by a reload, and one that does not want to go is ended', async () => {
    const out = join(folder, 'starts');
    const f = fifos();
    const command = script('stubborn', `trap '' TERM\necho $$ >>${out}\nwhile :; do sleep 0.05; done\n`);
    const c = withFifos({ all: { path: join(folder, 'again'), script: command } });
    f.fifos.reconfigure(c);
    await until(() => lines(out).split('\n').length === 2);
    f.fifos.reconfigure(c);
    await until(() => lines(out).split('\n').length === 3);
    await f.fifos.close();
    for (const pid of lines(out).trim().split('\n')) await until(() => !existsSync(`/proc/${pid}`));
  });

  it('that dies is started again, one that ends well is not', async () => {
    const out = join(folder, 'deaths');
    const f = fifos();
    const command = script('dying', `echo x >>${out}\n[ $(wc -l <${out}) -lt 3 ] && exit 7\nexit 0\n`);
    f.fifos.reconfigure(withFifos({ all: { path: join(folder, 'dead'), script: command } }));
    await until(() => f.said.length === 3);
    assert.match(f.said[0] ?? '', /notify_fifo_script ended with status 7; it is started again in 0\.05 s/);
    assert.match(f.said[1] ?? '', /in 0\.1 s/);
    assert.match(f.said[2] ?? '', /has ended; nobody reads/);
    await f.fifos.close();
  });
});
