/** Hexadecimal octets: payload and reply of UDP_CHECK, digest of a url. */
import type { Word } from '../words.ts';

export type Octets = {
  readonly data: Uint8Array;
  readonly mask: Uint8Array; // 0xff compared, 0x00 not; half octets too
  readonly has255: boolean; // an octet written 'ff'
};

const digit = (c: number): number =>
  c >= 0x30 && c <= 0x39
    ? c - 0x30
    : c >= 0x41 && c <= 0x46
      ? c - 0x37
      : c >= 0x61 && c <= 0x66
        ? c - 0x57
        : -1;

/**
 * Pairs of digits, blanks between pairs allowed; a digit alone is an octet too. `wild`: 'x' stands for any digit.
 * undefined when a character is none of these.
 */
export function octetsOf(words: readonly Word[], wild: boolean): Octets | undefined {
  const data: number[] = [];
  const mask: number[] = [];
  let has255 = false;
  for (const part of words.flatMap((w) => w.text.split(/[ \t]+/)).filter((p) => p !== ''))
    for (let i = 0; i < part.length; i += 2) {
      let value = 0;
      let care = 0;
      for (const c of part.slice(i, i + 2)) {
        const any = wild && (c === 'x' || c === 'X');
        const d = any ? 0 : digit(c.charCodeAt(0));
        if (d < 0) return undefined;
        value = (value << 4) | d;
        care = (care << 4) | (any ? 0 : 15);
      }
      if (value === 255) has255 = true;
      data.push(value);
      mask.push(care);
    }
  return { data: Uint8Array.from(data), mask: Uint8Array.from(mask), has255 };
}
