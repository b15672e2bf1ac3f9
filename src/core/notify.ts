/** Which hooks a transition runs, with which arguments and environment (behaviour.md C9, cli.md 6). Pure. */
import type { Command, InstanceConfig, NotifyConfig, SyncGroupConfig } from '../config/config.ts';
import type { HookRun } from '../ports/process.ts';

export type NotifyState = 'MASTER' | 'BACKUP' | 'FAULT' | 'STOP' | 'DELETED';

export type NotifyContext = {
  readonly reason: string;
  readonly previous: string;
  readonly peer: string;
  readonly priority: number; // effective, at this moment
};

function specific(notify: NotifyConfig, state: NotifyState): { what: string; command: Command } | undefined {
  const of = (what: string, command: Command | undefined) =>
    command === undefined ? undefined : { what, command };
  switch (state) {
    case 'MASTER':
      return of('notify_master', notify.master);
    case 'BACKUP':
      return of('notify_backup', notify.backup);
    case 'FAULT':
      return of('notify_fault', notify.fault);
    case 'STOP':
      return of('notify_stop', notify.stop);
    case 'DELETED':
      return of('notify_deleted', notify.deleted);
  }
}

function runs(
  owner: string,
  notify: NotifyConfig,
  state: NotifyState,
  extra: readonly string[],
  environment: Record<string, string>,
): HookRun[] {
  const keep = state === 'STOP' || state === 'DELETED';
  const out: HookRun[] = [];
  const own = specific(notify, state);
  const base = { owner, state, environment, keep };
  if (own !== undefined) out.push({ ...base, what: own.what, command: own.command, extraArgv: [] });
  if (notify.any !== undefined) out.push({ ...base, what: 'notify', command: notify.any, extraArgv: extra });
  return out;
}

function environmentOf(c: NotifyContext): Record<string, string> {
  return { VIPD_REASON: c.reason, VIPD_PREVIOUS: c.previous, VIPD_PEER: c.peer };
}

/** `notify_*` first, then `notify` with INSTANCE NAME STATE PRIORITY. */
export function instanceHooks(
  config: InstanceConfig,
  state: NotifyState,
  c: NotifyContext,
): readonly HookRun[] {
  return runs(
    `INSTANCE ${config.name}`,
    config.notify,
    state,
    ['INSTANCE', config.name, state, String(c.priority)],
    {
      ...environmentOf(c),
      VIPD_INTERFACE: config.interface,
      VIPD_VIPS: config.vips.map((v) => `${v.address}/${v.prefixLength}`).join(' '),
    },
  );
}

/** The same for a sync group; the priority argument is always 0. */
export function groupHooks(
  config: SyncGroupConfig,
  state: NotifyState,
  c: NotifyContext,
): readonly HookRun[] {
  return runs(
    `GROUP ${config.name}`,
    config.notify,
    state,
    ['GROUP', config.name, state, '0'],
    environmentOf(c),
  );
}

export function lowerPriorityHook(config: InstanceConfig, c: NotifyContext): readonly HookRun[] {
  const command = config.notify.masterRxLowerPri;
  if (command === undefined) return [];
  return [
    {
      owner: `INSTANCE ${config.name}`,
      state: 'MASTER', // belongs to the present state: it must not supersede the hooks of becoming master
      what: 'notify_master_rx_lower_pri',
      command,
      extraArgv: [],
      environment: environmentOf(c),
      keep: false,
    },
  ];
}
