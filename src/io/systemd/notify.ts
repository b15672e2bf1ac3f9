/**
 * sd_notify(3) over a unix datagram. Only when the service manager asked for it; a failure is nobody's problem but the
 * journal's, so nothing here throws.
 */
import { closeSync } from 'node:fs';
import { native } from '../../native.ts';
import type { ServiceManager } from '../../ports/system.ts';

export type NotifyOptions = {
  readonly socket: string | undefined; // $NOTIFY_SOCKET: path, or '@' and an abstract name
  readonly watchdogUsec: string | undefined; // $WATCHDOG_USEC
  readonly watchdogPid: string | undefined; // $WATCHDOG_PID
  readonly pid: number;
  readonly monotonicUs: () => number; // CLOCK_MONOTONIC
};

export interface SystemdNotify extends ServiceManager {
  readonly enabled: boolean;
  /** How often watchdog() should be called: half of WATCHDOG_USEC, 0 = not asked for. Microseconds. */
  readonly watchdogIntervalUs: number;
  /** After reloading(): the new configuration runs, or the old one goes on. */
  reloaded(status: string): void;
}

/** `process.env` and `process.pid`, read once; takes the variables away so that hooks do not speak for the daemon. */
export function notifyFromEnvironment(
  env: Record<string, string | undefined>,
  pid: number,
  monotonicUs: () => number,
): SystemdNotify {
  const options: NotifyOptions = {
    socket: env['NOTIFY_SOCKET'],
    watchdogUsec: env['WATCHDOG_USEC'],
    watchdogPid: env['WATCHDOG_PID'],
    pid,
    monotonicUs,
  };
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  return systemdNotify(options);
}

export function systemdNotify(options: NotifyOptions): SystemdNotify {
  const { socket, pid } = options;
  const usable = socket !== undefined && /^[/@]./.test(socket);
  let lastStatus: string | undefined;
  const send = (...lines: readonly string[]): void => {
    if (usable) post(socket, lines.join('\n'));
  };
  const statusLine = (text: string): string => {
    lastStatus = text;
    return `STATUS=${text.replace(/[\r\n]+/g, ' ')}`;
  };
  return {
    enabled: usable,
    watchdogIntervalUs: usable ? watchdogInterval(options) : 0,
    ready: (status) => send('READY=1', `MAINPID=${pid}`, statusLine(status)),
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${Math.floor(options.monotonicUs())}`),
    reloaded: (status) => send('READY=1', statusLine(status)),
    stopping: () => send('STOPPING=1', statusLine('stopping')),
    status(text: string): void {
      if (text !== lastStatus) send(statusLine(text));
    },
    watchdog: () => send('WATCHDOG=1'),
  };
}

/** systemd.service(5): another process's watchdog is not ours to feed. */
function watchdogInterval(options: NotifyOptions): number {
  const forUs = options.watchdogPid === undefined || options.watchdogPid === String(options.pid);
  if (!forUs || !/^[1-9]\d{0,15}$/.test(options.watchdogUsec ?? '')) return 0;
  return Math.floor(Number(options.watchdogUsec) / 2);
}

/** A socket for each message: a few an hour, and a restarted manager is found. Lost when the manager does not listen. */
function post(path: string, text: string): void {
  let fd = -1;
  try {
    fd = native().unixOpen(path);
    native().unixSend(fd, Buffer.from(text));
  } catch (e) {
    if (!(e instanceof Error && ('code' in e || e instanceof TypeError))) throw e;
  } finally {
    if (fd !== -1) closeSync(fd);
  }
}
