/**
 * The runtime record of one virtual router: its configuration, the machine's state, and what core has learnt about it.
 * Plain data; the rules live in vrrp/, the effects in effects.ts.
 */
import { parseIp } from '../base/ip.ts';
import type { InstanceConfig } from '../config/config.ts';
import type { RoutingItem } from '../ports/routing.ts';
import type { Tracked } from '../track/priority.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import type { Params, Reason, State, StateName } from '../vrrp/types.ts';
import { type AuthenticationRecord, freshAuthentication } from './authentication.ts';
import type { KeptWill } from './last-will.ts';
import type { Paced } from './pacing.ts';
import type { RoutingLine } from './routing-items.ts';
import type { Contribution, HookOutcome } from './snapshot.ts';
import type { Watching } from './watching.ts';

export type MutableCounters = {
  advertsReceived: number;
  advertsSent: number;
  becameMaster: number;
  releasedMaster: number;
  priorityZeroReceived: number;
  priorityZeroSent: number;
  sendErrors: number;
  rejected: Record<string, number>;
};

export type Heard = {
  address: string;
  bytes: Uint8Array;
  priority: number;
  atUs: number;
  adverIntUs: number;
};

export type Transition = {
  from: StateName;
  to: StateName;
  reason: Reason;
  detail: string;
  wallMs: number;
  atUs: number;
};

export type Rejection = { reason: string; source: string; detail: string; wallMs: number };

/** A route or rule and how the kernel was asked for it. */
export type HeldRouting = {
  readonly line: RoutingLine;
  readonly item: RoutingItem;
  seen: boolean; // the kernel has shown it to us: only then can its absence mean that someone deleted it
};

export type Router = {
  readonly id: number; // owner id in the deadline heap
  config: InstanceConfig;
  params: Params;
  state: State;
  started: boolean;
  faults: Map<string, string>; // what -> detail
  silentFault: boolean; // every fault is only not known yet (a script, a tentative source): nobody is told (B18)
  tracked: readonly Tracked[]; // as they were when `faults` and `contributions` were worked out
  contributions: readonly Contribution[];
  interfaceIndex: number; // 0 = interface absent
  advertIndex: number; // of the interface that adverts use; another one with a VMAC or ipvlan
  source: Uint8Array | undefined;
  socketKey: string; // '' = no sockets
  learnedOldChecksum: boolean;
  readonly authentication: AuthenticationRecord;
  ipId: number;
  vipsSet: boolean;
  guarded: boolean; // the packet filter drops what comes for our addresses
  vipInterfaces: Map<string, number>; // name -> number at the time our addresses were set on it
  routing: Map<string, HeldRouting>; // virtual routes and rules that we have set, by routingKey
  heard: Heard | undefined;
  lastTransition: Transition | undefined;
  lastRejection: Rejection | undefined;
  hooks: Map<string, HookOutcome>;
  counters: MutableCounters;
  detections: Map<string, number>; // VIPs that the kernel looks for duplicates of (hex) -> times that it found one
  unwatch: (() => void)[]; // watches for the successor's announcement
  addressesAdded: boolean; // by a reload that is being applied
  removed: boolean; // a reload took it out of the configuration
  paced: Paced | undefined; // the pacer repeats its adverts
  lastWill: KeptWill | undefined; // or only keeps its last will
  watching: Watching | undefined; // somebody else watches its master
  watchable: ReceivedAdvert | undefined; // the advert that the machine is about to hear, if its repetitions may be watched
  noted: number; // adverts that the watchdog has noted and we have counted
  vigil: boolean; // its master-down timer is the watchdog's
  /** A stall made us give the master one more chance; cleared by the next advert. */
  gaveChance: boolean;
};

const NO_COUNTERS: Omit<MutableCounters, 'rejected'> = {
  advertsReceived: 0,
  advertsSent: 0,
  becameMaster: 0,
  releasedMaster: 0,
  priorityZeroReceived: 0,
  priorityZeroSent: 0,
  sendErrors: 0,
};

export const freshCounters = (): MutableCounters => ({ ...NO_COUNTERS, rejected: {} });

/** The machine's parameters from an instance's configuration. */
export function paramsOf(config: InstanceConfig, inGroup: boolean): Params {
  return {
    vrid: config.vrid,
    version: config.version,
    basePriority: config.priority,
    adverIntUs: config.adverIntUs,
    downTimerAdverts: config.downTimerAdverts,
    preempt: config.preempt,
    preemptDelayUs: config.preemptDelayUs,
    lowerPrioNoAdvert: config.lowerPrioNoAdvert,
    higherPrioSendAdvert: config.higherPrioSendAdvert,
    garp: {
      repeatCount: config.garp.repeatCount,
      delayUs: config.garp.delayUs,
      refreshUs: config.garp.refreshUs,
      refreshRepeatCount: config.garp.refreshRepeatCount,
      lowerPrioRepeatCount: config.garp.lowerPrioRepeatCount,
      lowerPrioDelayUs: config.garp.lowerPrioDelayUs,
    },
    inGroup,
    expiredPriority: config.timerExpiredPriority ?? 0,
  };
}

export function newRouter(id: number, config: InstanceConfig, inGroup: boolean, state: State): Router {
  return {
    id,
    config,
    params: paramsOf(config, inGroup),
    state,
    started: false,
    faults: new Map(),
    silentFault: false,
    tracked: [],
    contributions: [],
    interfaceIndex: 0,
    advertIndex: 0,
    source: config.sourceAddress === undefined ? undefined : parseIp(config.sourceAddress),
    socketKey: '',
    learnedOldChecksum: false,
    authentication: freshAuthentication(),
    ipId: 0,
    vipsSet: false,
    guarded: false,
    vipInterfaces: new Map(),
    routing: new Map(),
    heard: undefined,
    lastTransition: undefined,
    lastRejection: undefined,
    hooks: new Map(),
    counters: freshCounters(),
    detections: new Map(),
    unwatch: [],
    addressesAdded: false,
    removed: false,
    paced: undefined,
    lastWill: undefined,
    watching: undefined,
    watchable: undefined,
    noted: 0,
    vigil: false,
    gaveChance: false,
  };
}

/** Every address of the instance in the order in which it is set: VIPs, then excluded ones. */
export function allAddresses(config: InstanceConfig): InstanceConfig['vips'] {
  return config.excludedVips.length === 0 ? config.vips : [...config.vips, ...config.excludedVips];
}

export const isUnicast = (config: InstanceConfig): boolean => config.unicastPeers.length > 0;
