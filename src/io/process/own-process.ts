/**
 * What the kernel does with this process: nice value, real-time class, CPUs, locked memory ('vrrp_priority',
 * 'vrrp_rt_priority', 'vrrp_cpu_affinity', 'vrrp_no_swap', 'max_auto_priority'). What it refuses is said once and the daemon
 * goes on. Scripts start with the default class (SCHED_RESET_ON_FORK).
 */
import { setPriority } from 'node:os';
import type { Native } from '../../native.ts';
import type { Log, ProcessSettings, Urgency } from '../../ports/system.ts';

export type OwnProcessDeps = {
  readonly native: Pick<Native, 'setScheduler' | 'getAffinity' | 'setAffinity' | 'lockCode'>;
  readonly log: Log;
  readonly setNice?: (nice: number) => void;
  /** The thread that repeats adverts gets the same real-time priority, in the first-in-first-out class. */
  readonly setPacerUrgency?: (priority: number) => void;
};

export class OwnProcess implements Urgency {
  readonly #deps: OwnProcessDeps;
  #nice = 0;
  #realtime = 0; // SCHED_RR 1..99; 0 = the default class
  #allCpus: readonly number[] | undefined; // what we were started with
  #locked = false;

  constructor(deps: OwnProcessDeps) {
    this.#deps = deps;
  }

  /** At start and after each reload; only what differs is asked of the kernel. */
  apply(settings: ProcessSettings): void {
    const { native } = this.#deps;
    const { nice, realtimePriority, cpus } = settings;
    if (nice !== this.#nice)
      this.#try(`set nice value ${nice}`, 'CAP_SYS_NICE or LimitNICE=', () => {
        (this.#deps.setNice ?? setPriority)(nice);
        this.#nice = nice;
      });
    if (realtimePriority !== this.#realtime) this.#realtimeTo(realtimePriority);
    if (cpus.length > 0 || this.#allCpus !== undefined)
      this.#try(`run on CPU ${cpus.join(', ')}`, 'CPUs that are there (lscpu)', () => {
        this.#allCpus ??= native.getAffinity();
        native.setAffinity(cpus.length > 0 ? cpus : this.#allCpus);
      });
    if (settings.noSwap && !this.#locked)
      this.#try('lock the code in memory', 'CAP_IPC_LOCK or LimitMEMLOCK=infinity', () => {
        native.lockCode();
        this.#locked = true;
      });
  }

  raise(ceiling: number): number {
    if (this.#realtime >= ceiling) return 0;
    return this.#realtimeTo(this.#realtime + 1) ? this.#realtime : 0;
  }

  #realtimeTo(priority: number): boolean {
    return this.#try(`take real-time priority ${priority}`, 'CAP_SYS_NICE or LimitRTPRIO=', () => {
      this.#deps.native.setScheduler(priority > 0 ? 'rr' : 'other', priority);
      this.#deps.setPacerUrgency?.(priority);
      this.#realtime = priority;
    });
  }

  #try(what: string, remedy: string, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      this.#deps.log.log('warning', `cannot ${what}: ${e.message}; needs ${remedy}`);
      return false;
    }
  }
}
