import assert from 'node:assert/strict';
import { openSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native, type PollHandle } from '../../src/native.ts';

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

describe('native/timer', () => {
  const api = native();
  const openCount = (): number => readdirSync('/proc/self/fd').length;
  /** When `fd` became readable; undefined: not within `ms`. */
  const rings = (fd: number, ms: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const done = (atUs: number | undefined): void => {
        clearTimeout(timer);
        api.pollStop(poll);
        resolve(atUs);
      };
      const poll: PollHandle = api.pollStart(fd, () => done(nowUs()));
      const timer = setTimeout(() => done(undefined), ms);
    });

  it('rings when it is time, and at once when that was long ago', async () => {
    const before = openCount();
    const fd = api.timerOpen();
    const atUs = nowUs() + 20_300;
    api.timerSet(fd, atUs);
    const rang = (await rings(fd, 5000)) ?? 0;
    assert.ok(rang >= atUs, `${atUs - rang} us early`);
    api.timerSet(fd, 1);
    assert.notEqual(await rings(fd, 5000), undefined);
    api.close(fd);
    assert.equal(openCount(), before);
  });

  it('is silent when it was never set, set to 0, or set anew after it rang', async () => {
    const fd = api.timerOpen();
    assert.equal(await rings(fd, 20), undefined);
    api.timerSet(fd, 1);
    api.timerSet(fd, 0);
    assert.equal(await rings(fd, 20), undefined);
    api.timerSet(fd, 1);
    api.timerSet(fd, nowUs() + 3_600_000_000);
    assert.equal(await rings(fd, 20), undefined);
    api.close(fd);
  });

  it('refuses what is no time and no timer', () => {
    const fd = api.timerOpen();
    const set = (...a: unknown[]): unknown =>
      (api as unknown as Record<string, (...a: unknown[]) => unknown>)['timerSet']?.(...a);
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e16, '1', undefined])
      assert.throws(() => set(fd, wrong), TypeError);
    assert.throws(() => set(fd), TypeError);
    assert.throws(() => set(999_999, 1), { code: 'EBADF', syscall: 'timerfd_settime' });
    const other = openSync('/dev/null', 'r');
    assert.throws(() => set(other, 1), { code: 'EINVAL' });
    api.close(other);
    api.close(fd);
  });
});
