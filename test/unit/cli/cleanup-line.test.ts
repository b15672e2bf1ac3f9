/** Which lines the small cleanup program understands; the others are the whole program's. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { it } from 'node:test';
import { plainCleanup } from '../../../src/cleanup-main.ts';
import { parseArguments } from '../../../src/cli/options.ts';

const words = (line: string): string[] => line.split(' ').filter(Boolean);

it('the lines of the unit, and what they mean is what the whole program says', () => {
  for (const line of [
    'cleanup',
    'cleanup --run-dir /run/x',
    'cleanup --run-dir=/run/x',
    'cleanup --run-dir=x',
  ]) {
    const whole = parseArguments(words(line), {});
    assert.ok(whole.kind === 'tool' && whole.tool.command === 'cleanup');
    assert.equal(plainCleanup(words(line), {}), whole.tool.runDir, line);
  }
});

it('no others', () => {
  for (const line of [
    '',
    'status',
    '-n cleanup',
    'cleanup -h',
    'cleanup --help',
    'cleanup --run-dir',
    'cleanup --run-dir=',
    'cleanup -s blue',
    'cleanup --run-dir=/x --json',
    'cleanup --run-dir /x -p /y',
    'cleanup --run-dir=/x /y',
  ])
    assert.equal(plainCleanup(words(line), {}), undefined, line);
});

it('the joined cleanup has not grown into the whole program: what few nodes need is loaded apart', () => {
  const bundle = statSync('build/bundle/cleanup.cjs', { throwIfNoEntry: false });
  // After a bare `tsc` there is none.
  assert.ok(bundle === undefined || bundle.size < 250_000, `${bundle?.size} octets`);
});
