/**
 * One letter to one relay by nodemailer's parts: composed in MIME, handed over in one session, all of it within a bound.
 * Plain SMTP on purpose, as keepalived speaks it: a relay with a certificate of its own making must go on working.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Letter } from './letter.ts';

export type Relay = {
  readonly server: string; // address or name
  readonly port: number;
  readonly heloName: string;
  readonly connectTimeoutMs: number; // for the connection, the greeting, and each answer
  readonly from: string; // may have a display name
  readonly to: readonly string[];
};

/** A session of four answers may take this many times 'smtp_connect_timeout'. */
const SESSION_TIMEOUTS = 3;

export type Posting = {
  /** Resolves with the recipients that the relay refused; rejects with the reason why nothing was sent. */
  readonly done: Promise<readonly string[]>;
  /** Ends it now; `done` rejects. */
  abort(): void;
};

export function post(relay: Relay, letter: Letter): Posting {
  const abortion = new AbortController();
  const { signal } = abortion;
  const bound = setTimeout(
    () => abortion.abort(new Error('the relay took too long')),
    relay.connectTimeoutMs * SESSION_TIMEOUTS,
  );
  const done = send(relay, letter, signal).finally(() => clearTimeout(bound));
  return { done, abort: () => abortion.abort(new Error('given up at the stop')) };
}

async function send(relay: Relay, letter: Letter, signal: AbortSignal): Promise<readonly string[]> {
  const composed = new MailComposer({
    from: relay.from,
    to: [...relay.to],
    subject: letter.subject,
    text: letter.text,
    headers: { 'X-Mailer': 'Keepalived' },
  }).compile();
  const envelope = composed.getEnvelope();
  const message = await composed.build();
  const host = await until(signal, addressOf(relay.server));
  const timeout = relay.connectTimeoutMs;
  const connection = new SMTPConnection({
    host,
    port: relay.port,
    name: relay.heloName,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
  });
  try {
    return await until(signal, session(connection, envelope, message));
  } finally {
    connection.close();
  }
}

function session(
  connection: SMTPConnection,
  envelope: { from: string | false; to: string[] },
  message: Buffer,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.once('end', () => reject(new Error('the relay closed the connection')));
    connection.connect((e) => {
      if (e !== undefined && e !== null) return reject(e);
      connection.send(envelope, message, (failed, info) => {
        if (failed !== null) return reject(failed);
        connection.quit();
        resolve(info.rejected);
      });
    });
  });
}

/** /etc/hosts counts, as for keepalived. */
async function addressOf(server: string): Promise<string> {
  return isIP(server) === 0 ? (await lookup(server)).address : server;
}

function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason);
    // Also when it is too late: work that fails later must find somebody.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}
