/** 'auth_type AH': whether a packet is from somebody with our password, and not one of those heard before (RFC 2402 3.4). */
import { equalBytes } from '../base/bytes.ts';
import { type AhProof, type AhRules, equalSecret, type Learnt } from './proof.ts';
import type { Detail } from './reject-reason.ts';

export type AhReason = 'ah-icv' | 'ah-spi' | 'ah-replay';
const ICV_LENGTH = 12;

export function verifyAh(
  rules: AhRules,
  sourceBytes: Uint8Array,
  proof: AhProof,
):
  | { readonly reason: AhReason; readonly detail: Detail; readonly learnt?: never }
  | { readonly reason?: never; readonly learnt: Learnt } {
  const icv = rules.hmacMd5(rules.key, proof.covered).subarray(0, ICV_LENGTH);
  if (!equalSecret(icv, proof.icv))
    return { reason: 'ah-icv', detail: { got: 'another check value', want: 'ours' } };
  if (!equalBytes(proof.spi, sourceBytes))
    return { reason: 'ah-spi', detail: { got: 'another SPI', want: 'the source address' } };
  if (proof.sequence <= rules.sequence)
    return {
      reason: 'ah-replay',
      detail: { got: String(proof.sequence), want: `more than ${rules.sequence}` },
    };
  return { learnt: { type: 'ah', sequence: proof.sequence } };
}
