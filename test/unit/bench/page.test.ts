/** The page that `npm run bench` writes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Figure } from '../../../bench/figure.ts';
import { type Machine, type Outcome, pageOf } from '../../../bench/page.ts';

const machine: Machine = {
  processor: 'CPU 3000',
  cores: 2,
  kernel: 'Linux 6.1',
  node: 'v20.0.0',
  keepalived: 'v2.2.7',
  vipd: 'v1.0.0',
};
const figure: Figure = {
  title: 'Processor time',
  about: 'While nothing happens.',
  rows: [
    { title: 'master', unit: '%', base: [9, 11, 10], vipd: [4, 6, 5], bar: { kind: 'ratio', most: 0.4 } },
    { title: 'a|b', unit: 's', base: [], vipd: [2, 2], bar: { kind: 'value', most: 3 } },
    { title: 'free', unit: '', base: [1, 1], vipd: [1, 1] },
  ],
  problems: ['one frame was lost'],
};
const outcome = (o: Partial<Outcome>): Outcome => ({
  name: 'cpu',
  date: '2026-01-02',
  runs: 3,
  load: 0.1,
  machine,
  figure,
  ...o,
});
const lines = (...outcomes: Outcome[]): string[] => pageOf(outcomes).split('\n');

describe('the page', () => {
  it('has each bar, and whether it was reached', () => {
    const page = lines(outcome({}));
    assert.ok(page.includes('1 reached, 1 missed, 0 benchmarks failed.'));
    assert.ok(page.includes('| [cpu](#cpu) | master | ≤ 0.4 | 0.500 | **missed** |'));
    assert.ok(page.includes('| [cpu](#cpu) | a\\|b | ≤ 3 s | 2.00 s | reached |'));
    assert.ok(!page.some((l) => l.startsWith('| [cpu](#cpu) | free')));
  });

  it('has medians with their spread, the figure, and what went wrong', () => {
    const page = lines(outcome({}));
    assert.ok(
      page.includes(
        '| master | 10.0 % (9.00 to 11.0) | 5.00 % (4.00 to 6.00) | 0.500 | ≤ 0.4 | **missed** |',
      ),
    );
    assert.ok(page.includes('![Processor time](cpu.svg)'));
    assert.ok(page.includes('* one frame was lost'));
  });

  it('names the machine once, and again where another one measured', () => {
    const other = { ...machine, cores: 64 };
    const named = (page: string[]): number => page.filter((l) => l.includes('CPU 3000')).length;
    assert.equal(named(lines(outcome({}), outcome({ name: 'storm' }))), 1);
    const page = lines(outcome({}), outcome({ name: 'storm', machine: other, date: '2026-01-01' }));
    assert.equal(named(page), 2);
    assert.ok(page.some((l) => l.startsWith('**2026-01-01**') && l.includes('64 cores')));
  });

  it('says that a benchmark failed, among the bars and in its place', () => {
    const { figure: _, ...rest } = outcome({ name: 'storm', failure: 'not done after 9 s' });
    const page = lines(outcome({}), rest);
    assert.ok(page.includes('1 reached, 1 missed, 1 benchmarks failed.'));
    assert.ok(
      page.includes('| [storm](#storm) | could not be measured: not done after 9 s | | | **failed** |'),
    );
    assert.ok(page.includes('Could not be measured: not done after 9 s'));
  });

  it('says that the machine was busy', () => {
    const busy = /on a busy machine \(load 3\.2/;
    assert.ok(lines(outcome({ load: 3.2 })).some((l) => busy.test(l)));
    assert.ok(!lines(outcome({})).some((l) => busy.test(l)));
  });
});
