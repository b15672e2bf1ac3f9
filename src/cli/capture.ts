/**
 * Captured packets out of a file, one at a time: pcap (micro- and nanoseconds, both byte orders), pcapng and hex text.
 * No format is believed: every length is bounded before memory is taken. Formats: draft-ietf-opsawg-pcap and -pcapng.
 */

export type CapturedPacket = {
  readonly data: Uint8Array;
  /** libpcap's LINKTYPE_ number; undefined: the file does not say (hex text). */
  readonly linkType: number | undefined;
  readonly atNs: bigint | undefined; // since 1970 UTC
  readonly offset: number; // of the record in the file, octets
};

/** What is wrong with a file, and where. The packets in front of it were good. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly offset: number; // octets
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** libpcap's own MAXIMUM_SNAPLEN: no real record is larger, so a larger claim is a lie. */
export const MAX_PACKET_LENGTH = 262_144;
