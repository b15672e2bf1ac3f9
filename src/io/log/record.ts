/** One log message on its way to the targets, and the levels of its three worlds: ours, pino's, syslog's. */
import type { LogFields, LogLevel } from '../../ports/system.ts';

export type LogRecord = {
  readonly level: LogLevel;
  readonly message: string; // may hold line ends; targets deal with them
  readonly fields: LogFields;
  readonly wallMs: number;
  readonly json: string; // the same as one JSON line with its line end
};

export interface LogTarget {
  /** Never waits, never throws. */
  write(record: LogRecord): void;
  /** Offers what waits; true when nothing is left. */
  flush(): boolean;
  lostCount(): number;
  close(): void;
}

/** pino's numbers; 'notice' is ours, between info and warning as in syslog. */
export const PINO_LEVELS: Readonly<Record<LogLevel, number>> = {
  debug: 20,
  info: 30,
  notice: 35,
  warning: 40,
  error: 50,
};

/** syslog(3) severities. */
export const SEVERITY: Readonly<Record<LogLevel, number>> = {
  debug: 7,
  info: 6,
  notice: 5,
  warning: 4,
  error: 3,
};

/** pino's number back to our word. */
export function levelOf(value: number): LogLevel {
  if (value >= PINO_LEVELS.error) return 'error';
  if (value >= PINO_LEVELS.warning) return 'warning';
  if (value >= PINO_LEVELS.notice) return 'notice';
  return value >= PINO_LEVELS.info ? 'info' : 'debug';
}

/** Control characters, line ends included, as \ooo: peers and scripts must not forge lines or move a cursor. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, (c) =>
    c === '\n' ? ' ' : `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
