/**
 * The data types of AgentX (RFC 2741 5): object identifiers, octet strings, search ranges, variable bindings. Written in
 * network byte order; both orders are read. A reader never leaves its bytes and never throws: what is not there marks it broken.
 */
import { assert } from '../base/assert.ts';
import { copy } from './octets.ts';

/** Sub-identifiers 0..2^32-1; at most 128 (SMIv2). */
export type Oid = readonly number[];

export type SnmpValue =
  | { readonly type: 'integer'; readonly value: number } // -2^31..2^31-1
  | { readonly type: 'counter32' | 'gauge32' | 'timeticks'; readonly value: number } // 0..2^32-1; ticks of 10 ms
  | { readonly type: 'counter64'; readonly value: bigint } // 0..2^64-1
  | { readonly type: 'octets' | 'opaque'; readonly bytes: Uint8Array }
  | { readonly type: 'ip-address'; readonly bytes: Uint8Array } // 4 octets
  | { readonly type: 'oid'; readonly oid: Oid }
  | { readonly type: 'null' | 'no-such-object' | 'no-such-instance' | 'end-of-mib-view' };

export type VarBind = { readonly oid: Oid; readonly value: SnmpValue };

/** From `start`, itself only with `include`, up to but without `end`; an empty `end` is no end. */
export type SearchRange = { readonly start: Oid; readonly include: boolean; readonly end: Oid };

/** Of a VarBind (RFC 2741 5.4). */
const TAGS: Readonly<Record<SnmpValue['type'], number>> = {
  integer: 2,
  octets: 4,
  null: 5,
  oid: 6,
  'ip-address': 64,
  counter32: 65,
  gauge32: 66,
  timeticks: 67,
  opaque: 68,
  counter64: 70,
  'no-such-object': 128,
  'no-such-instance': 129,
  'end-of-mib-view': 130,
};
const TYPES: ReadonlyMap<number, SnmpValue['type']> = new Map(
  Object.entries(TAGS).map(([type, tag]) => [tag, type as SnmpValue['type']]),
);

const MAX_SUB_IDENTIFIERS = 128;
/** 1.3.6.1, which one octet stands for together with the number behind it. */
const INTERNET: Oid = [1, 3, 6, 1];

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  #at: number;
  broken = false;

  constructor(bytes: Uint8Array, at: number, little: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = little;
    this.#at = at;
  }

  get done(): boolean {
    return this.broken || this.#at >= this.#bytes.length;
  }

  /** The place of `length` octets, which are stepped over; -1 when there are fewer. */
  #take(length: number): number {
    const at = this.#at;
    if (this.broken || length > this.#bytes.length - at) {
      this.broken = true;
      return -1;
    }
    this.#at = at + length;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }
  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at, this.#little);
  }
  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at, this.#little);
  }
  u64(): bigint {
    const at = this.#take(8);
    return at < 0 ? 0n : this.#view.getBigUint64(at, this.#little);
  }

  skip(length: number): void {
    this.#take(length);
  }

  octets(): Uint8Array {
    const length = this.u32();
    const at = this.#take(length);
    this.#take(-length & 3);
    return at < 0 ? new Uint8Array(0) : copy(this.#bytes, at, at + length);
  }

  oid(): { readonly oid: Oid; readonly include: boolean } {
    const count = this.u8();
    const prefix = this.u8();
    const include = this.u8() !== 0;
    this.skip(1);
    if (count > MAX_SUB_IDENTIFIERS) this.broken = true;
    const oid = prefix === 0 ? [] : [...INTERNET, prefix];
    for (let i = 0; i < count && !this.broken; i++) oid.push(this.u32());
    return { oid, include };
  }

  range(): SearchRange {
    const { oid: start, include } = this.oid();
    return { start, include, end: this.oid().oid };
  }

  varBind(): VarBind {
    const type = TYPES.get(this.u16());
    this.skip(2);
    const { oid } = this.oid();
    if (type === undefined) this.broken = true;
    return { oid, value: this.#value(type ?? 'null') };
  }

  #value(type: SnmpValue['type']): SnmpValue {
    switch (type) {
      case 'integer':
        return { type, value: this.u32() | 0 };
      case 'counter32':
      case 'gauge32':
      case 'timeticks':
        return { type, value: this.u32() };
      case 'counter64':
        return { type, value: this.u64() };
      case 'octets':
      case 'opaque':
        return { type, bytes: this.octets() };
      case 'ip-address': {
        const bytes = this.octets();
        if (bytes.length !== 4) this.broken = true;
        return { type, bytes };
      }
      case 'oid':
        return { type, oid: this.oid().oid };
      default:
        return { type };
    }
  }

  /** Everything up to the end; a list ends early where the bytes are broken. */
  list<T>(read: () => T): T[] {
    const out: T[] = [];
    while (!this.done) out.push(read());
    return out;
  }
}

/** Appends in network byte order; grows as needed. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written, in memory of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** Where `length` octets go; what it was called from may hold neither the old octets nor the old view. */
  #room(length: number): number {
    const at = this.#length;
    this.#length = at + length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }
  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, value);
  }
  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value);
  }
  u64(value: bigint): void {
    const at = this.#room(8);
    this.#view.setBigUint64(at, value);
  }
  /** Overwrites the four octets at `at`. */
  putU32(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  octets(bytes: Uint8Array): void {
    this.u32(bytes.length);
    const at = this.#room(bytes.length + (-bytes.length & 3));
    this.#bytes.set(bytes, at);
  }

  oid(oid: Oid, include = false): void {
    assert(oid.length <= MAX_SUB_IDENTIFIERS, `an OID of ${oid.length} sub-identifiers`);
    const prefix = oid[INTERNET.length] ?? 0;
    const short = prefix >= 1 && prefix <= 255 && INTERNET.every((n, i) => oid[i] === n);
    const rest = short ? oid.slice(INTERNET.length + 1) : oid;
    this.u8(rest.length);
    this.u8(short ? prefix : 0);
    this.u8(include ? 1 : 0);
    this.u8(0);
    for (const n of rest) this.u32(n);
  }

  range(range: SearchRange): void {
    this.oid(range.start, range.include);
    this.oid(range.end);
  }

  varBind({ oid, value }: VarBind): void {
    this.u16(TAGS[value.type]);
    this.u16(0);
    this.oid(oid);
    switch (value.type) {
      case 'integer':
      case 'counter32':
      case 'gauge32':
      case 'timeticks':
        this.u32(value.value);
        break;
      case 'counter64':
        this.u64(value.value);
        break;
      case 'octets':
      case 'opaque':
      case 'ip-address':
        this.octets(value.bytes);
        break;
      case 'oid':
        this.oid(value.oid);
        break;
      default:
        break;
    }
  }
}
