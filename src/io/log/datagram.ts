/**
 * syslog (RFC 3164 to /dev/log) and journald's native protocol, both as unix datagrams. The socket is opened again after a
 * refusal, so a restarted rsyslog or journald is found; meanwhile lines wait in the bounded queue.
 */
import { closeSync } from 'node:fs';
import { syslogTime } from '../../base/ctime.ts';
import { native } from '../../native.ts';
import type { LogLevel } from '../../ports/system.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { type LogRecord, type LogTarget, oneLine, SEVERITY } from './record.ts';

export const SYSLOG_SOCKET = '/dev/log';
export const JOURNAL_SOCKET = '/run/systemd/journal/socket';
/** Longest message text: journald and rsyslog cut or refuse longer ones anyway. */
const LONGEST = 8_192;

export type DatagramOptions = {
  readonly path: string;
  readonly identifier: string; // SYSLOG_IDENTIFIER, the tag
  readonly facility: number; // syslog(3) code
  readonly pid: number;
  readonly queue?: Partial<OutboxOptions>;
};

type Encode = (level: LogLevel, message: string, record: LogRecord | undefined) => Uint8Array;

/** RFC 3164 lines: `<30>Nov 23 07:02:09 vipd[123]: text`; no host name, as syslog(3) on a local socket. */
export function syslogTarget(options: DatagramOptions): LogTarget {
  return datagramTarget(options, (level, message, record) => {
    const head = `<${options.facility * 8 + SEVERITY[level]}>${syslogTime(new Date(record?.wallMs ?? Date.now()))}`;
    return Buffer.from(
      `${head} ${options.identifier}[${options.pid}]: ${oneLine(message).slice(0, LONGEST)}`,
    );
  });
}

/** journald fields: MESSAGE, PRIORITY, SYSLOG_*, and VRRP_INSTANCE, VRRP_STATE, VRRP_REASON, VRRP_… from the log fields. */
export function journalTarget(options: DatagramOptions): LogTarget {
  return datagramTarget(options, (level, message, record) => {
    const parts: Uint8Array[] = [];
    const add = (name: string, value: string): void => {
      parts.push(journalField(name, value));
    };
    add('MESSAGE', message.slice(0, LONGEST));
    add('PRIORITY', String(SEVERITY[level]));
    add('SYSLOG_FACILITY', String(options.facility));
    add('SYSLOG_IDENTIFIER', options.identifier);
    add('SYSLOG_PID', String(options.pid));
    for (const [key, value] of Object.entries(record?.fields ?? {})) {
      const name = journalName(key);
      if (name !== undefined) add(name, String(value).slice(0, LONGEST));
    }
    return Buffer.concat(parts);
  });
}

/** 'instance' -> VRRP_INSTANCE, 'sentCount' -> VRRP_SENT_COUNT; undefined where no letters are left. */
export function journalName(key: string): string | undefined {
  const name = key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_');
  return name === '' ? undefined : `VRRP_${name}`.slice(0, 64);
}

/** `NAME=value\n`, or with a line end in the value: name, line end, 64-bit little-endian length, value, line end. */
export function journalField(name: string, value: string): Uint8Array {
  if (!value.includes('\n')) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}

function datagramTarget(options: DatagramOptions, encode: Encode): LogTarget {
  const socket = new DatagramSocket(options.path);
  const outbox = new Outbox({
    offer: (chunk) => socket.send(chunk),
    lostLine: (count) => encode('warning', `${count} messages lost: the log could not be written`, undefined),
    ...options.queue,
  });
  return {
    write: (record) => outbox.push(encode(record.level, record.message, record)),
    flush: () => outbox.flush(),
    lostCount: () => outbox.lostCount,
    close: () => {
      outbox.close();
      socket.close();
    },
  };
}

/** Opens on first use and again after every refusal. */
class DatagramSocket {
  readonly #path: string;
  #fd = -1;
  constructor(path: string) {
    this.#path = path;
  }

  /** Octets taken, 0: not now, -1: never (too long). */
  send(chunk: Uint8Array): number {
    try {
      if (this.#fd === -1) this.#fd = native().unixOpen(this.#path);
      if (native().unixSend(this.#fd, chunk)) return chunk.length;
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      if (e.code === 'EMSGSIZE') return -1;
    }
    this.close();
    return 0;
  }

  close(): void {
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
  }
}
