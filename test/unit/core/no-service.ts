/** A service manager that hears nothing. */
import type { Ports } from '../../../src/core/context.ts';

export const NO_SERVICE: Ports['service'] = {
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  status: () => undefined,
  watchdog: () => undefined,
};
