/** `vipd check`: loads a file as a start would and judges it, with or without the machine. Not loaded by the daemon. */
import { posix } from 'node:path';
import type { Diagnostic } from './config/diagnostic.ts';
import { judge } from './config/lint/judge.ts';
import { type LoadResult, loadConfig } from './config/load.ts';
import { type EnvironmentOptions, environmentOf, readMachine } from './loading.ts';

/**
 * Everything that can be said about a file, stricter than keepalived. `offline`: about the text alone. `loaded` is
 * judged as a real start would.
 */
export function checkFile(
  file: string,
  options: EnvironmentOptions & { readonly offline: boolean },
): { readonly loaded: LoadResult; readonly findings: readonly Diagnostic[] } {
  const machine = options.offline ? { links: [], addresses: [] } : readMachine();
  const environment = environmentOf(
    options,
    options.offline ? 'offline' : 'check',
    machine.links,
    machine.addresses,
  );
  const loaded = loadConfig(posix.resolve(file), environment);
  return { loaded, findings: judge(loaded, environment) };
}
