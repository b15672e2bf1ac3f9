/** The 'notify*' commands of an instance or a sync group. */
import type { Command, NotifyConfig } from './config.ts';
import type { BuildContext } from './context.ts';
import { accountExists } from './scripts.ts';
import type { Block } from './settings.ts';

const KEYWORDS = {
  master: 'notify_master',
  backup: 'notify_backup',
  fault: 'notify_fault',
  stop: 'notify_stop',
  deleted: 'notify_deleted',
  masterRxLowerPri: 'notify_master_rx_lower_pri',
  any: 'notify',
} as const satisfies Readonly<Record<keyof NotifyConfig, string>>;
const ENTRIES = Object.entries(KEYWORDS) as readonly (readonly [keyof NotifyConfig, string])[];

export function buildNotify(block: Block, c: BuildContext): NotifyConfig {
  const out: Partial<Record<keyof NotifyConfig, Command>> = {};
  for (const [key, keyword] of ENTRIES) {
    const setting = block.get(keyword);
    if (setting === undefined) continue;
    const command = block.command(keyword);
    if (command !== undefined && accountExists(command, setting.at, keyword, c)) out[key] = command;
  }
  return out;
}
