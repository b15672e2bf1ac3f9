/**
 * The daemon's one logger: pino for levels and JSON, our own targets for where it goes. The caller is never held up: see
 * outbox.ts. Which targets there are follows keepalived's -l -G -S -g and, where those leave it open, the place it runs in.
 */
import { readlinkSync } from 'node:fs';
import { pino } from 'pino';
import type { Log, LogFields, LogLevel } from '../../ports/system.ts';
import { fileTarget, isJournal, type LineForm, lineTarget } from './console.ts';
import { JOURNAL_SOCKET, journalTarget, SYSLOG_SOCKET, syslogTarget } from './datagram.ts';
import { type LogRecord, type LogTarget, levelOf, PINO_LEVELS } from './record.ts';

export type LogOptions = {
  readonly console: boolean; // -l
  readonly syslog: boolean; // false with -G
  readonly format: 'auto' | 'console' | 'json' | 'journal' | 'syslog';
  readonly facility: number;
  readonly detail: number; // 0: info and above; 1 and more: debug too
  readonly identifier: string; // 'vipd'
  readonly file?: string; // -g, resolved
  readonly fileMode?: number; // default 0600
  readonly consoleFd?: number; // default 2
  readonly journalStream?: string | undefined; // $JOURNAL_STREAM
  readonly journalSocket?: string; // replaced in tests
  readonly syslogSocket?: string;
};

export interface DaemonLog extends Log {
  /** True when every target has taken everything. */
  flush(): boolean;
  /** Keeps offering for at most `boundMs`, then closes. The one call that may wait; for the very end. */
  close(boundMs: number): Promise<void>;
  lostCount(): number;
  setDetail(detail: number): void;
}

/** A target that is in trouble is told of in the others, and tried again: no log is a reason not to run. */
export function createLog(options: LogOptions): DaemonLog {
  const targets = chooseTargets(options, (text) => log.log('warning', text));
  const log = logTo(targets, options.detail);
  return log;
}

/** The targets in words, decided apart from opening them. */
export type TargetChoice = {
  readonly console: LineForm | 'off';
  readonly system: 'journal' | 'syslog' | 'off';
};

/**
 * keepalived: syslog unless -G, the console too with -l. `format` console or json asks for the console as -l does; journal
 * or syslog says how the system log is spoken to. Where console and system log are both the journal, one of them is enough.
 */
export function choose(
  options: Pick<LogOptions, 'console' | 'syslog' | 'format'>,
  place: { readonly consoleIsJournal: boolean; readonly journalOwnsSyslog: boolean },
): TargetChoice {
  const asked = options.format === 'console' || options.format === 'json';
  const lines: LineForm =
    options.format === 'json' ? 'json' : place.consoleIsJournal ? 'systemd' : 'keepalived';
  const wanted = asked || options.console ? lines : 'off';
  const journal =
    options.format === 'journal' ||
    (options.format !== 'syslog' && (place.consoleIsJournal || place.journalOwnsSyslog));
  const system = !options.syslog ? 'off' : journal ? 'journal' : 'syslog';
  const twice = place.consoleIsJournal && wanted !== 'off' && system === 'journal';
  if (!twice) return { console: wanted, system };
  return asked ? { console: wanted, system: 'off' } : { console: 'off', system };
}

function chooseTargets(options: LogOptions, onProblem: (text: string) => void): LogTarget[] {
  const fd = options.consoleFd ?? 2;
  const syslogSocket = options.syslogSocket ?? SYSLOG_SOCKET;
  const choice = choose(options, {
    consoleIsJournal: isJournal(fd, options.journalStream),
    journalOwnsSyslog: leadsToJournal(syslogSocket),
  });
  const out: LogTarget[] = [];
  if (choice.console !== 'off')
    out.push(
      lineTarget(fd, choice.console, { onProblem: (text) => onProblem(`log to descriptor ${fd}: ${text}`) }),
    );
  const { identifier, facility } = options;
  const pid = process.pid;
  if (choice.system === 'journal')
    out.push(journalTarget({ path: options.journalSocket ?? JOURNAL_SOCKET, identifier, facility, pid }));
  if (choice.system === 'syslog') out.push(syslogTarget({ path: syslogSocket, identifier, facility, pid }));
  const { file, fileMode = 0o600 } = options;
  if (file !== undefined)
    out.push(
      fileTarget(file, fileMode, {
        onProblem: (text) => onProblem(`log file ${file}: ${text}; its lines wait`),
      }),
    );
  return out;
}

/** systemd makes /dev/log a link into journald's folder; rsyslog makes a socket of its own. */
function leadsToJournal(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('/run/systemd/journal/');
  } catch (e) {
    if (!(e instanceof Error && 'code' in e)) throw e;
    return false; // EINVAL: no link; ENOENT: nothing there
  }
}

const METADATA: unique symbol = Symbol.for('pino.metadata');
/** What pino sets on a destination that asks for metadata, before each write. */
type PinoDestination = {
  lastLevel: number;
  lastMsg: string | undefined;
  lastObj: LogFields | undefined;
  write(json: string): void;
};

/** The logger over ready targets. */
export function logTo(targets: readonly LogTarget[], detail: number): DaemonLog {
  const destination: PinoDestination & { readonly [METADATA]: true } = {
    [METADATA]: true,
    lastLevel: 0,
    lastMsg: undefined,
    lastObj: undefined,
    write(json: string): void {
      const record: LogRecord = {
        level: levelOf(this.lastLevel),
        message: this.lastMsg ?? '',
        fields: this.lastObj ?? {},
        wallMs: Date.now(),
        json,
      };
      for (const target of targets) target.write(record);
    },
  };
  const logger = pino(
    {
      level: levelFor(detail),
      customLevels: PINO_LEVELS,
      useOnlyCustomLevels: true,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    log(level: LogLevel, message: string, fields?: LogFields): void {
      // As two arguments, the message first of which is an object: '%' in a message is no format.
      logger[level](fields ?? {}, '%s', message);
    },
    flush: () => targets.map((target) => target.flush()).every((done) => done),
    close: (boundMs) => closeAll(targets, boundMs),
    lostCount: () => targets.reduce((sum, target) => sum + target.lostCount(), 0),
    setDetail(next: number): void {
      logger.level = levelFor(next);
    },
  };
}

const levelFor = (detail: number): LogLevel => (detail > 0 ? 'debug' : 'info');

async function closeAll(targets: readonly LogTarget[], boundMs: number): Promise<void> {
  const endMs = performance.now() + boundMs;
  let waiting = targets.filter((target) => !target.flush());
  while (waiting.length > 0 && performance.now() < endMs) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 5);
    });
    waiting = waiting.filter((target) => !target.flush());
  }
  for (const target of targets) target.close();
}
