/**
 * The receive ladder: which of the well-formed packets that reach an instance are adverts it believes.
 * Ordered and numbered; the first row that fails names the reason, which is at once the counter, the metric label and the log word.
 */
import type { Result } from '../base/result.ts';

/** What the decoder found in the bytes; nothing here was compared with any configuration. */
export type AdvertFacts = {
  readonly version: 2 | 3;
  readonly type: number; // 1 = advertisement
  readonly vrid: number;
  readonly priority: number; // 0..255
  readonly adverIntUs: number; // v2 seconds, v3 centiseconds, converted; 0 is possible
  readonly addresses: readonly Uint8Array[]; // 4 or 16 octets each
  readonly authType: number; // v2; 0 for v3
  readonly authData: Uint8Array; // v2: 8 octets, else empty
  /** Which checksum rules the packet fits (behaviour.md A4, B11). */
  readonly checksum: { readonly standard: boolean; readonly noPseudo: boolean; readonly oldUnicast: boolean };
};

export type AdvertError = {
  readonly code: 'truncated' | 'ip-header' | 'authentication-header' | 'version' | 'length';
  readonly got: number;
  readonly want: number;
};

export type ReceivedAdvert = {
  readonly source: string;
  readonly sourceBytes: Uint8Array;
  readonly destination: string;
  readonly multicast: boolean; // the destination is a multicast address
  readonly ttl: number; // 0..255
  readonly vrid: number; // -1 where the packet is too short to say
  readonly decoded: Result<AdvertFacts, AdvertError>;
};
