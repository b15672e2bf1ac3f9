import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutDelay, initialDebounce, stepDebounce } from '../../../src/track/debounce.ts';

const MS = 1000;
/** `events`: 'u' up, 'd' down, 'g' gone, '.' nothing; one each ms. What counts after each, '+' or '-'. */
function play(downMs: number, upMs: number, first: boolean, events: string): string {
  const params = { downUs: downMs * MS, upUs: upMs * MS };
  let state = initialDebounce(first);
  let out = '';
  for (const [i, e] of [...events].entries()) {
    const now = (i + 1) * MS;
    if (state.changeAtUs <= now) state = stepDebounce(params, state, { type: 'timer' }, now);
    if (e !== '.') state = stepDebounce(params, state, { type: 'seen', up: e === 'u', gone: e === 'g' }, now);
    out += state.up ? '+' : '-';
  }
  return out;
}

describe('track/debounce', () => {
  it('without delays every change counts', () => assert.equal(play(0, 0, true, 'dudu'), '-+-+'));
  it('a change counts when it has lasted', () => assert.equal(play(3, 2, true, 'd...u..'), '+++---+'));
  it('one that is taken back never happened', () => assert.equal(play(3, 3, true, 'dududu...'), '+++++++++'));
  it('repeating it does not begin anew', () => assert.equal(play(3, 0, true, 'ddddd'), '+++--'));
  it('the first time up counts at once', () => assert.equal(play(3, 3, false, 'ud....'), '++++--'));
  it('gone counts at once, and after it the first time up again', () =>
    assert.equal(play(5, 5, true, 'gu'), '-+'));
  it('a delay reaches no further than the peers wait', () => {
    const rows = [
      [0, 3, 1e6, 0],
      [1_999_999, 3, 1e6, 1_999_999],
      [2_000_000, 3, 1e6, 1_996_094],
      [255e6, 3, 1e6, 1_996_094],
      [5, 1, 1e6, 0],
    ] as const;
    for (const [delay, adverts, interval, expected] of rows)
      assert.equal(cutDelay(delay, adverts, interval), expected);
  });
});
