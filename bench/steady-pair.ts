/** A pair of daemons in its steady state: a is master of everything and b backup, for the benchmarks of what that costs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleepMs, until } from '../test/netns/clock.ts';
import { COMMANDS, type Daemon, type DaemonKind } from '../test/netns/daemon.ts';
import type { Lab } from '../test/netns/lab.ts';
import { heldBy, manyConf, type Node, quiet } from './many.ts';

const UP_MS = 60_000;
const PRIORITY = { a: 200, b: 100 } as const;

export type PairOptions = {
  readonly instances: number;
  readonly interval: number; // ms
  readonly globals?: readonly string[];
  /** In front of the command, 'env NAME=VALUE'. */
  readonly environment?: string;
};

export type Pair = {
  readonly a: Daemon;
  readonly b: Daemon;
  /** How often the backup has become master until now: it never has a reason to. */
  readonly takeovers: () => number;
};

/** Throws when the pair does not settle within a minute. */
export async function steadyPair(lab: Lab, kind: DaemonKind, o: PairOptions): Promise<Pair> {
  const log = (node: Node): string => readFileSync(join(lab.folder, `${node}.log`), 'utf8');
  const start = (node: Node): Daemon => {
    const path = join(lab.folder, `${node}.conf`);
    writeFileSync(path, manyConf({ ...o, advertMs: o.interval, priority: PRIORITY[node] }));
    return lab.start(node, `${o.environment ?? ''} ${quiet(COMMANDS[kind])}`, path);
  };
  const a = start('a');
  if (!(await until(async () => (await heldBy(lab, 'a')) === o.instances, UP_MS, 200)))
    throw new Error(`${kind}: the master lacks some of ${o.instances} addresses\n${log('a').slice(-1000)}`);
  const b = start('b');
  const backups = (): number => log('b').match(/Entering BACKUP STATE/g)?.length ?? 0;
  if (!(await until(() => backups() >= o.instances, UP_MS, 200)))
    throw new Error(`${kind}: ${backups()} of ${o.instances} are backups\n${log('b').slice(-1000)}`);
  // One master-down time, and what a daemon has to do after a start.
  await sleepMs(1000 + 2 * o.instances + 4 * o.interval);
  return { a, b, takeovers: () => log('b').match(/Entering MASTER STATE/g)?.length ?? 0 };
}
