/** BFD sessions: the sockets that the engine uses, what it hears from them, and what VRRP hears from it. */
import type { Result } from '../base/result.ts';
import type { Control } from '../bfd/types.ts';
import type { ControlErrorCode } from '../wire/bfd.ts';

/** RFC 5881 (single hop, UDP 3784) or RFC 5883 (multihop, 4784): one receive socket for each of the two and family. */
export type BfdListener = { readonly family: 4 | 6; readonly multihop: boolean };

/** The near end of a session: a socket of its own with a source port of its own, as RFC 5881 4 asks. */
export type BfdEnd = {
  readonly family: 4 | 6;
  readonly source: Uint8Array; // all zero: the kernel chooses
  readonly interface: string; // of link-local addresses; '' = none
  readonly ttl: number; // 1..255
};

export type BfdDestination = {
  readonly address: Uint8Array;
  readonly interface: string; // as in BfdEnd
  readonly multihop: boolean;
};

export type BfdReceived = BfdListener & {
  readonly source: Uint8Array; // copies
  readonly destination: Uint8Array;
  readonly interfaceIndex: number; // 0: not known
  readonly port: number; // the sender's
  readonly ttl: number; // -1: not known
  readonly packet: Result<Control, ControlErrorCode>;
};

export interface BfdPort {
  /** Harmless when it listens already; throws with `code`: EADDRINUSE (another BFD daemon), EAFNOSUPPORT, EMFILE. */
  listen(listener: BfdListener): void;
  unlisten(listener: BfdListener): void;
  /** Opens or re-opens; throws with `code`: EADDRNOTAVAIL (no such source address), ENODEV (no such interface). */
  open(name: string, end: BfdEnd): void;
  close(name: string): void;
  /** The errno's name when the packet did not leave; 'EBADF': not open. Never throws, never waits. */
  send(name: string, to: BfdDestination, packet: Control): string | undefined;
  /** Reads until nothing is left (bounded) before an expired detection time is believed. Packets handed to the sink. */
  drain(listener: BfdListener): number;
  /** The number of an interface now, 0 = there is none. */
  interfaceIndex(name: string): number;
  closeAll(): void;
}

export type BfdSink = (received: BfdReceived) => void;

/** What tracking asks of the engine, which is there only when sessions are configured. */
export interface BfdStates {
  /** Only a session that is up counts; `detail` says why it does not. */
  stateOf(name: string): { readonly up: boolean; readonly detail: string };
}
