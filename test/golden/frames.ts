/** The captured frames of `test/golden/*.jsonl` with what an independent decoder read in them. Tests run in the repository root. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FrameDescription, Secrets } from '../../src/wire/frame-description.ts';

export type GoldenFrame = {
  readonly name: string; // 'keepalived-2.2.7/v2-mcast-pass/advert-a-1'
  readonly bytes: Uint8Array;
  readonly expect: FrameDescription;
  readonly secrets: Secrets;
};

type Header = {
  readonly secrets: Readonly<
    Record<string, { readonly keys?: Record<string, string>; readonly authPass?: string }>
  >;
};

const SOURCES = ['keepalived-2.2.7', 'keepalived-2.4.3'];

export const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

const hmac = (algorithm: string) => (key: Uint8Array, data: Uint8Array) =>
  new Uint8Array(createHmac(algorithm, key).update(data).digest());

export const NO_SECRETS: Secrets = {
  hmacSha256: hmac('sha256'),
  hmacMd5: hmac('md5'),
  keys: new Map<number, Uint8Array>(),
};

export function goldenFrames(): readonly GoldenFrame[] {
  return SOURCES.flatMap((source) => {
    const [first, ...lines] = readFileSync(`test/golden/${source}.jsonl`, 'utf8').trimEnd().split('\n');
    const header = JSON.parse(first as string) as Header;
    return lines.map((line) => {
      const { name, hex, expect } = JSON.parse(line) as {
        name: string;
        hex: string;
        expect: FrameDescription;
      };
      const { keys = {}, authPass } = header.secrets[name.split('/')[0] as string] ?? {};
      return {
        name: `${source}/${name}`,
        bytes: fromHex(hex),
        expect,
        secrets: {
          ...NO_SECRETS,
          keys: new Map(Object.entries(keys).map(([id, key]) => [Number(id), fromHex(key)])),
          ...(authPass === undefined ? {} : { authPass: new TextEncoder().encode(authPass) }),
        },
      };
    });
  });
}
