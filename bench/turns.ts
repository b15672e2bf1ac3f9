/** vipd and keepalived in turns, each run in a network of its own: what the machine does besides meets both. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonKind } from '../test/netns/daemon.ts';
import { Lab, type Topology } from '../test/netns/lab.ts';

export const KINDS: readonly DaemonKind[] = ['keepalived', 'vipd'];

/** `once` finds nothing of earlier runs. Its lab is closed afterwards, whatever happens. */
export async function inTurns<R>(
  runs: number,
  topology: Topology,
  folder: string,
  once: (lab: Lab, kind: DaemonKind) => Promise<R>,
): Promise<Readonly<Record<DaemonKind, readonly R[]>>> {
  const found: Record<DaemonKind, R[]> = { keepalived: [], vipd: [] };
  for (let run = 0; run < runs; run++)
    for (const kind of KINDS) {
      const lab = await Lab.open('vb', topology, join(folder, kind));
      try {
        found[kind].push(await once(lab, kind));
      } finally {
        await lab.close();
      }
      rmSync(join(folder, kind), { recursive: true, force: true });
    }
  return found;
}

/** Each daemon once, for benchmarks whose runs are stretches of one life. */
export async function eachOnce<R>(
  topology: Topology,
  folder: string,
  measure: (lab: Lab, kind: DaemonKind) => Promise<R>,
): Promise<Readonly<Record<DaemonKind, R>>> {
  const one = async (kind: DaemonKind): Promise<R> => {
    const lab = await Lab.open('vb', topology, join(folder, kind));
    try {
      return await measure(lab, kind);
    } finally {
      await lab.close();
    }
  };
  return { keepalived: await one('keepalived'), vipd: await one('vipd') };
}

/** The values of one key, run by run, as a row wants them. */
export const column = <R>(
  found: Readonly<Record<DaemonKind, readonly R[]>>,
  of: (run: R) => number,
): { readonly base: readonly number[]; readonly vipd: readonly number[] } => ({
  base: found.keepalived.map(of),
  vipd: found.vipd.map(of),
});
