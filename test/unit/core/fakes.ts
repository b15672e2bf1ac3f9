/** Core with hands of paper: a clock that is set by hand, a kernel that is a list, adverts that are written down. */
import { equalBytes } from '../../../src/base/bytes.ts';
import type { Config, InstanceConfig, VirtualAddress } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Ports } from '../../../src/core/context.ts';
import { Core } from '../../../src/core/core.ts';
import { macs } from '../../../src/io/mac.ts';
import type { OutgoingAdvert, SocketSpec } from '../../../src/ports/advert.ts';
import type { Announcement, AnnouncePort, Spacing } from '../../../src/ports/announce.ts';
import type { FirewallPort } from '../../../src/ports/firewall.ts';
import type {
  AddressRequest,
  AddressResult,
  KernelAddress,
  Link,
  NetlinkEvent,
} from '../../../src/ports/netlink.ts';
import type { Notice } from '../../../src/ports/notice.ts';
import type { PacerPort } from '../../../src/ports/pacer.ts';
import type { HookRun, ScriptConfig } from '../../../src/ports/process.ts';
import type { RoutingItem, RoutingPort } from '../../../src/ports/routing.ts';
import type { ReleaseState } from '../../../src/ports/system.ts';
import type { ReceivedAdvert } from '../../../src/vrrp/accept.ts';
import { HostFiles } from '../../../src/whatif/host-files.ts';
import { HostProcesses } from '../../../src/whatif/host-processes.ts';
import { memoryMachine } from '../config/machine.ts';
import { kernelAddress, routingName } from './kernel-items.ts';
import { NO_SERVICE } from './no-service.ts';

export const S = 1_000_000;
/** What an empty file gives. */
const EMPTY = loadConfig('/empty', memoryMachine({ '/empty': '' })).config as Config;
const PLACE = { file: 'test.conf', line: 1, col: 1 };
const LINK = { running: true, loopback: false, multicast: true, noArp: false, mtu: 1500 };

export function link(name: string, index: number, up = true): Link {
  return { ...LINK, name, index, up, running: up, mac: Uint8Array.of(2, 0, 0, 0, 0, index) };
}

export function vip(last: number, iface = 'eth0'): VirtualAddress {
  return {
    family: 4,
    address: `192.0.2.${last}`,
    bytes: Uint8Array.of(192, 0, 2, last),
    prefixLength: 24,
    interface: iface,
    scope: 0,
    track: true,
    place: PLACE,
  };
}

export function instanceConfig(change: Partial<InstanceConfig> = {}): InstanceConfig {
  return {
    name: 'VI_1',
    interface: 'eth0',
    vrid: 51,
    family: 4,
    version: 2,
    stateMaster: false,
    priority: 100,
    adverIntUs: S,
    downTimerAdverts: 3,
    preempt: true,
    preemptDelayUs: 0,
    strict: false,
    accept: true,
    skipCheckAdvAddr: false,
    lowerPrioNoAdvert: false,
    higherPrioSendAdvert: false,
    ownerIgnoreAdverts: false,
    v3ChecksumAsV2: false,
    oldUnicastChecksum: 'auto',
    authentication: { type: 'none' },
    vips: [vip(100)],
    excludedVips: [],
    unicastPeers: [],
    trackSourceAddress: false,
    checkUnicastSource: false,
    ttl: 255,
    multicastGroup4: '224.0.0.18',
    multicastGroup6: 'ff02::12',
    trackPrimary: true,
    trackInterfaces: [],
    trackScripts: [],
    trackFiles: [],
    trackProcesses: [],
    trackBfd: [],
    routes: [],
    rules: [],
    garp: {
      repeatCount: 5,
      delayUs: 5 * S,
      refreshUs: 0,
      refreshRepeatCount: 1,
      lowerPrioRepeatCount: 5,
      lowerPrioDelayUs: 5 * S,
    },
    notify: {},
    smtpAlert: false,
    promoteSecondaries: false,
    notifyDeleted: false,
    notifyPriorityChanges: false,
    vmacForAddresses: false,
    garpExtra: { intervalUs: 0, allInterfaces: false },
    faultWithoutPeers: false,
    allowNoAddresses: false,
    linkbeatPolling: false,
    receiveBufferBytes: 0,
    debugLevel: 0,
    inactive: [],
    place: PLACE,
    ...change,
  };
}

export function config(instances: readonly InstanceConfig[], change: Partial<Config> = {}): Config {
  return {
    global: {
      ...EMPTY.global,
      routerId: 'test',
      scriptSecurity: true,
      maxScriptOutputBytes: 512,
      dynamicInterfaces: false,
      startupDelayUs: 0,
      garpIntervalUs: 0,
      gnaIntervalUs: 0,
      usePidDir: false,
      logUnknownVrids: false,
      inactive: [],
    },
    instances,
    groups: [],
    scripts: [],
    trackFiles: [],
    trackProcesses: [],
    bfdInstances: [],
    trackGroups: [],
    staticAddresses: [],
    staticRoutes: [],
    staticRules: [],
    virtualServers: [],
    virtualServerGroups: [],
    files: ['test.conf'],
    ...change,
  };
}

export function script(name: string): ScriptConfig {
  return {
    name,
    command: { argv: ['/bin/true'], text: '/bin/true', place: PLACE },
    intervalUs: S,
    timeoutUs: S,
    weight: 0,
    reverse: false,
    rise: 1,
    fall: 1,
    initFail: false,
  };
}

type Shared = Pick<SocketSpec, 'vrids' | 'receiveBufferBytes'>;
type Reading = { budget: number; packetUs: number; tellsWaiting: boolean };

/** What core did, in order: 'advert 100', 'add 192.0.2.100', 'garp 5', 'hook notify_master', … */
export class World {
  nowUs: number = 1_000 * S;
  /** What each look at the clock takes. */
  lookUs: number = 0;
  readonly done: string[] = [];
  readonly log: string[] = [];
  readonly sent: OutgoingAdvert[] = [];
  readonly sentAtUs: number[] = [];
  readonly hooks: HookRun[] = [];
  readonly notices: Notice[] = [];
  readonly hooksBeforeNotice: number[] = [];
  readonly opened: SocketSpec[] = [];
  readonly files: HostFiles = new HostFiles();
  readonly processes: HostProcesses = new HostProcesses();
  readonly carriers: Map<string, boolean> = new Map(); // what polled links answer
  readonly scriptRuns: string[] = [];
  readonly promoted: string[] = [];
  readonly bfdUp: Set<string> = new Set(); // sessions that are up
  urgency = 0;
  /** What was last asked of each socket that several share. */
  readonly shared: Map<string, Shared> = new Map<string, Shared>();
  readonly added: AddressRequest[] = [];
  readonly announced: { family: number; spacingUs: number; lane: string }[] = [];
  /** Routes and rules of the kernel, by `routingName`. */
  readonly routing: Set<string> = new Set();
  readonly refused: Map<string, string> = new Map();
  /** Of these the kernel shows something else than what was asked for. */
  readonly hidden: Set<string> = new Set();
  routingWatched = false;
  readings: number = 0; // of routes and rules
  links: Link[] = [link('eth0', 2), link('eth1', 3)];
  addresses: KernelAddress[] = [kernelAddress(10, 2), kernelAddress(11, 3)];
  /** Packets that wait in the socket until it is drained. */
  readonly waiting: ReceivedAdvert[] = [];
  /** Packets of one drain, the time that reading one takes, and whether it is told that more wait. */
  readonly reading: Reading = { budget: Number.POSITIVE_INFINITY, packetUs: 0, tellsWaiting: true };
  armedAtUs: number = Number.POSITIVE_INFINITY;
  readonly prepared: OutgoingAdvert[] = [];
  standBy: (untilUs: number) => void = () => {};
  /** When the first vigil of a watchdog is over. */
  vigilUs: () => number = () => Number.POSITIVE_INFINITY;
  released: ReleaseState = { addresses: [], adverts: [] };
  watching: number = 0;
  stopped: boolean = false;
  readonly core: Core;

  /** `more`: hands that the test brings itself. */
  constructor(
    conf: Config,
    makeBeforeBreak = true,
    pacer?: (w: World) => PacerPort,
    more: Partial<Ports> = {},
  ) {
    this.core = new Core(
      { ...this.#ports(), ...(pacer === undefined ? {} : { pacer: pacer(this) }), ...more },
      { version: '0', node: 'test', pid: 1, configFile: 'test.conf', makeBeforeBreak, keepAddresses: false },
      conf,
    );
  }

  #ports(): Ports {
    return {
      clock: { nowUs: () => (this.nowUs += this.lookUs), wallMs: () => this.nowUs / 1000 },
      timer: { arm: (atUs) => this.#arm(atUs), standBy: (untilUs) => this.standBy(untilUs) },
      bfd: { stateOf: (name) => ({ up: this.bfdUp.has(name), detail: name }) },
      log: { log: (level, message) => void this.log.push(`${level} ${message}`) },
      macs,
      adverts: {
        open: (key, spec) => {
          this.opened.push(spec);
          this.done.push(`open ${key}`);
        },
        share: (key, asked) => void this.shared.set(key, asked),
        close: (key) => void this.done.push(`close ${key}`),
        send: (_key, advert) => {
          this.sent.push(advert);
          this.sentAtUs.push(this.nowUs);
          this.done.push(`advert ${advert.priority}`);
          return { sent: advert.destinations.length };
        },
        prepare: (advert) => void this.prepared.push(advert),
        encode: (advert) => [Uint8Array.of(advert.priority, advert.addresses.length)],
        drain: (key) => this.read(this.reading.budget, key),
        waiting: () => (this.reading.tellsWaiting ? this.waiting.length : 0),
      },
      netlink: {
        addAddresses: (list) => list.map((r) => this.#add(r)),
        deleteAddresses: (list) => list.map((r) => this.#delete(r)),
        links: () => this.links,
        addresses: () => this.addresses,
        drain: () => undefined,
        close: () => undefined,
      },
      routing: this.#routingPort(),
      firewall: this.#firewallPort(),
      announce: this.#announcePort(),
      hooks: {
        run: (hook) => {
          this.hooks.push(hook);
          this.done.push(`hook ${hook.what} ${hook.extraArgv.join(' ')}`.trim());
        },
        pendingCount: () => 0,
        settle: (_boundUs, done) => done(),
      },
      notices: { tell: (notice) => this.#hearNotice(notice) },
      scripts: {
        prepare: () => ({
          ok: true,
          path: '/bin/true',
          argv: ['/bin/true'],
          uid: 0,
          gid: 0,
          userName: 'root',
          home: '',
          warnings: [],
        }),
        run: (s) => {
          this.scriptRuns.push(s.name);
          return true;
        },
        cancel: () => undefined,
        cancelAll: () => undefined,
      },
      trackFiles: this.files,
      processes: this.processes,
      carrier: { carrier: (name) => this.carriers.get(name) },
      release: { write: (state) => void Object.assign(this, { released: state }), prepare: () => undefined },
      settings: {
        promoteSecondaries: (name) => void this.promoted.push(name),
        restore: () => undefined,
      },
      urgency: { raise: (ceiling) => this.#raise(ceiling) },
      service: NO_SERVICE,
    };
  }

  #announcePort(): AnnouncePort {
    return {
      announce: (_owner, list, repeatCount, spacing) => this.#announce(list, repeatCount, spacing),
      forget: () => undefined,
      sentCount: () => 0,
      watch: () => {
        this.watching++;
        return () => void this.watching--;
      },
      close: () => undefined,
    };
  }

  #firewallPort(): FirewallPort {
    return {
      setVmacs: () => undefined,
      setBlocked: (list) => void this.done.push(`block ${list.map((a) => a.bytes.join('.')).join(' ')}`),
      table: () => undefined,
      remove: () => undefined,
    };
  }

  #raise(ceiling: number): number {
    if (this.urgency < ceiling) this.urgency++;
    return this.urgency;
  }

  #announce(list: readonly Announcement[], repeatCount: number, gap: Spacing): void {
    this.done.push(`garp ${list.length}x${repeatCount}`);
    this.announced.push(...list.map((a) => ({ family: a.family, spacingUs: gap.us, lane: gap.lane })));
  }

  #routingPort(): RoutingPort {
    return {
      add: (list) => list.map((i) => this.#addRouting(i)),
      delete: (list) => list.map((i) => this.#deleteRouting(i)),
      prepareDelete: (i) => ({ type: i.kind === 'route' ? 25 : 33, flags: 5, body: Uint8Array.of(7) }),
      present: (list) => {
        this.readings++;
        return list.map((i) => this.routing.has(routingName(i)) && !this.hidden.has(routingName(i)));
      },
      watch: (on) => {
        this.routingWatched = on;
      },
      close: () => undefined,
    };
  }

  #addRouting(item: RoutingItem): AddressResult {
    const name = routingName(item);
    this.done.push(`add ${name}`);
    const refusal = this.refused.get(name);
    if (refusal !== undefined) return { ok: false, already: false, code: refusal };
    const already = this.routing.has(name);
    this.routing.add(name);
    return { ok: true, already };
  }

  #deleteRouting(item: RoutingItem): AddressResult {
    const name = routingName(item);
    const there = this.routing.delete(name);
    if (there) this.done.push(`del ${name}`);
    return { ok: true, already: !there };
  }

  #hearNotice(notice: Notice): void {
    this.notices.push(notice);
    this.hooksBeforeNotice.push(this.hooks.length);
  }

  #arm(atUs: number): void {
    this.armedAtUs = atUs;
  }

  #add(r: AddressRequest) {
    this.done.push(`add ${r.bytes.join('.')}`);
    this.added.push(r);
    const already = this.addresses.some(
      (a) => equalBytes(a.bytes, r.bytes) && a.interfaceIndex === r.interfaceIndex,
    );
    const { family, bytes, prefixLength, interfaceIndex, flags = 0 } = r;
    this.addresses = [
      ...this.addresses.filter((a) => !equalBytes(a.bytes, bytes)),
      { ...kernelAddress(0, interfaceIndex), family, bytes, prefixLength, flags },
    ];
    return { ok: true, already };
  }

  #delete(r: AddressRequest) {
    this.done.push(`del ${r.bytes.join('.')}`);
    this.addresses = this.addresses.filter((a) => !equalBytes(a.bytes, r.bytes));
    return { ok: true, already: false };
  }

  /** Hands over what waits, at most `budget` packets. */
  read(budget: number, key: string = ''): number {
    const list = this.waiting.splice(0, budget);
    for (const packet of list) {
      this.nowUs += this.reading.packetUs;
      this.core.onAdvert(key, packet);
    }
    return list.length;
  }

  start(): void {
    this.core.start({ errors: 0, warnings: 0 });
  }

  /** Moves the clock and serves every timer on the way, each at its time plus `lateUs`. */
  pass(us: number): void {
    const endUs = this.nowUs + us;
    for (let i = 0; this.#dueUs() <= endUs; i++) {
      if (i > 10_000) throw new Error('the timer does not come to rest');
      this.nowUs = Math.max(this.nowUs, this.#dueUs());
      this.#ring();
    }
    this.nowUs = endUs;
  }

  /** The process sleeps: the clock runs, no timer is served until the end. */
  stall(us: number): void {
    this.nowUs += us;
    this.#ring();
  }

  /** A timer that rang is spent. */
  #ring(): void {
    const dueUs = this.#dueUs();
    this.armedAtUs = Number.POSITIVE_INFINITY;
    this.core.wake(dueUs);
  }

  #dueUs(): number {
    return Math.min(this.armedAtUs, this.vigilUs());
  }

  hear(packet: ReceivedAdvert): void {
    this.core.onAdvert('ipv4 eth0 2 multicast 224.0.0.18', packet);
  }

  setLink(next: Link): void {
    this.links = [...this.links.filter((l) => l.index !== next.index), next];
    this.core.onNetlink({ type: 'link', link: next });
  }

  tell(event: NetlinkEvent): void {
    this.core.onNetlink(event);
  }

  state(name = 'VI_1'): string {
    return this.core.snapshot().instances.find((i) => i.name === name)?.state ?? 'absent';
  }

  stop(): void {
    this.core.stop(() => {
      this.stopped = true;
    });
  }
}

/** An advert of another router that passes the ladder. */
export function advert(
  priority: number,
  change: { from?: number; vrid?: number; interval?: number } = {},
): ReceivedAdvert {
  const source = Uint8Array.of(192, 0, 2, change.from ?? 20);
  return {
    source: source.join('.'),
    sourceBytes: source,
    destination: '224.0.0.18',
    multicast: true,
    ttl: 255,
    vrid: change.vrid ?? 51,
    decoded: {
      ok: true,
      value: {
        version: 2,
        type: 1,
        vrid: change.vrid ?? 51,
        priority,
        adverIntUs: change.interval ?? S,
        addresses: [Uint8Array.of(192, 0, 2, 100)],
        authType: 0,
        authData: new Uint8Array(8),
        trailer: new Uint8Array(0),
        checksum: { standard: true, noPseudo: true, oldUnicast: false },
      },
    },
  };
}
