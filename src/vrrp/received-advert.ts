/** A packet as the receive ladder sees it, and what the ladder needs to know of the instance it is for. Types only. */
import type { Result } from '../base/result.ts';
import type { AhRules, HmacRules, Proof } from './proof.ts';
import type { StateName } from './types.ts';

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
  readonly trailer: Uint8Array; // 28 octets behind the message, else empty
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
  readonly proof?: Proof; // absent: not signed
};

/** What the ladder needs to know of one instance. `state` and the two learnt fields change; the rest is fixed between reloads. */
export type AcceptRules = {
  readonly family: 4 | 6;
  readonly version: 2 | 3;
  readonly mode: 'multicast' | 'unicast';
  readonly authentication:
    | { readonly type: 'none' }
    | { readonly type: 'pass'; readonly data: Uint8Array } // 8 octets
    | ({ readonly type: 'ah' } & AhRules);
  readonly hmac?: HmacRules; // 'auth_hmac'
  readonly adverIntUs: number; // own
  readonly addresses: readonly Uint8Array[]; // as advertised: without the excluded ones
  readonly checksumAsV2: boolean; // 'v3_checksum_as_v2'
  readonly oldUnicastChecksum: 'auto' | 'always' | 'never';
  readonly learnedOldChecksum: boolean; // an earlier verdict said so
  readonly skipCheckAddresses: boolean; // 'skip_check_adv_addr'
  readonly lastMaster: Uint8Array | undefined; // source of the last accepted advert
  readonly checkUnicastSource: boolean;
  readonly peers: readonly PeerRule[]; // unicast
  readonly ownerIgnoreAdverts: boolean;
  readonly basePriority: number;
  readonly state: StateName;
};

export type PeerRule = {
  readonly bytes: Uint8Array;
  readonly minTtl: number; // 0..255
  readonly maxTtl: number; // 0..255
  readonly ttlGiven: boolean; // either was written in the configuration
};
