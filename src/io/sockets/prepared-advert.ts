/** One advert that is about to be sent, encoded before its time. What is sent then is compared with it, field by field. */
import type { OutgoingAdvert } from '../../ports/advert.ts';

export class PreparedAdvert<Packet> {
  #of: OutgoingAdvert | undefined;
  #packets: readonly Packet[] = [];

  /** Replaces the one before. `encode` is called for each destination. Signed ones are not kept: each is another one. */
  prepare(advert: OutgoingAdvert, encode: (destination: string) => Packet): void {
    this.#packets = advert.destinations.map(encode);
    this.#of = advert.signature === undefined ? advert : undefined;
  }

  /** The packet for destination number `i`, once; undefined: another advert was prepared, or none. */
  take(advert: OutgoingAdvert, i: number): Packet | undefined {
    if (this.#of === undefined || !same(this.#of, advert)) return undefined;
    if (i === advert.destinations.length - 1) this.#of = undefined;
    return this.#packets[i];
  }
}

/** Octets are compared by identity: they are those of the configuration. */
const same = (a: OutgoingAdvert, b: OutgoingAdvert): boolean =>
  a.ipId === b.ipId &&
  a.vrid === b.vrid &&
  a.priority === b.priority &&
  a.version === b.version &&
  a.adverIntUs === b.adverIntUs &&
  a.source === b.source &&
  a.ttl === b.ttl &&
  a.checksumForm === b.checksumForm &&
  a.authType === b.authType &&
  a.authData === b.authData &&
  b.signature === undefined &&
  equal(a.addresses, b.addresses) &&
  equal(a.destinations, b.destinations);

const equal = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);
