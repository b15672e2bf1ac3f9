/** Somebody who repeats adverts on time whatever this thread does, and gives up for us when we are gone for too long. */
import type { OutgoingAdvert } from './advert.ts';
import type { AddressRequest } from './netlink.ts';
import type { PreparedRequest } from './routing.ts';

/** Carried out should this thread not renew its lease: the advert of priority 0, then what to take away. */
export type LastWill = {
  readonly socketKey: string;
  readonly resignation?: OutgoingAdvert; // absent: none can be made in advance
  readonly routing: readonly PreparedRequest[]; // rules, then routes
  readonly addresses: readonly AddressRequest[];
};

export type Repetition = LastWill & {
  readonly advert: OutgoingAdvert;
  readonly intervalUs: number;
  readonly nextAtUs: number; // of the first one, monotonic; in a crowd it may come up to one interval early
};

export type Progress = {
  readonly sent: number; // packets, since the first `repeat` of this id
  readonly failed: number;
  readonly error: string; // code of the last failure, '' when there was none
  readonly nextAtUs: number; // of the next one
};

export interface PacerPort {
  /** Begins or replaces the repetition of `id`. false: cannot be repeated, the caller keeps its timer. */
  repeat(id: number, what: Repetition): boolean;
  /** Keeps a last will for `id` and repeats nothing: its adverts come from this thread. false: it cannot be kept. */
  guard(id: number, will: LastWill): boolean;
  /** Nothing more is sent for `id` once this has returned. Harmless when nothing is repeated. */
  cease(id: number): void;
  progress(id: number): Progress;
  /** `id` is not used any more. */
  forget(id: number): void;
  /**
   * Renews the lease. false, once: it had run out, the last will was carried out, and nothing is repeated any more. To be
   * called before this thread acts on anything after a pause; costs nothing while the lease is fresh.
   */
  renew(nowUs: number): boolean;
  /** Longest delay of an advert behind its time since the start, microseconds. */
  longestDelayUs(): number;
}
