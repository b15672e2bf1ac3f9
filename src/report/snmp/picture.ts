/** What the rows are made from: the configuration in force and the snapshot of the same moment, joined. */
import { parseIp } from '../../base/ip.ts';
import type { Config, InstanceConfig } from '../../config/config.ts';
import type { Glance, InstanceSnapshot, RoutingSet, Snapshot } from '../../core/snapshot.ts';
import type { KernelAddress, Link } from '../../ports/netlink.ts';
import type { Oid } from '../../ports/snmp.ts';

/** Taken at one moment. `config` is the one in force, its addresses on the interfaces that they are really set on. */
export type DaemonView = Glance & {
  readonly config: Config;
  readonly links: readonly Link[];
  readonly addresses: () => readonly KernelAddress[];
  /** Of an instance; without a name of the static ones. */
  readonly routingSet: (instance?: string) => RoutingSet;
};

/** An instance; `number`: its place in the file, 1.., which is its index in KEEPALIVED-MIB. Looked at when first needed. */
export class Instance {
  readonly number: number;
  readonly config: InstanceConfig;
  readonly #look: () => InstanceSnapshot;
  #state: InstanceSnapshot | undefined;

  constructor(number: number, config: InstanceConfig, look: () => InstanceSnapshot) {
    this.number = number;
    this.config = config;
    this.#look = look;
  }

  get state(): InstanceSnapshot {
    this.#state ??= this.#look();
    return this.#state;
  }
}

/** What the snapshot does not keep of an instance and the history of notices does. */
export type Remembered = {
  readonly upSinceUs: number; // when it left INIT or FAULT; -1: it is in one of them
  readonly masterReason: MasterReason;
  readonly protocolError: ProtocolError;
};

/** vrrpv3StatisticsNewMasterReason (RFC 6527). */
export const MASTER_REASONS = { 'not-master': 0, priority: 1, preempted: 2, 'no-response': 3 } as const;
export type MasterReason = keyof typeof MASTER_REASONS;
/** vrrpv3StatisticsProtoErrReason. */
export const PROTOCOL_ERRORS = { none: 0, ttl: 1, version: 2, checksum: 3, vrid: 4 } as const;
export type ProtocolError = keyof typeof PROTOCOL_ERRORS;

export type Picture = {
  readonly config: Config;
  readonly snapshot: Snapshot;
  readonly links: ReadonlyMap<string, Link>;
  readonly instances: readonly Instance[];
  readonly groupOf: ReadonlyMap<string, string>; // instance -> sync group
  readonly addresses: DaemonView['addresses'];
  readonly routingSet: DaemonView['routingSet'];
  readonly nowUs: number;
  readonly bootUs: number; // when the master agent started: its sysUpTime counts from there
  readonly remembered: (instance: string) => Remembered | undefined;
};

export function pictureOf(
  { config, snapshot, instances, links, addresses, routingSet }: DaemonView,
  given: Pick<Picture, 'nowUs' | 'bootUs' | 'remembered'>,
): Picture {
  return {
    config,
    snapshot,
    links: new Map(links.map((l) => [l.name, l])),
    instances: config.instances.flatMap((c, at) => {
      const look = instances.get(c.name);
      return look === undefined ? [] : [new Instance(at + 1, c, look)];
    }),
    groupOf: new Map(config.groups.flatMap((g) => g.members.map((m) => [m, g.name]))),
    addresses,
    routingSet,
    ...given,
  };
}

/** keepalived has no state of leaving: such a master has said priority 0. */
const STATES: Readonly<Record<string, number>> = { init: 0, backup: 1, master: 2, fault: 3, leaving: 1 };
/** VrrpState of KEEPALIVED-MIB. */
export const stateNumber = (name: string): number => STATES[name] ?? 4;

/** 0 where there is no such interface. */
export const interfaceIndex = (p: Picture, name: string): number => p.links.get(name)?.index ?? 0;

/** The octets of an address as text; zeros where there is none. */
export function addressBytes(address: string, family: 4 | 6): Uint8Array {
  const bytes = parseIp(address);
  const length = family === 4 ? 4 : 16;
  return bytes !== undefined && bytes.length === length ? bytes : new Uint8Array(length);
}

/** The interface whose MAC address adverts leave with. */
export const ownInterface = (c: InstanceConfig): string => c.vmac?.name ?? c.ipvlan?.name ?? c.interface;

export const KEEPALIVED_MIB: Oid = [1, 3, 6, 1, 4, 1, 9586, 100, 5];
export const VRRP_MIB: Oid = [1, 3, 6, 1, 2, 1, 68]; // RFC 2787
export const VRRPV3_MIB: Oid = [1, 3, 6, 1, 2, 1, 207]; // RFC 6527

export const ownMac = (p: Picture, i: Instance): Uint8Array =>
  p.links.get(ownInterface(i.config))?.mac ?? new Uint8Array(0);

/** Of the master that is known: this router, or the one it hears; else zeros. */
export function masterAddress({ config, state }: Instance): Uint8Array {
  const known = state.state === 'master' ? state.source : state.peer.isMaster ? state.peer.address : '';
  return addressBytes(known, config.family);
}

/** When the instance left INIT or FAULT; -1: it is there. Of one that nothing was heard of yet, since when it is in its state. */
export function upSinceUs(p: Picture, { config, state }: Instance): number {
  if (state.state === 'init' || state.state === 'fault') return -1;
  const known = p.remembered(config.name)?.upSinceUs ?? -1;
  return known >= 0 ? known : p.nowUs - state.sinceUs;
}

/** Adverts of all these that were refused for one reason. */
export const rejectedCount = (instances: readonly Instance[], reason: string): number =>
  instances.reduce((sum, i) => sum + (i.state.counters.rejected[reason] ?? 0), 0);
