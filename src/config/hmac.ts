/** 'auth_hmac': the keys and rules of the trailer that keepalived 2.4 signs adverts with. */
import { readKey } from './hmac-key.ts';
import { type Draft, tell } from './instance-draft.ts';
import { wordNumber } from './numbers.ts';
import type { Setting } from './settings.ts';

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
      const key = readKey(d.c.environment, text.text);
      if (!key.ok) refuse(text.at, key.why);
      else {
        if (key.exposed === true) tellExposed(d, text.at, key.file ?? '');
        keys.set(id, { id, secret: key.secret, ...(key.file === undefined ? {} : { file: key.file }) });
      }
    }
  }
  return keys;
}

function tellExposed(d: Draft, at: Setting['at'], file: string): void {
  tell(d, 'KA0677', at, `auth_hmac key file ${file} can be read by group or others`, {
    effect: 'keepalived uses it; its configuration test ends with status 6',
    fix: `chmod 600 '${file}'`,
  });
}
