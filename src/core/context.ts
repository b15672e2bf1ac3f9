/** What the parts of core share: the ports, the present configuration, the routers, and the one queue. */
import type { Config } from '../config/config.ts';
import type { AdvertPort } from '../ports/advert.ts';
import type { AnnouncePort } from '../ports/announce.ts';
import type { BfdStates } from '../ports/bfd.ts';
import type { CarrierPort } from '../ports/carrier.ts';
import type { DevicePort } from '../ports/devices.ts';
import type { FirewallPort } from '../ports/firewall.ts';
import type { MacPort } from '../ports/mac.ts';
import type { Link, NetlinkEvent, NetlinkPort } from '../ports/netlink.ts';
import type { NoticePort } from '../ports/notice.ts';
import type { PacerPort } from '../ports/pacer.ts';
import type { HookPort, HookResult, ScriptPort, ScriptResult } from '../ports/process.ts';
import type { ProcessPort } from '../ports/processes.ts';
import type { RoutingPort } from '../ports/routing.ts';
import type {
  Clock,
  InterfaceSettings,
  Log,
  ReleasePort,
  ServiceManager,
  Timer,
  Urgency,
} from '../ports/system.ts';
import type { TrackFilePort } from '../ports/track-files.ts';
import type { WatchdogPort } from '../ports/watchdog.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import type { Event } from '../vrrp/types.ts';
import type { Devices } from './devices/devices.ts';
import type { Limiter } from './limiter.ts';
import type { Router } from './router.ts';

export type Ports = {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
  readonly adverts: AdvertPort;
  readonly macs: MacPort;
  readonly netlink: NetlinkPort;
  readonly routing: RoutingPort;
  readonly announce: AnnouncePort;
  readonly hooks: HookPort;
  readonly notices: NoticePort;
  readonly scripts: ScriptPort;
  readonly trackFiles: TrackFilePort;
  readonly processes: ProcessPort;
  readonly carrier: CarrierPort;
  readonly bfd?: BfdStates;
  readonly release: ReleasePort;
  readonly service: ServiceManager;
  readonly settings: InterfaceSettings;
  /** Absent: 'use_vmac' and 'use_ipvlan' make nothing, and the addresses are set on the configured interface. */
  readonly devices?: DevicePort;
  /** Absent: no packet is filtered. */
  readonly firewall?: FirewallPort;
  readonly urgency: Urgency;
  /** Absent: every advert comes from this thread. */
  readonly pacer?: PacerPort;
  /** Absent: every advert comes to this thread. */
  readonly watchdog?: WatchdogPort;
};

export type CoreOptions = {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly configFile: string;
  /** Keep the addresses on an orderly stop until the successor speaks; false = keepalived's order. */
  readonly makeBeforeBreak: boolean;
  /** 'dont-release-vrrp' (-V): leave addresses in place at stop. */
  readonly keepAddresses: boolean;
};

export type CoreEvent =
  | { readonly type: 'advert'; readonly key: string; readonly received: ReceivedAdvert }
  | { readonly type: 'netlink'; readonly event: NetlinkEvent }
  | { readonly type: 'machine'; readonly router: Router; readonly event: Event }
  | { readonly type: 'script'; readonly result: ScriptResult }
  | { readonly type: 'track-file'; readonly file: string }
  | { readonly type: 'process-count'; readonly name: string; readonly count: number }
  | { readonly type: 'bfd'; readonly name: string }
  | { readonly type: 'hook'; readonly result: HookResult }
  /** A route or rule was deleted, by us or by someone else. */
  | { readonly type: 'routing' }
  /** An address of a master was reported deleted: looked at again when older notifications are in. */
  | { readonly type: 'check-addresses'; readonly router: Router };

export type Context = {
  readonly ports: Ports;
  readonly options: CoreOptions;
  readonly limiter: Limiter;
  readonly devices: Devices;
  config: Config;
  routers: Router[];
  links: Map<string, Link>;
  releaseDirty: boolean;
  post(event: CoreEvent): void;
  /** What is sent for `r` changed without a step of its machine. */
  pace(r: Router): void;
  /** A watch has ended. */
  lookForStragglers(): void;
  /** For a member of a sync group: its own faults came or went. */
  groupFaultsChanged(r: Router): void;
};
