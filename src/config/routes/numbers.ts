/** Numbers on route and rule lines: decimal, C notation, named, ranges, times. undefined = not of the form. */
import type { NameTable, RoutingNames } from './names.ts';

const U32 = 0xffffffff;

/** Base 10, a leading `+`; an empty word is 0, as strtoul() has it. */
export function decimal(text: string, max: number = U32): number | undefined {
  if (!/^(?:\+?\d{1,20})?$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

/** An integer in C notation: 0x…, 0… and decimal, with a sign. */
export function cInteger(text: string): bigint | undefined {
  const m = /^([+-]?)(?:(0x[0-9a-f]{1,16})|(0[0-7]{0,22})|([1-9]\d{0,20}))$/i.exec(text);
  if (m === null) return undefined;
  const value = BigInt(m[2] ?? (m[3] === undefined ? (m[4] as string) : `0o${m[3].replace(/^0+(?=.)/, '')}`));
  return m[1] === '-' ? -value : value;
}

/** C notation, 0..max; an empty word is 0. */
export function cNumber(text: string, max: number = U32): number | undefined {
  const value = text === '' ? 0n : cInteger(text);
  return value !== undefined && value >= 0n && value <= BigInt(max) ? Number(value) : undefined;
}

/** C notation, else a name of one of iproute2's files. 0..255 but for tables and groups. */
export function named(
  text: string,
  table: NameTable,
  names: RoutingNames,
  max: number = 255,
): number | undefined {
  if (text === '') return undefined;
  return cNumber(text, max) ?? names.table(table).get(text);
}

/** KEEPALIVED: a table number is the low 32 bits of what strtoul() makes of it, so -1 is 4294967295. */
export function tableNumber(text: string, names: RoutingNames): number | undefined {
  const value = cInteger(text);
  if (value === undefined) return names.table('rt_tables').get(text);
  const limit = (1n << 64n) - 1n;
  const wide = value > limit ? limit : value;
  return Number(BigInt.asUintN(32, wide));
}

/** 64 bits, base 10, to 8 octets in network order. */
export function wideNumber(text: string): Uint8Array | undefined {
  if (!/^(?:\+?\d{1,20})?$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', '') || '0');
  if (value >= 1n << 64n) return undefined;
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

/** 'LOW-HIGH' in decimal. KEEPALIVED: signs pass, numbers are cut to `bits`, words behind the second number too. */
export function numberRange(text: string, bits: 16 | 32): readonly [number, number] | undefined {
  const m = /^([+-]?\d{1,18})-([+-]?\d{1,18})/.exec(text);
  if (m === null) return undefined;
  const cut = (digits: string): number => Number(BigInt.asUintN(bits, BigInt(digits.replace('+', ''))));
  return [cut(m[1] as string), cut(m[2] as string)];
}

export type Time = {
  readonly ms: number;
  readonly rounded: boolean; // more decimals than are kept
};

/**
 * NUMBER with ms, msec(s), s or sec(s), in any case; without a unit in the kernel's own, of which `perMs` make a
 * millisecond. Three decimals are kept of seconds, none of the others. `limit`: most, in the unit (ms for 's').
 */
export function time(text: string, perMs: number, limit: number): Time | undefined {
  const m = /^\+?(\d{0,15})(?:(\.)(\d{0,15}))?(ms|msecs?|s|secs?)?$/i.exec(text);
  if (m === null) return undefined;
  const unit = m[4]?.toLowerCase();
  if (unit !== undefined && m[1] === '' && m[2] === undefined) return undefined;
  const decimals = unit?.startsWith('s') === true ? 3 : 0;
  const fraction = m[3] ?? '';
  let value = Number(`${m[1]}${fraction.slice(0, decimals).padEnd(decimals, '0')}`);
  const rounded = fraction.length > decimals;
  if (rounded && (fraction[decimals] ?? '0') >= '5') value++;
  if (value > limit) return undefined;
  return { ms: unit === undefined ? value / perMs : value, rounded };
}
