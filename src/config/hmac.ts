/** 'auth_hmac': the keys and rules of the trailer that keepalived 2.4 signs adverts with. */
import { type Draft, tell } from './instance-draft.ts';
import { wordNumber } from './numbers.ts';
import { octetsOf } from './octets.ts';
import type { Setting } from './settings.ts';
import type { Word } from './words.ts';

export type HmacKey = {
  readonly id: number; // 1..255
  /** 32..64 octets; empty when a key file could not be looked at. Must not be printed. */
  readonly secret: Uint8Array;
  readonly file?: string;
};

export type HmacConfig = {
  readonly keys: readonly HmacKey[]; // no id twice
  readonly activeKey: number; // the id that signs; one of `keys`
  readonly timeWindowS: number; // 1..300; default 3 advert intervals within 5..300
  readonly antiReplay: 'time' | 'monotonic';
  readonly mode: 'enforce' | 'permissive' | 'receive-only';
};

const SHORTEST = 32;
const LONGEST = 64;

/** undefined without the block, and when keepalived switches it off: 'active_key' names no key. */
export function readHmac(d: Draft, adverIntUs: number): HmacConfig | undefined {
  const blocks = d.block.children('auth_hmac');
  if (blocks.length === 0) return undefined;
  const settings = blocks.flatMap((b) => b.settings);
  const last = (keyword: string) => settings.findLast((s) => s.statement.keyword.text === keyword);
  const keys = readKeys(d, settings);
  const active = activeKey(d, settings);
  if (active === undefined || !keys.has(active)) {
    tell(
      d,
      'KA0674',
      last('active_key')?.at ?? blocks[0]?.statement?.keyword.at ?? d.at,
      `auth_hmac active_key ${active ?? '0'} is not a defined key - disabling auth_hmac`,
      {
        effect: 'adverts are neither signed nor checked',
        fix: "name the id of a 'key' line in 'active_key'",
      },
    );
    return undefined;
  }
  const window = last('time_window')?.value;
  const replay = last('anti_replay')?.value;
  return {
    keys: [...keys.values()],
    activeKey: active,
    timeWindowS:
      typeof window === 'number'
        ? window
        : Math.min(300, Math.max(5, 3 * Math.floor(adverIntUs / 1_000_000))),
    antiReplay: replay === 'monotonic' ? 'monotonic' : 'time',
    mode: modeOf(d, last('mode')),
  };
}

function modeOf(d: Draft, setting: Setting | undefined): HmacConfig['mode'] {
  const mode = setting?.value;
  if (setting === undefined || (mode !== 'permissive' && mode !== 'receive-only')) return 'enforce';
  if (!d.strict) return mode;
  tell(d, 'KA0675', setting.at, 'strict mode requires auth_hmac mode enforce - resetting', {
    effect: "the mode is 'enforce'",
  });
  return 'enforce';
}

function activeKey(d: Draft, settings: readonly Setting[]): number | undefined {
  let found: number | undefined;
  for (const s of settings.filter((x) => x.statement.keyword.text === 'active_key')) {
    const word = s.words[0];
    const id = word === undefined ? undefined : wordNumber(word, 1, 255);
    if (id !== undefined) found = id;
    else
      tell(d, 'KA0673', s.at, `active_key '${word?.text ?? ''}' is not an id in 1..255`, {
        effect: 'keepalived ignores the line',
      });
  }
  return found;
}

function readKeys(d: Draft, settings: readonly Setting[]): ReadonlyMap<number, HmacKey> {
  const keys = new Map<number, HmacKey>();
  for (const s of settings.filter((x) => x.statement.keyword.text === 'key')) {
    const [idWord, text] = s.words;
    const id = idWord === undefined ? undefined : wordNumber(idWord, 1, 255);
    const refuse = (at: Setting['at'], why: string) =>
      tell(d, 'KA0673', at, `auth_hmac key: ${why} - ignoring`, {
        effect: 'keepalived ignores the key',
        fix: "write 'key ID hex:DIGITS' or 'key ID file:PATH' with 32 to 64 octets",
      });
    if (id === undefined || text === undefined)
      refuse(s.at, text === undefined ? 'id and key expected' : `'${idWord?.text}' is not an id in 1..255`);
    else if (keys.has(id)) refuse(s.at, `id ${id} already defined`);
    else {
      const secret = secretOf(d, text);
      if (typeof secret === 'string') refuse(text.at, secret);
      else keys.set(id, { id, ...secret });
    }
  }
  return keys;
}

type Secret = Omit<HmacKey, 'id'>;

/** The key's octets, or what is wrong with it; never its text. */
function secretOf(d: Draft, word: Word): Secret | string {
  if (!word.text.startsWith('file:')) return lengthChecked(literal(word.text));
  const file = word.text.slice('file:'.length);
  const read = d.c.environment.readSecret?.(file);
  if (read === undefined) return { secret: new Uint8Array(0), file };
  if (!read.ok) return `file '${file}' cannot be read (${read.code})`;
  if (read.exposed)
    tell(d, 'KA0677', word.at, `auth_hmac key file ${file} can be read by group or others`, {
      effect: 'keepalived uses it; its configuration test ends with status 6',
      fix: `chmod 600 '${file}'`,
    });
  let end = read.bytes.length;
  while (end > 0 && (read.bytes[end - 1] === 10 || read.bytes[end - 1] === 13)) end--;
  const bytes = read.bytes.subarray(0, end);
  const isHex =
    bytes.length > 4 &&
    bytes.length <= 2 * LONGEST + 4 &&
    String.fromCharCode(...bytes.subarray(0, 4)) === 'hex:';
  const checked = lengthChecked(isHex ? literal(String.fromCharCode(...bytes)) : new Uint8Array(bytes));
  return typeof checked === 'string' ? checked : { ...checked, file };
}

function literal(text: string): Uint8Array | string {
  if (!text.startsWith('hex:')) return octetsOf(text);
  const digits = text.slice('hex:'.length);
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return 'not an even number of hex digits';
  return new Uint8Array((digits.match(/../g) ?? []).map((p) => Number.parseInt(p, 16)));
}

function lengthChecked(bytes: Uint8Array | string): Secret | string {
  if (typeof bytes === 'string') return bytes;
  return bytes.length >= SHORTEST && bytes.length <= LONGEST
    ? { secret: bytes }
    : `${bytes.length} octets, not ${SHORTEST} to ${LONGEST}`;
}
