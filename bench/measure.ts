/** What several benchmarks need: CPU time of a daemon, numbers from the command line. */
import { readFileSync } from 'node:fs';
import { descendants } from '../test/netns/process.ts';
import { insideSandbox, rerunInSandbox, sandboxObstacle } from '../test/netns/sandbox.ts';

const TICKS_PER_S = 100; // of /proc/PID/stat, on every Linux

/** CPU seconds of a process tree until now. */
export function cpuS(pid: number): number {
  let ticks = 0;
  for (const p of [pid, ...descendants(pid)]) {
    const fields = readFileSync(`/proc/${p}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_S;
}

export function numberOf(text: string, name: string, least: number, most: number): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < least || n > most)
    throw new Error(`--${name}: ${least}..${most}, not ${text}`);
  return n;
}

/** The status of the same program run again in a sandbox, or 2 where there can be none; undefined: we are in one. */
export async function outsideSandbox(): Promise<number | undefined> {
  if (insideSandbox()) return undefined;
  const obstacle = sandboxObstacle();
  if (obstacle === undefined) return rerunInSandbox();
  console.error(obstacle);
  return 2;
}
