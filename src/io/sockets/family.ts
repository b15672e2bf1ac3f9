/** What differs between the two address families of the advert sockets. */
import type { OutgoingAdvert, SocketSpec } from '../../ports/advert.ts';
import type { ReceivedAdvert } from '../../wire/received.ts';
import type { GuardedSocket } from './guarded-socket.ts';
import type { Watched } from './watch-record.ts';

/** A socket while its options are set. Throws with code. */
export type OptionTarget = {
  setOption(level: number, option: number, value: number | Buffer, name: string): void;
};

export type Family = {
  /** Octets of the group or our unicast address; undefined where `text` is none of this family and kind. */
  readonly address: (mode: SocketSpec['mode'], text: string) => Uint8Array | undefined;
  /** Before the filter is on. Throws with code. */
  readonly receiver: (socket: GuardedSocket, spec: SocketSpec, destination: Uint8Array) => void;
  readonly sender: (socket: OptionTarget, spec: SocketSpec) => void;
  readonly filter: (spec: SocketSpec, destination: Uint8Array, vrids: readonly number[]) => Uint8Array;
  /** A packet as `GuardedSocket.receive` gave it; copies what it keeps. */
  readonly decode: (packet: Uint8Array, about: Uint8Array) => ReceivedAdvert;
  /** What a watch filter compares of it; undefined: it has an IP header of another kind, or none. Not copied. */
  readonly watched: (packet: Uint8Array, about: Uint8Array) => Watched | undefined;
  /** The packet with its IP header. An AssertionError for values that no header can hold. */
  readonly encode: (advert: OutgoingAdvert, source: Uint8Array, destination: Uint8Array) => Uint8Array;
};
