/**
 * Ethernet II header (IEEE 802.3 clause 3.2.6): destination (6), source (6), EtherType (2), payload.
 * Knows no tags and no frame check sequence.
 */
import { assert } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import { assertField, copy, putU16, u16 } from './octets.ts';

/** Field offsets in octets. */
export const EthernetField = { destination: 0, source: 6, type: 12, payload: 14 } as const;

export const ETHERNET_HEADER_LENGTH = 14;

export type EthernetFrame = {
  readonly destination: Uint8Array; // 6 octets, a copy
  readonly source: Uint8Array; // 6 octets, a copy
  readonly type: number; // EtherType, 0..0xffff
  readonly payload: Uint8Array; // a view, padding included
};

export type EthernetError = { readonly code: 'truncated'; readonly got: number; readonly want: number };

/** Total over all inputs. */
export function decodeEthernet(frame: Uint8Array): Result<EthernetFrame, EthernetError> {
  if (frame.length < ETHERNET_HEADER_LENGTH)
    return err({ code: 'truncated', got: frame.length, want: ETHERNET_HEADER_LENGTH });
  return ok({
    destination: copy(frame, EthernetField.destination, EthernetField.source),
    source: copy(frame, EthernetField.source, EthernetField.type),
    type: u16(frame, EthernetField.type),
    payload: frame.subarray(EthernetField.payload),
  });
}

/** Writes the first 14 octets of `out`. */
export function encodeEthernetHeaderInto(
  destination: Uint8Array,
  source: Uint8Array,
  type: number,
  out: Uint8Array,
): void {
  assert(destination.length === 6 && source.length === 6, 'a MAC address is 6 octets');
  assertField('EtherType', type, 0, 0xffff);
  out.set(destination, EthernetField.destination);
  out.set(source, EthernetField.source);
  putU16(out, EthernetField.type, type);
}

/** '00:00:5e:00:01:33' of any number of octets. */
export function formatMac(mac: Uint8Array): string {
  let out = '';
  for (const octet of mac) out += `${out === '' ? '' : ':'}${octet.toString(16).padStart(2, '0')}`;
  return out;
}
