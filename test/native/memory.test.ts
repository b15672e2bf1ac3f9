/** memory.c: what may be given back, and what is refused. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';

type Mapping = { readonly from: number; readonly to: number; readonly mode: string; readonly path: string };

const mappings = (): Mapping[] =>
  [...readFileSync('/proc/self/maps', 'latin1').matchAll(/^(\w+)-(\w+) (\S+) \S+ \S+ \d+ *(.*)$/gm)].map(
    ([, from = '', to = '', mode = '', path = '']) => ({
      from: Number.parseInt(from, 16),
      to: Number.parseInt(to, 16),
      mode,
      path,
    }),
  );
const PAGE = 4096;

describe('native/memory', () => {
  const api = native();
  const [code] = mappings()
    .filter((m) => m.mode === 'r-xp' && m.path === process.execPath)
    .sort((a, b) => b.to - b.from - (a.to - a.from)) as [Mapping];
  const resident = (): number => {
    const smaps = readFileSync('/proc/self/smaps', 'latin1');
    const entry = smaps.slice(smaps.indexOf(`\n${code.from.toString(16).padStart(8, '0')}-`) + 1);
    return Number(/^Rss: +(\d+) kB$/m.exec(entry)?.[1]);
  };

  it('code that is given back comes again where it is used', () => {
    const before = resident();
    assert.equal(api.dropCode(code.from, code.to), true);
    const after = resident();
    assert.ok(after < before / 2, `${before} kB, then ${after} kB`);
    assert.equal(JSON.parse('{"a":[1,2,3]}').a.length, 3);
  });

  it('a part of it, but not more than there is', () => {
    assert.equal(api.dropCode(code.from + PAGE, code.to - PAGE), true);
    assert.equal(api.dropCode(code.from, code.to + 16 * PAGE), false);
  });

  it('what may be written is not touched: data of the program, heap, stack, memory of V8', () => {
    for (const { from, to } of mappings().filter((m) => m.mode.startsWith('rw') && m.to < 2 ** 47))
      assert.equal(api.dropCode(from, to), false);
  });

  it('no whole pages, no range, no numbers', () => {
    assert.throws(() => api.dropCode(code.from + 1, code.to), { code: 'EINVAL', syscall: 'madvise' });
    assert.throws(() => api.dropCode(code.to, code.from), TypeError);
    assert.throws(() => api.dropCode(0, PAGE), TypeError);
    assert.throws(() => api.dropCode(Number.NaN, PAGE), TypeError);
    assert.throws(() => api.dropCode('1' as never, PAGE), TypeError);
    assert.throws(() => (api.dropCode as (from: number) => boolean)(PAGE), TypeError);
  });

  it('free pages of the heap go back, and it goes on', () => {
    const blocks = Array.from({ length: 64 }, () => Buffer.alloc(100_000, 1));
    blocks.length = 0;
    api.trimHeap();
    assert.equal(Buffer.alloc(100_000, 7).at(-1), 7);
  });

  it('locked code stays', () => {
    const program = `
      const n = require(process.argv[1]); const { readFileSync } = require('node:fs');
      try { n.lockCode(); } catch (e) { console.log(e.code); process.exit(); }
      try { n.dropCode(${code.from}, ${code.to}); } catch (e) { console.log(e.code); }`;
    const addon =
      process.env['VIPD_NATIVE'] ??
      new URL('../../../native/build/Release/vipd.node', import.meta.url).pathname;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program, addon], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    // EPERM, ENOMEM: it could not be locked here.
    assert.match(stdout, /^(EINVAL|EPERM|ENOMEM)\n$/, stderr);
  });
});
