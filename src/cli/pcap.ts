/** pcap files: a header of 24 octets, then records of 16 octets and the packet. */
import type { ByteSource } from './byte-source.ts';
import { type CapturedPacket, CaptureError, MAX_PACKET_LENGTH } from './capture.ts';

/** Field offsets in octets. */
const Header = { magic: 0, network: 20, length: 24 } as const;
const Record = { seconds: 0, fraction: 4, captured: 8, length: 16 } as const;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
/** The upper bits of the link type hold the length of the frame check sequence. */
const LINK_TYPE_BITS = 0x0fff_ffff;
const NS_PER_S = 1_000_000_000n;

type Form = { readonly littleEndian: boolean; readonly fractionNs: bigint };

/** undefined where the first four octets are not those of a pcap file. */
export function pcapForm(magic: Uint8Array): Form | undefined {
  if (magic.length < 4) return undefined;
  const view = new DataView(magic.buffer, magic.byteOffset, magic.byteLength);
  for (const littleEndian of [true, false]) {
    const value = view.getUint32(Header.magic, littleEndian);
    if (value === MAGIC_MICROSECONDS) return { littleEndian, fractionNs: 1000n };
    if (value === MAGIC_NANOSECONDS) return { littleEndian, fractionNs: 1n };
  }
  return undefined;
}

/** Yields each record; throws `CaptureError` at the first that cannot be. */
export async function* readPcap(source: ByteSource, form: Form): AsyncGenerator<CapturedPacket> {
  const { littleEndian } = form;
  const header = await source.read(Header.length);
  if (header.length < Header.length)
    throw new CaptureError(`pcap header: ${header.length} octets of ${Header.length}`, 0);
  const linkType = dataView(header).getUint32(Header.network, littleEndian) & LINK_TYPE_BITS;
  for (;;) {
    const offset = source.offset;
    const record = await source.read(Record.length);
    if (record.length === 0) return;
    if (record.length < Record.length)
      throw new CaptureError(`record header: ${record.length} octets of ${Record.length}`, offset);
    const view = dataView(record);
    const captured = view.getUint32(Record.captured, littleEndian);
    if (captured > MAX_PACKET_LENGTH)
      throw new CaptureError(`record of ${captured} octets, more than ${MAX_PACKET_LENGTH}`, offset);
    const data = await source.read(captured);
    if (data.length < captured)
      throw new CaptureError(`record cut short: ${data.length} octets of ${captured}`, offset);
    const seconds = BigInt(view.getUint32(Record.seconds, littleEndian));
    const fraction = BigInt(view.getUint32(Record.fraction, littleEndian));
    yield { data, linkType, atNs: seconds * NS_PER_S + fraction * form.fractionNs, offset };
  }
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
