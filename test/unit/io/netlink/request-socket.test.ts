/** Requests and dumps against a scripted kernel: lost, late, foreign and broken answers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeLinkDump, type Request } from '../../../../src/io/netlink/messages.ts';
import { DumpError, errnoName, RequestSocket } from '../../../../src/io/netlink/request-socket.ts';
import {
  ack,
  attr,
  DUMP_INTR,
  FakeError,
  FakeKernel,
  type Item,
  linkAttributes,
  linkBody,
  message,
  NLMSG_DONE,
  RTM_NEWLINK,
  type Sent,
  text,
  u32,
} from './fake.ts';

const request = (n: number): Request => ({ type: 20, flags: 5, parts: [Uint8Array.from(u32(n))] });
const requests = (count: number): Request[] => Array.from({ length: count }, (_, n) => request(n));
const number = (s: Sent): number => s.body.readUInt32LE(0);
const DONE = { code: '', text: '' };
const NO_ANSWER = { code: 'EIO', text: 'the kernel did not answer' };

function setup(answer?: (s: Sent, nth: number) => readonly Item[]): {
  kernel: FakeKernel;
  socket: RequestSocket;
} {
  const kernel = new FakeKernel();
  if (answer !== undefined) kernel.answer = answer;
  return { kernel, socket: new RequestSocket(kernel) };
}

describe('requests', () => {
  it('one send for a batch, answers in its order', () => {
    const { kernel, socket } = setup((s) => [ack(s.seq, number(s) === 1 ? 17 : 0)]);
    assert.deepEqual(socket.transact(requests(3)), [DONE, { code: 'EEXIST', text: '' }, DONE]);
    assert.deepEqual(
      kernel.sends.map((s) => s.length),
      [3],
    );
  });

  it('answers are matched by sequence number, not by order', () => {
    const held: Item[] = [];
    const { socket } = setup((s, nth) => {
      held.unshift(ack(s.seq, number(s) === 0 ? 99 : 0));
      return nth === 2 ? held : [];
    });
    assert.deepEqual(socket.transact(requests(3)), [{ code: 'EADDRNOTAVAIL', text: '' }, DONE, DONE]);
  });

  it('an empty batch sends nothing', () => {
    const { kernel, socket } = setup();
    assert.deepEqual(socket.transact([]), []);
    assert.equal(kernel.sends.length, 0);
  });

  it('large batches go in bounded sends', () => {
    const { kernel, socket } = setup();
    assert.ok(socket.transact(requests(600)).every((a) => a.code === ''));
    assert.deepEqual(
      kernel.sends.map((s) => s.length),
      [256, 256, 88],
    );
  });

  it('the text of an extended acknowledgement', () => {
    const { socket } = setup((s) => [ack(s.seq, 19, attr(1, text('ipv4: Device not found')))]);
    assert.deepEqual(socket.transact(requests(1)), [{ code: 'ENODEV', text: 'ipv4: Device not found' }]);
  });
});

describe('answers that do not come as they should', () => {
  it('foreign sequence numbers and garbage are stepped over and counted', () => {
    const { socket } = setup((s) => [
      ack(s.seq + 1000),
      [1, 2, 3],
      message(2, 0, s.seq, u32(0)),
      message(99, 0, s.seq, []),
      ack(s.seq),
    ]);
    assert.deepEqual(socket.transact(requests(1)), [DONE]);
    assert.equal(socket.strayCount, 4);
  });

  it('a missing answer is asked for once more, then EIO; the rest is not disturbed', () => {
    const { kernel, socket } = setup((s) => (number(s) === 1 ? [] : [ack(s.seq)]));
    assert.deepEqual(socket.transact(requests(3)), [DONE, NO_ANSWER, DONE]);
    assert.deepEqual(
      kernel.sends.map((s) => s.map(number)),
      [[0, 1, 2], [1]],
    );
  });

  it('answers lost to an overrun are asked for again', () => {
    const { kernel, socket } = setup((s, nth) =>
      nth >= 3 ? [ack(s.seq, 17)] : number(s) === 1 ? [new FakeError('ENOBUFS')] : [ack(s.seq)],
    );
    assert.deepEqual(socket.transact(requests(3)), [DONE, { code: 'EEXIST', text: '' }, DONE]);
    assert.equal(kernel.sends.length, 2);
  });

  it('a stream of strangers ends, and does not stand before later answers', () => {
    const { kernel, socket } = setup((s, nth) =>
      nth < 2 ? Array.from({ length: 5000 }, () => ack(s.seq + 7000)) : [ack(s.seq)],
    );
    assert.deepEqual(socket.transact(requests(1)), [NO_ANSWER]);
    assert.ok(kernel.reads < 200, `${kernel.reads} reads`);
    assert.deepEqual(socket.transact(requests(1)), [DONE]);
    assert.equal(kernel.open.size, 1);
  });

  it('EINTR is repeated, on send and on receive, and not for ever', () => {
    const { kernel, socket } = setup((s) => [new FakeError('EINTR'), new FakeError('EINTR'), ack(s.seq)]);
    kernel.sendErrors.push(new FakeError('EINTR', 'sendto'));
    assert.deepEqual(socket.transact(requests(1)), [DONE]);
    const endless = setup((_) => Array.from({ length: 5000 }, () => new FakeError('EINTR')));
    assert.equal(endless.socket.transact(requests(1))[0]?.code, 'EINTR');
    assert.ok(endless.kernel.reads < 100, `${endless.kernel.reads} reads`);
  });

  it('a refused send, and a receive that fails, are results', () => {
    const { kernel, socket } = setup();
    for (let i = 0; i < 2; i++) kernel.sendErrors.push(new FakeError('EPERM', 'sendto'));
    assert.deepEqual(
      socket.transact(requests(2)).map((a) => a.code),
      ['EPERM', 'EPERM'],
    );
    const broken = setup((s) => (number(s) === 0 ? [ack(s.seq)] : [new FakeError('EBADF')]));
    assert.deepEqual(
      broken.socket.transact(requests(2)).map((a) => a.code),
      ['', 'EBADF'],
    );
  });

  it('what is no system error is not swallowed', () => {
    const { kernel, socket } = setup();
    kernel.netlinkReceive = () => {
      throw new TypeError('broken by the test');
    };
    assert.throws(() => socket.transact(requests(1)), TypeError);
  });

  it('after close: a result, no new socket', () => {
    const { kernel, socket } = setup();
    socket.close();
    socket.close();
    assert.equal(socket.transact(requests(1))[0]?.code, 'EBADF');
    assert.equal(kernel.opened.length, 1);
    assert.equal(kernel.open.size, 0);
  });
});

const link = (s: Sent, index: number, flags = 2): number[] =>
  message(RTM_NEWLINK, flags, s.seq, linkBody(index, 1, linkAttributes(`eth${index}`)));
const done = (s: Sent, errno = 0, flags = 2): number[] =>
  message(NLMSG_DONE, flags, s.seq, u32(-errno >>> 0));
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof DumpError) return e.code;
    throw e;
  }
  return 'no error';
};

describe('dumps', () => {
  it('several datagrams to NLMSG_DONE, without strangers', () => {
    const { socket } = setup((s) => [link(s, 1), [...link(s, 2), ...ack(99)], link(s, 3), done(s)]);
    const got = socket.dump(encodeLinkDump());
    assert.deepEqual(
      got.map((m) => m.data.readUInt32LE(4)),
      [1, 2, 3],
    );
    assert.equal(socket.strayCount, 1);
  });

  it('changed meanwhile (NLM_F_DUMP_INTR): begun again on the same socket, at most eight times', () => {
    const { kernel, socket } = setup((s, nth) => [link(s, nth, nth < 2 ? 2 | DUMP_INTR : 2), done(s)]);
    assert.deepEqual(
      socket.dump(encodeLinkDump()).map((m) => m.data.readUInt32LE(4)),
      [2],
    );
    assert.equal(socket.dumpRepeatCount, 2);
    assert.equal(kernel.opened.length, 1);
    const restless = setup((s) => [link(s, 1), done(s, 0, 2 | DUMP_INTR)]);
    assert.equal(
      codeOf(() => restless.socket.dump(encodeLinkDump())),
      'EINTR',
    );
    assert.equal(restless.kernel.sends.length, 8);
  });

  const failures: readonly [string, (s: Sent) => readonly Item[], string][] = [
    ['ENOBUFS in the middle', (s) => [link(s, 1), new FakeError('ENOBUFS'), link(s, 2), done(s)], 'ENOBUFS'],
    ['a datagram too large', (s) => [new FakeError('EMSGSIZE'), done(s)], 'ENOBUFS'],
    ['an early end', (s) => [link(s, 1)], 'EIO'],
    ['an errno in NLMSG_DONE', (s) => [link(s, 1), done(s, 12)], 'ENOMEM'],
    ['a refusal', (s) => [ack(s.seq, 16)], 'EBUSY'],
    ['a refusal cut short', (s) => [message(2, 0, s.seq, u32(0))], 'EIO'],
  ];
  for (const [name, answer, code] of failures) {
    it(`${name}: begun again on a new socket`, () => {
      const { kernel, socket } = setup((s, nth) => (nth === 0 ? answer(s) : [link(s, 7), done(s)]));
      assert.equal(socket.dump(encodeLinkDump()).length, 1);
      assert.deepEqual([kernel.opened.length, kernel.open.size], [2, 1]);
    });
    it(`${name}, always: ${code}`, () => {
      const { kernel, socket } = setup(answer);
      assert.equal(
        codeOf(() => socket.dump(encodeLinkDump())),
        code,
      );
      assert.equal(kernel.sends.length, 8);
      assert.equal(kernel.open.size, 0);
    });
  }

  it('when no new socket can be had now, a later request gets one', () => {
    const { kernel, socket } = setup((s, nth) => (nth === 0 ? [] : [link(s, 7), done(s)]));
    kernel.openErrors.push(new FakeError('EMFILE', 'socket'));
    assert.throws(() => socket.dump(encodeLinkDump()), { code: 'EMFILE' });
    assert.equal(socket.dump(encodeLinkDump()).length, 1);
  });
});

it('names of errnos', () => {
  assert.deepEqual([11, 17, 95, 99, 4242].map(errnoName), [
    'EAGAIN',
    'EEXIST',
    'ENOTSUP',
    'EADDRNOTAVAIL',
    'errno 4242',
  ]);
});
