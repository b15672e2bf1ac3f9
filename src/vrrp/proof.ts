/** What a signed advert carries and what judging it needs and teaches. The judging: verify-ah.ts, verify-hmac.ts. */

/** What a signed packet proves itself by, and the octets that the keyed hash covers. */
export type Proof =
  | {
      readonly type: 'ah';
      readonly spi: Uint8Array; // 4 octets
      readonly sequence: number; // 32 bits
      readonly icv: Uint8Array; // 12 octets
      readonly covered: Uint8Array;
    }
  | {
      readonly type: 'hmac';
      readonly extType: number;
      readonly keyId: number;
      readonly reserved: number;
      readonly seconds: number; // UTC, low 32 bits
      readonly subseconds: number; // 1/65536 s
      readonly counter: number;
      readonly hmac: Uint8Array; // 16 octets
      readonly covered: Uint8Array;
    };
export type AhProof = Extract<Proof, { readonly type: 'ah' }>;
export type HmacProof = Extract<Proof, { readonly type: 'hmac' }>;

/** A keyed hash, RFC 2104. Pure; the key is not kept. */
export type Mac = (key: Uint8Array, data: Uint8Array) => Uint8Array;

export type AhRules = {
  readonly key: Uint8Array; // 8 octets
  readonly sequence: number; // the last sent or accepted one; 0 = none
  readonly hmacMd5: Mac;
};

/** 'auth_hmac' as it stands now. */
export type HmacRules = {
  readonly keys: readonly { readonly id: number; readonly secret: Uint8Array }[];
  readonly windowS: number; // 'time_window', 1..300
  readonly antiReplay: 'time' | 'monotonic';
  readonly mode: 'enforce' | 'permissive' | 'receive-only';
  readonly marks: Marks;
  readonly wallMs: number; // our clock now, ms since 1970
  readonly hmacSha256: Mac;
};

/** The last sequence accepted from one sender: seconds, subseconds and counter as one number of 64 bits. */
export type Mark = { readonly source: Uint8Array; readonly sequence: bigint };
/** Least recently heard first; bounded by verifyHmac. */
export type Marks = readonly Mark[];

/** What an authentic packet teaches, whatever else is wrong with it. */
export type Learnt =
  | { readonly type: 'ah'; readonly sequence: number }
  /** `aheadMs`: their clock against ours; positive: theirs is ahead. */
  | { readonly type: 'hmac'; readonly marks: Marks; readonly keyId: number; readonly aheadMs: number };

/** Time depends on the lengths only: how many octets are right must not show. */
export function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}
