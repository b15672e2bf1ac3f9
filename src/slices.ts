/** Long work between the turns of the event loop, so that sockets and timers are served meanwhile. */

/** The longest that one slice holds the loop, but for the step that exceeds it. */
const SLICE_US = 2000;

/**
 * Takes the steps of `work` in slices. Resolves with its result, or with undefined as soon as `abandoned` says so; then
 * the rest is never done.
 */
export function inSlices<T>(
  work: Generator<void, T>,
  nowUs: () => number,
  abandoned: () => boolean,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      try {
        if (abandoned()) {
          resolve(undefined);
          return;
        }
        const untilUs = nowUs() + SLICE_US;
        do {
          const step = work.next();
          if (step.done === true) {
            resolve(step.value);
            return;
          }
        } while (nowUs() < untilUs);
        // Behind the sockets and timers of this turn.
        setImmediate(slice);
      } catch (e) {
        reject(e);
      }
    };
    slice();
  });
}
