/** Somebody who sees, whatever this thread does, that a master repeats its advert, and spares us the repetitions. */
import type { ReceivedAdvert } from '../vrrp/accept.ts';

export interface WatchdogPort {
  /**
   * From now on adverts that are octet for octet the one behind `received`, the last one handed over for its VRID on that
   * socket, are only noted. Replaces what was watched for `id`. false: it cannot be, each is handed over as before.
   */
  watch(id: number, socketKey: string, received: ReceivedAdvert): boolean;
  /**
   * Every advert is handed over again. One that arrives in this very moment may still be noted a little later. Harmless when
   * nothing is watched.
   */
  unwatch(id: number): void;
  /** How many adverts were noted since the first `watch` of this id. */
  noted(id: number): number;
  /** When the last of them arrived, monotonic microseconds. 0: none. */
  lastUs(id: number): number;
  /** `id` is not used any more. */
  forget(id: number): void;
  /** Why nothing can be watched here; '' = it can. */
  obstacle(): string;
}
