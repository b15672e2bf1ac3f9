import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, lstatSync, mkdtempSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { native } from '../../src/native.ts';

describe('native/users: lookups', () => {
  it('users by name and by number', () => {
    const root = native().lookupUser('root');
    assert.deepEqual(root, native().lookupUserId(0));
    assert.equal(root?.uid, 0);
    assert.equal(root.gid, 0);
    assert.equal(root.name, 'root');
    assert.match(root.home, /^\//);
  });
  it('groups', () => assert.deepEqual(native().lookupGroup('root'), { gid: 0, name: 'root' }));
  it('null for what is not there', () => {
    assert.equal(native().lookupUser('no-such-user-x'), null);
    assert.equal(native().lookupUser(''), null);
    assert.equal(native().lookupUser('ü'.repeat(50)), null);
    assert.equal(native().lookupUserId(4_123_456_789), null);
    assert.equal(native().lookupGroup('no-such-group-x'), null);
  });

  it('an entry that does not fit the first buffer', {
    skip: geteuid?.() === 0 ? false : 'needs root: mounts',
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'vipd-users-'));
    try {
      const members = Array.from({ length: 20_000 }, (_, i) => `member${i}`).join(',');
      writeFileSync(join(folder, 'group'), `root:x:0:\nhuge:x:4321:${members}\nafter:x:4322:\n`);
      const face = fileURLToPath(new URL('../../src/native.js', import.meta.url));
      const code = `const { native } = await import(process.argv[1]);
        console.log(JSON.stringify(['huge', 'after', 'none'].map((n) => native().lookupGroup(n))));`;
      const shell = 'mount --bind "$1/group" /etc/group && exec "$2" --input-type=module -e "$3" "$4"';
      const out = execFileSync(
        'unshare',
        ['--mount', 'sh', '-c', shell, 'sh', folder, process.execPath, code, face],
        { encoding: 'utf8' },
      );
      assert.deepEqual(JSON.parse(out), [{ gid: 4321, name: 'huge' }, { gid: 4322, name: 'after' }, null]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('native/users: bad arguments', () => {
  const n = native() as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  const rows: readonly (readonly [string, readonly unknown[]])[] = [
    ...['lookupUser', 'lookupGroup'].flatMap((name) =>
      [[], [undefined], [null], [5], [{}], [Buffer.from('root')], ['a\0b'], ['x'.repeat(256)]].map(
        (args) => [name, args] as const,
      ),
    ),
    ...[[], [undefined], ['0'], [-1], [2 ** 32], [Number.NaN], [Number.POSITIVE_INFINITY], [0n]].map(
      (args) => ['lookupUserId', args] as const,
    ),
  ];
  for (const [name, args] of rows)
    it(`${name}(${args.map((a) => (typeof a === 'string' ? JSON.stringify(a.slice(0, 8)) : String(a))).join(', ')})`, () =>
      assert.throws(() => n[name]?.(...args), TypeError));
  it('the longest name that is taken', () => assert.equal(native().lookupUser('x'.repeat(255)), null));
});

describe('native/users: makeFifo', () => {
  it('makes a FIFO, once, of which only the owner may read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vipd-fifo-'));
    const path = join(folder, 'f');
    try {
      native().makeFifo(path);
      const stat = lstatSync(path);
      assert.ok(stat.isFIFO());
      assert.equal(stat.mode & 0o777, 0o600);
      assert.throws(() => native().makeFifo(path), { code: 'EEXIST', syscall: 'mkfifo' });
      assert.throws(() => native().makeFifo(join(folder, 'no', 'f')), { code: 'ENOENT' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('native/users: openPipe', () => {
  it('is a pipe', () => {
    const [readEnd, writeEnd] = native().openPipe();
    try {
      assert.equal(writeSync(writeEnd, 'abc'), 3);
      const out = Buffer.alloc(8);
      assert.equal(readSync(readEnd, out), 3);
      assert.equal(out.toString('utf8', 0, 3), 'abc');
    } finally {
      closeSync(readEnd);
      closeSync(writeEnd);
    }
  });
  it('is closed in children', () => {
    const [readEnd, writeEnd] = native().openPipe();
    try {
      const out = execFileSync('/bin/ls', ['/proc/self/fd'], { encoding: 'utf8' }).split('\n').map(Number);
      assert.ok(!out.includes(readEnd) && !out.includes(writeEnd));
    } finally {
      closeSync(readEnd);
      closeSync(writeEnd);
    }
  });
});
