/** The memory that a watch filter shares with us: one record for each VRID. What its numbers mean stands in watch-filter.ts. */
import { assert } from '../../base/assert.ts';
import { Field, MOST_WATCHED_BYTES, RECORD_BYTES } from './watch-filter.ts';

const WORD = 4;
const LONG = 8;
const SOURCE_WORDS = 4;
const NS_OF_HIGH_WORD = 2 ** 32;

/** What an advert must be to be stamped. */
export type Watched = {
  readonly message: Uint8Array; // from the VRRP header on
  readonly source: Uint8Array; // 4 or 16 octets
  readonly ttl: number; // or hop limit
};

/** Messages are compared in whole words. */
export const canWatch = (messageBytes: number): boolean =>
  messageBytes > 0 && messageBytes <= MOST_WATCHED_BYTES && messageBytes % WORD === 0;

/** Record number `index` of `memory`. Every access is atomic: the kernel reads and writes meanwhile. */
export class WatchRecord {
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #long: BigUint64Array<ArrayBuffer>;
  /** Where the time of the last stamp stands. */
  readonly seen: { readonly memory: ArrayBuffer; readonly offset: number };

  constructor(memory: ArrayBuffer, index: number) {
    this.seen = { memory, offset: index * RECORD_BYTES + Field.lastNs };
    this.#words = new Uint32Array(memory, index * RECORD_BYTES, RECORD_BYTES / WORD);
    this.#long = new BigUint64Array(memory, index * RECORD_BYTES, RECORD_BYTES / LONG);
  }

  admit(ours: boolean): void {
    this.#store(Field.admitted, ours ? 1 : 0);
  }

  /** Equal adverts are stamped from now on. `handled`: packets of this VRID that were read, the one to be watched included. */
  arm({ message, source, ttl }: Watched, handled: number): void {
    assert(canWatch(message.length), 'whole words, and not too many');
    this.disarm();
    const from = new DataView(message.buffer, message.byteOffset, message.length);
    for (let at = 0; at < message.length; at += WORD) this.#store(Field.message + at, from.getUint32(at));
    const of = new DataView(source.buffer, source.byteOffset, source.length);
    for (let i = 0; i < SOURCE_WORDS; i++)
      this.#store(Field.source + i * WORD, i * WORD < source.length ? of.getUint32(i * WORD) : 0);
    this.#store(Field.ttl, ttl);
    this.handle(handled);
    this.#store(Field.length, message.length);
  }

  /** An advert that the program is at while this is done may still be stamped. */
  disarm(): void {
    this.#store(Field.length, 0);
  }

  get armed(): boolean {
    return this.#load(Field.length) !== 0;
  }

  /** Whether this is what is stamped now. */
  matches({ message, source, ttl }: Watched): boolean {
    if (message.length === 0 || this.#load(Field.length) !== message.length || this.#load(Field.ttl) !== ttl)
      return false;
    const from = new DataView(message.buffer, message.byteOffset, message.length);
    const of = new DataView(source.buffer, source.byteOffset, source.length);
    for (let at = 0; at < source.length; at += WORD)
      if (this.#load(Field.source + at) !== of.getUint32(at)) return false;
    for (let at = 0; at < message.length; at += WORD)
      if (this.#load(Field.message + at) !== from.getUint32(at)) return false;
    return true;
  }

  /** One more, as the program would stamp it at `ns` of CLOCK_MONOTONIC. */
  stamp(ns: bigint): void {
    Atomics.store(this.#long, Field.lastNs / LONG, ns);
    Atomics.add(this.#long, Field.count / LONG, 1n);
  }

  /** Modulo 2^32. */
  handle(count: number): void {
    this.#store(Field.handled, count);
  }

  /** Modulo 2^32. */
  passed(): number {
    return this.#load(Field.passed);
  }

  /** Adverts stamped since the record was made. */
  count(): number {
    return this.#load64(Field.count);
  }

  /** Of the last one, microseconds of CLOCK_MONOTONIC; 0 = none. */
  lastUs(): number {
    return Math.floor(this.#load64(Field.lastNs) / 1000);
  }

  #load(at: number): number {
    return Atomics.load(this.#words, at / WORD);
  }

  #store(at: number, value: number): void {
    Atomics.store(this.#words, at / WORD, value);
  }

  /** In two halves that belong together: the high one is the same before and after the low one was read. */
  #load64(at: number): number {
    for (;;) {
      const high = this.#load(at + WORD);
      const low = this.#load(at);
      if (this.#load(at + WORD) === high) return high * NS_OF_HIGH_WORD + low;
    }
  }
}
