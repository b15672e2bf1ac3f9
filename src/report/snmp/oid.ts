/** Object identifiers: their order, and the values that rows are made of. */
import type { Oid, SnmpValue } from '../../ports/snmp.ts';

/** By sub-identifiers; a prefix comes before what it is the prefix of. */
export function compareOids(a: Oid, b: Oid): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const d = (a[i] as number) - (b[i] as number);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

export function startsWith(oid: Oid, prefix: Oid): boolean {
  return oid.length >= prefix.length && prefix.every((n, i) => oid[i] === n);
}

const U32 = 0x1_0000_0000;
const utf8 = new TextEncoder();

export const int = (value: number): SnmpValue => ({ type: 'integer', value: value | 0 });
export const gauge = (value: number): SnmpValue => ({
  type: 'gauge32',
  value: Math.min(Math.max(0, Math.trunc(value)), U32 - 1),
});
/** Counters and ticks wrap. */
export const counter32 = (value: number): SnmpValue => ({ type: 'counter32', value: value % U32 });
export const counter64 = (value: number): SnmpValue => ({ type: 'counter64', value: BigInt(value) });
export const ticks = (value: number): SnmpValue => ({
  type: 'timeticks',
  value: Math.max(0, Math.floor(value)) % U32,
});
export const octets = (bytes: Uint8Array): SnmpValue => ({ type: 'octets', bytes });
export const text = (value: string): SnmpValue => octets(utf8.encode(value));
export const ipAddress = (bytes: Uint8Array): SnmpValue => ({ type: 'ip-address', bytes });
/** TruthValue, and what else says yes by 1 and no by 2. */
export const truth = (on: boolean): SnmpValue => int(on ? 1 : 2);
/** InetAddressType. */
export const addressType = (family: 4 | 6): SnmpValue => int(family === 4 ? 1 : 2);
