/**
 * InterfaceSettings over /proc/sys/net: what was there before is remembered and put back. Synchronous, because /proc/sys
 * shows the network namespace of the calling thread.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { InterfaceSettings, Log } from '../ports/system.ts';

const pathOf = (root: string, name: string): string => `${root}/ipv4/conf/${name}/promote_secondaries`;

/** `root`: /proc/sys/net, or a folder of a test. */
export function interfaceSettings(log: Log, root = '/proc/sys/net'): InterfaceSettings {
  const changed = new Set<string>();
  const write = (name: string, value: '0' | '1'): boolean => {
    try {
      writeFileSync(pathOf(root, name), value);
      return true;
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      // An interface that is gone took its settings along.
      if (e.code !== 'ENOENT')
        log.log('warning', `cannot set promote_secondaries of ${name} to ${value}: ${e.message}`, {
          interface: name,
        });
      return false;
    }
  };
  return {
    promoteSecondaries(name) {
      let before: string;
      try {
        before = readFileSync(pathOf(root, name), 'utf8').trim();
      } catch (e) {
        if (!(e instanceof Error && 'code' in e)) throw e;
        return;
      }
      if (before === '0' && write(name, '1')) changed.add(name);
    },
    restore() {
      for (const name of changed) write(name, '0');
      changed.clear();
    },
  };
}
