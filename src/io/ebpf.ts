/**
 * A tiny assembler of eBPF for socket filters: instructions with named jump targets to the 8-octet form the kernel takes.
 * The programs themselves stand with the sockets they guard. See linux/bpf.h and the kernel's instruction set document.
 */
import { assert } from '../base/assert.ts';

/** Results and arguments of calls are in 0..5, which a call spoils; 6..9 are kept; 10 is the frame. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;
export const FRAME = 10;

type Line = {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number | string; // a label for jumps
  readonly imm: number;
};
/** A label (a bare string) or an instruction. */
export type EbpfLine = string | Line;

const line = (code: number, dst: number, src: number, offset: number | string, imm: number): Line => ({
  code,
  dst,
  src,
  offset,
  imm,
});

/** Packet loads put their value, in the host's order, into register 0, and want the context in 6. Behind the packet: it is dropped. */
const PACKET_SIZE = { byte: 0x10, word: 0x00 } as const;
export const packetAt = (size: 'byte' | 'word', at: number): EbpfLine =>
  line(0x20 | PACKET_SIZE[size], 0, 0, 0, at);
/** At `at` behind the offset in `base`. */
export const packetBehind = (size: 'byte' | 'word', base: Register, at: number): EbpfLine =>
  line(0x40 | PACKET_SIZE[size], 0, base, 0, at);

export const move = (to: Register, from: Register): EbpfLine => line(0xbf, to, from, 0, 0);
export const set = (to: Register, value: number): EbpfLine => line(0xb7, to, 0, 0, value);
export const add = (to: Register, value: number): EbpfLine => line(0x07, to, 0, 0, value);
/** The low 32 bits, the rest becomes zero. */
export const add32 = (to: Register, value: number): EbpfLine => line(0x04, to, 0, 0, value);
export const and = (to: Register, value: number): EbpfLine => line(0x57, to, 0, 0, value);
export const shiftLeft = (to: Register, bits: number): EbpfLine => line(0x67, to, 0, 0, bits);
/** to -= from, 32 bits. */
export const subtract32 = (to: Register, from: Register): EbpfLine => line(0x1c, to, from, 0, 0);

/** to = 32 bits at base + at */
export const load32 = (to: Register, base: Register, at: number): EbpfLine => line(0x61, to, base, at, 0);
export const store32 = (base: Register, at: number, from: Register): EbpfLine =>
  line(0x63, base, from, at, 0);
export const store64 = (base: Register, at: number, from: Register): EbpfLine =>
  line(0x7b, base, from, at, 0);
/** [base + at] += from, in one step for all processors. */
export const atomicAdd32 = (base: Register, at: number, from: Register): EbpfLine =>
  line(0xc3, base, from, at, 0);
export const atomicAdd64 = (base: Register, at: number, from: Register): EbpfLine =>
  line(0xdb, base, from, at, 0);

export const jump = (to: string): EbpfLine => line(0x05, 0, 0, to, 0);
/** All 64 bits, for what a lookup returned. */
export const jumpIfNull = (a: Register, to: string): EbpfLine => line(0x15, a, 0, to, 0);
/** These compare the low 32 bits (Linux 5.1). */
export const jumpIfIs = (a: Register, value: number, to: string): EbpfLine => line(0x16, a, 0, to, value);
export const jumpIfNot = (a: Register, value: number, to: string): EbpfLine => line(0x56, a, 0, to, value);
export const jumpIfDiffer = (a: Register, b: Register, to: string): EbpfLine => line(0x5e, a, b, to, 0);

/** Numbers of helpers. */
export const MAP_LOOKUP = 1; // (map, pointer to the key) -> pointer to the value or null
export const KTIME_NS = 5; // () -> CLOCK_MONOTONIC of the first time namespace
export const call = (helper: number): EbpfLine => line(0x85, 0, 0, 0, helper);
/** Ends with register 0: how many octets of the packet pass, 0 drops it. */
export const exit = (): EbpfLine => line(0x95, 0, 0, 0, 0);

const LOAD_64 = 0x18;
const PSEUDO_MAP_FD = 1;
/** Two instructions wide. */
export const loadMap = (to: Register, fd: number): EbpfLine => line(LOAD_64, to, PSEUDO_MAP_FD, 0, fd);

const INSTRUCTION_LENGTH = 8;
const MAX_INSTRUCTIONS = 4096;
const width = (l: Line): number => (l.code === LOAD_64 ? 2 : 1);

/** Whether this host's instructions have the order of fields that `assembleEbpf` writes. */
export const ebpfByteOrder = (): boolean => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** For a little-endian host. Fails (assert) for an unknown label, a jump back, and an over-long program. */
export function assembleEbpf(lines: readonly EbpfLine[]): Uint8Array {
  const labels = new Map<string, number>();
  let count = 0;
  for (const l of lines) {
    if (typeof l === 'string') labels.set(l, count);
    else count += width(l);
  }
  assert(count >= 1 && count <= MAX_INSTRUCTIONS, `an eBPF program has 1..${MAX_INSTRUCTIONS} instructions`);
  const out = new Uint8Array(count * INSTRUCTION_LENGTH);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const l of lines) {
    if (typeof l === 'string') continue;
    const offset = typeof l.offset === 'number' ? l.offset : (labels.get(l.offset) ?? -1) - at - 1;
    assert(typeof l.offset === 'number' || offset >= 0, `eBPF jump from ${at} to '${l.offset}'`);
    const octet = at * INSTRUCTION_LENGTH;
    view.setUint8(octet, l.code);
    view.setUint8(octet + 1, l.dst | (l.src << 4));
    view.setInt16(octet + 2, offset, true);
    view.setInt32(octet + 4, l.imm | 0, true);
    at += width(l);
  }
  return out;
}
