/**
 * Without -n: starts this program again as a detached child and waits until it says that it runs. Node cannot fork, and
 * keepalived's parent leaves before anything can be known; here its exit status tells whether the start worked.
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';

/** The child's descriptor for its one report. */
const REPORT_FD = 3;
/** A start that takes longer hangs. */
const START_TIMEOUT_MS = 30_000;
const MAX_REPORT_BYTES = 4_096;

export type DetachedStart = { readonly status: number; readonly text: string };
export type DetachOptions = {
  readonly argv: readonly string[]; // as given by the user, without node and script
  readonly script: string; // bin/vipd
  readonly keepConsole: boolean; // -l: the child goes on writing to our stderr
  readonly timeoutMs?: number;
};

/** The parent's side: resolves with the status to leave with. The child is on its own then. */
export function startDetached(options: DetachOptions): Promise<DetachedStart> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [...process.execArgv, options.script, ...withMarker(options.argv)],
      { detached: true, stdio: ['ignore', 'ignore', options.keepConsole ? 'inherit' : 'ignore', 'pipe'] },
    );
    let report = '';
    const done = (result: DetachedStart): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.unref();
      pipe?.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      done({ status: 1, text: 'the daemon did not report that it runs' });
    }, options.timeoutMs ?? START_TIMEOUT_MS);
    const pipe = child.stdio[REPORT_FD];
    pipe?.on('data', (chunk: Buffer) => {
      report = (report + chunk.toString('utf8')).slice(0, MAX_REPORT_BYTES);
      const end = report.indexOf('\n');
      if (end !== -1) done(readReport(report.slice(0, end)));
    });
    child.on('error', (e) => done({ status: 1, text: `cannot start the daemon: ${e.message}` }));
    child.on('exit', (code, signal) =>
      done({ status: code ?? 1, text: signal === null ? '' : `the daemon died of ${signal}` }),
    );
  });
}

/** Before '--', where an option would be an operand; the descriptor is an argument so that nothing is inherited by accident. */
function withMarker(argv: readonly string[]): readonly string[] {
  return [`--daemon-child=${REPORT_FD}`, ...argv];
}

function readReport(line: string): DetachedStart {
  const m = /^(\d{1,3}) (.*)$/.exec(line);
  return m === null
    ? { status: 1, text: 'the daemon reported nonsense' }
    : { status: Number(m[1]), text: m[2] as string };
}

/** The child's side, once: status 0 when it runs, else why not. Closes the descriptor. A parent that is gone is no error. */
export function reportStart(fd: number, status: number, text = ''): void {
  try {
    writeSync(fd, `${status} ${text.replace(/[\r\n]+/g, ' ').slice(0, 1_000)}\n`);
  } catch (e) {
    if (!(e instanceof Error && 'code' in e && (e.code === 'EPIPE' || e.code === 'ECONNRESET'))) throw e;
  } finally {
    closeSync(fd);
  }
}
