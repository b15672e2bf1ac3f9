/**
 * pcapng files: sections of blocks. Read are the section header, interface description, enhanced and simple packet
 * blocks; all others are passed over without being held.
 */
import type { ByteSource } from './byte-source.ts';
import { type CapturedPacket, CaptureError, MAX_PACKET_LENGTH } from './capture.ts';

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_SIMPLE_PACKET = 3;
const BLOCK_ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION_END = 0;
const OPTION_TIME_RESOLUTION = 9;
/** Type, total length in front and total length behind. */
const BLOCK_FRAME_LENGTH = 12;
const ENHANCED_HEADER_LENGTH = 20;
/** A packet, its fixed fields and a page of options. */
const MAX_BLOCK_LENGTH: number = MAX_PACKET_LENGTH + 8192;
const MAX_INTERFACES = 1024;
const NS_PER_S = 1_000_000_000n;

type Interface = { readonly linkType: number; readonly snapLength: number; readonly ticksPerS: bigint };
type Block = { readonly type: number; readonly body: DataView; readonly offset: number };

export function isPcapng(magic: Uint8Array): boolean {
  return magic.length >= 4 && dataView(magic).getUint32(0) === BLOCK_SECTION;
}

/** Yields each packet; throws `CaptureError` at the first block that cannot be. */
export async function* readPcapng(source: ByteSource): AsyncGenerator<CapturedPacket> {
  let littleEndian = true;
  let interfaces: Interface[] = [];
  for (;;) {
    const offset = source.offset;
    const head = await source.peek(12);
    if (head.length === 0) return;
    if (head.length < 12) throw new CaptureError(`block header: ${head.length} octets of 12`, offset);
    if (dataView(head).getUint32(0) === BLOCK_SECTION) {
      littleEndian = sectionOrder(head, offset);
      interfaces = [];
    }
    const block = await readBlock(source, littleEndian);
    if (block === undefined) continue;
    if (block.type === BLOCK_INTERFACE) {
      if (interfaces.length >= MAX_INTERFACES)
        throw new CaptureError(`more than ${MAX_INTERFACES} interfaces`, offset);
      interfaces.push(readInterface(block, littleEndian));
    } else if (block.type === BLOCK_ENHANCED_PACKET) {
      yield enhancedPacket(block, interfaces, littleEndian);
    } else if (block.type === BLOCK_SIMPLE_PACKET) {
      yield simplePacket(block, interfaces, littleEndian);
    }
  }
}

function sectionOrder(head: Uint8Array, offset: number): boolean {
  for (const littleEndian of [true, false])
    if (dataView(head).getUint32(8, littleEndian) === BYTE_ORDER_MAGIC) return littleEndian;
  throw new CaptureError('section header without a byte-order magic', offset);
}

/** undefined for a block that is passed over. */
async function readBlock(source: ByteSource, littleEndian: boolean): Promise<Block | undefined> {
  const offset = source.offset;
  const head = dataView(await source.read(8));
  const type = head.getUint32(0, littleEndian);
  const length = head.getUint32(4, littleEndian);
  if (length < BLOCK_FRAME_LENGTH || length % 4 !== 0)
    throw new CaptureError(
      `block length ${length} is not a multiple of 4 from ${BLOCK_FRAME_LENGTH} on`,
      offset,
    );
  const wanted = type === BLOCK_INTERFACE || type === BLOCK_ENHANCED_PACKET || type === BLOCK_SIMPLE_PACKET;
  if (!wanted) {
    const passed = await source.skip(length - 8);
    if (passed < length - 8) throw cutShort(8 + passed, length, offset);
    return undefined;
  }
  if (length > MAX_BLOCK_LENGTH)
    throw new CaptureError(`block of ${length} octets, more than ${MAX_BLOCK_LENGTH}`, offset);
  const rest = await source.read(length - 8);
  if (rest.length < length - 8) throw cutShort(8 + rest.length, length, offset);
  return { type, body: dataView(rest.subarray(0, length - BLOCK_FRAME_LENGTH)), offset };
}

function cutShort(got: number, want: number, offset: number): CaptureError {
  return new CaptureError(`block cut short: ${got} octets of ${want}`, offset);
}

function readInterface({ body, offset }: Block, littleEndian: boolean): Interface {
  if (body.byteLength < 8) throw new CaptureError(`interface block of ${body.byteLength} octets`, offset);
  let ticksPerS = 1_000_000n;
  for (let at = 8; at + 4 <= body.byteLength; ) {
    const code = body.getUint16(at, littleEndian);
    const length = body.getUint16(at + 2, littleEndian);
    if (code === OPTION_END) break;
    if (code === OPTION_TIME_RESOLUTION && length === 1 && at + 4 < body.byteLength) {
      const power = body.getUint8(at + 4);
      ticksPerS = power < 0x80 ? 10n ** BigInt(power) : 2n ** BigInt(power & 0x7f);
    }
    at += 4 + ((length + 3) & ~3);
  }
  return {
    linkType: body.getUint16(0, littleEndian),
    snapLength: body.getUint32(4, littleEndian),
    ticksPerS,
  };
}

function enhancedPacket(
  { body, offset }: Block,
  interfaces: Interface[],
  littleEndian: boolean,
): CapturedPacket {
  if (body.byteLength < ENHANCED_HEADER_LENGTH)
    throw new CaptureError(`packet block of ${body.byteLength} octets`, offset);
  const of = interfaceAt(interfaces, body.getUint32(0, littleEndian), offset);
  const ticks = (BigInt(body.getUint32(4, littleEndian)) << 32n) | BigInt(body.getUint32(8, littleEndian));
  const data = packetData(body, ENHANCED_HEADER_LENGTH, body.getUint32(12, littleEndian), offset);
  return { data, linkType: of.linkType, atNs: (ticks * NS_PER_S) / of.ticksPerS, offset };
}

function simplePacket(
  { body, offset }: Block,
  interfaces: Interface[],
  littleEndian: boolean,
): CapturedPacket {
  if (body.byteLength < 4) throw new CaptureError(`packet block of ${body.byteLength} octets`, offset);
  const of = interfaceAt(interfaces, 0, offset);
  const original = body.getUint32(0, littleEndian);
  const captured = of.snapLength === 0 ? original : Math.min(original, of.snapLength);
  return { data: packetData(body, 4, captured, offset), linkType: of.linkType, atNs: undefined, offset };
}

function packetData(body: DataView, at: number, length: number, offset: number): Uint8Array {
  if (length > body.byteLength - at || length > MAX_PACKET_LENGTH)
    throw new CaptureError(
      `packet of ${length} octets in a block with room for ${body.byteLength - at}`,
      offset,
    );
  return new Uint8Array(body.buffer, body.byteOffset + at, length);
}

function interfaceAt(interfaces: Interface[], index: number, offset: number): Interface {
  const found = interfaces[index];
  if (found === undefined)
    throw new CaptureError(`packet of interface ${index}, which no block describes`, offset);
  return found;
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
