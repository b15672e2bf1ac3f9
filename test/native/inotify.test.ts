import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inotifyEvents } from '../../src/io/files/track-files.ts';
import { native } from '../../src/native.ts';

const IN_CLOSE_WRITE = 8;
const IN_IGNORED = 0x8000;
const IN_ONLYDIR = 0x0100_0000;

describe('native/inotify', () => {
  const api = native();
  const openCount = (): number => readdirSync('/proc/self/fd').length;

  it('tells of a written file and of the end of a watch', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vipd-inotify-'));
    const before = openCount();
    const fd = api.inotifyOpen();
    const watch = api.inotifyWatch(fd, folder, IN_CLOSE_WRITE | IN_ONLYDIR);
    assert.equal(api.inotifyWatch(fd, folder, IN_CLOSE_WRITE | IN_ONLYDIR), watch);
    const read = (): unknown[] => {
      const out = Buffer.alloc(4096);
      return [...inotifyEvents(out.subarray(0, readSync(fd, out)))].map((e) => [e.watch, e.mask, e.name]);
    };
    assert.throws(read, { code: 'EAGAIN' });
    writeFileSync(join(folder, 'a file'), 'x');
    assert.deepEqual(read(), [[watch, IN_CLOSE_WRITE, 'a file']]);
    rmSync(folder, { recursive: true });
    assert.deepEqual(read(), [[watch, IN_IGNORED, '']]);
    assert.equal(api.inotifyUnwatch(fd, watch), false);
    api.close(fd);
    assert.equal(openCount(), before);
  });

  it('errors as Node gives them', () => {
    const fd = api.inotifyOpen();
    const call = api as unknown as Record<string, (...a: unknown[]) => unknown>;
    const watch = (...a: unknown[]): unknown => call['inotifyWatch']?.(...a);
    assert.throws(() => watch(fd, '/no/such', IN_CLOSE_WRITE), {
      code: 'ENOENT',
      syscall: 'inotify_add_watch',
    });
    assert.throws(() => watch(fd, '/etc/hostname', IN_CLOSE_WRITE | IN_ONLYDIR), { code: 'ENOTDIR' });
    assert.throws(() => watch(fd, '/', 0), { code: 'EINVAL' });
    assert.throws(() => watch(999_999, '/', IN_CLOSE_WRITE), { code: 'EBADF' });
    assert.throws(() => watch(fd, 'x'.repeat(5000), IN_CLOSE_WRITE), TypeError);
    assert.throws(() => watch(fd, 5, IN_CLOSE_WRITE), TypeError);
    assert.throws(() => watch(Number.NaN, '/', IN_CLOSE_WRITE), TypeError);
    assert.throws(() => watch(fd), TypeError);
    assert.throws(() => call['inotifyUnwatch']?.(999_999, 1), { code: 'EBADF' });
    api.close(fd);
  });
});
