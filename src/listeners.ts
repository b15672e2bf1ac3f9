/** The kinds of listeners there are (notices.ts) and how each is built; its module is loaded only then. */

import type { DaemonActions } from './io/dbus/objects.ts';
import type { ReaderDeps } from './io/fifo/reader.ts';
import { fifosWanted } from './io/fifo/wanted.ts';
import type { Native } from './native.ts';
import type { ListenerKind } from './notices.ts';
import type { Link } from './ports/netlink.ts';
import type { Clock } from './ports/system.ts';
import type { DaemonView } from './report/snmp/picture.ts';
import type { Amend } from './report/snmp/writable.ts';

export type ListenerDeps = Omit<ReaderDeps, 'firstPauseMs'> & {
  readonly native: Native;
  readonly clock: Clock;
  readonly ownGid: number;
  readonly umask: number | undefined; // -u
  readonly namespace: string; // of the network, '' = none
  readonly actions: DaemonActions;
  readonly snmp: {
    readonly everything: boolean; // -x
    readonly socket: string | undefined; // -A
    readonly view: () => DaemonView;
    readonly links: () => readonly Link[];
    readonly amend: Amend;
  };
};

/** In the order in which they are told. */
export function listenerKinds(deps: ListenerDeps): readonly ListenerKind[] {
  const { native, clock, log, ownUid, ownGid, umask } = deps;
  return [
    {
      name: 'notify FIFOs',
      wanted: fifosWanted,
      make: async () => {
        const { Fifos } = await import('./io/fifo/fifos.ts');
        return new Fifos({
          make: (path) => native.makeFifo(path),
          write: (fd, data) => native.writeSome(fd, data),
          accounts: native,
          reader: deps,
          clock,
          log,
          ownUid,
          ownGid,
          umask,
        });
      },
    },
    {
      name: 'alert mail',
      wanted: (config) => (config.global.smtp?.to.length ?? 0) > 0,
      make: async () => {
        const { Mailer } = await import('./io/mail/mailer.ts');
        return new Mailer({ clock, log });
      },
    },
    {
      name: 'D-Bus',
      wanted: (config) => config.global.dbus.enabled,
      make: async () => {
        const [{ Dbus }, { loadDbus }] = await Promise.all([
          import('./io/dbus/dbus.ts'),
          import('./io/dbus/library.ts'),
        ]);
        return new Dbus({ library: loadDbus(), log, namespace: deps.namespace, actions: deps.actions });
      },
    },
    {
      name: 'SNMP',
      wanted: ({ global: { snmp } }) => deps.snmp.everything || snmp.vrrp || snmp.rfcV2 || snmp.rfcV3,
      make: async () => {
        const [{ Subagent }, { Model }] = await Promise.all([
          import('./io/snmp/subagent.ts'),
          import('./report/snmp/model.ts'),
        ]);
        const { everything, view, links, amend, socket } = deps.snmp;
        const model = new Model({ everything, view, links, amend, nowUs: () => clock.nowUs() });
        return new Subagent({ model, log, socket, description: 'vipd' });
      },
    },
  ];
}
