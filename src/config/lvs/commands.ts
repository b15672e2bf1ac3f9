/** The commands that a virtual server would run. */
import type { Command } from '../config.ts';
import type { VirtualServerConfig } from './lvs-config.ts';

export function addCommands(v: VirtualServerConfig, out: Command[]): void {
  if (v.quorumUp !== undefined) out.push(v.quorumUp);
  if (v.quorumDown !== undefined) out.push(v.quorumDown);
  for (const r of v.realServers) {
    if (r.notifyUp !== undefined) out.push(r.notifyUp);
    if (r.notifyDown !== undefined) out.push(r.notifyDown);
    for (const k of r.checkers) if (k.type === 'MISC_CHECK') out.push(k.command);
  }
}
