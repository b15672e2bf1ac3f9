/** What the command line asks for and this version does not do: a line each, for the log and `vipd status`. Pure. */
import type { DaemonOptions } from './options.ts';

/**
 * Options that are not named here have their effect, or could have none: -X (addresses are always released), -I, -R, -B,
 * --all (there are no IPVS entries, children or BFD), --flush-log-file (each line is written at once).
 */
export function inactiveOptions(options: DaemonOptions): readonly string[] {
  const out: string[] = [];
  if (!options.vrrp)
    out.push('-C (--check): no VRRP is run, and health checkers are not active yet: there is nothing to do');
  if (options.coreDump)
    out.push('-m (--core-dump), -M: not active; allow core dumps with ulimit -c, or LimitCORE= of the unit');
  return out;
}
