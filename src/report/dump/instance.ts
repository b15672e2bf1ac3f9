/** A VRRP instance and a sync group in keepalived.data: labels and order are those of 2.4.3. */

import type { InstanceConfig, NotifyConfig, SyncGroupConfig } from '../../config/config.ts';
import type { GroupSnapshot, InstanceSnapshot, Snapshot } from '../../core/snapshot.ts';
import { routeText, ruleText } from './routes.ts';
import { addressText, type DumpFacts, S, stamp, weighted, withOwner } from './text.ts';

const switched = (on: boolean): string => (on ? 'enabled' : 'disabled');
const list = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`   ${title}`, ...items.map((item) => `     ${item}`)];

/** keepalived has no state of leaving: such a master has said priority 0. */
const stateName = (i: InstanceSnapshot): string => (i.state === 'leaving' ? 'BACKUP' : i.state.toUpperCase());

export function instanceLines(
  i: InstanceSnapshot,
  c: InstanceConfig,
  s: Snapshot,
  facts: DumpFacts,
): readonly string[] {
  return [
    ` VRRP Instance = ${c.name}`,
    ...stateLines(i, c, s),
    ...placeLines(i, c, facts),
    ...settingLines(i, c),
    ...addressLines(i, c),
    ...unicastLines(c),
    ...list('Virtual Routes :', c.routes.map(routeText)),
    ...list('Virtual Rules :', c.rules.map(ruleText)),
    ...trackLines(c),
    `   Using smtp notification = ${c.smtpAlert ? 'yes' : 'no'}`,
    `   Notify deleted = ${c.notifyDeleted ? 'Deleted' : 'Fault'}`,
    ...notifyLines(c.notify, facts),
    `   Notify priority changes = ${c.notifyPriorityChanges}`,
  ];
}

function stateLines(i: InstanceSnapshot, c: InstanceConfig, s: Snapshot): string[] {
  const group = s.groups.find((g) => g.members.includes(c.name));
  const follows = i.state === 'backup' && i.peer.isMaster;
  const unicast = c.unicastPeers.length > 0;
  const skewUs = ((256 - i.effectivePriority) * (c.version === 3 ? i.masterAdverIntUs : S)) / 256;
  return [
    `   VRRP Version = ${c.version}`,
    ...(group === undefined ? [] : [`   Sync group = ${group.name}`]),
    ...(c.family === 6 ? ['   Using Native IPv6'] : []),
    `   State = ${stateName(i)}`,
    ...(follows
      ? [
          `   Master router = ${i.peer.address}`,
          `   Master priority = ${i.peer.priority}`,
          ...(c.version === 3 ? [`   Master advert int = ${(i.masterAdverIntUs / S).toFixed(2)} sec`] : []),
        ]
      : []),
    // KEEPALIVED: 'nopreempt' is a flag without a name.
    unicast || !c.preempt ? '   Flags:' : '   Flags: none',
    ...(unicast ? ['     Using unicast'] : []),
    `   Wantstate = ${stateName(i)}`,
    `   Number of config faults = ${Number(c.faultWithoutPeers)}`,
    `   Number of tracker faults = ${i.faults.length}`,
    `   Last transition = ${stamp(i.lastTransition.wallMs)}`,
    `   Read timeout = ${i.timerInUs < 0 ? 'DISABLED' : stamp(s.nowWallMs + i.timerInUs / 1000)}`,
    `   Master down timer = ${Math.floor(c.downTimerAdverts * i.masterAdverIntUs + skewUs)} usecs`,
  ];
}

function placeLines(i: InstanceSnapshot, c: InstanceConfig, facts: DumpFacts): string[] {
  const made = c.vmac ?? c.ipvlan;
  const group = c.family === 4 ? c.multicastGroup4 : c.multicastGroup6;
  const index = facts.links.find((l) => l.name === c.interface)?.index;
  return [
    ...(c.vmac === undefined
      ? []
      : [
          `   Use VMAC, i/f name ${c.vmac.name}, is_up = ${i.state !== 'fault'}, xmit_base = ${c.vmac.xmitBase}`,
        ]),
    ...(c.ipvlan === undefined ? [] : [`   Use IPVLAN, i/f ${c.ipvlan.name}, type ${c.ipvlan.mode}`]),
    ...(c.vmacForAddresses ? ['   Use VMAC for VIPs on other interfaces'] : []),
    `   Interface = ${made === undefined ? c.interface : `${made.name}, ${c.vmac === undefined ? 'ipvlan' : 'vmac'} on ${c.interface}`}`,
    ...(c.trackPrimary ? [] : ['   VRRP interface tracking disabled']),
    ...(c.skipCheckAdvAddr ? ['   Skip checking advert IP addresses'] : []),
    ...(c.strict ? ['   Enforcing strict VRRP compliance'] : []),
    `   Using src_ip = ${i.source === '' ? '(none)' : i.source}${c.sourceAddress === undefined ? '' : ' (from configuration)'}`,
    ...(c.unicastPeers.length > 0
      ? []
      : [
          `   Multicast address ${group}${c.family === 6 && index !== undefined ? `, ifindex ${index}` : ''}`,
        ]),
  ];
}

function settingLines(i: InstanceSnapshot, c: InstanceConfig): string[] {
  const g = c.garp;
  const sum = c.priority + i.contributions.reduce((total, x) => total + x.weight, 0);
  const auth = c.authentication.type;
  const interval = c.version === 2 ? `${c.adverIntUs / S} sec` : `${c.adverIntUs / 1000} milli-sec`;
  return [
    `   Gratuitous ARP delay = ${g.delayUs / S}`,
    `   Gratuitous ARP repeat = ${g.repeatCount}`,
    `   Gratuitous ARP refresh = ${g.refreshUs / S}`,
    `   Gratuitous ARP refresh repeat = ${g.refreshRepeatCount}`,
    `   Gratuitous ARP lower priority delay = ${g.lowerPrioDelayUs / S}`,
    `   Gratuitous ARP lower priority repeat = ${g.lowerPrioRepeatCount}`,
    `   Down timer adverts = ${c.downTimerAdverts}`,
    `   Send advert after receive lower priority advert = ${!c.lowerPrioNoAdvert}`,
    `   Send advert after receive higher priority advert = ${c.higherPrioSendAdvert}`,
    `   Virtual Router ID = ${c.vrid}`,
    `   Priority = ${c.priority}`,
    `   Effective priority = ${i.effectivePriority}`,
    `   Total priority = ${sum}`,
    `   Advert interval = ${interval}`,
    ...(c.version === 3 && i.state === 'backup'
      ? [`   Master advert interval = ${i.masterAdverIntUs / 1000} milli-sec`]
      : []),
    `   Accept = ${switched(c.accept)}`,
    `   Preempt = ${switched(c.preempt)}`,
    ...(c.preemptDelayUs > 0 ? [`   Preempt delay = ${c.preemptDelayUs / S} secs`] : []),
    `   Promote_secondaries = ${switched(c.promoteSecondaries)}`,
    ...(c.version === 2
      ? [`   Authentication type = ${{ none: 'none', pass: 'SIMPLE_PASSWORD', ah: 'IPSEC_AH' }[auth]}`]
      : []),
    ...(auth === 'none' ? [] : ['   Password = ********']),
    ...(c.receiveBufferBytes === 0 ? [] : [`   Kernel rx buffer size = ${c.receiveBufferBytes}`]),
  ];
}

function addressLines(i: InstanceSnapshot, c: InstanceConfig): string[] {
  const set = (n: number): boolean => i.vips[n]?.present === true && i.state === 'master';
  const vips = c.vips.map((v, n) => addressText(v, set(n), c));
  return [
    ...list(`Virtual IP (${vips.length}):`, vips),
    ...list(
      'Virtual IP Excluded :',
      c.excludedVips.map((v, n) => addressText(v, set(c.vips.length + n), c)),
    ),
  ];
}

function unicastLines(c: InstanceConfig): string[] {
  if (c.unicastPeers.length === 0) return [];
  return [
    `   Unicast TTL = ${c.ttl}`,
    `   Check unicast src : ${c.checkUnicastSource ? 'yes' : 'no'}`,
    ...list(
      'Unicast Peer :',
      c.unicastPeers.map((p) => `${p.address} min_ttl ${p.minTtl} max_ttl ${p.maxTtl}`),
    ),
    ...(c.version === 3 && c.family === 4
      ? [
          `   Unicast checksum compatibility = ${{ auto: 'no', never: 'never', always: 'yes' }[c.oldUnicastChecksum]}`,
        ]
      : []),
  ];
}

type Tracking = Pick<
  InstanceConfig,
  'trackInterfaces' | 'trackScripts' | 'trackFiles' | 'trackProcesses' | 'trackBfd'
>;

function trackLines(c: Tracking): string[] {
  const named = (t: { readonly name: string; readonly weight: number; readonly reverse: boolean }): string =>
    `${t.name}${weighted(t)}`;
  return [
    ...list(
      'Tracked interfaces :',
      c.trackInterfaces.map((t) => `${t.interface}${weighted(t, ' weight ')}`),
    ),
    ...list(
      'Tracked scripts :',
      c.trackScripts.map((t) => `${t.script}${weighted(t, ' weight ')}`),
    ),
    ...list('Tracked files :', c.trackFiles.map(named)),
    ...list('Tracked processes :', c.trackProcesses.map(named)),
    ...list('Tracked BFDs :', c.trackBfd.map(named)),
  ];
}

function notifyLines(n: NotifyConfig, facts: DumpFacts): string[] {
  const rows = [
    ['Backup', n.backup],
    ['Master', n.master],
    ['Fault', n.fault],
    ['Stop', n.stop],
    ['Deleted', n.deleted],
    ['Generic', n.any],
    ['Master rx lower pri', n.masterRxLowerPri],
  ] as const;
  return rows.flatMap(([what, command]) =>
    command === undefined ? [] : [`   ${what} state transition script = ${withOwner(command, facts)}`],
  );
}

export function groupLines(
  g: GroupSnapshot,
  c: SyncGroupConfig,
  s: Snapshot,
  facts: DumpFacts,
): readonly string[] {
  const members = s.instances.filter((i) => g.members.includes(i.name));
  const count = (state: string): number => members.filter((i) => i.state === state).length;
  return [
    ` VRRP Sync Group = ${c.name}, ${g.state.toUpperCase()}`,
    `   Num member fault ${count('fault')}, num member init ${count('init')}`,
    ...list('VRRP member instances :', c.members),
    ...(c.trackingWeight ? ['   Using tracking weights'] : []),
    ...trackLines(c),
    `   Using smtp notification = ${c.smtpAlert ? 'yes' : 'no'}`,
    ...(c.notifyPriorityChanges === undefined
      ? []
      : [`   Notify priority changes = ${c.notifyPriorityChanges ? 'yes' : 'no'}`]),
    ...notifyLines(c.notify, facts),
  ];
}
