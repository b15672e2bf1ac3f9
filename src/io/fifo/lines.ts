/** Notices as lines of a notify FIFO, as keepalived.conf(5) describes them under 'notify_fifo' and 'vrrp_sync_group'. */
import { assertNever } from '../../base/assert.ts';
import type { Notice } from '../../ports/notice.ts';

export type FifoLine = { readonly part: 'vrrp' | 'lvs'; readonly text: string }; // without the newline

const instance = (name: string, state: string, priority: number): FifoLine => ({
  part: 'vrrp',
  text: `INSTANCE "${name}" ${state} ${priority}`,
});
/** The number of a group says nothing. */
const group = (name: string, state: string): FifoLine => ({
  part: 'vrrp',
  text: `GROUP "${name}" ${state} 0`,
});

/** Empty where a FIFO hears nothing of it. `statesOnReload`: 'fifo_write_vrrp_states_on_reload'. */
export function fifoLines(n: Notice, statesOnReload: boolean): readonly FifoLine[] {
  switch (n.type) {
    case 'instance':
      return [instance(n.config.name, n.state, n.priority)];
    case 'group':
      return [group(n.config.name, n.state)];
    case 'priority':
      return n.config.notifyPriorityChanges
        ? [instance(n.config.name, `${n.state}_PRIORITY`, n.priority)]
        : [];
    case 'lower-priority-received':
      return [instance(n.config.name, 'MASTER_RX_LOWER_PRI', n.priority)];
    case 'reloaded':
      if (!statesOnReload) return [];
      // KEEPALIVED: groups first, as at the start. INIT is nothing that a script knows.
      return [
        ...n.groups.filter((g) => g.state !== 'INIT').map((g) => group(g.config.name, g.state)),
        ...n.instances
          .filter((i) => i.state !== 'INIT')
          .map((i) => instance(i.config.name, i.state, i.priority)),
      ];
    case 'virtual-server':
      return [{ part: 'lvs', text: `VS ${n.service} ${n.up ? 'UP' : 'DOWN'}` }];
    case 'real-server':
      return [{ part: 'lvs', text: `RS ${n.server} ${n.service} ${n.up ? 'UP' : 'DOWN'}` }];
    case 'rejected':
    case 'started':
    case 'stopped':
      return [];
    default:
      return assertNever(n);
  }
}
