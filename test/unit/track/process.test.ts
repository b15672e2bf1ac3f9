import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  initialProcess,
  matchesProcess,
  type ProcessParams,
  type ProcessPattern,
  stepProcess,
} from '../../../src/track/process.ts';

const P = '/opt/pa';
describe('track/process: which processes are meant (as measured on 2.2.7)', () => {
  // [process, parameters, match, fullCommand, argv of a process named pa, expected]
  const rows: readonly (readonly [string, string, ProcessPattern['match'], boolean, string, boolean])[] = [
    ['pa', '', 'none', false, `${P} 100`, true],
    ['p', '', 'none', false, `${P} 100`, false],
    ['pa', '', 'none', true, `${P} 100`, false],
    [P, '', 'none', true, `${P} 100`, true],
    ['pa', '100', 'exact', true, `${P} 100`, false],
    [P, '100', 'exact', true, `${P} 100`, true],
    [P, '100', 'exact', true, `${P} 100 5`, false],
    [P, '', 'exact', true, `${P} 100`, false],
    [P, '', 'exact', true, P, true],
    [P, '10', 'initial', true, `${P} 100`, true],
    [P, '10', 'initial', true, `${P} 5 10`, false],
    [P, '10', 'initial', true, `${P} 1`, false],
    [P, '10', 'partial', true, `${P} 100`, false],
    [P, '10', 'partial', true, `${P} 10 100`, true],
    [P, '100 5', 'partial', true, `${P} 100 5`, true],
    [P, '100 5', 'partial', true, `${P} 100 50`, false],
    [P, '', 'partial', true, `${P} 100 50`, true],
    [P, '', 'none', true, '', false],
  ];
  for (const [process, parameters, match, fullCommand, argv, expected] of rows)
    it(`${process} ${parameters} ${match}${fullCommand ? ' full' : ''} / ${argv}`, () => {
      const words = (text: string): string[] => text.split(' ').filter((w) => w !== '');
      const pattern = { process, parameters: words(parameters), match, fullCommand };
      assert.equal(matchesProcess(pattern, { comm: 'pa', argv: words(argv) }), expected);
    });

  it('a name of more than 15 octets means what the kernel keeps of it', () => {
    const pattern = {
      process: 'abcdefghijklmnopqrst',
      parameters: [],
      match: 'none',
      fullCommand: false,
    } as const;
    assert.ok(matchesProcess(pattern, { comm: 'abcdefghijklmno', argv: [] }));
    assert.ok(!matchesProcess(pattern, { comm: 'abcdefghijklmn', argv: [] }));
  });
});

describe('track/process: quorum and delays', () => {
  const params = (change: Partial<ProcessParams> = {}): ProcessParams => ({
    quorum: 1,
    forkDelayUs: 0,
    terminateDelayUs: 0,
    ...change,
  });
  /** Status after each count, 1 ms apart. */
  const play = (p: ProcessParams, first: number, counts: readonly number[]): string => {
    let state = initialProcess(p, first);
    const seen: string[] = [state.status];
    for (const [i, count] of counts.entries()) {
      state = stepProcess(p, state, { type: 'timer' }, (i + 1) * 1000);
      state = stepProcess(p, state, { type: 'count', count }, (i + 1) * 1000);
      seen.push(state.status);
    }
    return seen.join(' ');
  };

  it('at least, from to, none', () => {
    assert.equal(play(params(), 0, [1, 2, 0]), 'down up up down');
    assert.equal(play(params({ quorum: 2, quorumMax: 3 }), 1, [2, 3, 4, 3, 1]), 'down up up down up down');
    assert.equal(play(params({ quorumMax: 0 }), 0, [1, 0]), 'up down up');
  });

  it('a change waits for its delay, and one that is taken back never happened', () => {
    const slow = params({ terminateDelayUs: 2000 });
    assert.equal(play(slow, 1, [0, 0, 0]), 'up up up down');
    assert.equal(play(slow, 1, [0, 1, 0, 1]), 'up up up up up');
    assert.equal(play(params({ forkDelayUs: 2000 }), 0, [1, 1, 1]), 'down down down up');
    assert.equal(play(params({ forkDelayUs: 2000 }), 0, [1, 2, 3, 4]), 'down down down up up');
    assert.equal(play(params({ quorumMax: 1, terminateDelayUs: 1000 }), 1, [2, 1, 1]), 'up down down up');
  });
});
