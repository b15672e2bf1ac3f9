/**
 * Wall-clock seconds with microsecond digits. tcpdump and `ip -ts` stamp with CLOCK_REALTIME, so our own marks must be
 * on that clock too; Date.now() alone is too coarse for failover times.
 */

let offsetMs = performance.timeOrigin;

/** CLOCK_REALTIME in seconds; never more than 1 ms from Date.now(), so a stepped clock is followed. */
export function nowS(): number {
  const wall = Date.now();
  let t = performance.now() + offsetMs;
  if (t < wall) t = wall;
  else if (t >= wall + 1) t = wall + 0.999;
  offsetMs = t - performance.now();
  return t / 1000;
}

export const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls `done` every `stepMs` until it says true (result: true) or `timeoutMs` is over (result: false). */
export async function until(
  done: () => boolean | Promise<boolean>,
  timeoutMs: number,
  stepMs = 20,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await done()) return true;
    if (performance.now() >= end) return false;
    await sleepMs(stepMs);
  }
}
