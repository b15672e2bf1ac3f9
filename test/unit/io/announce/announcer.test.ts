/** Bursts, spaced queues, full devices, vanished interfaces. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Announcer } from '../../../../src/io/announce/announcer.ts';
import type { Announcement } from '../../../../src/ports/announce.ts';
import { encodeGratuitousArp } from '../../../../src/wire/arp.ts';
import { FakeNative, FakeTiming, gap } from './fakes.ts';

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 0x0a);
const MS = 1000;
const one = (last: number, index = 3): Announcement => ({
  interface: `eth${index}`,
  interfaceIndex: index,
  mac: MAC,
  family: 4,
  address: Uint8Array.of(192, 0, 2, last),
});
const V6: Announcement = { ...one(0), family: 6, address: new Uint8Array(16).fill(0x20) };
/** Last octet of the address that each frame announces. */
const lasts = (frames: readonly Uint8Array[]): number[] => frames.map((frame) => frame[41] as number);

function setup(isRouter = false) {
  const timing = new FakeTiming();
  const fake = new FakeNative(timing);
  const problems: string[] = [];
  const announcer = new Announcer({
    native: fake.native,
    timing,
    isRouter: () => isRouter,
    onProblem: (...problem) => problems.push(problem.join(' ')),
  });
  const all = (): number[] => fake.calls.flatMap((call) => lasts(call.frames));
  return { timing, fake, problems, announcer, all };
}

describe('a burst', () => {
  it('is one call for each interface, rounds in order', () => {
    const { fake, announcer } = setup();
    announcer.announce('VI_1', [one(1), one(2, 4), one(3)], 3, gap(0));
    assert.deepEqual(
      fake.calls.map(({ index, frames }) => [index, lasts(frames)]),
      [
        [3, [1, 3, 1, 3, 1, 3]],
        [4, [2, 2, 2]],
      ],
    );
    assert.deepEqual(fake.calls[0]?.frames[0], encodeGratuitousArp(MAC, Uint8Array.of(192, 0, 2, 1)));
    assert.equal(announcer.sentCount(), 9);
    assert.deepEqual(fake.opened, [[0, 0]], 'one socket for all interfaces');
  });
  it('IPv6: the Router flag is that of the interface', () => {
    for (const isRouter of [false, true]) {
      const { fake, announcer } = setup(isRouter);
      announcer.announce('VI_1', [V6], 1, gap(0));
      assert.equal(fake.calls[0]?.frames[0]?.[58], isRouter ? 0xa0 : 0x20);
    }
  });
  it('nothing to announce, no rounds, not Ethernet', () => {
    const { fake, problems, announcer } = setup();
    announcer.announce('VI_1', [], 5, gap(0));
    announcer.announce('VI_1', [one(1)], 0, gap(0));
    announcer.announce('VI_1', [{ ...one(1), mac: new Uint8Array(0) }], 5, gap(0));
    assert.deepEqual([fake.calls, problems], [[], ['eth3 send EAFNOSUPPORT']]);
  });
  for (const code of ['ENETDOWN', 'ENXIO', 'ENODEV', 'EPERM'])
    it(`${code}: told once, nothing thrown, nothing left`, () => {
      const { timing, fake, problems, announcer } = setup();
      fake.room = () => code;
      announcer.announce('VI_1', [one(1)], 5, gap(0));
      assert.deepEqual([problems, timing.armed, announcer.sentCount()], [[`eth3 send ${code}`], 0, 0]);
      fake.room = (frames) => frames.length;
      announcer.announce('VI_1', [one(1)], 5, gap(0));
      assert.equal(announcer.sentCount(), 5);
    });
  it('no permission to open: told, and tried anew by the next', () => {
    const { fake, problems, announcer } = setup();
    fake.openError = 'EPERM';
    announcer.announce('VI_1', [one(1)], 1, gap(0));
    fake.openError = undefined;
    announcer.announce('VI_1', [one(1)], 1, gap(0));
    assert.deepEqual([problems, announcer.sentCount()], [['eth3 send EPERM'], 1]);
  });
});

describe('a burst that does not fit', () => {
  it('a full device: the rest follows when there is room, every frame once', () => {
    const { timing, fake, problems, announcer, all } = setup();
    let room = 7;
    fake.room = (frames) => {
      if (room === 0) return 'ENOBUFS';
      const taken = Math.min(room, frames.length);
      room -= taken;
      return taken;
    };
    const list = Array.from({ length: 10 }, (_, i) => one(i));
    announcer.announce('VI_1', list, 2, gap(0));
    assert.deepEqual(all(), [0, 1, 2, 3, 4, 5, 6]);
    room = 4;
    timing.advance(5 * MS);
    room = 100;
    timing.advance(10 * MS);
    assert.deepEqual(all().slice(0, 13), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
    assert.deepEqual(
      all().toSorted((a, b) => a - b),
      list.flatMap((_, i) => [i, i]),
    );
    assert.deepEqual([problems, timing.armed], [[], 0]);
  });
  it('a device that stays full is given up after half a second', () => {
    const { timing, fake, problems, announcer } = setup();
    fake.room = () => 'EAGAIN';
    announcer.announce('VI_1', [one(1)], 5, gap(0));
    timing.advance(400 * MS);
    assert.deepEqual(problems, []);
    timing.advance(200 * MS);
    assert.deepEqual([problems, timing.armed], [['eth3 send EAGAIN'], 0]);
  });
  it('has a limit', () => {
    const { problems, announcer } = setup();
    announcer.announce('VI_1', [one(1), one(2)], 30_000, gap(0));
    assert.deepEqual([problems, announcer.sentCount()], [['eth3 burst E2BIG'], 50_000]);
  });
});

describe('spaced', () => {
  it('one frame every spacing, addresses taking turns, the first at once', () => {
    const { timing, fake, announcer, all } = setup();
    announcer.announce('VI_1', [one(1), one(2)], 3, gap(100 * MS));
    assert.deepEqual(all(), [1]);
    timing.advance(2000 * MS);
    assert.deepEqual(all(), [1, 2, 1, 2, 1, 2]);
    const times = fake.calls.map((call) => call.atUs - (fake.calls[0]?.atUs ?? 0));
    assert.deepEqual(
      times,
      [0, 1, 2, 3, 4, 5].map((i) => i * 100 * MS),
    );
    assert.equal(timing.armed, 0);
  });
  it('owners share the lane; another interface has its own pace', () => {
    const { timing, announcer, all } = setup();
    announcer.announce('VI_1', [one(1)], 2, gap(100 * MS));
    announcer.announce('VI_2', [one(2)], 2, gap(100 * MS));
    announcer.announce('VI_3', [one(9, 4)], 1, gap(100 * MS, 'eth4 IPv4'));
    assert.deepEqual(all(), [1, 9]);
    timing.advance(99 * MS);
    assert.equal(all().length, 2);
    timing.advance(901 * MS);
    assert.deepEqual(all(), [1, 9, 1, 2, 2]);
  });
  it('interfaces of one lane share its pace, and one that is down costs only its own frames', () => {
    const { timing, fake, problems, announcer, all } = setup();
    announcer.announce('VI_1', [one(1), one(9, 4)], 2, gap(100 * MS));
    timing.advance(350 * MS);
    assert.deepEqual(all(), [1, 9, 1, 9]);
    assert.deepEqual(
      fake.calls.map((call) => call.index),
      [3, 4, 3, 4],
    );
    announcer.announce('VI_1', [one(1), one(9, 4), one(2)], 1, gap(100 * MS));
    fake.room = (frames) => (lasts(frames)[0] === 9 ? 'ENETDOWN' : frames.length);
    timing.advance(1000 * MS);
    assert.deepEqual(all(), [1, 9, 1, 9, 1, 2]);
    assert.deepEqual(problems, ['eth4 send ENETDOWN']);
  });
  it('the spacing holds between calls, and after a stall nothing is made up for', () => {
    const { timing, fake, announcer, all } = setup();
    announcer.announce('VI_1', [one(1)], 1, gap(100 * MS));
    announcer.announce('VI_1', [one(1)], 5, gap(100 * MS));
    assert.deepEqual(all(), [1]);
    timing.stall(10_000 * MS);
    timing.advance(0);
    assert.deepEqual(all(), [1, 1]);
    timing.advance(1000 * MS);
    const gaps = fake.calls.slice(2).map((call, i) => call.atUs - (fake.calls[i + 1]?.atUs ?? 0));
    assert.deepEqual(
      gaps,
      [100, 100, 100, 100].map((ms) => ms * MS),
    );
  });
  it('what is pending is not added up', () => {
    const { timing, announcer, all } = setup();
    for (let i = 0; i < 50; i++) announcer.announce('VI_1', [one(1)], 5, gap(100 * MS));
    timing.advance(10_000 * MS);
    assert.ok(all().length <= 6, String(all().length));
  });
  it('finer than a timer: several at once, never more than the spacing allows', () => {
    const { timing, fake, announcer } = setup();
    announcer.announce('VI_1', [one(1), one(2)], 50, gap(100));
    timing.advance(100 * MS);
    assert.equal(announcer.sentCount(), 100);
    assert.ok(fake.calls.every((call) => call.frames.length <= 10));
    assert.ok((fake.calls.at(-1)?.atUs ?? 0) - (fake.calls[0]?.atUs ?? 0) >= 9 * MS);
  });
});

describe('the end of a queue', () => {
  it('forget drops the owner alone; close drops all', () => {
    const { timing, fake, announcer, all } = setup();
    announcer.announce('VI_1', [one(1)], 5, gap(100 * MS));
    announcer.announce('VI_2', [one(2)], 2, gap(100 * MS));
    announcer.forget('VI_1');
    timing.advance(1000 * MS);
    assert.deepEqual(all(), [1, 2, 2]);
    announcer.announce('VI_2', [one(2)], 5, gap(100 * MS));
    announcer.close();
    announcer.close();
    timing.advance(1000 * MS);
    announcer.announce('VI_2', [one(2)], 5, gap(0));
    assert.deepEqual([all().length, timing.armed, fake.closed], [4, 0, [10]]);
  });
  it('an interface that vanished drops its queue, once', () => {
    const { timing, fake, problems, announcer } = setup();
    announcer.announce('VI_1', [one(1)], 5, gap(100 * MS));
    fake.room = () => 'ENXIO';
    timing.advance(1000 * MS);
    assert.deepEqual([problems, timing.armed, announcer.sentCount()], [['eth3 send ENXIO'], 0, 1]);
  });
  it('queues of interfaces that are gone are not collected', () => {
    const { timing, announcer } = setup();
    for (let index = 1; index < 500; index++) {
      announcer.announce('VI_1', [one(1, index)], 1, gap(MS, `eth${index}`));
      timing.advance(10 * MS);
    }
    assert.equal(announcer.sentCount(), 499);
  });
});
