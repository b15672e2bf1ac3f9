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
  /**
   * From now on core is woken when `downUs` (more than 0) have gone since `lastUs(id)`, and not before `atUs`: until then
   * nobody needs to look. Replaces what was asked for `id` before; stays when the watch ends or its socket is closed. false: there are
   * as many as there can be, core looks itself.
   */
  keepVigil(id: number, atUs: number, downUs: number): boolean;
  /** Harmless when there is none. */
  endVigil(id: number): void;
  /** Those whose vigil is over at `nowUs`. */
  due(nowUs: number): readonly number[];
  /** `id` is not used any more: neither watched nor kept vigil for. */
  forget(id: number): void;
  /** Why nothing can be watched here; '' = it can. */
  obstacle(): string;
}
