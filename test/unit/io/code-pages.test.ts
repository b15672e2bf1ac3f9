/** What of smaps may be given back: never anything that was written, whatever it looks like. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { cleanPages } from '../../../src/io/code-pages.ts';

const HEAD = '00b72000-025fe000 r-xp 00772000 08:01 1234                           /usr/bin/node';
const ENTRY = [
  HEAD,
  'Size:              27184 kB',
  'KernelPageSize:        4 kB',
  'Rss:               17268 kB',
  'Pss:                5000 kB',
  'Shared_Clean:      12000 kB',
  'Private_Clean:      5268 kB',
  'Private_Dirty:         0 kB',
  'Anonymous:             0 kB',
  'Swap:                  0 kB',
  'Locked:                0 kB',
  'THPeligible:           0',
  'VmFlags: rd ex mr mw me sd ',
  '',
].join('\n');
const WHOLE = { from: 0xb72000, to: 0x25fe000 };

describe('io/code-pages', () => {
  it('code and constants as the file has them', () => {
    const constants = ENTRY.replace('r-xp', 'r--p').replace('rd ex', 'rd');
    assert.deepEqual(cleanPages(ENTRY + constants), { pages: [WHOLE, WHOLE], rest: '' });
  });

  for (const [why, from, to] of [
    ['writable', 'r-xp', 'rw-p'],
    ['shared with others', 'r-xp', 'r-xs'],
    ['of no file', '08:01 1234 ', '00:00 0    '],
    ['written by the loader', /Anonymous: +0 kB/, 'Anonymous:             8 kB'],
    ['written, and not yet a page of its own', /Private_Dirty: +0 kB/, 'Private_Dirty: 4 kB'],
    ['written and swapped out', /Swap: +0 kB/, 'Swap:                  4 kB'],
    ['locked', ' me sd ', ' me lo sd '],
    ['of huge pages', ' me sd ', ' me ht sd'],
    ['nothing of it in memory', /Rss: +17268/, 'Rss:                   0'],
    ['a kernel that does not say what was written', /Anonymous:.*\n/, ''],
    ['a kernel that does not say what was swapped out', /Swap:.*\n/, ''],
    ['an address that is none', '00b72000', '00b7200z'],
  ] as const)
    it(`left alone: ${why}`, () => {
      const entry = ENTRY.replace(from, to);
      assert.notEqual(entry, ENTRY);
      assert.deepEqual(cleanPages(entry + ENTRY), { pages: [WHOLE], rest: '' });
    });

  it('in pieces of any size', () => {
    for (const size of [1, 7, 100, 1000]) {
      const text = ENTRY.repeat(3);
      const pages = [];
      let rest = '';
      for (let i = 0; i < text.length; i += size) {
        const found = cleanPages(rest + text.slice(i, i + size));
        pages.push(...found.pages);
        rest = found.rest;
      }
      assert.deepEqual({ pages, rest }, { pages: [WHOLE, WHOLE, WHOLE], rest: '' }, `${size} at a time`);
    }
  });

  it('given back by a process that goes on: the memory falls, nothing is lost', () => {
    const module = (path: string): string => new URL(`../../../src/${path}`, import.meta.url).href;
    const program = `
      import { createHash } from 'node:crypto'; import { readFileSync } from 'node:fs'; import { gunzipSync, gzipSync } from 'node:zlib';
      import { native } from '${module('native.js')}'; import { givingBack } from '${module('io/memory.js')}';
      const resident = () => Number(/^RssFile:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      const work = () => createHash('sha256').update(gunzipSync(gzipSync('a'.repeat(1e5)))).digest('hex') + JSON.stringify(new Intl.NumberFormat('de').format(1e6)) + /(a+)b/.exec('aab')[1];
      const before = work(), full = resident();
      for (let round = 0; round < 3; round++) for (const _ of givingBack(native()));
      const less = resident();
      console.log(less < 0.7 * full, work() === before);
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(stdout, 'true true\n', stderr);
  });
});
