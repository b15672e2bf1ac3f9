/** Packets and rules that fit each other, one of each kind, and how to change one thing in them. */
import { err } from '../../../src/base/result.ts';
import { macs } from '../../../src/io/mac.ts';
import type { AcceptRules, AdvertError, AdvertFacts, ReceivedAdvert } from '../../../src/vrrp/accept.ts';
import type { AhProof, HmacProof, HmacRules } from '../../../src/vrrp/proof.ts';

export const S: number = 1_000_000;
export const VIP: Uint8Array = Uint8Array.of(192, 0, 2, 100);
export const VIP2: Uint8Array = Uint8Array.of(192, 0, 2, 101);
export const PEER: Uint8Array = Uint8Array.of(192, 0, 2, 20);
export const SECRET: Uint8Array = Uint8Array.of(115, 101, 99, 114, 101, 116, 0, 0);

export type Scene = {
  readonly rules: AcceptRules;
  readonly facts: AdvertFacts;
  readonly packet: ReceivedAdvert;
  readonly error?: AdvertError;
};

export const v3: Scene = {
  rules: {
    family: 4,
    version: 3,
    mode: 'multicast',
    authentication: { type: 'none' },
    adverIntUs: S,
    addresses: [VIP, VIP2],
    checksumAsV2: false,
    oldUnicastChecksum: 'auto',
    learnedOldChecksum: false,
    skipCheckAddresses: false,
    lastMaster: undefined,
    checkUnicastSource: false,
    peers: [],
    ownerIgnoreAdverts: false,
    basePriority: 100,
    state: 'backup',
  },
  facts: {
    version: 3,
    type: 1,
    vrid: 51,
    priority: 200,
    adverIntUs: S,
    addresses: [VIP2, VIP],
    authType: 0,
    authData: new Uint8Array(0),
    trailer: new Uint8Array(0),
    checksum: { standard: true, noPseudo: false, oldUnicast: false },
  },
  packet: {
    source: '192.0.2.20',
    sourceBytes: PEER,
    destination: '224.0.0.18',
    multicast: true,
    ttl: 255,
    vrid: 51,
    decoded: err({ code: 'truncated', got: 0, want: 0 }), // replaced in `run`
  },
};
export const rules = (s: Scene, change: Partial<AcceptRules>): Scene => ({
  ...s,
  rules: { ...s.rules, ...change },
});
export const facts = (s: Scene, change: Partial<AdvertFacts>): Scene => ({
  ...s,
  facts: { ...s.facts, ...change },
});
export const packet = (s: Scene, change: Partial<ReceivedAdvert>): Scene => ({
  ...s,
  packet: { ...s.packet, ...change },
});
export const broken = (s: Scene, error: AdvertError): Scene => ({ ...s, error });
export const sums = (s: Scene, change: Partial<AdvertFacts['checksum']>): Scene =>
  facts(s, { checksum: { ...s.facts.checksum, ...change } });

export const v2: Scene = facts(rules(v3, { version: 2, authentication: { type: 'pass', data: SECRET } }), {
  version: 2,
  authType: 1,
  authData: SECRET.slice(),
});
/** As a signer that shares our key would have sent it; `change` is made before (`signed`) or after the hash. */
export const NOW_S: number = 1_795_415_600;
export const HMAC_KEY: Uint8Array = new Uint8Array(32).fill(7);
export const hmacProof = (change: Partial<HmacProof> = {}, key: Uint8Array = HMAC_KEY): HmacProof => ({
  type: 'hmac',
  extType: 1,
  keyId: 1,
  reserved: 0,
  seconds: NOW_S,
  subseconds: 0,
  counter: 0,
  covered: Uint8Array.of(1, 2, 3),
  hmac: macs.hmacSha256(key, Uint8Array.of(1, 2, 3)).slice(0, 16),
  ...change,
});
export const hmacRules: HmacRules = {
  keys: [{ id: 1, secret: HMAC_KEY }],
  windowS: 5,
  antiReplay: 'time',
  mode: 'enforce',
  marks: [],
  wallMs: NOW_S * 1000,
  hmacSha256: macs.hmacSha256,
};
export const signed: Scene = packet(rules(v3, { hmac: hmacRules }), { proof: hmacProof() });
export const proof = (s: Scene, change: Partial<HmacProof>): Scene =>
  packet(s, { proof: { ...(s.packet.proof as HmacProof), ...change } });

export const AH_KEY: Uint8Array = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0);
export const ahProof = (sequence: number): AhProof => ({
  type: 'ah',
  spi: PEER,
  sequence,
  covered: Uint8Array.of(4, 5, 6),
  icv: macs.hmacMd5(AH_KEY, Uint8Array.of(4, 5, 6)).slice(0, 12),
});
export const ahRules = (sequence: number): AcceptRules['authentication'] => ({
  type: 'ah',
  key: AH_KEY,
  sequence,
  hmacMd5: macs.hmacMd5,
});
export const ah: Scene = packet(
  facts(rules(v3, { version: 2, authentication: ahRules(9) }), { version: 2, authType: 2 }),
  {
    proof: ahProof(10),
  },
);
export const withoutProof = ({ packet: { proof: _, ...rest }, ...s }: Scene): Scene => ({
  ...s,
  packet: rest,
});

export const unicast: Scene = packet(
  rules(v3, {
    mode: 'unicast',
    checkUnicastSource: true,
    peers: [{ bytes: PEER, minTtl: 250, maxTtl: 254, ttlGiven: true }],
  }),
  { multicast: false, destination: '192.0.2.10', ttl: 252 },
);
export const v6: Scene = rules(v3, { family: 6 });
