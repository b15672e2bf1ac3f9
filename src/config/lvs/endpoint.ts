/** Addresses and ports as 'virtual_server', 'real_server', 'sorry_server' and the groups write them. */
import { formatIp, parseIpv6 } from '../../base/ip.ts';
import type { Word } from '../words.ts';
import type { Family } from './lvs-config.ts';

export type Address = { readonly family: Family; readonly text: string }; // canonical text

/** KEEPALIVED: what follows a '/' or '-' is cut off without a message. */
function cut(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x2f || c === 0x2d) return text.slice(0, i);
  }
  return text;
}

/** What inet_pton takes for IPv4; such a text is canonical already. Tens of thousands are read: no octets are made. */
function isIpv4(text: string): boolean {
  let parts = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = i === text.length ? 0x2e : text.charCodeAt(i);
    if (c === 0x2e) {
      if (digits === 0 || value > 255 || ++parts > 4) return false;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = c - 0x30;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    if (++digits > 3) return false;
  }
  return parts === 4;
}

export function addressOf(word: string): Address | undefined {
  const text = cut(word);
  if (isIpv4(text)) return { family: 4, text };
  const bytes = text.includes(':') ? parseIpv6(text) : undefined;
  return bytes === undefined ? undefined : { family: 6, text: formatIp(bytes) };
}

/** Decimal digits with an optional '+', at most `most`; undefined for anything else. */
export function wholeNumber(text: string, most: number): number | undefined {
  const from = text.charCodeAt(0) === 0x2b ? 1 : 0;
  if (from === text.length) return undefined;
  let value = 0;
  for (let i = from; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > most) return undefined;
  }
  return value;
}

/** No word and 0 (also 00, 000) mean "any". */
export function portOf(word: Word | undefined): number | undefined {
  return word === undefined ? 0 : wholeNumber(word.text, 65535);
}

/** fe80::/10, by the first group of the canonical text. */
export const isLinkLocal = (a: Address): boolean => a.family === 6 && /^fe[89ab][0-9a-f]:/.test(a.text);

/** A service or server for messages: '[10.0.0.1]:tcp:80'. */
export const shown = (address: string, protocol: string, port: number): string =>
  `[${address}]:${protocol.toLowerCase()}:${port}`;
