/** What the configuration loader may read, and globs beside glibc's own answer. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configFiles, expandBraces } from '../../../src/io/files/config-files.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-cfg-'));
  for (const name of [
    'b.conf',
    'a.conf',
    'B.conf',
    '.hidden.conf',
    'c1.inc',
    'c2.inc',
    'x[1].conf',
    'é.conf',
    'a b.conf',
  ])
    writeFileSync(join(folder, name), `${name}\n`);
  mkdirSync(join(folder, 'd1'));
  mkdirSync(join(folder, 'd2'));
  for (const name of ['d1/z.conf', 'd1/a.conf', 'd2/m.conf']) writeFileSync(join(folder, name), '');
});
after(() => rmSync(folder, { recursive: true }));

describe('readFile', () => {
  it('reads text, relative to its folder', () => {
    assert.deepEqual(configFiles(folder).readFile('a.conf'), { ok: true, text: 'a.conf\n' });
    assert.deepEqual(configFiles('/').readFile(join(folder, 'a.conf')), { ok: true, text: 'a.conf\n' });
  });

  it('refuses what is no plain text file, without waiting for it', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    writeFileSync(join(folder, 'script'), '#!/bin/sh\n');
    chmodSync(join(folder, 'script'), 0o744);
    const code = (path: string): string => {
      const result = configFiles(folder).readFile(path);
      return result.ok ? 'ok' : result.code;
    };
    assert.equal(code('d1'), 'EISDIR');
    assert.equal(code('fifo'), 'EINVAL');
    assert.equal(code('/dev/null'), 'EINVAL');
    assert.equal(code('script'), 'EXEC');
    assert.equal(code('missing'), 'ENOENT');
    assert.equal(code('a.conf/x'), 'ENOTDIR');
    rmSync(join(folder, 'fifo'));
    rmSync(join(folder, 'script'));
  });
});

/** Pattern -> the paths, in order. The same table was run through glob(3) with GLOB_BRACE. */
const GLOBS: readonly (readonly [string, readonly string[]])[] = [
  ['*.conf', ['B.conf', 'a b.conf', 'a.conf', 'b.conf', 'x[1].conf', 'é.conf']],
  ['.*.conf', ['.hidden.conf']],
  ['?.conf', ['B.conf', 'a.conf', 'b.conf', 'é.conf']],
  ['[ab].conf', ['a.conf', 'b.conf']],
  ['[!ab].conf', ['B.conf', 'é.conf']],
  ['c[[:digit:]].inc', ['c1.inc', 'c2.inc']],
  ['[^ab].conf', ['B.conf', 'é.conf']],
  ['x\\[1\\].conf', ['x[1].conf']],
  ['{b,a}.conf', ['b.conf', 'a.conf']],
  ['c{1,2,3}.inc', ['c1.inc', 'c2.inc']],
  ['{b,a,*}.conf', ['b.conf', 'a.conf', 'B.conf', 'a b.conf', 'a.conf', 'b.conf', 'x[1].conf', 'é.conf']],
  ['d*/*.conf', ['d1/a.conf', 'd1/z.conf', 'd2/m.conf']],
  ['./a.conf', ['./a.conf']],
  ['d1/../a.conf', ['d1/../a.conf']],
  ['**/a.conf', ['d1/a.conf']], // '**' is '*': one level
  ['+(a).conf', []],
  ['!(a).conf', []],
  ['nothing*', []],
  ['missing.conf', []],
  ['d1', ['d1']],
];

describe('glob', () => {
  for (const [pattern, want] of GLOBS)
    it(pattern, () => {
      assert.deepEqual(configFiles(folder).glob(pattern), want);
      const absolute = pattern.startsWith('{')
        ? undefined
        : configFiles('/').glob(join(folder, '/') + pattern);
      if (absolute !== undefined)
        assert.deepEqual(
          absolute,
          want.map((path) => join(folder, '/') + path),
        );
    });

  it('agrees with glob(3)', { skip: !hasPython() }, () => {
    const program = `
import ctypes, sys, os
class G(ctypes.Structure):
    _fields_ = [("n", ctypes.c_size_t), ("v", ctypes.POINTER(ctypes.c_char_p)), ("rest", ctypes.c_char * 256)]
libc = ctypes.CDLL(None)
os.chdir(sys.argv[1])
for p in sys.argv[2:]:
    g = G()
    r = libc.glob(p.encode(), 1 << 10, None, ctypes.byref(g))
    print("|".join(g.v[i].decode() for i in range(g.n)) if r == 0 else "")
`;
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    const patterns = GLOBS.map(([pattern]) => pattern);
    const out = execFileSync('python3', ['-c', program, folder, ...patterns], { encoding: 'utf8', env });
    const theirs = out.split('\n').slice(0, -1);
    for (const [i, pattern] of patterns.entries()) {
      const ours = configFiles(folder).glob(pattern);
      assert.equal(ours.join('|'), theirs[i], pattern);
    }
  });

  it('braces', () => {
    assert.deepEqual(expandBraces('a{b,c{d,e}}f'), ['abf', 'acdf', 'acef']);
    assert.deepEqual(expandBraces('{}'), ['{}']);
    assert.deepEqual(expandBraces('a{b'), ['a{b']);
    assert.deepEqual(expandBraces('\\{a,b}'), ['\\{a,b}']);
    assert.deepEqual(expandBraces('{a,}x'), ['ax', 'x']);
    assert.equal(expandBraces('{a,b}'.repeat(30)).length, 1_024);
  });
});

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import ctypes']);
    return true;
  } catch (e) {
    assert.ok(e instanceof Error);
    return false;
  }
}
