/**
 * From options to a running daemon and its exit status: namespace, detaching, log, configuration,
 * permissions, pid files. The daemon itself is running.ts.
 */
import type { DaemonOptions } from './cli/options.ts';
import { absolutePaths, pidFilePaths } from './cli/paths.ts';
import { packageVersion } from './cli/version.ts';
import type { Config } from './config/config.ts';
import { capabilityProblem } from './io/capabilities.ts';
import { reportStart, startDetached } from './io/daemonize.ts';
import { DEFAULT_UMASK, temporaryFolder } from './io/files/dumps.ts';
import { acquirePidFiles } from './io/files/pidfile.ts';
import { createLog, type DaemonLog } from './io/log/log.ts';
import { keepLittle } from './io/memory.ts';
import { countFindings, logFindings, partsToRun } from './loading.ts';
import { inNamespaceOf, loadInNamespace } from './namespace.ts';
import { native } from './native.ts';
import { Daemon, type Ending, EXIT, type StartReport } from './running.ts';
import { Signals } from './signals.ts';

const LOG_CLOSE_MS = 200;

/** Runs until told to stop; the exit status is keepalived's. */
export async function runDaemon(given: DaemonOptions): Promise<number> {
  const options = { ...given, ...absolutePaths(given) };
  if (!inNamespaceOf(options)) return EXIT.fatal;
  if (!options.foreground && options.childFd === undefined) {
    const [, script = '', ...argv] = process.argv;
    const started = await startDetached({ argv, script, keepConsole: options.logConsole });
    if (started.text !== '') process.stderr.write(`vipd: ${started.text}\n`);
    return started.status;
  }
  keepLittle();
  if (options.umask !== undefined) process.umask(options.umask);
  const log = openLog(options);
  // What Node prints by itself it prints with a write that waits, also for a pipe that nobody reads.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.log('warning', `Node: ${name}: ${message}`));
  // A detached daemon must not keep a file system busy; every path of the options is absolute.
  if (options.childFd !== undefined) process.chdir('/');
  const report = startReport(options.childFd);
  const { status, why } = await supervise(options, log, report);
  report(status, why);
  await log.close(LOG_CLOSE_MS);
  return status;
}

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

/** What the daemon keeps of the load: the tree of the text, which is larger than all it runs on, is given up. */
type Ready = {
  readonly config: Config;
  readonly options: DaemonOptions;
  readonly findings: { readonly errors: number; readonly warnings: number };
};

/** Loads the configuration and says what was found; an Ending: it cannot be run. */
function load(
  given: DaemonOptions,
  log: DaemonLog,
  refuse: (status: number, why: string) => Ending,
): Ready | Ending {
  const { loaded, options, problem } = loadInNamespace(given);
  if (problem !== undefined) return refuse(EXIT.fatal, problem);
  logFindings(log, loaded);
  const { config } = loaded;
  if (config === undefined || loaded.fatal !== undefined) {
    const status = loaded.fatal?.exit ?? 2;
    const what = loaded.fatal?.diagnostic.message ?? '';
    return refuse(
      status,
      `Stopping: the configuration cannot be run (exit status ${status}); 'vipd -t -f ${options.configFile}' shows why${what === '' ? '' : `: ${what}`}`,
    );
  }
  return { config, options, findings: countFindings(loaded) };
}

async function supervise(given: DaemonOptions, log: DaemonLog, report: StartReport): Promise<Ending> {
  const refuse = (status: number, why: string): Ending => {
    log.log('error', why);
    return { status, why };
  };
  log.log(
    'info',
    `Starting vipd v${packageVersion()} (pid ${process.pid}), configuration ${given.configFile}`,
  );
  const ready = load(given, log, refuse);
  if ('status' in ready) return ready;
  const { config, options, findings } = ready;
  const missing = capabilityProblem(native());
  if (missing !== undefined) return refuse(EXIT.permission, missing);
  const signals = new Signals();
  signals.catchAll(options.ignoreSigint);
  if (options.umask === undefined && config.global.fileSettings.umask !== DEFAULT_UMASK)
    process.umask(config.global.fileSettings.umask);
  const pids = acquirePidFiles(
    pidFilePaths(options, {
      usePidDir: config.global.usePidDir,
      instanceName: config.global.instanceName ?? '',
      virtualServers: config.virtualServers.length > 0,
      bfd: config.bfdInstances.length > 0,
    }),
  );
  if (!pids.ok && pids.reason === 'error') return refuse(EXIT.fatal, `cannot use the pid file: ${pids.text}`);
  if (!pids.ok)
    return refuse(
      EXIT.ok,
      `daemon is already running${pids.pid > 0 ? ` (pid ${pids.pid})` : ''}; stop it first, or give this one its own -p and -r files`,
    );
  for (const text of pids.unwritable) log.log('warning', `${text}; running without this pid file`);
  if (pids.files.some((f) => f.tookOver))
    log.log('info', 'Remove a zombie pid file: an earlier daemon died without removing it');
  try {
    const daemon = new Daemon(options, log, partsToRun(options, config));
    return await daemon.run(findings, report, signals);
  } finally {
    pids.release();
  }
}
