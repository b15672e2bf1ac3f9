/**
 * The octets of an 'auth_hmac' key as it is written: text, 'hex:' with digits, or 'file:' with a path to the same. What comes
 * from a file never becomes a string: strings cannot be wiped.
 */
import type { LoadEnvironment } from './environment.ts';
import { octetsOf } from './octets.ts';

export type KeyResult =
  | { readonly ok: true; readonly secret: Uint8Array; readonly file?: string; readonly exposed?: boolean }
  /** Never the key's text. */
  | { readonly ok: false; readonly why: string };

const SHORTEST = 32;
const LONGEST = 64;
const LF = 10;
const CR = 13;
const HEX = Uint8Array.of(0x68, 0x65, 0x78, 0x3a); // 'hex:'
/**
 * Written in front of the name of a systemd credential; see systemd.exec(5), LoadCredential=. keepalived's own form for the
 * environment, which works in both, is '${_ENV CREDENTIALS_DIRECTORY}'; it is replaced before this is read.
 */
const CREDENTIALS = /^\$CREDENTIALS_DIRECTORY(?=\/)/;

export function readKey(environment: LoadEnvironment, text: string): KeyResult {
  if (!text.startsWith('file:')) return checked(parse(octetsOf(text)));
  const written = text.slice('file:'.length);
  const directory = environment.env['CREDENTIALS_DIRECTORY'];
  if (CREDENTIALS.test(written) && directory === undefined && environment.readSecret !== undefined)
    return {
      ok: false,
      why: 'there is no $CREDENTIALS_DIRECTORY: systemd sets it for a unit with LoadCredential=',
    };
  const file = written.replace(CREDENTIALS, () => directory ?? '');
  const read = environment.readSecret?.(file);
  if (read === undefined) return { ok: true, secret: new Uint8Array(0), file };
  if (!read.ok) return { ok: false, why: `file '${file}' cannot be read (${read.code})` };
  let end = read.bytes.length;
  while (end > 0 && (read.bytes[end - 1] === LF || read.bytes[end - 1] === CR)) end--;
  const key = checked(parse(read.bytes.subarray(0, end)));
  read.bytes.fill(0);
  return key.ok ? { ...key, file, exposed: read.exposed } : key;
}

/** A copy, so that what was read can be wiped. */
function parse(bytes: Uint8Array): Uint8Array | string {
  if (bytes.length < HEX.length || HEX.some((o, i) => bytes[i] !== o)) return Uint8Array.from(bytes);
  const digits = bytes.subarray(HEX.length);
  if (digits.length % 2 !== 0) return 'not an even number of hex digits';
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) {
    const [high, low] = [digit(digits[2 * i]), digit(digits[2 * i + 1])];
    if (high < 0 || low < 0) return 'not an even number of hex digits';
    out[i] = high * 16 + low;
  }
  return out;
}

function digit(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

function checked(bytes: Uint8Array | string): KeyResult {
  if (typeof bytes === 'string') return { ok: false, why: bytes };
  return bytes.length >= SHORTEST && bytes.length <= LONGEST
    ? { ok: true, secret: bytes }
    : { ok: false, why: `${bytes.length} octets, not ${SHORTEST} to ${LONGEST}` };
}
