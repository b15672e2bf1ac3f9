import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EMPTY_QUEUE, MAX_WAITING, push, take } from '../../../../src/io/process/hook-queue.ts';
import type { HookRun } from '../../../../src/ports/process.ts';

const place = { file: 'x', line: 1, col: 1 };
const hook = (text: string): HookRun => {
  const [what = '', state = '', keep] = text.split(' ');
  return {
    owner: 'INSTANCE V',
    what,
    state,
    keep: keep === 'keep',
    command: { argv: ['/bin/true'], text: '/bin/true', place },
    extraArgv: [],
    environment: {},
  };
};
const show = (h: HookRun): string => `${h.what} ${h.state}`;

/** '+n MASTER' pushes, '-' takes; gives what was taken, what was dropped, what is left. */
function play(moves: readonly string[]): { ran: string[]; dropped: string[]; left: string[] } {
  let queue = EMPTY_QUEUE;
  const ran: string[] = [];
  const dropped: string[] = [];
  for (const move of moves) {
    if (move === '-') {
      const taken = take(queue);
      queue = taken.queue;
      if (taken.hook !== undefined) ran.push(show(taken.hook));
    } else {
      const pushed = push(queue, hook(move.slice(1)));
      queue = pushed.queue;
      dropped.push(...pushed.superseded.map(show));
    }
  }
  return { ran, dropped, left: queue.waiting.map((e) => show(e.hook)) };
}

describe('io/process/hook-queue', () => {
  it('keeps the order', () =>
    assert.deepEqual(play(['+s MASTER', '+n MASTER', '-', '-', '-']), {
      ran: ['s MASTER', 'n MASTER'],
      dropped: [],
      left: [],
    }));

  it('a newer transition drops the older one whole', () =>
    assert.deepEqual(play(['+s MASTER', '+n MASTER', '+s BACKUP', '+n BACKUP']), {
      ran: [],
      dropped: ['s MASTER', 'n MASTER'],
      left: ['s BACKUP', 'n BACKUP'],
    }));

  it('a transition that has begun is completed', () =>
    assert.deepEqual(
      play(['+s MASTER', '+n MASTER', '-', '+s BACKUP', '+n BACKUP', '+s FAULT', '+n FAULT']),
      {
        ran: ['s MASTER'],
        dropped: ['s BACKUP', 'n BACKUP'],
        left: ['n MASTER', 's FAULT', 'n FAULT'],
      },
    ));

  it('keep is never dropped and itself drops the rest', () =>
    assert.deepEqual(play(['+s MASTER', '+s STOP keep', '+n STOP keep', '+s BACKUP']), {
      ran: [],
      dropped: ['s MASTER'],
      left: ['s STOP', 'n STOP', 's BACKUP'],
    }));

  it('the same transition again drops its older copy', () =>
    assert.deepEqual(play(['+s MASTER', '+n MASTER', '+s MASTER', '+n MASTER']), {
      ran: [],
      dropped: ['s MASTER', 'n MASTER'],
      left: ['s MASTER', 'n MASTER'],
    }));

  it('an event drops only its own older copy, a transition drops events', () =>
    assert.deepEqual(
      play([
        '+s MASTER',
        '+lower MASTER_RX_LOWER_PRI',
        '+lower MASTER_RX_LOWER_PRI',
        '+n MASTER',
        '+s BACKUP',
      ]),
      {
        ran: [],
        dropped: ['lower MASTER_RX_LOWER_PRI', 's MASTER', 'lower MASTER_RX_LOWER_PRI', 'n MASTER'],
        left: ['s BACKUP'],
      },
    ));

  it('an event does not make the generic hook a transition of its own', () =>
    assert.deepEqual(play(['+s MASTER', '-', '+lower MASTER_RX_LOWER_PRI', '+n MASTER', '-', '-']).ran, [
      's MASTER',
      'lower MASTER_RX_LOWER_PRI',
      'n MASTER',
    ]));

  it('is bounded', () => {
    const many = Array.from({ length: MAX_WAITING + 3 }, (_, i) => `+stop${i} STOP keep`);
    const { dropped, left } = play(many);
    assert.equal(left.length, MAX_WAITING);
    assert.deepEqual(dropped, ['stop0 STOP', 'stop1 STOP', 'stop2 STOP']);
  });

  it('when full drops what need not be kept first', () => {
    const many = Array.from({ length: MAX_WAITING - 1 }, (_, i) => `+stop${i} STOP keep`);
    assert.deepEqual(play([...many, '+n MASTER', '+late STOP keep']).dropped, ['n MASTER']);
  });
});
