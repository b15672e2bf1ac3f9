/** A sync group with nothing in it but its members. */
import type { SyncGroupConfig } from '../../../src/config/config.ts';

export function groupConfig(
  members: readonly string[],
  change: Partial<SyncGroupConfig> = {},
): SyncGroupConfig {
  return {
    name: 'G',
    members,
    notify: {},
    trackScripts: [],
    trackInterfaces: [],
    trackFiles: [],
    trackProcesses: [],
    trackBfd: [],
    trackingWeight: false,
    smtpAlert: false,
    place: { file: 'test.conf', line: 1, col: 1 },
    ...change,
  };
}
