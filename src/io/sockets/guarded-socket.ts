/**
 * One socket of npm raw-socket with a guard for each of its traps:
 *   - a Socket nobody refers to is closed by the garbage collector without a word: OPEN refers to it;
 *   - after close() its `send` and `recv` open a new socket without any option: neither is called after close;
 *   - it has no close-on-exec, so scripts would inherit it: set right after the constructor;
 *   - its own `message` path reads one packet for each wake-up and turns EAGAIN and what our handlers throw into its 'error'
 *     event, and 'error' closes the socket: its listeners are taken off, and nobody but `receive` reads;
 *   - libuv stops a watch that it reports an error for: it is started again, a bounded number of times;
 *   - errors are text: see io/errno.ts;
 *   - setsockopt with a filter takes a pointer: the program is kept as long as the socket.
 * Knows nothing of VRRP but the protocol number it is given.
 */
import { createRequire } from 'node:module';
import type { Native } from '../../native.ts';
import { fromRawSocket } from '../errno.ts';

/** The part of raw-socket's native object that is used. Every method throws an Error that is strerror's text. */
export type RawWrap = {
  on(event: string, listener: (...args: never[]) => void): unknown;
  removeAllListeners(event: string): unknown;
  pause(receive: boolean, send: boolean): unknown;
  recv(into: Buffer, received: (buffer: Buffer, bytes: number) => void): unknown;
  send(from: Buffer, offset: number, length: number, address: string, sent: (bytes: number) => void): unknown;
};
export type RawSocket = {
  readonly wrap: RawWrap;
  on(event: 'error', listener: (error: Error) => void): unknown;
  setOption(level: number, option: number, value: number | Buffer, length?: number): void;
  getOption(level: number, option: number, value: Buffer, length: number): number;
  close(): unknown;
};
export type RawSocketModule = {
  readonly AddressFamily: { readonly IPv4: number };
  createSocket(options: {
    readonly addressFamily: number;
    readonly protocol: number;
    readonly bufferSize: number;
  }): RawSocket;
};

/** What keeps open sockets from the garbage collector. */
const OPEN = new Set<GuardedSocket>();
/** Watch errors in a row, without one packet between them, after which the watch is given up. */
const MAX_FAULTS = 100;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const FIRST_INHERITABLE_FD = 3;
const nothing = (): void => {};

/** npm raw-socket, loaded when the first socket is opened. */
export function loadRawSocket(): RawSocketModule {
  return createRequire(import.meta.url)('raw-socket') as RawSocketModule;
}

export type SocketNative = Pick<Native, 'closeOnExecFrom' | 'sockFprog'>;

export type SocketEvents = {
  /** There may be something to read; comes again as long as there is. What it throws is an uncaughtException. */
  readable(): void;
  /** libuv reported an error; `goesOn` false: too many in a row, `readable` will not come again. */
  fault(goesOn: boolean): void;
};

export class GuardedSocket {
  readonly #raw: RawSocket;
  readonly #native: SocketNative;
  #closed = false;
  #received = 0;
  #faults = 0;
  /** The program that the last SO_ATTACH_FILTER pointed at. */
  #filter: Uint8Array | undefined;
  readonly #took = (_buffer: Buffer, bytes: number): void => {
    this.#received = bytes;
  };

  /** Opens a raw IPv4 socket. Throws with code and syscall: EPERM without CAP_NET_RAW, EMFILE, … */
  constructor(module: RawSocketModule, native: SocketNative, protocol: number, events: SocketEvents) {
    try {
      // bufferSize: of its own receive path, which is never used.
      this.#raw = module.createSocket({ addressFamily: module.AddressFamily.IPv4, protocol, bufferSize: 1 });
    } catch (e) {
      throw fromRawSocket(e, 'socket');
    }
    this.#native = native;
    OPEN.add(this);
    const { wrap } = this.#raw;
    for (const event of ['recvReady', 'sendReady', 'error']) wrap.removeAllListeners(event);
    this.#raw.on('error', nothing);
    wrap.on('recvReady', () => {
      if (!this.#closed) events.readable();
    });
    wrap.on('error', () => this.#fault(events));
    native.closeOnExecFrom(FIRST_INHERITABLE_FD);
  }

  get closed(): boolean {
    return this.#closed;
  }

  #fault(events: SocketEvents): void {
    if (this.#closed) return;
    this.#faults++;
    const goesOn = this.#faults < MAX_FAULTS;
    // pause() stops and, where something is wanted, starts the watch.
    this.#raw.wrap.pause(!goesOn, true);
    events.fault(goesOn);
  }

  /** `name` is for the error message. Throws with code and syscall; EBADF when closed. */
  setOption(level: number, option: number, value: number | Buffer, name: string): void {
    try {
      // A closed one has descriptor -1: EBADF from the kernel.
      if (typeof value === 'number') this.#raw.setOption(level, option, value);
      else this.#raw.setOption(level, option, value, value.length);
    } catch (e) {
      throw fromRawSocket(e, 'setsockopt', name);
    }
  }

  /** Replaces the filter in one step: there is no moment without one. `program`: classic BPF of at least one instruction. */
  attachFilter(program: Uint8Array): void {
    this.#filter = program;
    this.setOption(SOL_SOCKET, SO_ATTACH_FILTER, this.#native.sockFprog(this.#filter), 'SO_ATTACH_FILTER');
  }

  /** Octets of the option's value written to `into`. */
  getOption(level: number, option: number, into: Buffer, name: string): number {
    try {
      return this.#raw.getOption(level, option, into, into.length);
    } catch (e) {
      throw fromRawSocket(e, 'getsockopt', name);
    }
  }

  /** Synchronous sendto. `address` must be a valid IPv4 address: raw-socket does not check it. False when closed. */
  send(packet: Buffer, address: string): boolean {
    if (this.#closed) return false;
    try {
      this.#raw.wrap.send(packet, 0, packet.length, address, nothing);
    } catch (e) {
      throw fromRawSocket(e, 'sendto', address);
    }
    return true;
  }

  /** Octets of the next packet, cut to `into`; 0 when there is none or the socket is closed. Throws with code. */
  receive(into: Buffer): number {
    if (this.#closed) return 0;
    this.#received = 0;
    try {
      this.#raw.wrap.recv(into, this.#took);
    } catch (e) {
      const error = fromRawSocket(e, 'recvfrom');
      if (error.code === 'EAGAIN' || error.code === 'EINTR') return 0;
      throw error;
    }
    this.#faults = 0;
    return this.#received;
  }

  /** Harmless when repeated. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    OPEN.delete(this);
    this.#raw.close();
  }
}

/** Sockets that are open, for tests. */
export function openSocketCount(): number {
  return OPEN.size;
}
