/**
 * The composition root of the daemon: builds the real clock, sockets, netlink, processes and logs, joins them to core,
 * and wires signals and the control socket. Everything that decides something lives elsewhere.
 */
import { hostname } from 'node:os';
import type { DaemonOptions } from './cli/options.ts';
import { pidFilePaths } from './cli/paths.ts';
import { packageVersion } from './cli/version.ts';
import type { Config } from './config/config.ts';
import { Core } from './core/core.ts';
import { Limiter } from './core/limiter.ts';
import { Announcer } from './io/announce/announcer.ts';
import { capabilityProblem } from './io/capabilities.ts';
import { LoopTimer, MonotonicClock } from './io/clock.ts';
import { startControl } from './io/control/server.ts';
import { reportStart, startDetached } from './io/daemonize.ts';
import { type DumpFile, temporaryFolder, writeDump } from './io/files/dumps.ts';
import { acquirePidFiles } from './io/files/pidfile.ts';
import { createLog, type DaemonLog } from './io/log/log.ts';
import { RtNetlink } from './io/netlink/rt-netlink.ts';
import { Children } from './io/process/children.ts';
import { Hooks } from './io/process/hooks.ts';
import { runOnce } from './io/process/run-once.ts';
import { Scripts } from './io/process/scripts.ts';
import { PathCommandChecker } from './io/process/security.ts';
import { Turns } from './io/process/turns.ts';
import { releasePort } from './io/release/release.ts';
import { AdvertSockets } from './io/sockets/advert-sockets.ts';
import { interfaceSettings } from './io/sysctl.ts';
import { notifyFromEnvironment, type SystemdNotify } from './io/systemd/notify.ts';
import { configTest, countFindings, load, logFindings, readLinks, warningsOf } from './loading.ts';
import { native } from './native.ts';
import type { CommandChecker } from './ports/process.ts';
import { dataText } from './report/data.ts';
import { jsonText } from './report/json.ts';
import { sdStatus } from './report/sd-status.ts';
import { statsText } from './report/stats.ts';

const EXIT = { ok: 0, fatal: 1, permission: 4, program: 70 } as const;
const HEARTBEAT_MS = 1_000;
const LOG_CLOSE_MS = 500;
const GLOBAL_SCRIPT_S = 10;
const SIGNAL_JSON = 36;
const SIGNAL_STATS_CLEAR = 63;

/** Runs until told to stop; the exit status is keepalived's. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const api = native();
  if (options.namespace !== undefined) api.setNetworkNamespace(`/run/netns/${options.namespace}`);
  if (options.configTest) return configTest(options);
  if (!options.foreground && options.childFd === undefined) {
    const [, script = '', ...argv] = process.argv;
    const started = await startDetached({ argv, script, keepConsole: options.logConsole });
    if (started.text !== '') process.stderr.write(`vipd: ${started.text}\n`);
    return started.status;
  }
  const log = openLog(options);
  const report = startReport(options.childFd);
  const status = await supervise(options, log, report);
  report(status, 'see the log');
  await log.close(LOG_CLOSE_MS);
  return status;
}

type StartReport = (status: number, text: string) => void;

/** Tells the waiting parent of a detached start, once. */
function startReport(fd: number | undefined): StartReport {
  let open = fd;
  return (status, text) => {
    if (open === undefined) return;
    reportStart(open, status, text);
    open = undefined;
  };
}

function openLog(options: DaemonOptions): DaemonLog {
  const file =
    options.logFile === '' ? `${temporaryFolder(process.env['TMPDIR'])}/keepalived.log` : options.logFile;
  return createLog({
    console: options.logConsole,
    syslog: options.syslog,
    format: options.logFormat,
    facility: options.logFacility,
    detail: options.logDetail,
    identifier: 'vipd',
    journalStream: process.env['JOURNAL_STREAM'],
    ...(file === undefined ? {} : { file }),
  });
}

async function supervise(options: DaemonOptions, log: DaemonLog, report: StartReport): Promise<number> {
  log.log(
    'info',
    `Starting vipd v${packageVersion()} (pid ${process.pid}), configuration ${options.configFile}`,
  );
  const links = readLinks();
  const loaded = load(options, links);
  logFindings(log, loaded);
  const { config } = loaded;
  if (config === undefined || loaded.fatal !== undefined) {
    const status = loaded.fatal?.exit ?? 2;
    log.log(
      'error',
      `Stopping: the configuration cannot be run (exit status ${status}); 'vipd -t -f ${options.configFile}' shows why`,
    );
    return status;
  }
  const missing = capabilityProblem(native());
  if (missing !== undefined) {
    log.log('error', missing);
    return EXIT.permission;
  }
  const pids = acquirePidFiles(
    pidFilePaths(options, {
      usePidDir: config.global.usePidDir,
      instanceName: config.global.instanceName ?? '',
      virtualServers: config.virtualServers.length > 0,
      bfd: false,
    }),
  );
  if (!pids.ok) {
    if (pids.reason === 'error') log.log('error', `cannot use the pid file: ${pids.text}`);
    else
      log.log(
        'error',
        `daemon is already running${pids.pid > 0 ? ` (pid ${pids.pid})` : ''}; stop it first, or give this one its own -p and -r files`,
      );
    return pids.reason === 'running' ? EXIT.ok : EXIT.fatal;
  }
  if (pids.files.some((f) => f.tookOver))
    log.log('info', 'Remove a zombie pid file: an earlier daemon died without removing it');
  try {
    return await new Daemon(options, log, config).run(countFindings(loaded), report);
  } finally {
    pids.release();
  }
}

/** The joined parts; lives from start to stop. */
class Daemon {
  readonly #options: DaemonOptions;
  readonly #log: DaemonLog;
  readonly #clock = new MonotonicClock();
  readonly #service: SystemdNotify;
  readonly #netlink: RtNetlink;
  readonly #adverts: AdvertSockets;
  readonly #announcer: Announcer;
  readonly #release: ReturnType<typeof releasePort>;
  readonly #settings: ReturnType<typeof interfaceSettings>;
  readonly #children: Children;
  readonly #core: Core;
  #checker: CommandChecker;
  #end: ((status: number) => void) | undefined;
  #lastStatus = '';
  #aborting = false;
  #stopping = false;
  #global: Config['global'];

  constructor(options: DaemonOptions, log: DaemonLog, config: Config) {
    const api = native();
    this.#options = options;
    this.#log = log;
    this.#global = config.global;
    this.#service = notifyFromEnvironment(process.env, process.pid, () => this.#clock.nowUs());
    this.#checker = this.#newChecker(config);
    this.#release = releasePort(options.runDir, log);
    this.#settings = interfaceSettings(log);
    this.#netlink = new RtNetlink(api, (e) => this.#core.onNetlink(e));
    // The same trouble comes with every packet: once a minute is enough to know.
    const limiter = new Limiter(60_000_000);
    const problem = (where: string, what: string, code: string): void => {
      const quiet = limiter.pass(`${where} ${what} ${code}`, this.#clock.nowUs());
      if (quiet >= 0)
        log.log(
          'warning',
          `${where}: ${what} failed: ${code}${quiet > 0 ? ` (${quiet} more since the last line)` : ''}`,
        );
    };
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
    this.#core = new Core(
      {
        clock: this.#clock,
        timer: new LoopTimer(this.#clock, () => this.#core.wake()),
        log,
        adverts: this.#adverts,
        netlink: this.#netlink,
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
        scripts: new Scripts({ ...common, sink: (result) => this.#core.onScriptResult(result) }),
        release: this.#release,
        service: this.#service,
        settings: this.#settings,
      },
      {
        version: packageVersion(),
        node: hostname(),
        pid: process.pid,
        configFile: options.configFile,
        makeBeforeBreak: options.stopOrder === 'make-before-break',
        keepAddresses: options.keepVrrp,
      },
      config,
    );
    this.#warn(config);
  }

  /** What the configuration asks for in vain: in the log now, in `vipd status` as long as it is so. */
  #warn(config: Config): void {
    const warnings = warningsOf(config);
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

  async run(findings: { errors: number; warnings: number }, report: StartReport): Promise<number> {
    const ended = new Promise<number>((resolve) => {
      this.#end = resolve;
    });
    if (this.#global.processName !== undefined) process.title = this.#global.processName;
    this.#wireSignals();
    await this.#globalScript('startup_script');
    if (this.#stopping) return ended;
    const control = await startControl({
      path: this.#options.socket,
      handlers: { status: () => this.#core.snapshot(), reload: () => this.#reloadForClient() },
    });
    this.#netlink.start();
    this.#core.start(findings);
    const heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#service.ready(this.#statusText());
    report(0, '');
    this.#log.log('info', 'Startup complete');
    const status = await ended;
    clearInterval(heartbeat);
    control.close();
    this.#adverts.closeAll();
    this.#announcer.close();
    this.#netlink.close();
    this.#settings.restore();
    if (!this.#options.keepVrrp) this.#release.remove();
    await this.#globalScript('shutdown_script');
    this.#log.log('info', `Stopped vipd v${packageVersion()}`);
    return status;
  }

  /** Run before anything else and after everything else; whatever it does, the daemon goes on. */
  async #globalScript(what: 'startup_script' | 'shutdown_script'): Promise<void> {
    const { startupScript, startupScriptTimeoutS, shutdownScript, shutdownScriptTimeoutS } = this.#global;
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

  #wireSignals(): void {
    const stop = (name: string) => () => {
      this.#log.log('info', `Stopping (${name})`);
      this.#stopping = true;
      this.#service.stopping();
      this.#core.stop(() => this.#end?.(EXIT.ok));
    };
    process.on('SIGTERM', stop('SIGTERM'));
    if (this.#options.ignoreSigint) process.on('SIGINT', () => undefined);
    else process.on('SIGINT', stop('SIGINT'));
    process.on('SIGHUP', () => this.#reload());
    process.on('SIGUSR1', () => this.#dump('keepalived.data', dataText(this.#core.snapshot())));
    process.on('SIGUSR2', () => this.#dump('keepalived.stats', statsText(this.#core.snapshot())));
    native().signalStart(SIGNAL_JSON, () => this.#dumpJson());
    native().signalStart(SIGNAL_STATS_CLEAR, () => {
      this.#dump('keepalived.stats', statsText(this.#core.snapshot()));
      this.#core.clearCounters();
    });
    const broken = (what: string) => (e: unknown) => this.#abort(what, e);
    process.on('uncaughtException', broken('uncaught exception'));
    process.on('unhandledRejection', broken('unhandled rejection'));
  }

  /** A broken invariant: give the addresses to the peer and leave; nothing else may be trusted. */
  #abort(what: string, e: unknown): void {
    if (this.#aborting) process.exit(EXIT.program); // ExecStopPost does the rest
    this.#aborting = true;
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

  /** A file that cannot be run changes nothing. */
  #reload(): { ok: boolean; text: string } {
    this.#log.log('info', `Reloading ${this.#options.configFile}`);
    this.#service.reloading();
    this.#core.advertBeforeReload();
    const loaded = load(this.#options, this.#netlink.links());
    logFindings(this.#log, loaded);
    const { config } = loaded;
    let outcome: { ok: boolean; text: string };
    if (config === undefined || loaded.fatal !== undefined) {
      const why = loaded.fatal?.diagnostic.message ?? 'no usable configuration';
      outcome = { ok: false, text: `the new configuration cannot be run and nothing was changed: ${why}` };
      this.#log.log('error', outcome.text);
    } else if (this.#core.refusedByReload(config).length > 0) {
      outcome = {
        ok: false,
        text: `nothing was changed: ${this.#core.refusedByReload(config).join(', ')} cannot change while the daemon runs; restart it`,
      };
      this.#log.log('error', outcome.text);
    } else {
      this.#checker = this.#newChecker(config);
      this.#global = config.global;
      const report = this.#core.reload(config, countFindings(loaded));
      this.#warn(config);
      outcome = { ok: true, text: report.lines.join('\n') };
      for (const line of report.lines) this.#log.log('info', `Reload: ${line}`);
    }
    this.#service.reloaded(this.#statusText());
    return outcome;
  }

  #reloadForClient(): { ok: true; text: string } {
    const outcome = this.#reload();
    if (!outcome.ok) throw new Error(outcome.text);
    return { ok: true, text: outcome.text };
  }
}
