/**
 * The running daemon: builds the real clock, sockets, netlink and processes, joins them to core, and carries signals and
 * control requests to it. Everything that decides something lives elsewhere.
 */
import { hostname } from 'node:os';
import { formatIp } from './base/ip.ts';
import { resolvedJson } from './check/resolved.ts';
import type { DaemonOptions } from './cli/options.ts';
import { inactiveOptions } from './cli/remarks.ts';
import { packageVersion } from './cli/version.ts';
import type { Config } from './config/config.ts';
import { wipeSecrets } from './config/wipe.ts';
import type { Amendment } from './core/amend.ts';
import type { CoreOptions } from './core/context.ts';
import { Core } from './core/core.ts';
import type { Snapshot } from './core/snapshot.ts';
import { type DumpHands, dataOf, dumpData, dumpJson, dumpStats } from './dumping.ts';
import { Hands } from './hands.ts';
import { type ControlServer, startControl } from './io/control/server.ts';
import type { DaemonActions } from './io/dbus/objects.ts';
import { Background } from './io/files/background.ts';
import { saveState } from './io/files/save-directory.ts';
import type { DaemonLog } from './io/log/log.ts';
import { runOnce } from './io/process/run-once.ts';
import { warningsOf } from './loading.ts';
import { native } from './native.ts';
import type { NetlinkEvent } from './ports/netlink.ts';
import { Reloads } from './reloads.ts';
import { removeRemains } from './remains.ts';
import { sdStatus } from './report/sd-status.ts';
import type { Signals } from './signals.ts';

/** keepalived's exit statuses. */
export const EXIT = { ok: 0, fatal: 1, permission: 4, program: 70 } as const;
/** Tells the waiting parent of a detached start, once. */
export type StartReport = (status: number, text: string) => void;
export type Ending = { readonly status: number; readonly why: string };
/** Seldom: each wakes the processor. */
const HEARTBEAT_MS = 5_000;
/** A picture of so many instances for the STATUS line costs as much as everything else that a quiet second asks for. */
const STATUS_INSTANCES_A_BEAT = 100;
const GLOBAL_SCRIPT_S = 10;
/** A dump that was asked for just before the end. */
const BACKGROUND_MS = 500;

const coreOptions = (options: DaemonOptions): CoreOptions => ({
  version: packageVersion(),
  node: hostname(),
  pid: process.pid,
  configFile: options.configFile,
  makeBeforeBreak: options.stopOrder === 'make-before-break',
  keepAddresses: options.keepVrrp,
});

/** The joined parts; lives from start to stop. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #log: DaemonLog;
  readonly #hands: Hands;
  readonly #core: Core;
  readonly #reloads: Reloads;
  readonly #background = new Background();
  #config: Config;
  #end: ((status: number) => void) | undefined;
  #lastStatus = '';
  #beats = 0;
  #aborting = false;
  #stopping = false;

  constructor(options: DaemonOptions, log: DaemonLog, config: Config) {
    this.#options = options;
    this.#log = log;
    this.#config = config;
    this.#hands = new Hands({
      options,
      log,
      config,
      core: () => this.#core,
      actions: this.#actions(),
      amend: (instance, change) => this.#amend(instance, change),
      onNetlink: (e) => {
        if (options.addressMonitoring) this.#sayAddress(e);
      },
    });
    this.#core = new Core(this.#hands.ports, coreOptions(options), config);
    this.#reloads = this.#newReloads(config);
    this.#warn(config);
  }

  /** What may be asked for from outside beside the signals. */
  #actions(): DaemonActions {
    const dump = (how: typeof dumpData) => () => how(this.#core.config, this.#snapshot(), this.#dumpHands());
    return {
      printData: dump(dumpData),
      printStats: dump(dumpStats),
      clearStats: () => this.#clearCounters(),
      reload: () => void this.#reloads.request(),
      announce: (instance) => this.#core.announce(instance),
    };
  }

  /** A reload compares configurations: nothing is changed in one meanwhile. */
  #amend(instance: string, change: Amendment): boolean {
    if (this.#reloads.underWay || this.#stopping) return false;
    this.#core.amend(instance, change);
    return true;
  }

  #clearCounters(): void {
    this.#core.clearCounters();
    this.#hands.bfd.clearCounters();
  }

  #newReloads(config: Config): Reloads {
    const { service, netlink, clock } = this.#hands;
    return new Reloads(
      {
        options: this.#options,
        log: this.#log,
        clock,
        core: this.#core,
        links: () => netlink.links(),
        stopping: () => this.#stopping,
        prepare: (next) => this.#hands.prepare(next),
        beforeUse: (next) => {
          this.#save('before');
          this.#config = next;
          this.#hands.obey(next);
        },
        inForce: (next, previous) => {
          this.#hands.bfd.retire(next.bfdInstances);
          this.#save('after');
          wipeSecrets(previous, next);
          this.#warn(next);
          this.#sayConfiguration();
        },
        service: {
          reloading: () => service.reloading(),
          reloaded: () => service.reloaded(this.#statusText()),
        },
      },
      config,
    );
  }

  /** 'config_save_dir' */
  #save(when: 'before' | 'after'): void {
    const folder = this.#config.global.fileSettings.saveDirectory;
    if (folder === undefined) return;
    const data = dataOf(this.#core.config, this.#snapshot(), this.#dumpHands());
    const json = resolvedJson(this.#config, { showSecrets: false });
    const wallMs = this.#hands.clock.wallMs();
    this.#background.add(`${when} ${wallMs}`, () =>
      saveState(folder, when, { data, json }, wallMs, this.#log),
    );
  }

  /** What the configuration asks for in vain: in the log now, in `vipd status` as long as it is so. */
  #warn(config: Config): void {
    const warnings = [...inactiveOptions(this.#options), ...warningsOf(config)];
    this.#core.setWarnings(warnings);
    for (const text of warnings) this.#log.log('warning', text);
  }

  async run(
    findings: { errors: number; warnings: number },
    report: StartReport,
    signals: Signals,
  ): Promise<Ending> {
    const ended = new Promise<number>((resolve) => {
      this.#end = resolve;
    });
    const broken = (what: string) => (e: unknown) => this.#abort(what, e);
    process.on('uncaughtException', broken('uncaught exception'));
    process.on('unhandledRejection', broken('unhandled rejection'));
    const control = await this.#startControl();
    if (control === 'taken')
      return { status: EXIT.ok, why: `another vipd uses ${this.#options.runDir}; see the log` };
    const { processName } = this.#config.global;
    if (processName !== undefined) process.title = processName;
    await this.#globalScript('startup_script');
    const devices = await removeRemains(this.#options.runDir, this.#log, (s) =>
      this.#hands.devices.inherit(s),
    );
    this.#hands.netlink.start();
    await this.#hands.prepare(this.#config);
    this.#hands.obey(this.#config);
    const heartbeat = this.#startHeartbeat();
    this.#core.start(findings, devices);
    this.#sayConfiguration();
    this.#hands.service.ready(this.#statusText());
    report(0, '');
    this.#log.log('info', 'Startup complete');
    this.#reloads.start();
    this.#deliver(signals);
    const status = await ended;
    clearInterval(heartbeat);
    this.#reloads.close();
    control?.close();
    await this.#hands.close();
    wipeSecrets(this.#config);
    await this.#globalScript('shutdown_script');
    await this.#background.settle(BACKGROUND_MS);
    this.#log.log('info', `Stopped vipd v${packageVersion()}`);
    return { status, why: 'it has stopped already; see the log' };
  }

  /** Run before anything else and after everything else; whatever it does, the daemon goes on. */
  async #globalScript(what: 'startup_script' | 'shutdown_script'): Promise<void> {
    const { startupScript, startupScriptTimeoutS, shutdownScript, shutdownScriptTimeoutS } =
      this.#config.global;
    const first = what === 'startup_script';
    const command = first ? startupScript : shutdownScript;
    if (command === undefined) return;
    this.#log.log('info', `Running ${what} ${command.text}`);
    const deps = {
      checker: this.#hands.checker,
      children: this.#hands.children,
      environment: process.env,
      ownUid: process.geteuid?.() ?? 0,
    };
    const seconds = (first ? startupScriptTimeoutS : shutdownScriptTimeoutS) ?? GLOBAL_SCRIPT_S;
    const trouble = await runOnce(deps, command, seconds);
    if (trouble === '') this.#log.log('info', `${what} succeeded`);
    else this.#log.log('warning', `${what} ${trouble}`);
  }

  /** Without it `vipd status` has no answer; the addresses matter more. */
  async #startControl(): Promise<ControlServer | 'taken' | undefined> {
    try {
      return await startControl({
        path: this.#options.socket,
        handlers: { status: () => this.#snapshot(), reload: () => this.#reloadForClient() },
      });
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      const taken = e.code === 'EADDRINUSE';
      this.#log.log(
        taken ? 'error' : 'warning',
        taken
          ? `daemon is already running: ${e.message}`
          : `no control socket, so 'vipd status' and 'vipd reload' cannot reach this daemon: ${e.message}`,
      );
      return taken ? 'taken' : undefined;
    }
  }

  /** -d */
  #sayConfiguration(): void {
    if (!this.#options.dumpConfig) return;
    const data = dataOf(this.#core.config, this.#snapshot(), this.#dumpHands());
    for (const line of data.trimEnd().split('\n')) this.#log.log('info', line);
  }

  /** -a, in keepalived's words. */
  #sayAddress(e: NetlinkEvent): void {
    if (e.type !== 'address-added' && e.type !== 'address-removed') return;
    const { address } = e;
    const name = this.#hands.netlink.links().find((l) => l.index === address.interfaceIndex)?.name;
    const how = e.type === 'address-added' ? 'added to' : 'removed from';
    this.#log.log(
      'info',
      `Netlink reflector reports IP ${formatIp(address.bytes)} ${how} ${name ?? address.interfaceIndex}`,
    );
  }

  #deliver(signals: Signals): void {
    const stop = (name: string) => () => {
      this.#log.log('info', `Stopping (${name})`);
      this.#stopping = true;
      this.#hands.service.stopping();
      this.#hands.bfd.stop();
      this.#core.stop(() => {
        // What the kernel says of our last addresses may wait to be read, and '-a' wants it told.
        this.#hands.netlink.drain();
        this.#end?.(EXIT.ok);
      });
    };
    const dump = (how: typeof dumpData) => () => how(this.#core.config, this.#snapshot(), this.#dumpHands());
    const stats = dump(dumpStats);
    signals.deliverTo({
      SIGTERM: stop('SIGTERM'),
      SIGINT: stop('SIGINT'),
      SIGHUP: () => void this.#reloads.request(),
      SIGUSR1: dump(dumpData),
      SIGUSR2: stats,
      JSON: dump(dumpJson),
      STATS_CLEAR: () => {
        stats();
        this.#clearCounters();
      },
    });
  }

  /** A broken invariant: give the addresses to the peer and leave; nothing else may be trusted. */
  #abort(what: string, e: unknown): void {
    if (this.#aborting) process.exit(EXIT.program); // ExecStopPost does the rest
    this.#aborting = true;
    this.#stopping = true;
    this.#log.log('error', `${what}: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`);
    this.#core.stop(() => this.#end?.(EXIT.program));
    this.#core.stop(() => this.#end?.(EXIT.program)); // a second call does not linger
  }

  #dumpHands(): DumpHands {
    const { netlink } = this.#hands;
    return {
      options: this.#options,
      log: this.#log,
      netlink,
      accounts: native(),
      background: this.#background,
      tmpdir: process.env['TMPDIR'],
    };
  }

  #snapshot(): Snapshot {
    const bfd = this.#hands.bfd.snapshot();
    return bfd === undefined ? this.#core.snapshot() : { ...this.#core.snapshot(), bfd };
  }

  /** Where nobody is told it is not worth a picture of all instances. */
  #statusText(): string {
    if (!this.#hands.service.enabled) return '';
    this.#lastStatus = sdStatus(this.#snapshot());
    return this.#lastStatus;
  }

  /** Where no service manager listens nothing is to be done now and then. */
  #startHeartbeat(): NodeJS.Timeout | undefined {
    const { enabled, watchdogIntervalUs } = this.#hands.service;
    if (!enabled) return undefined;
    // Twice as often as asked for: a pause that the lease allows may not end in SIGKILL.
    const everyMs =
      watchdogIntervalUs === 0 ? HEARTBEAT_MS : Math.min(HEARTBEAT_MS, watchdogIntervalUs / 2000);
    return setInterval(() => this.#beat(), everyMs);
  }

  #beat(): void {
    this.#core.beat();
    const { service } = this.#hands;
    service.watchdog();
    if (this.#beats++ % Math.ceil((this.#core.instanceCount + 1) / STATUS_INSTANCES_A_BEAT) !== 0) return;
    const before = this.#lastStatus;
    if (this.#statusText() !== before) service.status(this.#lastStatus);
  }

  async #reloadForClient(): Promise<{ ok: true; text: string }> {
    const outcome = await this.#reloads.request();
    if (!outcome.ok) throw new Error(outcome.text);
    return { ok: true, text: outcome.text };
  }
}
