/** The commands on configurations as a user runs them: streams, statuses, standard input. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { instance as sample } from '../config/support.ts';

/** Another VRID than that of the samples, which has a hint of its own. */
const instance = (lines: string): string =>
  sample(lines).replace('virtual_router_id 51', 'virtual_router_id 7');
const main = fileURLToPath(new URL('../../../src/main.js', import.meta.url));
let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-check-'));
  writeFileSync(join(folder, 'part.conf'), instance('prioriti 5'));
});
after(() => rmSync(folder, { recursive: true }));

function vipd(words: readonly string[], input = '', env: Readonly<Record<string, string>> = {}) {
  const run = spawnSync(process.execPath, [main, ...words], {
    encoding: 'utf8',
    input,
    cwd: folder,
    env: { ...process.env, ...env },
  });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

it('checking/standard input, with an include relative to the working folder', () => {
  const { status, out, err } = vipd(['check', '--offline', '-'], 'include part.conf\n');
  assert.deepEqual([status, err], [2, '']);
  assert.match(
    out,
    /part\.conf:5:1-8: error KA0401: [\s\S]*included from <stdin>:1\n[\s\S]*did you mean 'priority'/,
  );
  assert.match(out, /\n<stdin>: 1 error\. keepalived would start/);
});

it('checking/offline asks the machine nothing, else it is asked', () => {
  const text = instance('priority 5').replace('eth0', 'nosuchif0');
  assert.equal(vipd(['check', '--offline', '-'], text).status, 0);
  assert.match(vipd(['check', '-'], text).out, /KA0601/);
});

it('checking/several files, the worst status, and colours on demand', () => {
  writeFileSync(join(folder, 'good.conf'), instance('priority 5'));
  const { status, out } = vipd(['check', '--offline', '--color', 'always', 'good.conf', 'part.conf']);
  assert.equal(status, 2);
  assert.match(out, /^good\.conf: no mistakes/);
  assert.ok(out.includes('\x1b[31merror\x1b[0m'));
  assert.ok(!vipd(['check', '--offline', 'part.conf']).out.includes('\x1b'));
});

it('checking/--config-id chooses lines', () => {
  const text = `@lb1 foo\n${instance('priority 5')}`;
  assert.equal(vipd(['check', '--offline', '-i', 'lb1', '-'], text).status, 2);
  assert.equal(vipd(['check', '--offline', '-i', 'lb2', '-'], text).status, 0);
});

it('checking/a file that is not there', () => {
  const { status, out } = vipd(['check', '--offline', 'none.conf']);
  assert.equal(status, 2);
  assert.match(out, /KA0305/);
});

it('checking/usage errors are status 2 on standard error', () => {
  for (const words of [
    ['check', '--format', 'xml'],
    ['check', '--max', 'x'],
    ['explain'],
    ['completions', 'tcsh'],
  ]) {
    const { status, out, err } = vipd(words);
    assert.deepEqual([status, out], [2, ''], words.join(' '));
    assert.match(err, /error: /);
  }
});

it('checking/explain says what it does not know and goes on', () => {
  const { status, out, err } = vipd(['explain', 'prioriti', 'KA0660']);
  assert.equal(status, 1);
  assert.match(out, /^KA0660: VRID used twice/);
  assert.equal(err, "vipd explain: no code, keyword or directive 'prioriti'; did you mean 'priority'?\n");
});

it('checking/config of a file that cannot be used', () => {
  const good = vipd(['config', '--resolved', '--json', '--offline', '-'], instance('priority 5'));
  assert.equal(
    (JSON.parse(good.out) as { config: { instances: { priority: number }[] } }).config.instances[0]?.priority,
    5,
  );
  const bad = vipd(['config', '--offline', '-'], instance('priority'));
  assert.equal(bad.status, 2);
  assert.match(bad.err, /no daemon would start/);
});

it('checking/--peer compares two nodes and tells who is master', () => {
  writeFileSync(join(folder, 'lb1.conf'), instance('priority 101'));
  writeFileSync(join(folder, 'lb2.conf'), instance('priority 100'));
  const same = vipd(['check', '--offline', 'lb1.conf', '--peer', 'lb2.conf']);
  assert.deepEqual([same.status, same.err], [0, '']);
  assert.match(same.out, /pair: lb1 stops +-> lb1 down, lb2 100 +-> lb2 takes over after 0\.\d+ s/);
  writeFileSync(join(folder, 'lb2.conf'), instance('priority 100\nadvert_int 3'));
  const other = vipd(['check', '--offline', '--format', 'json', 'lb1.conf', '--peer', 'lb2.conf']);
  const value = JSON.parse(other.out) as { results: { findings: { code: string }[] }[]; pair: unknown };
  assert.equal(other.status, 2);
  assert.ok(value.results[0]?.findings.some((f) => f.code.startsWith('KA30')));
  assert.ok(value.pair);
});

it('checking/--peer with more than one file before it is a mistake of usage', () => {
  assert.equal(vipd(['check', 'a', 'b', '--peer', 'c']).status, 2);
});
