/**
 * BFD control packet codec (RFC 5880 4.1). Bytes to facts and back; to which session a packet belongs and whether it is
 * believed is `bfd/accept.ts`. An authentication section is stepped over: keepalived, and so vipd, has none of its own.
 *
 *  0               1               2               3
 * | vers=1| diag  |sta|P|F|C|A|D|M| detect mult   | length        |
 * | my discriminator                                              |
 * | your discriminator                                            |
 * | desired min TX interval (us)                                  |
 * | required min RX interval (us)                                 |
 * | required min echo RX interval (us)                            |
 * | authentication section, with A                                |
 */
import { err, ok, type Result } from '../base/result.ts';
import { assertField, putU32, u32 } from './octets.ts';

/** Field offsets in octets. */
const Field = {
  versionDiag: 0,
  stateFlags: 1,
  multiplier: 2,
  length: 3,
  myDiscriminator: 4,
  yourDiscriminator: 8,
  desiredMinTx: 12,
  requiredMinRx: 16,
  requiredMinEchoRx: 20,
} as const;

/** Octets of a packet without authentication. */
export const BFD_LENGTH = 24;
/** With the A bit an authentication type and length follow. */
const LEAST_AUTHENTICATED = 26;
const VERSION = 1;
const MAX_U32 = 0xffff_ffff;
const Flag = {
  poll: 0x20,
  final: 0x10,
  independent: 0x08,
  authentication: 0x04,
  demand: 0x02,
  multipoint: 0x01,
} as const;
/** By the two bits on the wire. */
const STATES = ['admin-down', 'down', 'init', 'up'] as const;

/** What the bytes say. The same shape as in `bfd/types.ts`. */
export type ControlFacts = {
  readonly state: 'admin-down' | 'down' | 'init' | 'up';
  readonly diag: number; // 0..31
  readonly poll: boolean;
  readonly final: boolean;
  readonly authentication: boolean; // an authentication section follows
  readonly demand: boolean;
  readonly multiplier: number; // 1..255
  readonly myDiscriminator: number; // 1..2^32-1
  readonly yourDiscriminator: number; // 0: the sender does not know it yet
  readonly desiredMinTxUs: number; // 0..2^32-1 us, as the next two
  readonly requiredMinRxUs: number; // 0: send me nothing
  readonly requiredMinEchoRxUs: number; // 0: no echo packets
};

/** Closed set; at once the counter and the log word. The checks of RFC 5880 6.8.6 that need nothing but the packet. */
export type ControlErrorCode =
  | 'truncated'
  | 'version'
  | 'length'
  | 'multiplier-zero'
  | 'multipoint'
  | 'my-discriminator-zero';

/** Total over all inputs: never throws. Octets behind the length field are ignored, as RFC 5880 asks. */
export function decodeControl(data: Uint8Array): Result<ControlFacts, ControlErrorCode> {
  if (data.length < BFD_LENGTH) return err('truncated');
  const versionDiag = data[Field.versionDiag] as number;
  if (versionDiag >> 5 !== VERSION) return err('version');
  const flags = data[Field.stateFlags] as number;
  const authentication = (flags & Flag.authentication) !== 0;
  const length = data[Field.length] as number;
  if (length < (authentication ? LEAST_AUTHENTICATED : BFD_LENGTH) || length > data.length)
    return err('length');
  const multiplier = data[Field.multiplier] as number;
  if (multiplier === 0) return err('multiplier-zero');
  if ((flags & Flag.multipoint) !== 0) return err('multipoint');
  const myDiscriminator = u32(data, Field.myDiscriminator);
  if (myDiscriminator === 0) return err('my-discriminator-zero');
  return ok({
    state: STATES[flags >> 6] as ControlFacts['state'],
    diag: versionDiag & 0x1f,
    poll: (flags & Flag.poll) !== 0,
    final: (flags & Flag.final) !== 0,
    authentication,
    demand: (flags & Flag.demand) !== 0,
    multiplier,
    myDiscriminator,
    yourDiscriminator: u32(data, Field.yourDiscriminator),
    desiredMinTxUs: u32(data, Field.desiredMinTx),
    requiredMinRxUs: u32(data, Field.requiredMinRx),
    requiredMinEchoRxUs: u32(data, Field.requiredMinEchoRx),
  });
}

/** Writes every octet of `out`, which has BFD_LENGTH of them; fails (assert) for what the fields cannot hold. */
export function encodeControl(c: ControlFacts, out: Uint8Array): void {
  assertField('length of the buffer', out.length, BFD_LENGTH, BFD_LENGTH);
  assertField('diagnostic', c.diag, 0, 31);
  assertField('multiplier', c.multiplier, 1, 255);
  assertField('my discriminator', c.myDiscriminator, 1, MAX_U32);
  assertField('your discriminator', c.yourDiscriminator, 0, MAX_U32);
  assertField('desired min TX interval', c.desiredMinTxUs, 0, MAX_U32);
  assertField('required min RX interval', c.requiredMinRxUs, 0, MAX_U32);
  assertField('required min echo RX interval', c.requiredMinEchoRxUs, 0, MAX_U32);
  // The A bit announces a section that this encoder does not write.
  assertField('authentication', Number(c.authentication), 0, 0);
  out[Field.versionDiag] = (VERSION << 5) | c.diag;
  out[Field.stateFlags] =
    (STATES.indexOf(c.state) << 6) |
    (c.poll ? Flag.poll : 0) |
    (c.final ? Flag.final : 0) |
    (c.demand ? Flag.demand : 0);
  out[Field.multiplier] = c.multiplier;
  out[Field.length] = BFD_LENGTH;
  putU32(out, Field.myDiscriminator, c.myDiscriminator);
  putU32(out, Field.yourDiscriminator, c.yourDiscriminator);
  putU32(out, Field.desiredMinTx, c.desiredMinTxUs);
  putU32(out, Field.requiredMinRx, c.requiredMinRxUs);
  putU32(out, Field.requiredMinEchoRx, c.requiredMinEchoRxUs);
}
