/**
 * Settings under /proc/sys/net: what was there before is remembered and put back. Synchronous, because /proc/sys shows
 * the network namespace of the calling thread.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ChangedSetting } from '../ports/devices.ts';
import type { InterfaceSettings, Log } from '../ports/system.ts';

/** `root`: /proc/sys/net, or a folder of a test. */
export class Sysctls {
  readonly #log: Log;
  readonly #root: string;
  readonly #changed = new Map<string, ChangedSetting>();

  constructor(log: Log, root = '/proc/sys/net') {
    this.#log = log;
    this.#root = root;
  }

  /** What a run that died had changed: its 'before' is the true one. */
  inherit(list: readonly ChangedSetting[]): void {
    for (const c of list) this.#changed.set(c.path, c);
  }

  changed(): readonly ChangedSetting[] {
    return [...this.#changed.values()];
  }

  /** The present value; undefined: no such setting (the interface is gone, the kernel lacks it). */
  read(path: string): string | undefined {
    try {
      return readFileSync(`${this.#root}/${path}`, 'utf8').trim();
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      return undefined;
    }
  }

  /** Writes without remembering; a setting that is gone is no failure. False: it is not as asked. */
  write(path: string, value: string): boolean {
    try {
      writeFileSync(`${this.#root}/${path}`, value);
      return true;
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      // An interface that is gone took its settings along.
      if (e.code !== 'ENOENT') {
        const [, , name = ''] = path.split('/');
        this.#log.log('warning', `cannot set ${path.replaceAll('/', '.')} to ${value}: ${e.message}`, {
          interface: name,
        });
      }
      return false;
    }
  }

  /** Changes the setting and remembers what it was, unless it is so already. */
  change(path: string, value: string): void {
    const before = this.read(path);
    const known = this.#changed.get(path);
    if (before === undefined || (before === value && known === undefined)) return;
    if (before !== value && !this.write(path, value)) return;
    this.#changed.set(path, { path, before: known?.before ?? before, set: value });
  }

  /** Puts back those for which `which` says so; what somebody changed since is left to them. */
  restore(which: (path: string) => boolean = () => true): void {
    // The other way round: 'all' was changed last and stands above the interfaces' own.
    for (const { path, before, set } of [...this.#changed.values()].reverse()) {
      if (!which(path)) continue;
      this.#changed.delete(path);
      if (this.read(path) === set) this.write(path, before);
    }
  }
}

/** For `vipd cleanup`: puts back what a run that died had changed; returns what could not be done, as text. */
export function restoreSettings(list: readonly ChangedSetting[], root?: string): readonly string[] {
  const failures: string[] = [];
  const sysctls = new Sysctls({ log: (_level, text) => void failures.push(text) }, root);
  sysctls.inherit(list);
  sysctls.restore();
  return failures;
}

const promotePath = (name: string): string => `ipv4/conf/${name}/promote_secondaries`;

/** The settings that instances ask for their own interface. */
export function interfaceSettings(log: Log, root?: string): InterfaceSettings {
  const sysctls = new Sysctls(log, root);
  return {
    promoteSecondaries: (name) => sysctls.change(promotePath(name), '1'),
    restore: () => sysctls.restore(),
  };
}
