/**
 * A stand-in for npm raw-socket that behaves as its source does, traps included: strerror texts as errors, a socket that
 * opens anew when it is used after close, 'error' that closes.
 */
import { EventEmitter } from 'node:events';
import type {
  RawSocket,
  RawSocketModule,
  RawWrap,
  SocketNative,
} from '../../../../src/io/sockets/guarded-socket.ts';

export const SOL_SOCKET = 1;
export const SOL_IP = 0;
const SO_COOKIE = 57;
/** What the kernel counts for a short packet that waits, headers and all (measured on Linux 6.18). */
const PACKET_BYTES = 768;
/** What the addon tells of every IPv6 packet here: from fe80::b to ff02::12, hop limit 255. */
const ABOUT = Buffer.from(`fe80${'0'.repeat(26)}0bff02${'0'.repeat(26)}12ff00000007000000`, 'hex');
export type Option = { readonly level: number; readonly option: number; readonly value: number | Buffer };
export type Sent = { readonly packet: Buffer; readonly address: string };

export class FakeWrap extends EventEmitter {
  closed = false;
  /** Calls after close: each would have opened a socket without options. */
  zombies = 0;
  readonly pauses: (readonly [receive: boolean, send: boolean])[] = [];
  readonly queue: (Uint8Array | Error)[] = [];
  readonly sent: Sent[] = [];
  sendError: (address: string) => string | undefined = () => undefined;

  pause(receive: boolean, send: boolean): void {
    this.pauses.push([receive, send]);
  }
  recv(into: Buffer, received: (buffer: Buffer, bytes: number) => void): void {
    if (this.closed) this.zombies++;
    const next = this.queue.shift();
    if (next === undefined) throw new Error('Resource temporarily unavailable');
    if (next instanceof Error) throw next;
    into.set(next.subarray(0, into.length));
    received(into, Math.min(next.length, into.length));
  }
  send(from: Buffer, offset: number, length: number, address: string, sent: (bytes: number) => void): void {
    if (this.closed) this.zombies++;
    const error = this.sendError(address);
    if (error !== undefined) throw new Error(error);
    this.sent.push({ packet: Buffer.from(from.subarray(offset, offset + length)), address });
    sent(length);
  }
}

export class FakeSocket extends EventEmitter implements RawSocket {
  readonly fake: FakeWrap = new FakeWrap();
  readonly wrap: RawWrap = this.fake as unknown as RawWrap;
  readonly options: Option[] = [];
  readonly #world: FakeWorld;
  overflows = 0;

  constructor(world: FakeWorld) {
    super();
    this.#world = world;
    // As in index.js of the package.
    this.fake.on('recvReady', () => {
      world.ownReads++;
    });
    this.fake.on('error', (error: Error) => {
      this.emit('error', error);
      this.close();
    });
  }
  setOption(level: number, option: number, value: number | Buffer, length?: number): void {
    if (value instanceof Uint8Array && length === undefined)
      throw new TypeError('Value argument must be a number');
    const text = this.#world.optionError(level, option);
    if (text !== undefined) throw new Error(text);
    this.#world.log.push(`${level}/${option}`);
    this.options.push({ level, option, value: value instanceof Uint8Array ? Buffer.from(value) : value });
  }
  getOption(_level: number, option: number, value: Buffer, _length: number): number {
    if (option === SO_COOKIE) value.writeUInt32LE(this.#world.sockets.indexOf(this), 0);
    else {
      value.writeUInt32LE(this.fake.queue.length * PACKET_BYTES, 0);
      value.writeUInt32LE(this.overflows, 32);
    }
    return value.length;
  }
  close(): this {
    this.fake.closed = true;
    return this;
  }
}

export class FakeWorld implements RawSocketModule {
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number } = { IPv4: 1, IPv6: 2 };
  readonly sockets: FakeSocket[] = [];
  /** 'socket', 'cloexec', 'level/option', in the order of the calls. */
  readonly log: string[] = [];
  /** Times that the package's own receive path would have read. */
  ownReads = 0;
  createError: string | undefined;
  optionError: (level: number, option: number) => string | undefined = () => undefined;
  /** What the kernel queues before a filter is on. */
  strays = 0;
  readonly programs: Uint8Array[] = [];

  createSocket(options: { addressFamily: number; protocol: number; bufferSize: number }): FakeSocket {
    if (this.createError !== undefined) throw new Error(this.createError);
    this.log.push(`socket ${options.addressFamily} ${options.protocol}`);
    const socket = new FakeSocket(this);
    for (let i = 0; i < this.strays; i++) socket.fake.queue.push(new Uint8Array(20));
    this.sockets.push(socket);
    return socket;
  }

  readonly native: SocketNative = {
    closeOnExecFrom: (fd: number): void => {
      this.log.push(`cloexec ${fd}`);
    },
    sockFprog: (program: Uint8Array): Buffer => {
      this.programs.push(program);
      return Buffer.alloc(16, this.programs.length);
    },
    /** A socket's place in `sockets` is its cookie, and 100 more its descriptor. */
    socketOfCookie: (cookie: Uint8Array): number => {
      this.log.push('cookie');
      return 100 + Buffer.from(cookie).readUInt32LE(0);
    },
    receiveIpv6: (fd: number, out: Uint8Array, about: Uint8Array): number => {
      const fake = this.sockets[fd - 100]?.fake;
      if (fake === undefined || fake.closed) throw Object.assign(new Error('EBADF'), { code: 'EBADF' });
      const next = fake.queue.shift();
      if (next === undefined) return -1;
      if (next instanceof Error) throw next;
      out.set(next);
      about.set(ABOUT);
      return next.length;
    },
  };
}
