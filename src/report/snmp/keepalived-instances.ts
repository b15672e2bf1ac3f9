/** KEEPALIVED-MIB: sync groups, their members, and instances. Columns that keepalived leaves out of a row are left out here too. */
import type { Command, NotifyConfig, SyncGroupConfig } from '../../config/config.ts';
import type { SnmpValue } from '../../ports/snmp.ts';
import { addressType, gauge, int, octets, text, truth } from './oid.ts';
import {
  addressBytes,
  type Instance,
  KEEPALIVED_MIB,
  ownInterface,
  type Picture,
  stateNumber,
} from './picture.ts';
import type { Table } from './tree.ts';

const VRRP = [...KEEPALIVED_MIB, 2];
const S = 1_000_000;
const CS = 10_000;

/** Each word in quotes of its own. */
export const command = (c: Command | undefined): SnmpValue | undefined =>
  c === undefined ? undefined : text(c.argv.map((word) => `'${word}'`).join(' '));

const runsScripts = (n: NotifyConfig): boolean =>
  [n.master, n.backup, n.fault, n.stop, n.deleted, n.masterRxLowerPri, n.any].some((c) => c !== undefined);

type Group = { readonly config: SyncGroupConfig; readonly state: string };

const groups: Table<Picture, Group> = {
  entry: [...VRRP, 1, 1],
  rows: (p) =>
    p.config.groups.map((config, i) => ({
      index: [i + 1],
      of: { config, state: p.snapshot.groups.find((g) => g.name === config.name)?.state ?? 'init' },
    })),
  columns: {
    2: (g) => text(g.config.name),
    3: (g) => int(stateNumber(g.state)),
    4: (g) => truth(g.config.smtpAlert),
    5: (g) => truth(runsScripts(g.config.notify)),
    6: (g) => command(g.config.notify.master),
    7: (g) => command(g.config.notify.backup),
    8: (g) => command(g.config.notify.fault),
    9: (g) => command(g.config.notify.any),
    10: (g) => truth(g.config.trackingWeight),
    11: (g) => command(g.config.notify.stop),
  },
};

const members: Table<Picture, string> = {
  entry: [...VRRP, 2, 1],
  rows: (p) => p.config.groups.flatMap((g, i) => g.members.map((of, n) => ({ index: [i + 1, n + 1], of }))),
  columns: { 2: (name) => text(name) },
};

const AUTHENTICATIONS = { none: 0, pass: 1, ah: 2 } as const;
/** The state that it works towards: that of 'state' until it has been elected. */
const wanted = ({ config, state }: Instance): number =>
  state.state === 'fault' || state.state === 'master'
    ? stateNumber(state.state)
    : stateNumber(config.stateMaster ? 'master' : 'backup');

const multicast = (i: Instance): 4 | 6 | undefined =>
  i.config.unicastPeers.length > 0 ? undefined : i.config.family;

const instances: Table<Picture, Instance> = {
  entry: [...VRRP, 3, 1],
  rows: (p) => p.instances.map((of) => ({ index: [of.number], of })),
  columns: {
    2: (i) => text(i.config.name),
    3: (i) => gauge(i.config.vrid),
    4: (i) => int(stateNumber(i.state.state)),
    5: (i) => int(stateNumber(i.config.stateMaster ? 'master' : 'backup')),
    6: (i) => int(wanted(i)),
    7: (i) => int(i.config.priority),
    8: (i) => int(i.state.effectivePriority),
    9: (i) => truth(i.state.state === 'master' && i.state.vips.every((v) => v.present)),
    10: (i) => text(ownInterface(i.config)),
    11: (i) => truth(i.config.trackPrimary),
    // KEEPALIVED: seconds of version 2, centiseconds of version 3.
    12: (i) => gauge(i.config.adverIntUs / (i.config.version === 2 ? S : CS)),
    13: (i) => truth(i.config.preempt),
    14: (i) => gauge(i.config.preemptDelayUs / S),
    15: (i) => int(AUTHENTICATIONS[i.config.authentication.type]),
    16: (i) => truth(i.config.lvsSyncInterface !== undefined),
    17: (i) => (i.config.lvsSyncInterface === undefined ? undefined : text(i.config.lvsSyncInterface)),
    18: (i, p) => {
      const group = p.groupOf.get(i.config.name);
      return group === undefined ? undefined : text(group);
    },
    19: (i) => gauge(i.config.garp.delayUs / S),
    20: (i) => truth(i.config.smtpAlert),
    21: (i) => truth(runsScripts(i.config.notify)),
    22: (i) => command(i.config.notify.master),
    23: (i) => command(i.config.notify.backup),
    24: (i) => command(i.config.notify.fault),
    25: (i) => command(i.config.notify.stop),
    26: (i) => command(i.config.notify.any),
    // KEEPALIVED: version 2 has no such mode, and says 0.
    27: (i) => (i.config.version === 2 ? int(0) : truth(i.config.accept)),
    28: (i) => truth(i.config.promoteSecondaries),
    29: (i) => truth(i.config.linkbeatPolling),
    30: (i) => int(i.config.version),
    31: (i) => command(i.config.notify.masterRxLowerPri),
    32: (i) => command(i.config.notify.deleted),
    33: (i) => truth(i.config.notifyDeleted),
    34: (i) => {
      const family = multicast(i);
      return family && addressType(family);
    },
    35: (i) => {
      const family = multicast(i);
      if (family === undefined) return undefined;
      return octets(addressBytes(family === 4 ? i.config.multicastGroup4 : i.config.multicastGroup6, family));
    },
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tables of different rows
export const instanceTables: readonly Table<Picture, any>[] = [groups, members, instances];
