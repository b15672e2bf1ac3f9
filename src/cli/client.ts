/** Asks a running daemon over its control socket: one JSON line each way, see io/control/server.ts. */
import { createConnection } from 'node:net';

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  /** No daemon listens there (exit status 3). */
  | { readonly ok: false; readonly reason: 'not-running'; readonly text: string }
  /** It answered with an error, or not in time, or not in JSON (exit status 1). */
  | { readonly ok: false; readonly reason: 'failed'; readonly text: string };

const MAX_ANSWER_BYTES = 64 << 20;

/** Sends {"cmd": …} and waits at most `timeoutMs` for the answer. */
export function ask(path: string, request: { readonly cmd: string }, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const failed = (text: string): void => done({ ok: false, reason: 'failed', text });
    const timer = setTimeout(() => failed(`no answer from ${path} within ${timeoutMs / 1000} s`), timeoutMs);
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (chunk.includes(0x0a)) done(readAnswer(Buffer.concat(chunks)));
      else if (bytes > MAX_ANSWER_BYTES) failed('the answer is too long');
    });
    socket.on('end', () => failed('the daemon closed the connection without an answer'));
    socket.on('error', (e) => done(connectError(path, e)));
  });
}

function connectError(path: string, error: Error): Answer {
  const code = 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return { ok: false, reason: 'not-running', text: `vipd is not running (nothing listens on ${path})` };
  if (code === 'EACCES')
    return { ok: false, reason: 'failed', text: `${path}: permission denied; run this as root` };
  return { ok: false, reason: 'failed', text: `${path}: ${error.message}` };
}

function readAnswer(bytes: Buffer): Answer {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf(0x0a)));
  } catch (e) {
    if (!(e instanceof SyntaxError)) throw e;
    return { ok: false, reason: 'failed', text: 'the answer is not JSON: is this a socket of vipd?' };
  }
  if (typeof value === 'object' && value !== null && 'error' in value)
    return { ok: false, reason: 'failed', text: String(value.error) };
  return { ok: true, value };
}
