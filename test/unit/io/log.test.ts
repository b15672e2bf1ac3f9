/** The log: nothing waits, nothing is unbounded, and what journald and syslog receive is what they expect. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileTarget, isJournal, lineTarget } from '../../../src/io/log/console.ts';
import { journalField, journalName, journalTarget, syslogTarget } from '../../../src/io/log/datagram.ts';
import { choose, createLog, logTo } from '../../../src/io/log/log.ts';
import { Outbox } from '../../../src/io/log/outbox.ts';
import { oneLine } from '../../../src/io/log/record.ts';
import { native } from '../../../src/native.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-log-'));
});
after(() => rmSync(folder, { recursive: true }));

/** Another thread writes files. */
async function written(log: { flush(): boolean }): Promise<void> {
  for (let i = 0; i < 1000 && !log.flush(); i++) await new Promise((done) => setTimeout(done, 5));
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (list: readonly Uint8Array[]): string => list.map((b) => Buffer.from(b).toString()).join('');

/** An outbox whose target takes as many octets as `room` says, and whose timer is called by hand. */
function bench(maxBytes: number) {
  const state = { room: 0, sent: [] as Uint8Array[], wakes: [] as (() => void)[], delays: [] as number[] };
  const outbox = new Outbox({
    offer(chunk) {
      const n = Math.min(state.room, chunk.length);
      if (n > 0) state.sent.push(Uint8Array.from(chunk.subarray(0, n)));
      state.room -= n;
      return n;
    },
    lostLine: (count) => bytes(`[${count} lost]\n`),
    maxBytes,
    later(ms, wake) {
      state.wakes.push(wake);
      state.delays.push(ms);
      return () => state.wakes.splice(state.wakes.indexOf(wake), 1);
    },
  });
  const wake = (): void => state.wakes.shift()?.();
  return { state, outbox, wake };
}

describe('outbox', () => {
  it('sends at once when there is room', () => {
    const { state, outbox } = bench(100);
    state.room = 100;
    outbox.push(bytes('a\n'));
    assert.equal(text(state.sent), 'a\n');
    assert.equal(state.wakes.length, 0);
  });

  it('keeps the order, continues in the middle of a chunk, and tells the loss in its place', () => {
    const { state, outbox, wake } = bench(10);
    state.room = 2;
    outbox.push(bytes('aaaa\n'));
    outbox.push(bytes('bbbb\n'));
    for (let i = 0; i < 1000; i++) outbox.push(bytes('cccc\n'));
    assert.equal(outbox.lostCount, 1000);
    assert.equal(outbox.queuedBytes, 8);
    state.room = 1000;
    wake();
    outbox.push(bytes('dddd\n'));
    assert.equal(text(state.sent), 'aaaa\nbbbb\n[1000 lost]\ndddd\n');
    assert.equal(outbox.queuedBytes, 0);
  });

  it('after a loss nothing slips past the place where it is told, even if it would fit', () => {
    const { state, outbox, wake } = bench(10);
    outbox.push(bytes('12345678'));
    outbox.push(bytes('lost'));
    outbox.push(bytes('z'));
    state.room = 1000;
    wake();
    assert.equal(text(state.sent), '12345678[2 lost]\n');
  });

  it('asks a full target less and less often, and not for each line', () => {
    const { state, outbox, wake } = bench(1 << 20);
    for (let i = 0; i < 50; i++) outbox.push(bytes('x\n'));
    assert.deepEqual(state.delays, [10]);
    for (let i = 0; i < 15; i++) wake();
    assert.deepEqual(state.delays.slice(0, 5), [10, 20, 40, 80, 160]);
    assert.deepEqual(state.delays.slice(-4), [40_960, 60_000, 60_000, 60_000]);
  });

  it('a chunk that is refused for ever does not block the rest', () => {
    const sent: string[] = [];
    const outbox = new Outbox({
      offer: (chunk) => (chunk.length > 5 ? -1 : sent.push(Buffer.from(chunk).toString()) * 0 + chunk.length),
      lostLine: () => bytes('L'),
    });
    outbox.push(bytes('too long'));
    outbox.push(bytes('ok'));
    assert.deepEqual(sent, ['ok']);
    assert.equal(outbox.lostCount, 1);
  });
});

describe('outbox: a target that is always a little behind', () => {
  it('keeps no place of what has gone out', () => {
    let room = 0;
    const outbox = new Outbox({
      offer: (chunk) => (room-- > 0 ? chunk.length : 0),
      lostLine: () => bytes(''),
      later: () => () => {},
    });
    for (let i = 0; i < 200_000; i++) {
      outbox.push(bytes('line\n'));
      if (i < 10) continue;
      room = 1;
      outbox.flush();
    }
    assert.ok(outbox.queuedBytes <= 60);
    assert.ok(outbox.places <= 2 * 1024, `${outbox.places} places`);
  });
});

describe('outbox that nobody takes from', () => {
  it('is asked less and less, at last once a minute, and by a new line after five seconds', () => {
    let [nowMs, asked, open] = [1000, 0, false];
    let due: (() => void) | undefined;
    let dueMs = 0;
    const outbox = new Outbox({
      offer: (chunk) => {
        asked++;
        return open ? chunk.length : 0;
      },
      lostLine: (count) => bytes(`[${count} lost]\n`),
      maxBytes: 10,
      nowMs: () => nowMs,
      later(ms, wake) {
        due = wake;
        dueMs = ms;
        return () => {
          due = undefined;
        };
      },
    });
    outbox.push(bytes('aaaa\n'));
    while (nowMs < 600_000) {
      nowMs += dueMs;
      due?.();
    }
    assert.equal(dueMs, 60_000);
    assert.ok(asked < 25, `asked ${asked} times`);
    const before = asked;
    nowMs += 4_999;
    outbox.push(bytes('bbbb\n'));
    outbox.push(bytes('lost\n'));
    assert.equal(asked, before);
    nowMs += 1;
    open = true;
    outbox.push(bytes('cccc\n'));
    assert.equal(asked, before + 4);
    assert.equal(outbox.queuedBytes, 0);
    assert.equal(outbox.lostCount, 1);
  });
});

describe('lines', () => {
  it('a stuck pipe costs lines, not time, and the reader learns how many', () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY); // blocking, as a shell's pipe is
    const target = lineTarget(writer, 'keepalived', { maxBytes: 100_000, later: () => () => {} });
    const log = logTo([target], 0);
    const startedMs = performance.now();
    for (let i = 0; i < 5_000; i++) log.log('info', `line ${i} ${'x'.repeat(100)}`);
    assert.ok(performance.now() - startedMs < 5_000);
    assert.ok(log.lostCount() > 3_000, `lost ${log.lostCount()}`);
    const seen: string[] = [];
    const buffer = Buffer.alloc(65_536);
    for (let i = 0; i < 100; i++) {
      const done = log.flush();
      try {
        seen.push(buffer.toString('utf8', 0, readSync(reader, buffer)));
      } catch (e) {
        assert.equal((e as NodeJS.ErrnoException).code, 'EAGAIN');
        if (done) break;
      }
    }
    const lines = seen
      .join('')
      .split('\n')
      .filter((line) => line !== '');
    assert.match(lines.at(-1) ?? '', new RegExp(`: ${log.lostCount()} messages lost: `));
    assert.equal(lines.length - 1 + log.lostCount(), 5_000);
    for (const [i, line] of lines.slice(0, -1).entries())
      assert.match(line, new RegExp(`: line ${i} x{100}$`));
    closeSync(reader);
    closeSync(writer);
  });

  it('/dev/full loses lines and nothing else', () => {
    const fd = openSync('/dev/full', 'w');
    const log = logTo([lineTarget(fd, 'keepalived', { maxBytes: 1_000, later: () => () => {} })], 0);
    for (let i = 0; i < 100; i++) log.log('info', 'x'.repeat(100));
    assert.ok(log.lostCount() > 80);
    closeSync(fd);
  });
});

describe('lines: form and end', () => {
  it('every form of a line; no message can forge another', async () => {
    const read = async (form: 'keepalived' | 'systemd' | 'json'): Promise<string> => {
      const path = join(folder, `form-${form}`);
      const fd = openSync(path, 'a');
      const log = logTo([lineTarget(fd, form)], 1);
      log.log('warning', '(VI_1) 100% of %s\n<0>forged\u001b[2J', { instance: 'VI_1', priority: 100 });
      await written(log);
      closeSync(fd);
      return readFileSync(path, 'utf8');
    };
    assert.match(
      await read('keepalived'),
      /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}: \(VI_1\) 100% of %s <0>forged\\033\[2J\n$/,
    );
    assert.equal(await read('systemd'), '<4>(VI_1) 100% of %s <0>forged\\033[2J\n');
    const json = JSON.parse(await read('json')) as Record<string, unknown>;
    assert.equal(json['msg'], '(VI_1) 100% of %s\n<0>forged\u001b[2J');
    assert.equal(json['level'], 'warning');
    assert.equal(json['instance'], 'VI_1');
    assert.equal(oneLine('a\tb'), 'a\tb');
  });

  it('details only with -D, and from then on when asked', async () => {
    const path = join(folder, 'detail');
    const log = logTo([fileTarget(path, 0o600)], 0);
    log.log('debug', 'one');
    log.log('notice', 'two');
    log.setDetail(1);
    log.log('debug', 'three');
    await written(log);
    assert.deepEqual(
      readFileSync(path, 'utf8')
        .split('\n')
        .map((line) => line.slice(26)),
      ['two', 'three', ''],
    );
  });

  it('close waits for a slow reader, but not for ever', async () => {
    const path = join(folder, 'slow');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    const log = logTo([lineTarget(writer, 'keepalived')], 0);
    for (let i = 0; i < 2_000; i++) log.log('info', 'x'.repeat(100));
    const startedMs = performance.now();
    await log.close(100);
    assert.ok(performance.now() - startedMs < 3_000);
    closeSync(reader);
    closeSync(writer);
  });
});

/** Reads every datagram that waits on `fd`. */
function receive(fd: number): string[] {
  const out: string[] = [];
  const buffer = Buffer.alloc(65_536);
  for (let i = 0; i < 1_000; i++) {
    const n = native().unixReceive(fd, buffer);
    if (n === 0) break;
    out.push(buffer.toString('utf8', 0, n));
  }
  return out;
}

describe('system log', () => {
  it('syslog gets RFC 3164 and survives a restart of its receiver', () => {
    const path = join(folder, 'dev-log');
    let fd = native().unixBind(path);
    const options = { path, identifier: 'vipd', facility: 19, pid: 7, queue: { later: () => () => {} } };
    const log = logTo([syslogTarget(options)], 0);
    log.log('error', 'one\ntwo');
    const first = receive(fd);
    assert.equal(first.length, 1);
    assert.match(first[0] as string, /^<155>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d vipd\[7\]: one two$/);
    closeSync(fd);
    log.log('info', 'while nobody listens');
    unlinkSync(path);
    fd = native().unixBind(path);
    log.log('info', 'again');
    assert.equal(log.flush(), true);
    assert.deepEqual(
      receive(fd).map((line) => line.slice(line.indexOf(']: ') + 3)),
      ['while nobody listens', 'again'],
    );
    assert.equal(log.lostCount(), 0);
    closeSync(fd);
  });

  it('a full receiver costs lines, not time', () => {
    const path = join(folder, 'full');
    const fd = native().unixBind(path);
    const queue = { maxBytes: 2_000, later: () => () => {} };
    const log = logTo([syslogTarget({ path, identifier: 'v', facility: 3, pid: 1, queue })], 0);
    for (let i = 0; i < 2_000; i++) log.log('info', `line ${i} ${'y'.repeat(100)}`);
    const lost = log.lostCount();
    assert.ok(lost > 0);
    const seen: string[] = [];
    for (let i = 0; i < 100; i++) {
      seen.push(...receive(fd));
      if (log.flush()) break;
    }
    seen.push(...receive(fd));
    assert.ok(seen.some((line) => line.includes(`${lost} messages lost`)));
    assert.equal(seen.length - 1 + lost, 2_000);
    closeSync(fd);
  });

  it('journald gets its fields', () => {
    const path = join(folder, 'journal');
    const fd = native().unixBind(path);
    const log = logTo([journalTarget({ path, identifier: 'vipd', facility: 3, pid: 7 })], 0);
    log.log('notice', 'a\nb', {
      instance: 'VI_1',
      state: 'MASTER',
      reason: 'master-silent',
      priority: 100,
      sentCount: 3,
    });
    const [datagram] = receive(fd);
    assert.equal(
      datagram,
      'MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\nPRIORITY=5\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=vipd\nSYSLOG_PID=7\n' +
        'VRRP_INSTANCE=VI_1\nVRRP_STATE=MASTER\nVRRP_REASON=master-silent\nVRRP_PRIORITY=100\nVRRP_SENT_COUNT=3\n',
    );
    closeSync(fd);
  });

  it('names and fields of the journal', () => {
    assert.equal(journalName('lastTTL-x'), 'VRRP_LAST_TTL_X');
    assert.equal(journalName(''), undefined);
    assert.equal(Buffer.from(journalField('A', 'b')).toString(), 'A=b\n');
  });
});

describe('which targets', () => {
  const none = { consoleIsJournal: false, journalOwnsSyslog: false };
  const unit = { consoleIsJournal: true, journalOwnsSyslog: true };
  const plain = { console: false, syslog: true, format: 'auto' } as const;
  const rows = [
    [plain, none, 'off', 'syslog'],
    [plain, unit, 'off', 'journal'],
    [{ ...plain, console: true }, none, 'keepalived', 'syslog'],
    [{ ...plain, console: true }, unit, 'off', 'journal'], // not twice
    [{ ...plain, console: true, syslog: false }, unit, 'systemd', 'off'],
    [{ ...plain, syslog: false }, none, 'off', 'off'],
    [{ ...plain, format: 'json' }, none, 'json', 'syslog'],
    [{ ...plain, format: 'json' }, unit, 'json', 'off'],
    [{ ...plain, format: 'console' }, unit, 'systemd', 'off'],
    [{ ...plain, format: 'journal' }, none, 'off', 'journal'],
    [{ ...plain, format: 'syslog' }, unit, 'off', 'syslog'],
  ] as const;
  for (const [options, place, console, system] of rows)
    it(`${JSON.stringify(options)} in ${place === unit ? 'a unit' : 'a shell'}`, () =>
      assert.deepEqual(choose(options, place), { console, system }));

  it('JOURNAL_STREAM names the descriptor', () => {
    assert.equal(isJournal(2, undefined), false);
    assert.equal(isJournal(2, '1:1'), false);
    assert.equal(isJournal(2, 'x'), false);
    assert.equal(isJournal(9_999, '1:1'), false);
  });

  it('opens what was chosen', async () => {
    const syslogSocket = join(folder, 'chosen');
    const fd = native().unixBind(syslogSocket);
    const file = join(folder, 'keepalived.log');
    const log = createLog({ ...plain, facility: 3, detail: 0, identifier: 'vipd', syslogSocket, file });
    log.log('info', 'hello');
    assert.match(receive(fd)[0] ?? '', /: hello$/);
    await written(log);
    assert.match(readFileSync(file, 'utf8'), /: hello\n$/);
    closeSync(fd);
  });

  it('a log file that cannot be opened is told of elsewhere, once, and tried again', async () => {
    const syslogSocket = join(folder, 'elsewhere');
    const fd = native().unixBind(syslogSocket);
    const late = join(folder, 'late');
    const file = join(late, 'a.log');
    const log = createLog({ ...plain, facility: 3, detail: 0, identifier: 'vipd', syslogSocket, file });
    log.log('info', 'hello');
    const seen: string[] = [];
    for (let i = 0; i < 200 && !seen.some((line) => line.includes('log file')); i++) {
      await new Promise((done) => setTimeout(done, 10));
      seen.push(...receive(fd));
    }
    assert.match(seen.join('\n'), /log file .*a\.log: ENOENT.*; its lines wait/);
    mkdirSync(late);
    await written(log);
    assert.match(readFileSync(file, 'utf8'), /: hello\n.*its lines wait\n$/);
    seen.push(...receive(fd));
    assert.equal(seen.filter((line) => line.includes('log file')).length, 1);
    await log.close(100);
    closeSync(fd);
  });
});
