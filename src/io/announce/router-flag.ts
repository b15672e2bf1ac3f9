/**
 * Whether an interface forwards IPv6: the Router flag of our neighbour advertisements (keepalived's rule, read anew every 5 s).
 */
import { readFileSync } from 'node:fs';
import { codeOf } from '../errno.ts';

const KEEP_US = 5_000_000;

export class RouterFlags {
  readonly #nowUs: () => number;
  readonly #read: (path: string) => string;
  readonly #known = new Map<string, { readonly router: boolean; readonly untilUs: number }>();

  constructor(nowUs: () => number, read = (path: string): string => readFileSync(path, 'utf8')) {
    this.#nowUs = nowUs;
    this.#read = read;
  }

  /** False where there is no such interface or no IPv6. */
  get(interfaceName: string): boolean {
    const nowUs = this.#nowUs();
    const known = this.#known.get(interfaceName);
    if (known !== undefined && nowUs < known.untilUs) return known.router;
    const router = this.#forwards(interfaceName);
    this.#known.set(interfaceName, { router, untilUs: nowUs + KEEP_US });
    return router;
  }

  #forwards(interfaceName: string): boolean {
    try {
      return Number.parseInt(this.#read(`/proc/sys/net/ipv6/conf/${interfaceName}/forwarding`), 10) > 0;
    } catch (e) {
      codeOf(e); // ENOENT, EACCES: a system error; anything else is thrown on
      return false;
    }
  }
}
