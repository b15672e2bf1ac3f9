/**
 * Text or JSON lines to a descriptor (stderr) or a file. A pipe, socket or terminal is opened anew as non-blocking where the
 * kernel allows it, so that neither a stuck reader nor a stopped terminal can hold the daemon, and the flag does not leak into
 * the shell that shares the original. Files have no such flag: another thread writes them.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { ctime } from '../../base/ctime.ts';
import { native } from '../../native.ts';
import { FileWriter, type FileWriterOptions } from './file-writer.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { type LogRecord, type LogTarget, oneLine, SEVERITY } from './record.ts';

export type LineForm = 'keepalived' | 'systemd' | 'json';

/** One line with its end, in the form asked for. */
export function formatLine(record: LogRecord, form: LineForm): string {
  if (form === 'json') return record.json;
  const text = oneLine(record.message);
  return form === 'systemd'
    ? `<${SEVERITY[record.level]}>${text}\n`
    : `${ctime(new Date(record.wallMs))}: ${text}\n`;
}

/**
 * A second open file of what `fd` is, non-blocking; `fd` itself where that cannot be had (a socket, no /proc): then it is asked
 * before each write whether it would wait.
 */
export function nonBlockingTwin(fd: number): number {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_APPEND | constants.O_NOCTTY;
  try {
    return openSync(`/proc/self/fd/${fd}`, flags);
  } catch (e) {
    if (!(e instanceof Error && 'code' in e)) throw e;
    return fd;
  }
}

export type LineOptions = Partial<OutboxOptions> & {
  /** The file cannot be opened or written; told once for each kind of trouble. */
  readonly onProblem?: (text: string) => void;
};

/** Lines to `fd`, which stays open; see nonBlockingTwin. */
export function lineTarget(fd: number, form: LineForm, options: LineOptions = {}): LogTarget {
  // A file's own position, which whoever shares it moves on: a second one would be overwritten.
  if (fstatSync(fd).isFile()) return fileLines(fd, form, options);
  const twin = nonBlockingTwin(fd);
  const outbox = new Outbox({ offer: (chunk) => offer(twin, chunk), lostLine: lostLine(form), ...options });
  return {
    write: (record) => outbox.push(encode(formatLine(record, form))),
    flush: () => outbox.flush(),
    lostCount: () => outbox.lostCount,
    close: () => {
      outbox.close();
      if (twin !== fd) closeSync(twin);
    },
  };
}

/** Lines appended to the file `path`, made with `mode` when missing (-g). It is opened with the first line. */
export function fileTarget(path: string, mode: number, options: LineOptions = {}): LogTarget {
  const flags =
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
  return fileLines({ path, flags, mode }, 'keepalived', options);
}

function fileLines(
  file: FileWriterOptions['file'],
  form: LineForm,
  { onProblem = () => {}, ...queue }: LineOptions,
): LogTarget {
  const writer = new FileWriter({ file, onProblem, onRoom: () => void outbox.flush() });
  const outbox = new Outbox({ offer: (chunk) => writer.offer(chunk), lostLine: lostLine(form), ...queue });
  return {
    write: (record) => outbox.push(encode(formatLine(record, form))),
    flush: () => outbox.flush() && writer.idle,
    lostCount: () => outbox.lostCount,
    close: () => {
      outbox.close();
      writer.close();
    },
  };
}

const encode = (text: string): Uint8Array => Buffer.from(text, 'utf8');

const lostLine =
  (form: LineForm) =>
  (count: number): Uint8Array => {
    const message = `${count} messages lost: the log could not be written`;
    const record: LogRecord = {
      level: 'warning',
      message,
      fields: {},
      wallMs: Date.now(),
      json: `${JSON.stringify({ level: 'warning', time: Date.now(), msg: message })}\n`,
    };
    return encode(formatLine(record, form));
  };

/** Any error (reader gone, disk full) is 'not now': the queue is bounded, and the reader may come back. */
function offer(fd: number, chunk: Uint8Array): number {
  try {
    return native().writeSome(fd, chunk);
  } catch (e) {
    if (!(e instanceof Error && 'errno' in e)) throw e;
    return 0;
  }
}

/** systemd's JOURNAL_STREAM 'device:inode' names what `fd` is: then stderr is the journal (systemd.exec(5)). */
export function isJournal(fd: number, journalStream: string | undefined): boolean {
  const m = /^(\d+):(\d+)$/.exec(journalStream ?? '');
  if (m === null) return false;
  try {
    const stat = fstatSync(fd, { bigint: true });
    return stat.dev === BigInt(m[1] as string) && stat.ino === BigInt(m[2] as string);
  } catch (e) {
    if (!(e instanceof Error && 'code' in e)) throw e;
    return false;
  }
}
