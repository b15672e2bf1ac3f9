/** The commands that virtual servers would run. */
import type { Command } from '../config.ts';
import type { VirtualServerConfig } from './lvs-config.ts';

export function lvsCommands(servers: readonly VirtualServerConfig[]): readonly Command[] {
  const out: Command[] = [];
  const add = (command: Command | undefined): void => {
    if (command !== undefined) out.push(command);
  };
  for (const v of servers) {
    add(v.quorumUp);
    add(v.quorumDown);
    for (const r of v.realServers) {
      add(r.notifyUp);
      add(r.notifyDown);
      for (const k of r.checkers) if (k.type === 'MISC_CHECK') add(k.command);
    }
  }
  return out;
}
