/**
 * One socket of npm raw-socket with a guard for each of its traps:
 *   - a Socket nobody refers to is closed by the garbage collector without a word: OPEN refers to it;
 *   - after close() its `send` and `recv` open a new socket without any option: neither is called after close;
 *   - it has no close-on-exec, so scripts would inherit it: set right after the constructor;
 *   - its own `message` path reads one packet for each wake-up and turns EAGAIN and what our handlers throw into its 'error'
 *     event, and 'error' closes the socket: its listeners are taken off, and nobody but `receive` reads;
 *   - libuv stops a watch that it reports an error for: it is started again, a bounded number of times;
 *   - of an IPv6 packet it tells neither hop limit nor destination, and shows no descriptor: the addon finds that by the
 *     socket's cookie and reads with ancillary data;
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
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
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
const SO_ATTACH_BPF = 50;
const SO_COOKIE = 57;
/** Octets that the addon tells of an IPv6 packet beside its payload. */
export const ABOUT_LENGTH = 40;
const FIRST_INHERITABLE_FD = 3;
const nothing = (): void => {};

/** npm raw-socket, loaded when the first socket is opened. */
export function loadRawSocket(): RawSocketModule {
  return createRequire(import.meta.url)('raw-socket') as RawSocketModule;
}

export type SocketNative = Pick<Native, 'closeOnExecFrom' | 'sockFprog' | 'socketOfCookie' | 'receiveIpv6'>;

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
  /** IPv6 only; -1: IPv4, or closed. */
  #fd = -1;
  readonly #took = (_buffer: Buffer, bytes: number): void => {
    this.#received = bytes;
  };

  /** Opens a raw socket. Throws with code and syscall: EPERM without CAP_NET_RAW, EMFILE, EAFNOSUPPORT (no IPv6), … */
  constructor(
    module: RawSocketModule,
    native: SocketNative,
    family: 4 | 6,
    protocol: number,
    events: SocketEvents,
  ) {
    const { IPv4, IPv6 } = module.AddressFamily;
    try {
      // bufferSize: of its own receive path, which is never used.
      this.#raw = module.createSocket({ addressFamily: family === 4 ? IPv4 : IPv6, protocol, bufferSize: 1 });
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
    if (family === 6) this.#findDescriptor();
  }

  #findDescriptor(): void {
    const cookie = Buffer.alloc(8);
    try {
      this.getOption(SOL_SOCKET, SO_COOKIE, cookie, 'SO_COOKIE');
      this.#fd = this.#native.socketOfCookie(cookie);
    } catch (e) {
      this.close();
      throw e;
    }
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

  /** The same with an eBPF program, by its descriptor, which may be closed afterwards. */
  attachProgram(fd: number): void {
    this.setOption(SOL_SOCKET, SO_ATTACH_BPF, fd, 'SO_ATTACH_BPF');
    this.#filter = undefined;
  }

  /** Octets of the option's value written to `into`. */
  getOption(level: number, option: number, into: Buffer, name: string): number {
    try {
      return this.#raw.getOption(level, option, into, into.length);
    } catch (e) {
      throw fromRawSocket(e, 'getsockopt', name);
    }
  }

  /** Synchronous sendto. `address` must be valid and of our family: raw-socket does not check it. False when closed. */
  send(packet: Buffer, address: string): boolean {
    if (this.#closed) return false;
    try {
      this.#raw.wrap.send(packet, 0, packet.length, address, nothing);
    } catch (e) {
      throw fromRawSocket(e, 'sendto', address);
    }
    return true;
  }

  /**
   * Octets of the next packet; -1 when there is none or the socket is closed. IPv4: with its header, cut to `into`. IPv6:
   * the payload, `about` (40 octets) telling the rest as native's receiveIpv6 does. Throws with code.
   */
  receive(into: Buffer, about: Uint8Array): number {
    if (this.#closed) return -1;
    if (this.#fd >= 0) return this.#receiveIpv6(into, about);
    this.#received = 0;
    try {
      this.#raw.wrap.recv(into, this.#took);
    } catch (e) {
      const error = fromRawSocket(e, 'recvfrom');
      if (error.code === 'EAGAIN' || error.code === 'EINTR') return -1;
      throw error;
    }
    this.#faults = 0;
    return this.#received;
  }

  #receiveIpv6(into: Buffer, about: Uint8Array): number {
    const length = this.#native.receiveIpv6(this.#fd, into, about);
    if (length >= 0) this.#faults = 0;
    return length;
  }

  /** Harmless when repeated. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The number is somebody else's from here on.
    this.#fd = -1;
    OPEN.delete(this);
    this.#raw.close();
  }
}

/** Sockets that are open, for tests. */
export function openSocketCount(): number {
  return OPEN.size;
}
