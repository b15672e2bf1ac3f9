/** What the builders share: reporter, machine, global settings, and the checks that need them. */
import type { Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import type { Globals } from './global.ts';
import type { Routing } from './routes/routing.ts';
import type { Span } from './source.ts';
import type { Trackers } from './trackers.ts';

export type BuildContext = {
  readonly reporter: Reporter;
  readonly environment: LoadEnvironment;
  readonly globals: Globals;
  readonly testMode: boolean;
  readonly trackers: Trackers; // what lists may name so far
  readonly routing: Routing;
};

/**
 * Reports an interface that the machine does not have. KEEPALIVED: fatal for the daemon unless 'dynamic_interfaces'.
 * True also when nothing is known about the machine.
 */
export function interfaceExists(name: string, at: Span, use: string, c: BuildContext): boolean {
  const { interfaces } = c.environment;
  if (interfaces === undefined || interfaces.has(name) || c.globals.dynamicInterfaces) return true;
  c.reporter.report('KA0601', at, `WARNING - interface ${name} for ${use} doesn't exist`, {
    effect: 'keepalived stops with status 2 (Non-existent interface specified in configuration)',
    fix: "correct the name, or add 'dynamic_interfaces' to global_defs to wait for the interface",
    fatal: 2,
  });
  return false;
}

/** An interface name longer than the kernel's 15 bytes. */
export const tooLong = (name: string, bytes = 15): boolean => {
  let n = 0;
  for (const c of name) {
    const point = c.codePointAt(0) ?? 0;
    n += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return n > bytes;
};
