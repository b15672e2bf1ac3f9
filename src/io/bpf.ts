/**
 * A tiny assembler of classic BPF (socket filters): instructions with named jump targets to the 8-octet form the kernel
 * takes. The programs themselves stand with the sockets they guard. See linux/filter.h and socket(7), SO_ATTACH_FILTER.
 */
import { assert } from '../base/assert.ts';

/** Opcodes, named as in the kernel's filter documentation. */
export const LD_B_ABS = 0x30; // A = packet[k]
export const LD_H_ABS = 0x28; // A = 16 bits at packet[k], network order
export const LD_W_ABS = 0x20; // A = 32 bits at packet[k], network order
export const LD_B_IND = 0x50; // A = packet[X + k]
export const LD_IMM = 0x00; // A = k
export const LD_MEM = 0x60; // A = M[k]
export const LDX_MSH = 0xb1; // X = 4 * (packet[k] & 15): an IPv4 header's length
export const ST = 0x02; // M[k] = A
export const TAX = 0x07; // X = A
export const AND_K = 0x54;
export const RSH_K = 0x74;
export const LSH_X = 0x6c;
export const AND_X = 0x5c;
export const JA = 0x05;
export const JEQ_K = 0x15;
export const JEQ_X = 0x1d;
export const RET_K = 0x06; // how many octets of the packet pass; 0 drops it

/** RET_K value: more than any packet has. */
export const WHOLE = 0x40000;
const INSTRUCTION_LENGTH = 8;
const MAX_INSTRUCTIONS = 4096; // BPF_MAXINSNS
const JUMP_CLASS = 0x05;

/**
 * A label (a bare string), or opcode, k and for jumps the label to go to when true and when false; '' is the next
 * instruction. JA takes the first label only.
 */
export type BpfLine =
  | string
  | readonly [code: number, k: number]
  | readonly [code: number, k: number, yes: string, no: string];

/** Fails (assert) for an unknown label, a jump back or one of more than 255 instructions, and an over-long program. */
export function assembleBpf(lines: readonly BpfLine[]): Uint8Array {
  const labels = new Map<string, number>();
  let count = 0;
  for (const line of lines) {
    if (typeof line === 'string') labels.set(line, count);
    else count++;
  }
  assert(count >= 1 && count <= MAX_INSTRUCTIONS, `a BPF program has 1..${MAX_INSTRUCTIONS} instructions`);
  const out = new ArrayBuffer(count * INSTRUCTION_LENGTH);
  // The kernel reads struct sock_filter in the host's byte order, as typed arrays do.
  const codes = new Uint16Array(out);
  const octets = new Uint8Array(out);
  const words = new Uint32Array(out);
  let at = 0;
  for (const line of lines) {
    if (typeof line === 'string') continue;
    const [code, k, yes = '', no = ''] = line;
    const jump = (label: string, max: number): number => {
      const offset = label === '' ? 0 : (labels.get(label) ?? -1) - at - 1;
      assert(offset >= 0 && offset <= max, `BPF jump from ${at} to '${label}'`);
      return offset;
    };
    codes[at * 4] = code;
    words[at * 2 + 1] = code === JA ? jump(yes, MAX_INSTRUCTIONS) : k;
    if ((code & 0x07) === JUMP_CLASS && code !== JA) {
      octets[at * INSTRUCTION_LENGTH + 2] = jump(yes, 255);
      octets[at * INSTRUCTION_LENGTH + 3] = jump(no, 255);
    }
    at++;
  }
  return octets;
}

/** Nothing passes: for sockets that only send. */
export const DROP_ALL: Uint8Array = assembleBpf([[RET_K, 0]]);
