/** Keyed hashes (RFC 2104), as pure functions: what signs adverts and checks signatures. Keys are not kept. */
export interface MacPort {
  /** 32 octets. */
  readonly hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  /** 16 octets. */
  readonly hmacMd5: (key: Uint8Array, data: Uint8Array) => Uint8Array;
}
