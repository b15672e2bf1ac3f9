import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native, type TimerHandle } from '../../src/native.ts';

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(() => setImmediate(resolve), ms));

describe('native/timer', () => {
  const api = native();
  const open = (): number => readdirSync('/proc/self/fd').length;

  it('rings when it is time, at once when that was long ago, and once', async () => {
    const before = open();
    const rings: [dueUs: number, atUs: number][] = [];
    const handle = api.timerStart(0, (dueUs) => rings.push([dueUs, nowUs()]));
    const atUs = nowUs() + 20_300;
    api.timerSet(handle, atUs);
    await pause(60);
    assert.equal(rings.length, 1);
    assert.equal(rings[0]?.[0], atUs);
    assert.ok((rings[0]?.[1] ?? 0) >= atUs);
    api.timerSet(handle, 1);
    await pause(20);
    assert.equal(rings.length, 2);
    api.timerSet(handle, nowUs() + 1000);
    api.timerSet(handle, 0);
    await pause(20);
    assert.equal(rings.length, 2);
    api.timerStop(handle);
    await pause(1);
    assert.equal(open(), before);
    assert.throws(() => api.timerSet(handle, 1), { code: 'EBADF' });
    assert.throws(() => api.timerStop(handle), { code: 'EBADF' });
  });

  it('may be set, and stopped, while it rings', async () => {
    let rings = 0;
    const handle: TimerHandle = api.timerStart(0, () => {
      if (++rings < 5) api.timerSet(handle, nowUs() + 500);
      else api.timerStop(handle);
    });
    api.timerSet(handle, 1);
    await pause(60);
    assert.equal(rings, 5);
  });

  it('the memory of a vigil outlives its JavaScript owner', async () => {
    const due: number[] = [];
    const out = new Uint8Array(4);
    const handle = api.timerStart(0, () => {
      due.push(api.timerDue(handle, nowUs(), out));
      api.timerVigil(handle, 9, 0, 0, undefined, 0);
    });
    const begin = (): void => {
      const seen = new BigUint64Array([0n, process.hrtime.bigint()]);
      api.timerVigil(handle, 9, 1, 400_000, seen.buffer, 8);
    };
    begin();
    const fromUs = nowUs();
    for (let i = 0; i < 20; i++) new Uint8Array(1 << 20).fill(1);
    await pause(20);
    if (nowUs() - fromUs < 100_000) assert.deepEqual(due, []);
    await pause(430);
    assert.deepEqual([due, [...new Uint32Array(out.buffer)]], [[1], [9]]);
    api.timerStop(handle);
  });
});

describe('native/timer: arguments', () => {
  const api = native();

  it('refuses what is no time, no timer, no place', () => {
    const handle = api.timerStart(0, () => {});
    const call = (name: string, ...a: unknown[]): unknown =>
      (api as unknown as Record<string, (...a: unknown[]) => unknown>)[name]?.(...a);
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e16, '1', undefined]) {
      assert.throws(() => call('timerSet', handle, wrong), TypeError);
      assert.throws(() => call('timerVigil', handle, 0, wrong, 1, undefined, 0), TypeError);
      assert.throws(() => call('timerVigil', handle, 0, 1, wrong, undefined, 0), TypeError);
      assert.throws(() => call('timerDue', handle, wrong, new Uint8Array(4)), TypeError);
    }
    for (const wrong of [undefined, 3, {}, api.pollStart])
      assert.throws(() => call('timerSet', wrong, 1), TypeError);
    for (const [memory, offset] of [
      [new ArrayBuffer(16), 4],
      [new ArrayBuffer(16), 16],
      [new ArrayBuffer(4), 0],
      [new ArrayBuffer(16), -8],
      [new Uint8Array(16), 0],
      ['', 0],
    ])
      assert.throws(() => call('timerVigil', handle, 0, 1, 1, memory, offset), TypeError);
    assert.throws(() => call('timerVigil', handle, 65_536, 1, 1, undefined, 0), TypeError);
    assert.throws(() => call('timerStart', 0, 3), TypeError);
    api.timerStop(handle);
  });
});
