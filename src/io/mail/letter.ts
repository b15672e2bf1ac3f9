/** Notices as alert mails: subject and text are keepalived's, since people filter by them. */
import { assertNever } from '../../base/assert.ts';
import type { Config, Notice, NoticeState } from '../../ports/notice.ts';

export type Letter = { readonly subject: string; readonly text: string };

const ABOUT: Readonly<Record<NoticeState, string>> = {
  MASTER: 'Entering MASTER state',
  BACKUP: 'Entering BACKUP state',
  FAULT: 'Entering FAULT state',
  STOP: 'Stopping',
  DELETED: 'Deleted',
};
const INSTANCE_TEXT: Readonly<Record<NoticeState, string>> = {
  MASTER: 'VRRP Instance is now owning VRRP VIPs',
  BACKUP: 'VRRP Instance is no longer owning VRRP VIPs',
  FAULT: 'VRRP Instance is no longer owning VRRP VIPs',
  STOP: 'VRRP Instance stopping',
  DELETED: 'VRRP Deleted at reload',
};

function groupText(state: NoticeState): string {
  return state === 'STOP'
    ? 'All VRRP group instances are now stopping'
    : `All VRRP group instances are now in ${state} state`;
}

/** undefined: nobody asked for a mail about this. */
export function letterFor(n: Notice, global: Config['global']): Letter | undefined {
  const { alerts, routerId } = global;
  const letter = (about: string, text: string): Letter => ({
    subject: `[${routerId}] ${about}`,
    text: `=> ${text} <=\n\n`,
  });
  switch (n.type) {
    case 'instance':
      if (!n.config.smtpAlert || (n.state === 'FAULT' && alerts.noFaults)) return undefined;
      return letter(`VRRP Instance ${n.config.name} - ${ABOUT[n.state]}`, INSTANCE_TEXT[n.state]);
    case 'group':
      if (!n.config.smtpAlert || (n.state === 'FAULT' && alerts.noFaults)) return undefined;
      return letter(`VRRP Group ${n.config.name} - ${ABOUT[n.state]}`, groupText(n.state));
    case 'virtual-server':
      if (!n.mail) return undefined;
      return letter(`Virtualserver ${n.service} - ${n.up ? 'UP' : 'DOWN'}`, n.detail);
    case 'real-server':
      if (!n.mail || (n.byChecker && alerts.noCheckerStates)) return undefined;
      return letter(
        `Realserver ${n.server} of virtual server ${n.service} - ${n.up ? 'UP' : 'DOWN'}`,
        n.detail,
      );
    case 'priority':
    case 'lower-priority-received':
    case 'rejected':
    case 'reloaded':
    case 'started':
    case 'stopped':
      return undefined;
    default:
      return assertNever(n);
  }
}
