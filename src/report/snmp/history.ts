/** What SNMP tells of an instance's past, kept from the notices: how long it has been up, why it became master, what was wrong last. */
import type { InstanceNotice, Notice } from '../../ports/notice.ts';
import type { MasterReason, ProtocolError, Remembered } from './picture.ts';

const UNKNOWN: Remembered = { upSinceUs: -1, masterReason: 'not-master', protocolError: 'none' };

/** Of transitions to MASTER. KEEPALIVED: after a resignation 'priority', and in a group as if no master had been heard. */
const REASONS: Readonly<Partial<Record<InstanceNotice['reason'], MasterReason>>> = {
  owner: 'priority',
  start: 'priority',
  'master-resigned': 'priority',
  preempt: 'preempted',
};
export const masterReason = (reason: InstanceNotice['reason']): MasterReason =>
  REASONS[reason] ?? 'no-response';

const ERRORS: Readonly<Record<string, ProtocolError>> = {
  ttl: 'ttl',
  'unicast-ttl': 'ttl',
  version: 'version',
  checksum: 'checksum',
};
export const protocolError = (reason: string): ProtocolError =>
  Object.hasOwn(ERRORS, reason) ? (ERRORS[reason] as ProtocolError) : 'none';

const isUp = (state: string): boolean => state === 'MASTER' || state === 'BACKUP';

export class History {
  #known = new Map<string, Remembered>();

  of(instance: string): Remembered | undefined {
    return this.#known.get(instance);
  }

  tell(notice: Notice, nowUs: number): void {
    if (notice.type === 'reloaded') {
      const before = this.#known;
      this.#known = new Map();
      for (const i of notice.instances) {
        const known = before.get(i.config.name);
        if (known !== undefined) this.#known.set(i.config.name, known);
        this.#became(i.config.name, i.state, nowUs);
      }
    } else if (notice.type === 'instance') {
      this.#became(notice.config.name, notice.state, nowUs);
      if (notice.state === 'MASTER')
        this.#learn(notice.config.name, { masterReason: masterReason(notice.reason) });
    } else if (notice.type === 'rejected') {
      const error = protocolError(notice.reason);
      if (error !== 'none') this.#learn(notice.config.name, { protocolError: error });
    }
  }

  #became(instance: string, state: string, nowUs: number): void {
    const { upSinceUs } = this.#known.get(instance) ?? UNKNOWN;
    if (!isUp(state)) this.#learn(instance, { upSinceUs: -1 });
    else if (upSinceUs < 0) this.#learn(instance, { upSinceUs: nowUs });
  }

  #learn(instance: string, what: Partial<Remembered>): void {
    this.#known.set(instance, { ...(this.#known.get(instance) ?? UNKNOWN), ...what });
  }
}
