/** Entering a network namespace by its name (ip-netns(8)). */
import type { Native } from '../native.ts';

/** undefined: this thread is in it. KEEPALIVED leaves with status 0 here; a service manager would take that for a success. */
export function enterNamespace(
  native: Pick<Native, 'setNetworkNamespace'>,
  name: string,
): string | undefined {
  try {
    native.setNetworkNamespace(`/run/netns/${name}`);
    return undefined;
  } catch (e) {
    if (!(e instanceof Error && 'code' in e)) throw e;
    return `Unable to set network namespace ${name}: ${e.message}; 'ip netns list' shows those there are`;
  }
}
