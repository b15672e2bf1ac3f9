/**
 * The running daemon: builds the real clock, sockets, netlink and processes, joins them to core, and carries signals and
 * control requests to it. Everything that decides something lives elsewhere.
 */
import { hostname } from 'node:os';
import { formatIp } from './base/ip.ts';
import type { DaemonOptions } from './cli/options.ts';
import { inactiveOptions } from './cli/remarks.ts';
import { packageVersion } from './cli/version.ts';
import type { Config } from './config/config.ts';
import type { LoadResult } from './config/load.ts';
import type { CoreOptions } from './core/context.ts';
import { Core } from './core/core.ts';
import { Limiter } from './core/limiter.ts';
import { usesRouting } from './core/routing-items.ts';
import { Announcer } from './io/announce/announcer.ts';
import { LoopTimer, MonotonicClock } from './io/clock.ts';
import { type ControlServer, startControl } from './io/control/server.ts';
import { type DumpFile, writeDump } from './io/files/dumps.ts';
import type { DaemonLog } from './io/log/log.ts';
import { deleteAddressesNow } from './io/netlink/cleanup.ts';
import { LazyRouting } from './io/netlink/lazy-routing.ts';
import { RtNetlink } from './io/netlink/rt-netlink.ts';
import { Children } from './io/process/children.ts';
import { Hooks } from './io/process/hooks.ts';
import { runOnce } from './io/process/run-once.ts';
import { Scripts } from './io/process/scripts.ts';
import { PathCommandChecker } from './io/process/security.ts';
import { Turns } from './io/process/turns.ts';
import { readRelease, releasePort } from './io/release/release.ts';
import { AdvertSockets } from './io/sockets/advert-sockets.ts';
import { interfaceSettings } from './io/sysctl.ts';
import { notifyFromEnvironment, type SystemdNotify } from './io/systemd/notify.ts';
import { listenerKinds } from './listeners.ts';
import { countFindings, findingsToLog, loadSteps, partsToRun, warningsOf } from './loading.ts';
import { native } from './native.ts';
import { Notices } from './notices.ts';
import type { NetlinkEvent } from './ports/netlink.ts';
import type { CommandChecker } from './ports/process.ts';
import { dataText } from './report/data.ts';
import { jsonText } from './report/json.ts';
import { sdStatus } from './report/sd-status.ts';
import { statsText } from './report/stats.ts';
import type { Signals } from './signals.ts';
import { inSlices } from './slices.ts';
import { type TrackHands, trackHands } from './track-hands.ts';

/** keepalived's exit statuses. */
export const EXIT = { ok: 0, fatal: 1, permission: 4, program: 70 } as const;
/** Tells the waiting parent of a detached start, once. */
export type StartReport = (status: number, text: string) => void;
export type Ending = { readonly status: number; readonly why: string };
type Outcome = { readonly ok: boolean; readonly text: string };
const STOPPING: Outcome = { ok: false, text: 'the daemon is stopping' };
const HEARTBEAT_MS = 1_000;
const GLOBAL_SCRIPT_S = 10;

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
  readonly #clock = new MonotonicClock();
  readonly #service: SystemdNotify;
  readonly #netlink: RtNetlink;
  readonly #routing: LazyRouting;
  readonly #adverts: AdvertSockets;
  readonly #announcer: Announcer;
  readonly #release: ReturnType<typeof releasePort>;
  readonly #settings: ReturnType<typeof interfaceSettings>;
  readonly #children: Children;
  readonly #scripts: Scripts;
  readonly #trackHands: TrackHands;
  readonly #notices: Notices;
  readonly #core: Core;
  #checker: CommandChecker;
  #end: ((status: number) => void) | undefined;
  #lastStatus = '';
  #aborting = false;
  #stopping = false;
  #config: Config;
  /** The reload under way, and the one that was asked for meanwhile. */
  #reloading: Promise<Outcome> | undefined;
  #nextReload: Promise<Outcome> | undefined;

  constructor(options: DaemonOptions, log: DaemonLog, config: Config) {
    const api = native();
    this.#options = options;
    this.#log = log;
    this.#config = config;
    this.#service = notifyFromEnvironment(process.env, process.pid, () => this.#clock.nowUs());
    this.#checker = this.#newChecker(config);
    this.#release = releasePort(options.runDir, log);
    this.#settings = interfaceSettings(log);
    this.#netlink = new RtNetlink(api, (e) => {
      if (options.addressMonitoring) this.#sayAddress(e);
      this.#core.onNetlink(e);
    });
    this.#routing = new LazyRouting(api, () => this.#core.onRoutingChange());
    const problem = problemLog(log, this.#clock);
    this.#adverts = new AdvertSockets({
      native: api,
      sink: (key, received) => this.#core.onAdvert(key, received),
      onProblem: problem,
    });
    this.#announcer = new Announcer({ native: api, onProblem: problem });
    const own = { ownUid: process.geteuid?.() ?? 0, ownGid: process.getegid?.() ?? 0 };
    this.#children = new Children({
      clock: this.#clock,
      openPipe: () => api.openPipe(),
      beforeSpawn: () => api.closeOnExecFrom(3),
      ...own,
    });
    const common = {
      checker: () => this.#checker,
      turns: new Turns(),
      children: this.#children,
      clock: this.#clock,
      environment: process.env,
      ownUid: own.ownUid,
    };
    this.#scripts = new Scripts({ ...common, sink: (result) => this.#core.onScriptResult(result) });
    this.#trackHands = trackHands(api, () => this.#core);
    const { umask } = options;
    this.#notices = new Notices(listenerKinds({ ...common, ...own, native: api, log, umask }), log);
    this.#core = new Core(
      {
        clock: this.#clock,
        timer: new LoopTimer(this.#clock, () => this.#core.wake()),
        log,
        adverts: this.#adverts,
        netlink: this.#netlink,
        routing: this.#routing,
        announce: this.#announcer,
        hooks: new Hooks({
          ...common,
          sink: (result) => this.#core.onHookResult(result),
          onSlow: (hook, us) =>
            log.log(
              'warning',
              `(${hook.owner}) ${hook.what} has been running for ${Math.round(us / 1e6)} s; later hooks of it wait`,
            ),
          ...(options.hookTimeoutUs === undefined ? {} : { boundUs: options.hookTimeoutUs }),
        }),
        scripts: this.#scripts,
        ...this.#trackHands.ports,
        notices: this.#notices,
        release: this.#release,
        service: this.#service,
        settings: this.#settings,
      },
      coreOptions(options),
      config,
    );
    this.#warn(config);
  }

  /** What the configuration asks for in vain: in the log now, in `vipd status` as long as it is so. */
  #warn(config: Config): void {
    const warnings = [...inactiveOptions(this.#options), ...warningsOf(config)];
    this.#core.setWarnings(warnings);
    for (const text of warnings) this.#log.log('warning', text);
  }

  #newChecker(config: Config): CommandChecker {
    const { scriptUser, scriptGroup, scriptSecurity } = config.global;
    return new PathCommandChecker(
      {
        scriptSecurity,
        ...(scriptUser === undefined ? {} : { scriptUser }),
        ...(scriptGroup === undefined ? {} : { scriptGroup }),
      },
      { accounts: native(), path: process.env['PATH'] },
    );
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
    this.#removeRemains();
    this.#netlink.start();
    if (usesRouting(this.#config)) await this.#routing.load();
    await this.#notices.prepare(this.#config);
    this.#notices.apply(this.#config);
    this.#core.start(findings);
    this.#sayConfiguration();
    const heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#service.ready(this.#statusText());
    report(0, '');
    this.#log.log('info', 'Startup complete');
    this.#deliver(signals);
    const status = await ended;
    clearInterval(heartbeat);
    control?.close();
    this.#adverts.closeAll();
    this.#announcer.close();
    this.#netlink.close();
    this.#routing.close();
    this.#scripts.close();
    this.#trackHands.close();
    await this.#notices.close();
    this.#settings.restore();
    // With -V too: the addresses are to stay, so nothing may delete them after us.
    this.#release.remove();
    await this.#globalScript('shutdown_script');
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
      checker: this.#checker,
      children: this.#children,
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
        handlers: { status: () => this.#core.snapshot(), reload: () => this.#reloadForClient() },
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

  /** What a run that died held by its own account: the configuration may have changed since. */
  #removeRemains(): void {
    const read = readRelease(this.#options.runDir);
    if (!read.ok) this.#log.log('warning', `what an earlier run left cannot be known: ${read.error}`);
    if (!read.ok || read.value === undefined || read.value.addresses.length === 0) return;
    const { addresses } = read.value;
    const results = deleteAddressesNow(native(), addresses);
    const removed = results.filter((r) => r.ok && !r.already).length;
    if (removed > 0)
      this.#log.log('warning', `removed ${removed} address(es) that an earlier run left behind`);
    for (const [i, r] of results.entries())
      if (!r.ok)
        this.#log.log(
          'warning',
          `an earlier run left ${addresses[i]?.address} on ${addresses[i]?.interface}: cannot remove it: ${r.code}`,
        );
  }

  /** -d */
  #sayConfiguration(): void {
    if (!this.#options.dumpConfig) return;
    for (const line of dataText(this.#core.snapshot()).trimEnd().split('\n')) this.#log.log('info', line);
  }

  /** -a, in keepalived's words. */
  #sayAddress(e: NetlinkEvent): void {
    if (e.type !== 'address-added' && e.type !== 'address-removed') return;
    const { address } = e;
    const name = this.#netlink.links().find((l) => l.index === address.interfaceIndex)?.name;
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
      this.#service.stopping();
      this.#core.stop(() => this.#end?.(EXIT.ok));
    };
    const stats = (): void => this.#dump('keepalived.stats', statsText(this.#core.snapshot()));
    signals.deliverTo({
      SIGTERM: stop('SIGTERM'),
      SIGINT: stop('SIGINT'),
      SIGHUP: () => void this.#reload(),
      SIGUSR1: () => this.#dump('keepalived.data', dataText(this.#core.snapshot())),
      SIGUSR2: stats,
      JSON: () => this.#dumpJson(),
      STATS_CLEAR: () => {
        stats();
        this.#core.clearCounters();
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

  #dump(file: DumpFile, text: string): void {
    try {
      const path = writeDump(file, text, process.env['TMPDIR'], this.#options.umask);
      this.#log.log('info', `Printing to ${path}`);
    } catch (e) {
      if (!(e instanceof Error)) throw e;
      this.#log.log('error', `cannot write ${file}: ${e.message}`);
    }
  }

  /** keepalived writes no file when there is nothing to tell. */
  #dumpJson(): void {
    const snapshot = this.#core.snapshot();
    if (snapshot.instances.length > 0) this.#dump('keepalived.json', jsonText(snapshot));
  }

  #statusText(): string {
    this.#lastStatus = sdStatus(this.#core.snapshot());
    return this.#lastStatus;
  }

  #beat(): void {
    this.#service.watchdog();
    const before = this.#lastStatus;
    if (this.#statusText() !== before) this.#service.status(this.#lastStatus);
  }

  /** One at a time. Whoever asks while one is under way gets the next: the file may have changed since it was read. */
  #reload(): Promise<Outcome> {
    if (this.#reloading === undefined) {
      this.#reloading = this.#reloadOnce().finally(() => {
        this.#reloading = undefined;
      });
      return this.#reloading;
    }
    this.#nextReload ??= this.#reloading.then(() => {
      this.#nextReload = undefined;
      return this.#reload();
    });
    return this.#nextReload;
  }

  /**
   * A file that cannot be run changes nothing. Done in slices: adverts go out and come in meanwhile, so that none has to
   * be sent in advance as keepalived does (B21), and a stop need not wait.
   */
  async #reloadOnce(): Promise<Outcome> {
    if (this.#stopping) {
      this.#log.log('info', 'no reload: the daemon is stopping');
      return STOPPING;
    }
    this.#log.log('info', `Reloading ${this.#options.configFile}`);
    this.#service.reloading();
    const loaded = await this.#inSlices(this.#loadSteps());
    if (loaded === undefined) return STOPPING;
    let outcome: Outcome | undefined;
    if ('text' in loaded) outcome = loaded;
    else {
      await this.#notices.prepare(loaded.config);
      if (usesRouting(loaded.config)) await this.#routing.load();
      outcome = await this.#inSlices(this.#applySteps(loaded.config, loaded.findings));
    }
    if (outcome === undefined) return STOPPING;
    this.#service.reloaded(this.#statusText());
    return outcome;
  }

  #inSlices<T>(work: Generator<void, T>): Promise<T | undefined> {
    return inSlices(
      work,
      () => this.#clock.nowUs(),
      () => this.#stopping,
    );
  }

  *#loadSteps(): Generator<void, Outcome | { config: Config; findings: ReturnType<typeof countFindings> }> {
    const loaded = yield* loadSteps(this.#options, this.#netlink.links());
    yield* findingsToLog(this.#log, loaded);
    const config = loaded.config === undefined ? undefined : partsToRun(this.#options, loaded.config);
    const refusal = config === undefined ? 'no usable configuration' : this.#refusal(loaded, config);
    if (config === undefined || refusal !== undefined) {
      const text = `the new configuration cannot be run and nothing was changed: ${refusal}`;
      this.#log.log('error', text);
      return { ok: false, text };
    }
    return { config, findings: countFindings(loaded) };
  }

  *#applySteps(config: Config, findings: ReturnType<typeof countFindings>): Generator<void, Outcome> {
    this.#checker = this.#newChecker(config);
    this.#config = config;
    this.#notices.apply(config);
    yield;
    const report = yield* this.#core.reloading(config, findings);
    this.#warn(config);
    this.#sayConfiguration();
    for (const line of report.lines) {
      this.#log.log('info', `Reload: ${line}`);
      yield;
    }
    return { ok: true, text: report.lines.join('\n') };
  }

  /** Why `config` must not replace the one that runs. */
  #refusal(loaded: LoadResult, config: Config): string | undefined {
    if (loaded.fatal !== undefined) return loaded.fatal.diagnostic.message;
    const fixed = this.#core.refusedByReload(config);
    if (fixed.length > 0) return `${fixed.join(', ')} cannot change while the daemon runs; restart it`;
    // keepalived would drop every address because of one forgotten brace.
    const first = loaded.diagnostics.find((d) => d.severity === 'error');
    if (config.instances.length === 0 && first !== undefined && this.#core.instanceCount > 0)
      return `it has mistakes and no instance is left in it: ${first.message}`;
    return undefined;
  }

  async #reloadForClient(): Promise<{ ok: true; text: string }> {
    const outcome = await this.#reload();
    if (!outcome.ok) throw new Error(outcome.text);
    return { ok: true, text: outcome.text };
  }
}

/** The same trouble comes with every packet: once a minute is enough to know. */
function problemLog(
  log: DaemonLog,
  clock: MonotonicClock,
): (where: string, what: string, code: string) => void {
  const limiter = new Limiter(60_000_000);
  return (where, what, code) => {
    const quiet = limiter.pass(`${where} ${what} ${code}`, clock.nowUs());
    if (quiet < 0) return;
    const more = quiet > 0 ? ` (${quiet} more since the last line)` : '';
    log.log('warning', `${where}: ${what} failed: ${code}${more}`);
  };
}
