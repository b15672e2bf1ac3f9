/** What the advert sockets need of somebody whose filter keeps watch over repeated adverts (io/watchdog). */
import type { SocketSpec } from '../../ports/advert.ts';
import type { ReceivedAdvert } from '../../wire/received.ts';
import type { Watched } from './watch-record.ts';

export type FilterFor = {
  readonly vrids: readonly number[];
  readonly destination: Uint8Array; // 4 or 16 octets
  /** Puts the program in the place of the filter; throws with code. */
  readonly put: (program: number) => void;
};

export type SocketWatch = {
  /** Attaches a filter of its own to the receive socket of `key`, or leaves it the classic one. Never throws. */
  attach(key: string, spec: SocketSpec, asked: FilterFor): void;
  /** Other VRIDs for the filter that is attached. false: it cannot, ask for a new one. */
  admit(key: string, vrids: readonly number[]): boolean;
  /**
   * A packet was read. true: it is one of those that the filter would have noted, had it not waited behind others, and is noted
   * now: nothing is to be handed over.
   */
  repeated(key: string, packet: Watched): boolean;
  /** A packet was read, and is about to be handed over. */
  reading(key: string, received: ReceivedAdvert, packet: Uint8Array): void;
  /** It was handed over. */
  read(key: string, received: ReceivedAdvert): void;
  /** Nothing is left to read. */
  drained(key: string): void;
  closeKey(key: string): void;
};
