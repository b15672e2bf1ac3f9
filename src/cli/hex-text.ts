/**
 * Frames written as hex digits: one a line, or wrapped, or a dump with offsets (`xxd`, `hexdump -C`, `tcpdump -xx`,
 * Wireshark). '#', ';' and '//' begin comments. An empty line ends a frame; so does an offset of 0, and, without
 * offsets, a line that cannot be the continuation of a wrapped one.
 */
import type { ByteSource } from './byte-source.ts';
import { type CapturedPacket, CaptureError, MAX_PACKET_LENGTH } from './capture.ts';

/** Digits, blanks and an offset for the longest frame on one line. */
const MAX_LINE_LENGTH: number = 4 * MAX_PACKET_LENGTH;
/** Octets a line where tools wrap (`xxd -p` 30). A whole VRRP or ARP frame is longer, so it is never joined. */
const WRAP_WIDTHS: ReadonlySet<number> = new Set([16, 30, 32]);
const OCTETS_BEFORE_GAP = 8;

type Line = { readonly offset: number | undefined; readonly octets: Uint8Array };
type Frame = {
  readonly lines: Uint8Array[];
  length: number;
  readonly withOffsets: boolean;
  readonly at: number;
};

export async function* readHexText(source: ByteSource): AsyncGenerator<CapturedPacket> {
  let frame: Frame | undefined;
  for await (const { text, at } of lines(source)) {
    const line = parseLine(text, frame, at);
    if (line === undefined) {
      // A comment alone does not end a frame, an empty line does.
      if (frame !== undefined && text.trim() === '') {
        yield packet(frame);
        frame = undefined;
      }
      continue;
    }
    if (frame !== undefined && !continues(frame, line)) {
      yield packet(frame);
      frame = undefined;
    }
    if (line.offset !== undefined && line.offset !== (frame?.length ?? 0))
      throw new CaptureError(`hex offset ${line.offset} follows ${frame?.length ?? 0} octets`, at);
    frame ??= { lines: [], length: 0, withOffsets: line.offset !== undefined, at };
    frame.lines.push(line.octets);
    frame.length += line.octets.length;
    if (frame.length > MAX_PACKET_LENGTH)
      throw new CaptureError(`frame of more than ${MAX_PACKET_LENGTH} octets`, frame.at);
    if (line.offset === undefined && !WRAP_WIDTHS.has(frame.lines[0]?.length ?? 0)) {
      yield packet(frame);
      frame = undefined;
    }
  }
  if (frame !== undefined) yield packet(frame);
}

function packet(frame: Frame): CapturedPacket {
  const data = new Uint8Array(frame.length);
  let at = 0;
  for (const part of frame.lines) {
    data.set(part, at);
    at += part.length;
  }
  return { data, linkType: undefined, atNs: undefined, offset: frame.at };
}

function continues(frame: Frame, line: Line): boolean {
  if (line.offset !== undefined) return line.offset !== 0;
  if (frame.withOffsets) return false;
  const width = frame.lines[0]?.length ?? 0;
  return line.octets.length <= width && frame.length % width === 0;
}

/** undefined for a line with nothing but blanks or a comment. What is there of `frame` tells an offset from data. */
function parseLine(text: string, frame: Frame | undefined, at: number): Line | undefined {
  const bare = text.replace(/(#|;|\/\/).*$/, '').trim();
  if (bare === '') return undefined;
  const marked = /^(?:0x)?([0-9a-fA-F]{1,8}):\s+(\S.*)$/.exec(text.trim());
  if (marked !== null) return dumpLine(marked, at);
  // `hexdump` ends with the length alone.
  if (frame?.withOffsets && /^[0-9a-fA-F]{7,8}$/.test(bare) && Number.parseInt(bare, 16) === frame.length)
    return undefined;
  const gap = /^([0-9a-fA-F]{4,8})(?:\s{2,}|\t)(\S.*)$/.exec(text.trim());
  if (gap !== null) {
    const offset = Number.parseInt(gap[1] as string, 16);
    if (offset === 0 || offset === frame?.length) return dumpLine(gap, at);
  }
  return { offset: undefined, octets: octetsOf(bare.replace(/^0x/, '').replace(/[\s:]+/g, ''), at) };
}

/** Behind an offset: octets, in `hexdump -C` with a gap in their middle, then perhaps the same as characters. */
function dumpLine(match: RegExpExecArray, at: number): Line {
  const offset = Number.parseInt(match[1] as string, 16);
  const groups = (match[2] as string).replace(/\|.*$/, '').split(/\s{2,}|\t/);
  let octets = octetsOf((groups[0] as string).replaceAll(' ', ''), at);
  const second = groups[1]?.replaceAll(' ', '') ?? '';
  if (octets.length === OCTETS_BEFORE_GAP && /^(?:[0-9a-fA-F]{2}){1,8}$/.test(second))
    octets = Uint8Array.of(...octets, ...octetsOf(second, at));
  return { offset, octets };
}

function octetsOf(digits: string, at: number): Uint8Array {
  const bad = /[^0-9a-fA-F]/.exec(digits);
  if (bad !== null) throw new CaptureError(`${JSON.stringify(bad[0])} is not a hex digit`, at);
  if (digits.length % 2 !== 0) throw new CaptureError(`odd number of hex digits (${digits.length})`, at);
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Lines of text with the offset of each; octets that are no ASCII become U+FFFD or the like and fail as digits. */
async function* lines(source: ByteSource): AsyncGenerator<{ text: string; at: number }> {
  let start = source.offset;
  let pending = '';
  for (;;) {
    const chunk = await source.next();
    if (chunk.length === 0) break;
    const searched = pending.length;
    // One character an octet, so that lengths are offsets.
    pending += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    let from = 0;
    for (let end = pending.indexOf('\n', searched); end !== -1; end = pending.indexOf('\n', from)) {
      yield { text: pending.slice(from, end).replace(/\r$/, ''), at: start + from };
      from = end + 1;
    }
    start += from;
    pending = pending.slice(from);
    if (pending.length > MAX_LINE_LENGTH)
      throw new CaptureError(`line of more than ${MAX_LINE_LENGTH} characters`, start);
  }
  if (pending !== '') yield { text: pending, at: start };
}
