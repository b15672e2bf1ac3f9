/** The network namespace of `-s` or 'net_namespace', entered before anything looks at interfaces. */
import type { DaemonOptions } from './cli/options.ts';
import { movedPaths } from './cli/paths.ts';
import type { LoadResult } from './config/load.ts';
import { enterNamespace } from './io/enter-namespace.ts';
import { load, readLinks } from './loading.ts';
import { native } from './native.ts';

/** False when the namespace cannot be entered, which has been said on stderr. */
export function inNamespaceOf(options: DaemonOptions): boolean {
  if (options.namespace === undefined) return true;
  const problem = enterNamespace(native(), options.namespace);
  if (problem !== undefined) process.stderr.write(`vipd: ${problem}\n`);
  return problem === undefined;
}

export type LoadedThere = {
  readonly loaded: LoadResult;
  readonly options: DaemonOptions; // with the namespace and the paths that the file asks for
  readonly problem?: string;
};

/**
 * Loads the configuration; where it names a 'net_namespace' and `-s` did not, enters that and loads again, with the
 * interfaces that are there.
 */
export function loadInNamespace(given: DaemonOptions): LoadedThere {
  const loaded = load(given, readLinks());
  const { netNamespace, instanceName } = loaded.config?.global ?? {};
  const namespace = given.namespace ?? netNamespace;
  const options = {
    ...movedPaths(given, namespace, instanceName),
    ...(namespace === undefined ? {} : { namespace }),
  };
  if (namespace === given.namespace || namespace === undefined) return { loaded, options };
  const problem = enterNamespace(native(), namespace);
  if (problem !== undefined) return { loaded, options, problem };
  return { loaded: load(options, readLinks()), options };
}
