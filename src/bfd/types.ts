/**
 * A BFD session as data (RFC 5880 6.8.1), and what comes in and goes out of its machine. Asynchronous mode only, without
 * echo and without authentication: what 'bfd_instance' can ask for. Times are monotonic microseconds.
 */

export type StateName = 'admin-down' | 'down' | 'init' | 'up';

/** A control packet. The same shape as `ControlFacts` in `wire/bfd.ts`. */
export type Control = {
  readonly state: StateName;
  readonly diag: number; // 0..31, RFC 5880 4.1
  readonly poll: boolean;
  readonly final: boolean;
  readonly authentication: boolean;
  readonly demand: boolean;
  readonly multiplier: number; // 1..255
  readonly myDiscriminator: number; // 1..2^32-1
  readonly yourDiscriminator: number; // 0: not known
  readonly desiredMinTxUs: number; // 0..2^32-1
  readonly requiredMinRxUs: number; // 0: send nothing
  readonly requiredMinEchoRxUs: number;
};

/** From 'bfd_instance'. */
export type Params = {
  readonly minTxUs: number; // 1 ms..4294967 ms, Desired Min TX while up
  readonly minRxUs: number; // the same range, Required Min RX
  readonly idleTxUs: number; // at least 1 s, Desired Min TX while not up
  readonly multiplier: number; // 1..255
  readonly passive: boolean; // says nothing before it has heard the peer
};

/** What the peer said last; `UNHEARD` when it is silent. */
export type Remote = {
  readonly state: StateName;
  readonly diag: number;
  readonly discriminator: number; // 0: not known
  readonly minTxUs: number;
  readonly minRxUs: number;
  readonly multiplier: number; // 0: not known
  readonly demand: boolean;
};

export type Session = {
  readonly name: StateName;
  readonly diag: number;
  readonly discriminator: number; // ours, 1..2^32-1, the same as long as the session lives
  readonly remote: Remote;
  readonly desiredMinTxUs: number; // what our packets say
  readonly requiredMinRxUs: number;
  /** Our share of the two intervals in use: the old values while a poll sequence has not confirmed the new ones. */
  readonly paceTxUs: number;
  readonly watchRxUs: number;
  readonly polling: boolean;
  readonly sendAtUs: number; // Infinity: nothing to send
  readonly silentAtUs: number; // the peer has been silent for the detection time; Infinity: nothing heard
  readonly gaveChance: boolean; // a stall gave the peer one more detection time; until it is heard
};

export type Event =
  | { readonly type: 'start' }
  | { readonly type: 'timer' }
  | { readonly type: 'packet'; readonly packet: Control }
  | { readonly type: 'reconfigured' } // the params are new ones
  | { readonly type: 'stalled' } // the detection time is over, but we did not run for a part of it
  | { readonly type: 'shutdown' };

/** Why a state was entered; `expired` and the two of the neighbor are why a session goes down. */
export type Reason = 'expired' | 'neighbor-down' | 'neighbor-admin-down' | 'handshake' | 'shutdown';

export type Effect =
  | { readonly type: 'send'; readonly packet: Control }
  | {
      readonly type: 'changed';
      readonly from: StateName;
      readonly to: StateName;
      readonly reason: Reason;
      /** 'expired': the detection time that passed, and how much later it was noticed. */
      readonly silentUs: number;
      readonly overdueUs: number;
    }
  | { readonly type: 'intervals' } // the transmit interval or the detection time is another
  | { readonly type: 'poll' }; // a poll sequence begins

export type Step = { readonly session: Session; readonly effects: readonly Effect[] };

/** RFC 5880 4.1. */
export const Diag = { none: 0, expired: 1, neighborDown: 3, adminDown: 7 } as const;

/** RFC 5880 6.8.1: as little is assumed of a peer as makes sense; its Required Min RX is 1 so that we may speak. */
export const UNHEARD: Remote = {
  state: 'down',
  diag: Diag.none,
  discriminator: 0,
  minTxUs: 0,
  minRxUs: 1,
  multiplier: 0,
  demand: false,
};
