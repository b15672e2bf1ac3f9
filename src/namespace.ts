/** The network namespace of `-s`, entered before anything looks at interfaces. */
import type { DaemonOptions } from './cli/options.ts';
import { native } from './native.ts';

/** False when the namespace cannot be entered, which has been said on stderr. */
export function inNamespaceOf(options: DaemonOptions): boolean {
  if (options.namespace === undefined) return true;
  const problem = enterNamespace(options.namespace);
  if (problem !== undefined) process.stderr.write(`vipd: ${problem}\n`);
  return problem === undefined;
}

/** KEEPALIVED leaves with status 0 here; a service manager would take that for a success. */
function enterNamespace(name: string): string | undefined {
  try {
    native().setNetworkNamespace(`/run/netns/${name}`);
    return undefined;
  } catch (e) {
    if (!(e instanceof Error && 'code' in e)) throw e;
    return `Unable to set network namespace ${name}: ${e.message}; 'ip netns list' shows those there are`;
  }
}
