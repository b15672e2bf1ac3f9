/** Pid files: who holds, who takes over, who may remove. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { acquirePidFile, acquirePidFiles, type PidFile } from '../../../src/io/files/pidfile.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-pid-'));
});
after(() => rmSync(folder, { recursive: true }));

function acquired(path: string): PidFile {
  const result = acquirePidFile(path);
  assert.equal(result.ok, true, JSON.stringify(result));
  return (result as { file: PidFile }).file;
}

/** Tries for the file in a process of its own; prints 'got' and holds it until its stdin ends, else prints the refusal. */
const RIVAL = `
const { acquirePidFile } = await import(process.argv[1]);
const r = acquirePidFile(process.argv[2]);
console.log(r.ok ? 'got' : r.reason);
process.stdin.resume().on('end', () => { if (r.ok && process.argv[3] === 'release') r.file.release(); process.exit(0); });
`;
function rival(path: string, atEnd: 'release' | 'die' = 'release') {
  const module = new URL('../../../src/io/files/pidfile.js', import.meta.url).href;
  return spawn(process.execPath, ['--input-type=module', '-e', RIVAL, module, path, atEnd], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}
async function verdict(child: ReturnType<typeof rival>): Promise<string> {
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString().trim();
}
async function end(child: ReturnType<typeof rival>): Promise<void> {
  const exited = once(child, 'exit');
  child.stdin.end();
  await exited;
}

describe('pid file', () => {
  it('holds the decimal pid and a line end, makes its folder, goes away', () => {
    const path = join(folder, 'new', 'a.pid');
    const file = acquired(path);
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o644);
    assert.equal(file.tookOver, false);
    file.release();
    file.release();
    assert.equal(existsSync(path), false);
  });

  it('of a dead daemon is taken over, whatever it holds', () => {
    for (const content of ['999999\n', '', 'garbage', '99999999999999999999\n']) {
      const path = join(folder, 'stale.pid');
      writeFileSync(path, content);
      const file = acquired(path);
      assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
      assert.equal(file.tookOver, content === '999999\n');
      file.release();
    }
  });

  it('of a living daemon is not', async () => {
    const path = join(folder, 'held.pid');
    const holder = rival(path);
    assert.equal(await verdict(holder), 'got');
    assert.deepEqual(acquirePidFile(path), { ok: false, reason: 'running', pid: holder.pid });
    assert.equal(readFileSync(path, 'utf8'), `${holder.pid}\n`);
    await end(holder);
    acquired(path).release();
  });

  it('stays when its owner died, and the next one gets it', async () => {
    const path = join(folder, 'died.pid');
    const holder = rival(path, 'die');
    await verdict(holder);
    await end(holder);
    assert.equal(existsSync(path), true);
    const file = acquired(path);
    assert.equal(file.tookOver, true);
    file.release();
  });
});

describe('pid file: many at once', () => {
  it('is had by exactly one of five that start at once', async () => {
    const path = join(folder, 'race.pid');
    const rivals = Array.from({ length: 5 }, () => rival(path));
    const verdicts = await Promise.all(rivals.map(verdict));
    assert.deepEqual([...verdicts].sort(), ['got', 'running', 'running', 'running', 'running']);
    await Promise.all(rivals.map(end));
    assert.equal(existsSync(path), false);
  });

  it('names its holder at every moment while three daemons come and go', async () => {
    const module = new URL('../../../src/io/files/pidfile.js', import.meta.url).href;
    const program = `
      import { readFileSync } from 'node:fs';
      const { acquirePidFile } = await import(process.argv[1]);
      let bad = 0, held = 0;
      const read = () => { try { return readFileSync(process.argv[2], 'utf8').trim(); } catch (e) { return e.code; } };
      for (const end = Date.now() + 700; Date.now() < end;) {
        const r = acquirePidFile(process.argv[2]);
        if (!r.ok) { if (r.reason !== 'running') bad++; continue; }
        held++;
        for (let i = 0; i < 5; i++) if (read() !== String(process.pid)) bad++;
        r.file.release();
      }
      console.log(bad, held > 0);
    `;
    const path = join(folder, 'churn.pid');
    const results = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', program, module, path]);
        const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
        return chunk.toString();
      }),
    );
    assert.deepEqual(results, ['0 true\n', '0 true\n', '0 true\n']);
  });
});

describe('pid file: what else may be there', () => {
  it('is not removed when another file has taken its place', () => {
    const path = join(folder, 'moved.pid');
    const file = acquired(path);
    writeFileSync(`${path}.other`, '1\n');
    renameSync(`${path}.other`, path);
    file.release();
    assert.equal(readFileSync(path, 'utf8'), '1\n');
  });

  it('is neither a link nor a folder', () => {
    symlinkSync(join(folder, 'target'), join(folder, 'link.pid'));
    const link = acquirePidFile(join(folder, 'link.pid'));
    assert.equal(!link.ok && link.reason === 'error' && link.code, 'ELOOP');
    assert.equal(existsSync(join(folder, 'target')), false);
    mkdirSync(join(folder, 'dir.pid'));
    const directory = acquirePidFile(join(folder, 'dir.pid'));
    assert.equal(!directory.ok && directory.reason === 'error' && directory.code, 'EISDIR');
  });

  it('no place to write one is told, not fatal; anything else is', () => {
    // sysfs lets nobody create a file.
    const good = join(folder, 'place.pid');
    const result = acquirePidFiles(['/sys/vipd-test.pid', good]);
    assert.ok(result.ok);
    assert.match(result.unwritable.join(), /sys.vipd-test.pid: (EACCES|EROFS|EPERM)/);
    assert.equal(existsSync(good), true);
    result.release();
    mkdirSync(join(folder, 'folder.pid'));
    assert.equal(acquirePidFiles([good, join(folder, 'folder.pid')]).ok, false);
    assert.equal(existsSync(good), false);
  });

  it('several: all or none', async () => {
    const [a, b] = [join(folder, 'all-a.pid'), join(folder, 'all-b.pid')];
    const holder = rival(b);
    await verdict(holder);
    assert.equal(acquirePidFiles([a, b]).ok, false);
    assert.equal(existsSync(a), false);
    await end(holder);
    const both = acquirePidFiles([a, b]);
    assert.ok(both.ok);
    assert.equal(readFileSync(b, 'utf8'), `${process.pid}\n`);
    both.release();
    assert.equal(existsSync(a) || existsSync(b), false);
  });
});
