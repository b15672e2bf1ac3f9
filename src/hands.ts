/**
 * The hands of core: builds every port over the real kernel, says which core method hears what it reports, and closes all
 * of them. One place for what is joined; what is done when is running.ts.
 */
import { BfdPart } from './bfd-part.ts';
import type { DaemonOptions } from './cli/options.ts';
import type { Config } from './config/config.ts';
import type { Amendment } from './core/amend.ts';
import type { Ports } from './core/context.ts';
import type { Core } from './core/core.ts';
import { usesDevices } from './core/devices/plan.ts';
import { refuses } from './core/guard.ts';
import { Limiter } from './core/limiter.ts';
import { usesRouting } from './core/routing-items.ts';
import type { Glance } from './core/snapshot.ts';
import { LEAD_US } from './core/stalls.ts';
import { Announcer } from './io/announce/announcer.ts';
import { MonotonicClock } from './io/clock.ts';
import type { DaemonActions } from './io/dbus/objects.ts';
import { LazyFirewall } from './io/firewall/lazy-firewall.ts';
import type { DaemonLog } from './io/log/log.ts';
import { macs } from './io/mac.ts';
import { NetworkDevices } from './io/netlink/devices.ts';
import { LazyRouting } from './io/netlink/lazy-routing.ts';
import { RtNetlink, type RtNetlinkOptions } from './io/netlink/rt-netlink.ts';
import { Pacer } from './io/pacer/pacer.ts';
import { PreciseTimer } from './io/precise-timer.ts';
import { Children } from './io/process/children.ts';
import { Hooks } from './io/process/hooks.ts';
import { OwnProcess } from './io/process/own-process.ts';
import { Scripts } from './io/process/scripts.ts';
import { PathCommandChecker } from './io/process/security.ts';
import { Turns } from './io/process/turns.ts';
import { releasePort } from './io/release/release.ts';
import { AdvertSockets } from './io/sockets/advert-sockets.ts';
import { interfaceSettings } from './io/sysctl.ts';
import { notifyFromEnvironment, type SystemdNotify } from './io/systemd/notify.ts';
import { Watchdog } from './io/watchdog/watchdog.ts';
import { listenerKinds } from './listeners.ts';
import { native } from './native.ts';
import { Notices } from './notices.ts';
import type { NetlinkEvent } from './ports/netlink.ts';
import type { CommandChecker } from './ports/process.ts';
import { Settled } from './settled.ts';
import { type TrackHands, trackHands } from './track-hands.ts';

/** The same trouble comes with every packet: once a minute is enough to know. */
const REPEAT_US = 60_000_000;
/** Room for a burst of notifications; the kernel doubles it, in 31 bits. */
const MONITOR_BUFFER_BYTES = 2 << 20;
const MOST_BUFFER_BYTES = (1 << 30) - 1;

export type HandsOptions = {
  readonly options: DaemonOptions;
  readonly log: DaemonLog;
  readonly config: Config;
  /** Asked when something arrives: core is built after its hands. */
  readonly core: () => Core;
  /** What listeners on a bus may ask for. */
  readonly actions: DaemonActions;
  /** Changes an instance; false: not now. */
  readonly amend: (instance: string, change: Amendment) => boolean;
  /** Sees a netlink event before core does. */
  readonly onNetlink: (event: NetlinkEvent) => void;
};

const newRelease = ({ runDir, namespace, configFile, configId }: DaemonOptions, log: DaemonLog) =>
  releasePort(runDir, log, namespace, {
    file: configFile,
    ...(configId === undefined ? {} : { configId }),
  });

export class Hands {
  readonly clock: MonotonicClock = new MonotonicClock();
  readonly service: SystemdNotify;
  readonly netlink: RtNetlink;
  readonly children: Children;
  readonly devices: NetworkDevices;
  readonly #routing: LazyRouting;
  readonly #firewall: LazyFirewall;
  readonly bfd: BfdPart;
  readonly ports: Ports;
  readonly #own: OwnProcess;
  readonly #settled: Settled;
  readonly #adverts: AdvertSockets;
  readonly #pacer: Pacer | undefined;
  readonly #timer: PreciseTimer;
  readonly #watchdog: Watchdog | undefined;
  readonly #announcer: Announcer;
  readonly #release: ReturnType<typeof releasePort>;
  readonly #settings: ReturnType<typeof interfaceSettings>;
  readonly #scripts: Scripts;
  readonly #notices: Notices;
  readonly #tracking: TrackHands;
  #checker: CommandChecker;

  constructor(given: HandsOptions) {
    const { options, log, core } = given;
    const api = native();
    this.service = notifyFromEnvironment(process.env, process.pid, () => this.clock.nowUs());
    this.#checker = newChecker(given.config);
    this.#release = newRelease(options, log);
    this.#settings = interfaceSettings(log);
    this.#own = new OwnProcess({
      native: api,
      log,
      setPacerUrgency: (priority) => this.#pacer?.setUrgency(priority),
    });
    this.#settled = new Settled(api, this.clock, log);
    this.netlink = new RtNetlink(
      api,
      (event) => {
        given.onNetlink(event);
        core().onNetlink(event);
      },
      netlinkBuffers(given.config),
    );
    this.devices = new NetworkDevices(api, log);
    this.#firewall = new LazyFirewall(api, log);
    this.#routing = new LazyRouting(api, () => core().onRoutingChange());
    const onProblem = this.#problems(log);
    this.#timer = new PreciseTimer(api, LEAD_US, (dueUs) => core().wake(dueUs));
    if (given.options.liveness === 'kernel') this.#watchdog = newWatchdog(this.#timer, log, onProblem);
    this.#adverts = new AdvertSockets({
      native: api,
      sink: (key, received) => core().onAdvert(key, received),
      onProblem,
      onClose: (key) => this.#pacer?.closeKey(key),
      ...(this.#watchdog === undefined ? {} : { watch: this.#watchdog }),
    });
    this.#pacer = this.#newPacer(given, onProblem);
    this.#announcer = new Announcer({ native: api, onProblem });
    this.bfd = new BfdPart({
      native: api,
      clock: this.clock,
      log,
      interfaceIndex: (name) => this.netlink.links().find((l) => l.name === name)?.index ?? 0,
      onProblem,
      changed: (name) => core().onBfdChange(name),
    });
    this.children = newChildren(this.clock);
    const { scripts, hooks, notices } = this.#processes(given);
    this.#scripts = scripts;
    this.#notices = notices;
    this.#tracking = trackHands(api, core);
    this.ports = {
      clock: this.clock,
      timer: this.#timer,
      log,
      adverts: this.#adverts,
      macs,
      netlink: this.netlink,
      routing: this.#routing,
      announce: this.#announcer,
      hooks,
      scripts,
      ...this.#tracking.ports,
      bfd: this.bfd,
      notices,
      release: this.#release,
      service: this.service,
      settings: this.#settings,
      devices: this.devices,
      firewall: this.#firewall,
      urgency: this.#own,
      ...(this.#pacer === undefined ? {} : { pacer: this.#pacer }),
      ...(this.#watchdog === undefined ? {} : { watchdog: this.#watchdog }),
    };
  }

  /** Without it adverts are sent by this thread alone: a pause of it is then a pause of theirs. */
  #newPacer(
    given: HandsOptions,
    onProblem: (where: string, what: string, code: string) => void,
  ): Pacer | undefined {
    const { leaseUs } = given.options;
    try {
      const onLost = (): void => given.core().beat();
      return new Pacer({ native: native(), adverts: this.#adverts, leaseUs, onLost, onProblem });
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      given.log.log('warning', `no pacer: ${e.message}; adverts are late whenever this process is`);
      return undefined;
    }
  }

  #problems(log: DaemonLog): (where: string, what: string, code: string) => void {
    const limiter = new Limiter(REPEAT_US);
    return (where, what, code) => {
      const quiet = limiter.pass(`${where} ${what} ${code}`, this.clock.nowUs());
      if (quiet >= 0)
        log.log(
          'warning',
          `${where}: ${what} failed: ${code}${quiet > 0 ? ` (${quiet} more since the last line)` : ''}`,
        );
    };
  }

  #processes({ options, log, core, actions, amend }: HandsOptions) {
    const common = {
      checker: () => this.#checker,
      turns: new Turns(),
      children: this.children,
      clock: this.clock,
      environment: process.env,
      ownUid: process.geteuid?.() ?? 0,
    };
    const ownGid = process.getegid?.() ?? 0;
    const listeners = {
      ...common,
      ownGid,
      native: native(),
      log,
      umask: options.umask,
      namespace: options.namespace ?? '',
      actions,
      snmp: {
        everything: options.snmp,
        socket: options.snmpSocket,
        links: () => this.netlink.links(),
        amend,
        view: () => ({
          ...this.#glance(core()),
          config: core().config,
          links: this.netlink.links(),
          addresses: () => this.netlink.addresses(),
          routingSet: (instance?: string) => core().routingSet(instance),
        }),
      },
    };
    return {
      notices: new Notices(listenerKinds(listeners), log),
      scripts: new Scripts({ ...common, sink: (result) => core().onScriptResult(result) }),
      hooks: new Hooks({
        ...common,
        sink: (result) => core().onHookResult(result),
        onSlow: (hook, us) =>
          log.log(
            'warning',
            `(${hook.owner}) ${hook.what} has been running for ${Math.round(us / 1e6)} s; later hooks of it wait`,
          ),
        ...(options.hookTimeoutUs === undefined ? {} : { boundUs: options.hookTimeoutUs }),
      }),
    };
  }

  #glance(core: Core): Glance {
    const { snapshot, instances } = core.glance();
    const bfd = this.bfd.snapshot();
    return { instances, snapshot: bfd === undefined ? snapshot : { ...snapshot, bfd } };
  }

  get checker(): CommandChecker {
    return this.#checker;
  }

  /** Loads what `config` needs beyond what is loaded; awaited before `obey`. */
  async prepare(config: Config): Promise<void> {
    if (usesRouting(config)) await this.#routing.load();
    if (config.instances.some((i) => usesDevices(i) || refuses(i)))
      await this.#firewall.load(config.global.firewall.nftables);
    await this.#notices.prepare(config);
    await this.bfd.prepare(config.bfdInstances);
  }

  /** What of a configuration the hands themselves obey: before core starts, and when a reload brings it into force. */
  obey(config: Config): void {
    this.#checker = newChecker(config);
    this.#tracking.obey(config);
    this.#notices.apply(config);
    this.devices.obey(config.global.disableLocalIgmp);
    this.bfd.configure(config.bfdInstances);
    const { vrrp } = config.global.processes;
    this.#own.apply(vrrp);
    this.#settled.later(vrrp.noSwap);
  }

  /** Everything, after core has stopped. */
  async close(): Promise<void> {
    this.#settled.close();
    this.#pacer?.close();
    this.#timer.close();
    this.bfd.close();
    this.#adverts.closeAll();
    this.#announcer.close();
    this.netlink.close();
    this.devices.close();
    this.#routing.close();
    this.#scripts.close();
    this.#tracking.close();
    await this.#notices.close();
    this.#settings.restore();
    // With -V too: the addresses are to stay, so nothing may delete them after us.
    this.#release.remove();
  }
}

const newChildren = (clock: MonotonicClock): Children =>
  new Children({
    clock,
    openPipe: () => native().openPipe(),
    beforeSpawn: () => native().closeOnExecFrom(3),
    ownUid: process.geteuid?.() ?? 0,
    ownGid: process.getegid?.() ?? 0,
  });

const newWatchdog = (
  vigils: PreciseTimer,
  log: DaemonLog,
  onProblem: (where: string, what: string, code: string) => void,
): Watchdog =>
  new Watchdog({
    native: native(),
    vigils,
    onProblem,
    onObstacle: (why) =>
      log.log('info', `every advert is heard by this process, the kernel watches no master: ${why}`),
  });

/** 'vrrp_netlink_monitor_rcv_bufs' and 'vrrp_netlink_cmd_rcv_bufs'; ours are never made smaller. */
function netlinkBuffers({ global }: Config): RtNetlinkOptions {
  const { vrrpNetlinkMonitor, vrrpNetlinkCommand } = global.buffers;
  const bytes = (asked: number, least: number) => Math.min(Math.max(asked, least), MOST_BUFFER_BYTES);
  return {
    receiveBufferBytes: bytes(vrrpNetlinkMonitor.bytes, MONITOR_BUFFER_BYTES),
    commandBufferBytes: bytes(vrrpNetlinkCommand.bytes, 0),
  };
}

function newChecker(config: Config): CommandChecker {
  const { scriptUser, scriptGroup, scriptSecurity, fileSettings } = config.global;
  return new PathCommandChecker(
    {
      scriptSecurity,
      keepSymlinks: fileSettings.keepSymlinks,
      ...(scriptUser === undefined ? {} : { scriptUser }),
      ...(scriptGroup === undefined ? {} : { scriptGroup }),
    },
    { accounts: native(), path: process.env['PATH'] },
  );
}
