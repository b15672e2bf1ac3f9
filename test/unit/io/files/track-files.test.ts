import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TrackFiles } from '../../../../src/io/files/track-files.ts';
import { native } from '../../../../src/native.ts';
import { sleepMs, until } from '../../../netns/clock.ts';

const PATIENCE_MS = 5000;

const folder = mkdtempSync(join(tmpdir(), 'vipd-track-'));
const seen: string[] = [];
const port = new TrackFiles({ native: native(), sink: (file) => seen.push(port.read(file).trim()) });
const file = join(folder, 'd/f');
after(() => {
  port.close();
  rmSync(folder, { recursive: true, force: true });
});
/** Each value the sink was told of from here on ends with `want`. */
const seesAfter = async (change: () => void, want: string): Promise<void> => {
  seen.length = 0;
  change();
  assert.ok(await until(() => seen.at(-1) === want, PATIENCE_MS, 5), `${JSON.stringify(seen)} for ${want}`);
};

describe('io/files/track-files: files and directories', () => {
  it('sees what a shell does to a file', async () => {
    mkdirSync(join(folder, 'd'));
    port.follow([file]);
    assert.equal(port.trouble(file), '');
    await seesAfter(() => writeFileSync(file, '1\n'), '1');
    await seesAfter(() => {
      writeFileSync(join(folder, 'd/new'), '2\n');
      renameSync(join(folder, 'd/new'), file);
    }, '2');
    assert.deepEqual(seen, ['2'], 'a file beside it is none of ours');
    await seesAfter(() => renameSync(file, join(folder, 'd/away')), '');
    await seesAfter(() => renameSync(join(folder, 'd/away'), file), '2');
    await seesAfter(() => unlinkSync(file), '');
    await seesAfter(() => writeFileSync(file, '3\n'), '3');
  });

  it('never reads a file between truncation and writing', async () => {
    seen.length = 0;
    const fd = openSync(file, 'w');
    writeSync(fd, '-2');
    await sleepMs(100);
    writeSync(fd, '54');
    assert.deepEqual(seen, []);
    closeSync(fd);
    await seesAfter(() => undefined, '-254');
    assert.deepEqual(seen, ['-254']);
  });

  it('a directory that is deleted and made again, and one that is replaced', async () => {
    await seesAfter(() => rmSync(join(folder, 'd'), { recursive: true }), '');
    assert.match(port.trouble(file), /mkdir /);
    await seesAfter(() => {
      mkdirSync(join(folder, 'd'));
      writeFileSync(file, '4');
    }, '4');
    assert.equal(port.trouble(file), '');
    await seesAfter(() => {
      mkdirSync(join(folder, 'e'));
      writeFileSync(join(folder, 'e/f'), '5');
      renameSync(join(folder, 'd'), join(folder, 'old'));
      renameSync(join(folder, 'e'), join(folder, 'd'));
    }, '5');
    await seesAfter(() => writeFileSync(file, '6'), '6');
  });
});

describe('io/files/track-files: links, first values, limits', () => {
  it('a link: its target may change, and it may point elsewhere', async () => {
    const link = join(folder, 'd/link');
    mkdirSync(join(folder, 'x'));
    mkdirSync(join(folder, 'y'));
    writeFileSync(join(folder, 'x/t'), '10');
    writeFileSync(join(folder, 'y/t'), '20');
    symlinkSync('../x/t', link);
    port.follow([link]);
    await seesAfter(() => writeFileSync(join(folder, 'x/t'), '11'), '11');
    await seesAfter(() => {
      symlinkSync('../y/t', join(folder, 'd/l2'));
      renameSync(join(folder, 'd/l2'), link);
    }, '20');
    await seesAfter(() => writeFileSync(join(folder, 'y/t'), '21'), '21');
  });

  it('init_file creates, overwrites only when told to, and follows no link', () => {
    const f = join(folder, 'init');
    assert.equal(port.init(f, 5, false), '');
    assert.equal(readFileSync(f, 'utf8'), '5\n');
    assert.equal(port.init(f, 6, false), '');
    assert.equal(readFileSync(f, 'utf8'), '5\n');
    assert.equal(port.init(f, -7, true), '');
    assert.equal(readFileSync(f, 'utf8'), '-7\n');
    symlinkSync('/etc/hostname', join(folder, 'l'));
    assert.match(port.init(join(folder, 'l'), 1, true), /ELOOP/);
    assert.match(port.init(join(folder, 'no/such'), 1, true), /ENOENT/);
  });

  it('a file system that tells nothing is refused, with the remedy', () => {
    port.follow(['/proc/loadavg']);
    assert.match(port.trouble('/proc/loadavg'), /proc file system .* \/run/);
    assert.equal(port.read('/proc/loadavg'), '');
  });

  it('leaves no descriptor behind', () => {
    port.close();
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 20; i++) {
      port.follow([file]);
      port.close();
    }
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
});
