/** Which lines the small cleanup program understands; the others are the whole program's. */
import assert from 'node:assert/strict';
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
