/**
 * The control socket: newline-delimited JSON requests {"cmd":"…"} and one line of JSON for each, over a unix stream that
 * only root can open (mode 0600). Everything is bounded, and nothing a client sends can do more than lose its connection.
 */
import { lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';

export type ControlRequest = { readonly cmd: string } & Readonly<Record<string, unknown>>;
/** The answer is any JSON value; a throw becomes {"error": message}. */
export type ControlHandler = (request: ControlRequest) => unknown | Promise<unknown>;
export type ControlOptions = {
  readonly path: string;
  readonly handlers: Readonly<Record<string, ControlHandler>>;
  readonly maxClients?: number; // default 32
  readonly idleMs?: number; // default 10 s without a request under way
  readonly maxRequestBytes?: number; // default 64 kB, one line
};
export interface ControlServer {
  /** Stops listening, drops all clients, removes the socket if it is still ours. */
  close(): void;
  clientCount(): number;
}

const MAX_CLIENTS = 32;
const IDLE_MS = 10_000;
const MAX_REQUEST_BYTES = 65_536;
/** A client that sends faster than it reads is cut off when so much is waiting for it. */
const MAX_ANSWER_BYTES = 16 << 20;
/** Requests of one client that may wait behind the one being answered. */
const MAX_PIPELINED = 16;

const codeOf = (e: unknown): string =>
  e instanceof Error && 'code' in e && typeof e.code === 'string' ? e.code : '';

/** Listens. Rejects with EADDRINUSE when another daemon answers there, else with what bind or mkdir said. */
export async function startControl(options: ControlOptions): Promise<ControlServer> {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o755 });
  await removeStale(options.path);
  const clients = new Set<Client>();
  // Half open: `echo '{"cmd":"status"}' | nc -U …` ends its side before it reads the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (clients.size >= (options.maxClients ?? MAX_CLIENTS)) {
      socket.on('error', ignoreGone);
      socket.end(`${JSON.stringify({ error: 'too many clients' })}\n`);
      socket.destroySoon();
      return;
    }
    const client = new Client(socket, options, () => clients.delete(client));
    clients.add(client);
  });
  await listen(server, options.path);
  server.on('error', ignoreAccept);
  server.unref();
  const inode = statSync(options.path, { bigint: true }).ino;
  return {
    clientCount: () => clients.size,
    close(): void {
      // Node unlinks the path on close whoever owns it by now: look first.
      const ours = inodeOf(options.path) === inode;
      for (const client of clients) client.drop();
      if (ours) server.close();
      else closeWithoutUnlink(server);
    },
  };
}

/** accept(2) failing (EMFILE) is the kernel's complaint, not a reason to stop: the client will try again. */
function ignoreAccept(error: Error): void {
  if (codeOf(error) === '') throw error;
}
function ignoreGone(error: Error): void {
  if (codeOf(error) === '') throw error;
}

function closeWithoutUnlink(server: Server): void {
  // libuv unlinks by name when the handle closes; an unreferenced handle that stays open until exit does no harm.
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => socket.destroy());
  server.unref();
}

function inodeOf(path: string): bigint | undefined {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch (e) {
    if (codeOf(e) === 'ENOENT') return undefined;
    throw e;
  }
}

/** A socket nobody listens on is removed; anything that is no socket is left alone, and bind will complain. */
async function removeStale(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket()) return;
  } catch (e) {
    if (codeOf(e) === 'ENOENT') return;
    throw e;
  }
  if (await answers(path)) {
    const error = new Error(`another vipd listens on ${path}; give this one its own --run-dir or -p`);
    throw Object.assign(error, { code: 'EADDRINUSE', syscall: 'bind' });
  }
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // ECONNREFUSED: nobody. EAGAIN: a listener whose backlog is full. Anything else: be careful.
    socket.once('error', (e) => resolve(codeOf(e) !== 'ECONNREFUSED' && codeOf(e) !== 'ENOENT'));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // bind happens inside listen: with this mask the socket is never open to others, not even for an instant.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** One connection: cuts lines, answers them in order. */
class Client {
  readonly #socket: Socket;
  readonly #options: ControlOptions;
  readonly #maxBytes: number;
  #pending = Buffer.alloc(0);
  #waiting: string[] = [];
  #busy = false;
  #ended = false; // the client will send no more

  constructor(socket: Socket, options: ControlOptions, gone: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#maxBytes = options.maxRequestBytes ?? MAX_REQUEST_BYTES;
    socket.setTimeout(options.idleMs ?? IDLE_MS, () => {
      if (!this.#busy) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('end', () => {
      this.#ended = true;
      if (!this.#busy) socket.end();
    });
    socket.on('error', ignoreGone);
    socket.on('close', gone);
  }

  drop(): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const end = this.#pending.indexOf(0x0a);
      if (end === -1) break;
      if (end > this.#maxBytes) {
        this.#refuse('request too long');
        return;
      }
      this.#waiting.push(this.#pending.toString('utf8', 0, end));
      this.#pending = this.#pending.subarray(end + 1);
      if (this.#waiting.length > MAX_PIPELINED) {
        this.#refuse('too many requests at once');
        return;
      }
    }
    if (this.#pending.length > this.#maxBytes) this.#refuse('request too long');
    else if (!this.#busy) void this.#serve();
  }

  async #serve(): Promise<void> {
    this.#busy = true;
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) {
      if (this.#socket.destroyed) break;
      this.#answer(await this.#handle(line));
    }
    this.#busy = false;
    if (this.#ended) this.#socket.end();
  }

  async #handle(line: string): Promise<unknown> {
    try {
      const request = parseRequest(line);
      if (request === undefined) return { error: 'not a request: want one line of JSON with "cmd"' };
      const { handlers } = this.#options;
      if (!Object.hasOwn(handlers, request.cmd))
        return { error: `unknown command '${request.cmd.slice(0, 64)}'` };
      return (await (handlers[request.cmd] as ControlHandler)(request)) ?? {};
    } catch (e) {
      // A handler's failure belongs to the one who asked; it must not take the daemon down.
      return { error: e instanceof Error ? e.message : String(e) };
    }
  }

  #answer(value: unknown): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.writableLength > MAX_ANSWER_BYTES) this.drop();
    else this.#socket.write(`${JSON.stringify(value)}\n`);
  }

  #refuse(error: string): void {
    this.#waiting = [];
    this.#pending = Buffer.alloc(0);
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
    this.#answer({ error });
    this.#socket.destroySoon();
  }
}

function parseRequest(line: string): ControlRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (e) {
    if (e instanceof SyntaxError) return undefined;
    throw e;
  }
  const is = typeof value === 'object' && value !== null && 'cmd' in value && typeof value.cmd === 'string';
  return is ? (value as ControlRequest) : undefined;
}
