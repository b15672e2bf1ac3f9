/** Whether a configuration has a notify FIFO; apart from the rest, which is loaded only then. */
import type { Config } from '../../ports/notice.ts';

export function fifosWanted(config: Config): boolean {
  const { all, vrrp, lvs } = config.global.fifos;
  return all !== undefined || vrrp !== undefined || lvs !== undefined;
}
