/** Log lines to a file by another thread, which may never come back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FileCalls, FileWriter } from '../../../src/io/log/file-writer.ts';
import { Outbox } from '../../../src/io/log/outbox.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(`${code}: no`), { code });

/** A disk whose calls end when the test says so. */
class Disk implements FileCalls {
  readonly texts: string[] = [];
  readonly closed: number[] = [];
  opens: ((error: NodeJS.ErrnoException | null, fd: number) => void)[] = [];
  writes: {
    readonly data: Uint8Array;
    readonly done: (error: NodeJS.ErrnoException | null, n: number) => void;
  }[] = [];
  readonly open: FileCalls['open'] = (_path, _flags, _mode, done) => void this.opens.push(done);
  readonly write: FileCalls['write'] = (_fd, data, _offset, _length, _position, done) =>
    void this.writes.push({ data, done });
  readonly close: FileCalls['close'] = (fd) => void this.closed.push(fd);

  /** Ends the write under way: so many octets, or all. */
  wrote(count?: number): void {
    const write = this.writes.shift();
    assert.ok(write, 'no write is under way');
    const n = count ?? write.data.length;
    this.texts.push(Buffer.from(write.data.subarray(0, n)).toString());
    write.done(null, n);
  }
  failed(code: string): void {
    this.writes.shift()?.done(errno(code), 0);
  }
}

function setup(file: number | string = 7) {
  const disk = new Disk();
  const problems: string[] = [];
  let rooms = 0;
  const writer = new FileWriter({
    file: typeof file === 'number' ? file : { path: file, flags: 0, mode: 0o600 },
    onRoom: () => void rooms++,
    onProblem: (text) => void problems.push(text),
    calls: disk,
  });
  return { disk, writer, problems, rooms: () => rooms };
}
/** A retry comes from a timer. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !done(); i++) await new Promise((next) => setTimeout(next, 5));
}

describe('file writer', () => {
  it('one write at a time; what comes meanwhile goes in the next, as one', () => {
    const { disk, writer, rooms } = setup();
    assert.equal(writer.offer(bytes('a\n')), 2);
    for (const text of ['b\n', 'c\n']) assert.equal(writer.offer(bytes(text)), 2);
    assert.equal(disk.writes.length, 1);
    disk.wrote();
    assert.equal(rooms(), 1);
    assert.ok(!writer.idle);
    disk.wrote();
    assert.deepEqual(disk.texts, ['a\n', 'b\nc\n']);
    assert.ok(writer.idle);
  });

  it('a disk that stands still costs room, not time, and never more than that', () => {
    const { disk, writer } = setup();
    const line = bytes('x'.repeat(1000));
    let taken = 0;
    for (let i = 0; i < 1000; i++) taken += writer.offer(line);
    assert.ok(taken <= 66_000 && taken > 60_000, `${taken}`);
    assert.equal(disk.writes.length, 1);
    writer.close();
    assert.deepEqual(disk.closed, [], 'the number is still in use');
    disk.wrote();
    assert.equal(writer.offer(line), 0);
    assert.equal(disk.writes.length, 0, 'nothing after the end');
  });

  it('a short write goes on where it stopped', () => {
    const { disk, writer } = setup();
    writer.offer(bytes('abcdef'));
    disk.wrote(2);
    disk.wrote(1);
    disk.wrote();
    assert.deepEqual(disk.texts, ['ab', 'c', 'def']);
  });

  it('a full disk is told once, the same octets are tried again', async () => {
    const { disk, writer, problems } = setup();
    writer.offer(bytes('abc'));
    disk.failed('ENOSPC');
    assert.equal(disk.writes.length, 0, 'not at once');
    await until(() => disk.writes.length > 0);
    disk.failed('ENOSPC');
    await until(() => disk.writes.length > 0);
    disk.wrote();
    assert.deepEqual(disk.texts, ['abc']);
    assert.deepEqual(problems, ['ENOSPC: no']);
    writer.offer(bytes('d'));
    disk.failed('ENOSPC');
    assert.equal(problems.length, 2, 'news again');
  });
});

describe('file writer: opening, and an outbox in front of it', () => {
  it('opens with the first line, again as long as that fails, and closes what it has opened', async () => {
    const { disk, writer, problems } = setup('/x');
    assert.equal(disk.opens.length, 0);
    writer.offer(bytes('a'));
    disk.opens.shift()?.(errno('ENXIO'), -1);
    await until(() => disk.opens.length > 0);
    disk.opens.shift()?.(null, 9);
    disk.wrote();
    assert.deepEqual([disk.texts, problems], [['a'], ['ENXIO: no']]);
    writer.close();
    assert.deepEqual(disk.closed, [9]);
  });

  it('an open that ends after the end is undone', () => {
    const { disk, writer } = setup('/x');
    writer.offer(bytes('a'));
    writer.close();
    disk.opens.shift()?.(null, 9);
    assert.deepEqual([disk.closed, disk.writes.length], [[9], 0]);
  });

  it('behind an outbox nothing is lost or turned round, whatever the disk does', () => {
    const disk = new Disk();
    const writer = new FileWriter({
      file: 7,
      onRoom: () => void outbox.flush(),
      onProblem: assert.fail,
      calls: disk,
    });
    const outbox: Outbox = new Outbox({
      offer: (chunk) => writer.offer(chunk),
      lostLine: () => bytes('lost\n'),
      maxBytes: 10 << 20,
      later: () => () => {},
    });
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ${'y'.repeat(i % 200)}\n`);
    for (const [i, line] of lines.entries()) {
      outbox.push(bytes(line));
      if (i % 700 === 0 && disk.writes.length > 0) disk.wrote(i % 3 === 0 ? 10 : undefined);
    }
    for (let i = 0; i < 10_000 && disk.writes.length > 0; i++) disk.wrote();
    assert.equal(disk.texts.join(''), lines.join(''));
    assert.ok(writer.idle && outbox.flush());
  });
});
