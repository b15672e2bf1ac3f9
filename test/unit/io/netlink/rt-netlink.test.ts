/** RtNetlink against a scripted kernel: start, events, overruns, the mark of our addresses, re-entrance. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { readKernel } from '../../../../src/io/netlink/dump.ts';
import { RequestSocket } from '../../../../src/io/netlink/request-socket.ts';
import { ownedAddresses, RtNetlink } from '../../../../src/io/netlink/rt-netlink.ts';
import type { AddressRequest, NetlinkEvent } from '../../../../src/ports/netlink.ts';
import {
  ack,
  attr,
  dumpAnswers,
  FakeError,
  FakeKernel,
  IFF,
  ipv4Body,
  linkAttributes,
  linkBody,
  message,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  type Sent,
} from './fake.ts';

type State = { links: number[][]; addresses: number[][] };
const eth = (index: number, flags: number = IFF.up | IFF.running): number[] =>
  linkBody(index, flags, linkAttributes(`eth${index}`));
const ipv4 = (index: number, last: number, extra: readonly number[] = []): number[] =>
  ipv4Body(index, [192, 0, 2, last], extra);
const note = (type: number, body: readonly number[]): number[] => message(type, 0, 0, body);

const word = (e: NetlinkEvent): string => {
  switch (e.type) {
    case 'link':
      return `+${e.link.name}${e.link.running ? '' : ' down'}`;
    case 'link-removed':
      return `-${e.name}`;
    case 'overrun':
      return 'overrun';
    case 'address-added':
      return `+.${e.address.bytes[3]}`;
    case 'address-removed':
      return `-.${e.address.bytes[3]}`;
  }
};

type Setup = {
  readonly kernel: FakeKernel;
  readonly state: State;
  readonly port: RtNetlink;
  /** The events so far, and forgets them. */
  readonly events: () => string[];
};
function setup(t: TestContext, onEvent: (e: NetlinkEvent, port: RtNetlink) => void = () => undefined): Setup {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const kernel = new FakeKernel();
  const state: State = { links: [eth(1), eth(2)], addresses: [ipv4(1, 10), ipv4(1, 11)] };
  kernel.answer = dumpAnswers(state);
  const seen: string[] = [];
  const port: RtNetlink = new RtNetlink(kernel, (e) => {
    seen.push(word(e));
    onEvent(e, port);
  });
  port.start();
  return { kernel, state, port, events: () => seen.splice(0) };
}
const lastOctets = (port: RtNetlink): (number | undefined)[] => port.addresses().map((a) => a.bytes[3]);

describe('start', () => {
  it('listens to links and addresses of both families before it asks; the first picture is silent', (t) => {
    const { kernel, port, events } = setup(t);
    assert.deepEqual(
      kernel.opened.map((o) => o.groups),
      [0, 0x111],
    );
    assert.ok((kernel.opened[1]?.bytes ?? 0) >= 1 << 20);
    assert.deepEqual(
      port.links().map((l) => l.name),
      ['eth1', 'eth2'],
    );
    assert.deepEqual(lastOctets(port), [10, 11]);
    assert.deepEqual(events(), []);
    port.start();
    assert.equal(kernel.opened.length, 2);
  });
  it('a kernel without IPv6 answers with all families: nothing is twice', () => {
    const kernel = new FakeKernel();
    const answers = dumpAnswers({ links: [], addresses: [ipv4(1, 10)] });
    kernel.answer = (s) => answers({ ...s, body: Buffer.from([2, ...s.body.subarray(1)]) });
    assert.equal(readKernel(new RequestSocket(kernel)).addresses.length, 1);
  });
  it('fails aloud when the kernel cannot be read, and can be tried again', () => {
    const kernel = new FakeKernel();
    kernel.answer = () => [];
    const port = new RtNetlink(kernel, () => undefined);
    assert.throws(() => port.start(), { name: 'DumpError', code: 'EIO' });
    kernel.answer = dumpAnswers({ links: [eth(1)], addresses: [] });
    port.start();
    assert.deepEqual([port.links().length, kernel.wake !== undefined], [1, true]);
    port.close();
    assert.equal(kernel.open.size, 0);
  });
});

describe('notifications', () => {
  it('become events after the picture holds them', (t) => {
    const at: string[] = [];
    const { kernel, port, events } = setup(t, (e, p) => at.push(`${word(e)}: ${lastOctets(p)}`));
    kernel.queue(
      'listen',
      note(RTM_NEWADDR, ipv4(1, 12)),
      [...note(RTM_DELADDR, ipv4(1, 10)), ...note(RTM_NEWADDR, ipv4(1, 12))],
      note(RTM_NEWLINK, eth(1)),
      note(RTM_NEWLINK, eth(1, IFF.up)),
      note(RTM_DELLINK, linkBody(2, 0, [], 7)),
      note(RTM_DELLINK, eth(1)),
    );
    kernel.wake?.(0);
    assert.deepEqual(events(), ['+.12', '-.10', '+eth1 down', '-.11', '-.12', '-eth1']);
    assert.deepEqual(at.slice(0, 2), ['+.12: 10,11,12', '-.10: 11,12']);
    assert.deepEqual([port.links().length, port.addresses().length], [1, 0]);
  });
  it('garbage is counted and stepped over', (t) => {
    const { kernel, port, events } = setup(t);
    kernel.queue(
      'listen',
      [1, 2, 3],
      note(RTM_NEWADDR, [2, 24]),
      note(RTM_NEWLINK, eth(1).slice(0, 21)),
      note(77, []),
      note(RTM_NEWADDR, ipv4(1, 12)),
    );
    port.drain();
    assert.deepEqual(events(), ['+.12']);
    assert.equal(port.counters().garbage, 3);
  });
  it('a wake-up takes a bounded number, drain() all that can matter', (t) => {
    const { kernel, port } = setup(t);
    for (let i = 0; i < 6000; i++) kernel.queue('listen', note(RTM_NEWLINK, eth(1)));
    kernel.wake?.(0);
    assert.equal(kernel.pending('listen'), 6000 - 64);
    port.drain();
    assert.equal(kernel.pending('listen'), 6000 - 64 - 4096);
  });
  it('EINTR is repeated; what is not expected is thrown, and the next drain works', (t) => {
    const { kernel, port, events } = setup(t);
    kernel.queue('listen', new FakeError('EINTR'), note(RTM_NEWADDR, ipv4(1, 12)), new FakeError('EBADF'));
    assert.throws(() => port.drain(), { code: 'EBADF' });
    kernel.queue('listen', note(RTM_NEWADDR, ipv4(1, 13)));
    port.drain();
    assert.deepEqual(events(), ['+.12', '+.13']);
  });
});

describe('a sink', () => {
  it('that calls drain(): it does nothing, events stay in order', (t) => {
    const { kernel, port, events } = setup(t, (_, p) => p.drain());
    kernel.queue(
      'listen',
      [...note(RTM_NEWADDR, ipv4(1, 12)), ...note(RTM_NEWADDR, ipv4(1, 13))],
      note(RTM_NEWADDR, ipv4(1, 14)),
    );
    port.drain();
    assert.deepEqual(events(), ['+.12', '+.13', '+.14']);
  });
  it('that throws does not block later events', (t) => {
    const { kernel, port, events } = setup(t, (e) => {
      if (word(e) === '+.12') throw new RangeError('broken by the test');
    });
    kernel.queue('listen', note(RTM_NEWADDR, ipv4(1, 12)), note(RTM_NEWADDR, ipv4(1, 13)));
    assert.throws(() => port.drain(), RangeError);
    port.drain();
    assert.deepEqual(events(), ['+.12', '+.13']);
  });
  it('that calls close() ends everything', (t) => {
    const { kernel, port, events } = setup(t, (_, p) => p.close());
    kernel.queue(
      'listen',
      [...note(RTM_NEWADDR, ipv4(1, 13)), ...note(RTM_NEWADDR, ipv4(1, 14))],
      note(RTM_NEWADDR, ipv4(1, 15)),
    );
    port.drain();
    assert.deepEqual(events(), ['+.13']);
    assert.equal(kernel.open.size, 0);
    assert.equal(kernel.wake, undefined);
    port.drain();
    port.close();
  });
});

describe('an overrun', () => {
  it('empties the socket, reads anew, and emits one overrun and the differences', (t) => {
    const { kernel, state, port, events } = setup(t);
    state.links = [eth(1), eth(3)];
    state.addresses = [ipv4(1, 11), ipv4(1, 12)];
    kernel.queue(
      'listen',
      note(RTM_NEWADDR, ipv4(1, 50)),
      new FakeError('ENOBUFS'),
      // Old news, already out of date: not to be taken over.
      note(RTM_NEWADDR, ipv4(1, 60)),
      new FakeError('ENOBUFS'),
      note(RTM_NEWADDR, ipv4(1, 61)),
      'none',
      note(RTM_NEWADDR, ipv4(1, 13)),
    );
    kernel.wake?.(-105);
    assert.deepEqual(events(), ['+.50', 'overrun', '-.10', '-.50', '-eth2', '+eth3', '+.12', '+.13']);
    assert.deepEqual(lastOctets(port), [11, 12, 13]);
    assert.equal(port.counters().overruns, 1);
  });
  it('a notification larger than our buffer is a loss too', (t) => {
    const { kernel, state, port, events } = setup(t);
    state.addresses = [];
    kernel.queue('listen', new FakeError('EMSGSIZE'));
    port.drain();
    assert.deepEqual(events(), ['overrun', '-.10', '-.11']);
  });
  it('the picture is whole before the first event', (t) => {
    const at: string[] = [];
    const { kernel, state, port } = setup(t, (e, p) => at.push(`${word(e)}: ${lastOctets(p)}`));
    state.addresses = [ipv4(1, 12)];
    kernel.queue('listen', new FakeError('ENOBUFS'));
    port.drain();
    assert.deepEqual(at, ['overrun: 12', '-.10: 12', '-.11: 12', '+.12: 12']);
  });
});

describe('an overrun after which the kernel cannot be read', () => {
  it('tried again by the timer only, with one overrun event at the end', (t) => {
    const { kernel, state, port, events } = setup(t);
    const answer = kernel.answer;
    kernel.answer = () => [];
    kernel.queue('listen', new FakeError('ENOBUFS'), note(RTM_NEWADDR, ipv4(1, 60)));
    port.drain();
    const sends = kernel.sends.length;
    assert.equal(port.counters().rebuildFailures, 1);
    kernel.queue('listen', note(RTM_NEWADDR, ipv4(1, 61)));
    kernel.wake?.(0);
    assert.equal(kernel.sends.length, sends);
    assert.equal(kernel.pending('listen'), 0);
    kernel.answer = answer;
    state.addresses = [ipv4(1, 10), ipv4(1, 61)];
    t.mock.timers.tick(99);
    assert.deepEqual(events(), []);
    t.mock.timers.tick(1);
    assert.deepEqual(events(), ['overrun', '-.11', '+.61']);
    t.mock.timers.tick(1000);
    assert.deepEqual([events(), port.counters().overruns], [[], 1]);
  });
  it('no descriptor for a new socket: tried again too', (t) => {
    const { kernel, port, events } = setup(t);
    const answer = kernel.answer;
    kernel.answer = () => [];
    kernel.openErrors.push(new FakeError('EMFILE', 'socket'));
    kernel.queue('listen', new FakeError('ENOBUFS'));
    port.drain();
    kernel.answer = answer;
    t.mock.timers.tick(100);
    assert.deepEqual(events(), ['overrun']);
  });
  it('one overrun after another while emptying: bounded, and taken up later', (t) => {
    const { kernel, port, events } = setup(t);
    for (let i = 0; i < 1000; i++) kernel.queue('listen', new FakeError('ENOBUFS'));
    port.drain();
    assert.ok(kernel.pending('listen') > 900);
    for (let i = 0; i < 200; i++) t.mock.timers.tick(100);
    assert.equal(kernel.pending('listen'), 0);
    assert.deepEqual(events(), ['overrun']);
  });
  it('closed while waiting: the timer is gone, so the process may end', (t) => {
    const { kernel, port } = setup(t);
    t.mock.timers.reset();
    const timers = (): number => process.getActiveResourcesInfo().filter((r) => r === 'Timeout').length;
    const before = timers();
    kernel.answer = () => [];
    kernel.queue('listen', new FakeError('ENOBUFS'));
    port.drain();
    assert.equal(timers(), before + 1);
    port.close();
    assert.equal(timers(), before);
  });
});

const vip = (last: number): AddressRequest => ({
  family: 4,
  bytes: Uint8Array.from([192, 0, 2, last]),
  prefixLength: 24,
  interfaceIndex: 1,
  scope: 0,
});
/** Of IFA_LOCAL, which is the first attribute. */
const lastOctet = (s: Sent): number => s.body.readUInt8(8 + 7);
const marked = (s: Sent): boolean => s.body.includes(Buffer.from(attr(11, [18])));
const marks = (kernel: FakeKernel): boolean[][] =>
  kernel.sends.filter((s) => s[0]?.type === RTM_NEWADDR).map((s) => s.map(marked));

describe('adding and deleting', () => {
  it('what is already as asked is ok', (t) => {
    const { kernel, port } = setup(t);
    const errnos = [0, 17, 99, 19, 6, 1];
    kernel.answer = (s) => [ack(s.seq, errnos[lastOctet(s)])];
    const all = [0, 1, 2, 3, 4, 5].map(vip);
    assert.deepEqual(
      port.addAddresses(all).map((r) => (r.ok ? (r.already ? 'already' : 'done') : r.code)),
      ['done', 'already', 'EADDRNOTAVAIL', 'ENODEV', 'ENXIO', 'EPERM'],
    );
    assert.deepEqual(
      port.deleteAddresses(all).map((r) => (r.ok ? (r.already ? 'already' : 'done') : r.code)),
      ['done', 'EEXIST', 'already', 'already', 'already', 'EPERM'],
    );
  });
  it('marks our addresses', (t) => {
    const { kernel, port } = setup(t);
    port.addAddresses([vip(1), vip(2)]);
    assert.deepEqual(marks(kernel), [[true, true]]);
  });
  it('a kernel that refuses the mark gets none, and is asked once', (t) => {
    const { kernel, port } = setup(t);
    kernel.answer = (s) => [ack(s.seq, marked(s) ? 22 : lastOctet(s) === 7 ? 17 : 0)];
    assert.deepEqual(
      port.addAddresses([vip(1), vip(7)]).map((r) => [r.ok, r.already]),
      [
        [true, false],
        [true, true],
      ],
    );
    port.addAddresses([vip(3)]);
    assert.deepEqual(marks(kernel), [[true, true], [false, false], [false]]);
  });
  it('a malformed request does not end the marking', (t) => {
    const { kernel, port } = setup(t);
    kernel.answer = (s) => [ack(s.seq, lastOctet(s) === 9 ? 22 : 0)];
    assert.equal(port.addAddresses([vip(9)])[0]?.code, 'EINVAL');
    port.addAddresses([vip(1)]);
    assert.equal(port.addAddresses([vip(9)])[0]?.code, 'EINVAL');
    assert.deepEqual(marks(kernel), [[true], [false], [true], [true]]);
  });
  it('may be asked from within an event', (t) => {
    const results: boolean[] = [];
    const { kernel, port } = setup(t, (e, p) => {
      if (e.type === 'address-removed') results.push(p.addAddresses([vip(10)])[0]?.ok === true);
    });
    kernel.queue('listen', note(RTM_DELADDR, ipv4(1, 10)), note(RTM_DELADDR, ipv4(1, 11)));
    port.drain();
    assert.deepEqual(results, [true, true]);
  });
});

it('leftovers are the addresses with the mark', (t) => {
  const { kernel, port } = setup(t);
  kernel.queue(
    'listen',
    note(RTM_NEWADDR, ipv4(1, 12, attr(11, [18]))),
    note(RTM_NEWADDR, ipv4(1, 13, attr(11, [3]))),
  );
  port.drain();
  assert.deepEqual(
    ownedAddresses(port.addresses()).map((a) => a.bytes[3]),
    [12],
  );
});
