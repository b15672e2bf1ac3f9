/** Processor time of a daemon with everything it started, in nanoseconds as the scheduler counts them. */
import { readdirSync, readFileSync } from 'node:fs';
import { descendants, isErrno } from '../test/netns/process.ts';

/** CPU seconds until now of all threads that live. /proc/PID/stat would say the same in steps of 10 ms. */
export function cpuS(pid: number): number {
  let ns = 0;
  for (const p of [pid, ...descendants(pid)])
    try {
      for (const thread of readdirSync(`/proc/${p}/task`))
        ns += Number(readFileSync(`/proc/${p}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch (e) {
      // Ended meanwhile.
      if (!isErrno(e, 'ENOENT', 'ESRCH')) throw e;
    }
  return ns / 1e9;
}
