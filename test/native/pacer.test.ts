/** The pacer's thread on loopback: times, counter, replacement, lease and last will. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sockaddr } from '../../src/io/pacer/sockaddr.ts';
import { native } from '../../src/native.ts';
import { sleepMs } from '../netns/clock.ts';

const n = native();
/** A protocol for experiments (RFC 3692): nobody on this host listens to it. */
const PROTOCOL = 253;
const AF_INET = 2;
const IP_HEADER = 20;
const LOOPBACK = sockaddr(Uint8Array.of(127, 0, 0, 1), 0);
const NONE = new Uint8Array(0);
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

const asRoot = { skip: process.getuid?.() === 0 ? false : 'raw sockets need root' };

let sender = -1;
let receiver = -1;
const out = Buffer.alloc(2048);

/** Starts and ends the thread around each test of a suite. */
function useThread(): void {
  beforeEach(() => {
    n.pacerStart();
    sender = n.socketOpen(AF_INET, PROTOCOL);
    receiver = n.socketOpen(AF_INET, PROTOCOL);
  });
  afterEach(() => {
    n.pacerStop();
    n.close(sender);
    n.close(receiver);
  });
}

/** Payloads that have come, as numbers of two octets. */
function received(): number[] {
  const list: number[] = [];
  for (let length = n.packetReceive(receiver, out); length > 0; length = n.packetReceive(receiver, out))
    list.push(out.readUInt16BE(IP_HEADER));
  return list;
}
const payload = (value: number): Buffer => Buffer.from([value >> 8, value & 255, 0xaa]);
function arm(
  slot: number,
  value: number,
  intervalUs: number,
  atUs: number,
  will: number[] = [],
  counterAt = -1,
) {
  const packets = (values: number[]) => values.map((v) => [payload(v), LOOPBACK] as const);
  n.pacerArm(slot, sender, packets([value]), intervalUs, atUs, counterAt, packets(will), NONE);
}

describe('native/pacer: repeating', asRoot, () => {
  useThread();

  it('sends at the time and on its grid, while JavaScript stands still', () => {
    arm(0, 7, 10_000, nowUs() + 20_000);
    const beganUs = nowUs();
    while (nowUs() < beganUs + 215_000); // blocked
    const got = received();
    const most = Math.floor((nowUs() - beganUs) / 10_000);
    // On a loaded machine the thread may be late, and then leaves out what it missed.
    assert.ok(got.length >= 8 && got.length <= most, `${got.length} packets`);
    assert.ok(got.every((v) => v === 7));
    const [sent, failed, , nextAtUs, armed] = n.pacerRead(0);
    assert.ok(sent >= got.length && failed === 0 && armed === 1);
    assert.ok(nextAtUs > nowUs() - 10_000 && nextAtUs <= nowUs() + 10_000);
  });

  it('counts up in the packet and leaves 0 out', async () => {
    arm(0, 65_534, 5_000, nowUs(), [], 0);
    const got: number[] = [];
    for (let i = 0; i < 200 && got.length < 3; i++) {
      await sleepMs(10);
      got.push(...received());
    }
    n.pacerDisarm(0);
    assert.deepEqual(got.slice(0, 3), [65_535, 1, 2]);
  });

  it('disarmed is silent at once; replaced sends the new packet and goes on counting', async () => {
    arm(0, 1, 2_000, nowUs());
    await sleepMs(20);
    n.pacerDisarm(0);
    const first = received().length;
    assert.ok(first > 3);
    await sleepMs(20);
    assert.deepEqual(received(), []);
    arm(0, 2, 2_000, nowUs());
    await sleepMs(20);
    assert.ok(received().every((v) => v === 2));
    assert.ok(n.pacerRead(0)[0] > first);
    n.pacerForget(0);
    assert.deepEqual(n.pacerRead(0), [0, 0, 0, 0, -1]);
  });

  it('advanced: the next one comes so much earlier, at once if that is past, and the grid goes on from there', async () => {
    const atUs = nowUs() + 60_000_000;
    for (const slot of [0, 1]) arm(slot, slot, 1_000_000, atUs);
    await sleepMs(20);
    n.pacerAdvance(1, 59_900_000);
    assert.equal(n.pacerRead(1)[3], atUs - 59_900_000);
    n.pacerAdvance(0, 60_200_000);
    await sleepMs(20);
    assert.deepEqual(received(), [0]);
    assert.equal(n.pacerRead(0)[3], atUs - 59_200_000);
    // It was not late: nobody had asked for it before.
    assert.ok(n.pacerLateness() < 150_000, `${n.pacerLateness()}`);
    await sleepMs(150);
    assert.deepEqual(received(), [1]);
    n.pacerDisarm(1);
    n.pacerAdvance(1, 1);
    assert.equal(n.pacerRead(1)[4], 0);
    assert.throws(() => n.pacerAdvance(1, -1), /byUs/);
  });

  it('many entries keep their order in time', async () => {
    const startUs = nowUs() + 30_000;
    for (let i = 0; i < 200; i++) arm(i, i, 1_000_000, startUs + ((i * 73) % 200) * 100);
    for (let i = 0; i < 200; i += 2) n.pacerDisarm(i);
    await sleepMs(120);
    const got = received();
    const due = Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 2 === 1);
    assert.deepEqual(
      got,
      due.sort((a, b) => ((a * 73) % 200) - ((b * 73) % 200)),
    );
  });
});

describe('native/pacer: keeping', asRoot, () => {
  useThread();

  it('kept by the event loop: it holds while that turns, and is lost when that stands still', async () => {
    let told = 0;
    n.pacerKeep(600_000, () => told++);
    arm(0, 1, 10_000, nowUs(), [99]);
    await sleepMs(900);
    assert.ok(!received().includes(99));
    assert.equal(told, 0);
    const beganUs = nowUs();
    // Blocked, on a loaded machine for longer: while the thread stands still as well the lease does.
    while (n.pacerRead(0)[4] !== 0 && nowUs() < beganUs + 10_000_000);
    // Turning again does not make up for it: somebody must have been told.
    await sleepMs(300);
    assert.equal(received().filter((v) => v === 99).length, 2);
    assert.equal(n.pacerRead(0)[4], 0);
    assert.ok(told >= 1, `told ${told} times`);
    // Nothing that is armed before JavaScript has said it outlives that.
    arm(1, 1, 10_000, nowUs() + 50_000);
    await sleepMs(20);
    assert.equal(n.pacerRead(1)[4], 0);
    assert.equal(n.pacerRenew(nowUs() + 600_000), false);
    const before = told;
    assert.equal(n.pacerRenew(nowUs() + 600_000), true);
    n.pacerKeep(60_000, () => told++);
    await sleepMs(100);
    assert.equal(told, before);
    n.pacerStop();
  });

  it('while nothing is armed no lease runs out; the first that is armed begins one', async () => {
    const lost: number[] = [];
    n.pacerKeep(300_000, () => lost.push(nowUs()));
    const block = (us: number): void => {
      for (const untilUs = nowUs() + us; nowUs() < untilUs; );
    };
    await sleepMs(250); // the keeper has gone to sleep
    block(500_000);
    arm(0, 1, 20_000, nowUs(), [99]);
    await sleepMs(700);
    assert.equal(n.pacerRead(0)[4], 1);
    n.pacerDisarm(0);
    await sleepMs(250);
    block(500_000);
    await sleepMs(20);
    assert.deepEqual(lost, []);
    assert.equal(n.pacerRenew(nowUs() + 300_000), true);
    assert.ok(!received().includes(99));
  });

  it('an exception of the one who is told goes to the process, and the thread goes on', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (e) => thrown.push(e));
    try {
      n.pacerKeep(60_000, () => {
        n.pacerRenew(nowUs() + 60_000);
        throw new Error('told');
      });
      arm(0, 1, 10_000, nowUs());
      for (const untilUs = nowUs() + 10_000_000; n.pacerRead(0)[4] !== 0 && nowUs() < untilUs; );
      await sleepMs(100);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const l of listeners) process.on('uncaughtException', l);
    }
    assert.equal(thrown.length, 1);
    assert.match(String(thrown[0]), /told/);
  });
});

describe('native/pacer: the end', asRoot, () => {
  useThread();

  it('the lease: renewed it goes on; run out, the last will twice, then nothing; the next renewal says so', async () => {
    assert.equal(n.pacerRenew(nowUs() + 60_000), true);
    arm(0, 1, 10_000, nowUs(), [99]);
    await sleepMs(30);
    assert.equal(n.pacerRenew(nowUs() + 60_000), true);
    await sleepMs(150);
    const got = received();
    assert.deepEqual(got.slice(-2), [99, 99]);
    assert.equal(got.filter((v) => v === 99).length, 2);
    assert.equal(n.pacerRead(0)[4], 0);
    await sleepMs(30);
    assert.deepEqual(received(), []);
    assert.equal(n.pacerRenew(nowUs() + 1e6), false);
    assert.equal(n.pacerRenew(nowUs() + 1e6), true);
  });

  it('an entry that repeats nothing has a last will all the same', async () => {
    assert.equal(n.pacerRenew(nowUs() + 60_000), true);
    n.pacerArm(0, sender, [], 2 ** 52, 2 ** 52, -1, [[payload(99), LOOPBACK]], NONE);
    assert.equal(n.pacerRead(0)[4], 1);
    await sleepMs(30);
    assert.deepEqual(received(), []);
    await sleepMs(150);
    assert.deepEqual(received(), [99, 99]);
    assert.equal(n.pacerRenew(nowUs() + 1e6), false);
  });

  it('what the kernel refuses is counted, and the others are sent', async () => {
    const closed = n.socketOpen(AF_INET, PROTOCOL);
    n.pacerArm(
      1,
      closed,
      [[payload(5), sockaddr(Uint8Array.of(255, 255, 255, 255), 0)]],
      5_000,
      nowUs(),
      -1,
      [],
      NONE,
    );
    arm(0, 6, 5_000, nowUs());
    await sleepMs(40);
    const [sent, failed, errno] = n.pacerRead(1);
    n.pacerDisarm(1);
    n.close(closed);
    assert.ok(sent === 0 && failed > 2 && errno > 0, `${sent} ${failed} ${errno}`);
    assert.ok(received().length > 2);
  });

  it('arguments are checked', () => {
    const good = [[payload(1), LOOPBACK]] as const;
    const bad: [unknown[], RegExp][] = [
      [[65_536, sender, good, 1e6, 0, -1, [], NONE], /slot/],
      [[0, sender, good, 999, 0, -1, [], NONE], /interval/],
      [[0, sender, good, 1e6, 0, 2, [], NONE], /counter/],
      [[0, sender, [[payload(1)]], 1e6, 0, -1, [], NONE], /Uint8Array/],
      [[0, sender, [[Buffer.alloc(0), LOOPBACK]], 1e6, 0, -1, [], NONE], /octets/],
      [[0, sender, good, -1, 0, -1, [], NONE], /intervalUs/],
      [[0, sender, 'x', 1e6, 0, -1, [], NONE], /array/],
    ];
    for (const [argv, message] of bad)
      assert.throws(() => (n.pacerArm as (...a: unknown[]) => void)(...argv), message, String(message));
    assert.throws(() => n.pacerKeep(2999, () => {}), /at least 3000/);
    assert.throws(() => n.pacerKeep(3000, 1 as unknown as () => void), /function/);
    assert.throws(() => n.pacerStart(), { code: 'EEXIST' });
    n.pacerStop();
    n.pacerStop();
    assert.throws(() => n.pacerDisarm(0), { code: 'ESRCH' });
  });
});
