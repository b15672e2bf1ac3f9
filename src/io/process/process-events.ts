/** The kernel's process events (<linux/cn_proc.h>) as values: a netlink header, a connector header, then the event. */
import { endianness } from 'node:os';

export const NETLINK_CONNECTOR = 11;
/** Group and connector index of process events. */
export const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const PROC_CN_MCAST_LISTEN = 1;
const NLMSG_DONE = 3;

/** Offsets in a datagram. */
const Field = { length: 0, index: 16, what: 36, data: 52 } as const;
const HEADERS_BYTES = 36;
const WHAT = { none: 0, fork: 1, exec: 2, comm: 0x200, exit: 0x8000_0000 } as const;
const LITTLE = endianness() === 'LE';

export type ProcessEvent =
  /** Whether the kernel has agreed to tell: 0 or an errno. */
  | { readonly type: 'answer'; readonly error: number }
  | { readonly type: 'fork'; readonly parent: number; readonly child: number }
  /** Its command line, or its name, is another one now. */
  | { readonly type: 'changed'; readonly pid: number }
  | { readonly type: 'exit'; readonly pid: number };

/** The message that asks for events. */
export function listenMessage(): Uint8Array {
  const out = new Uint8Array(40);
  const view = new DataView(out.buffer);
  view.setUint32(0, out.length, LITTLE);
  view.setUint16(4, NLMSG_DONE, LITTLE);
  view.setUint32(16, CN_IDX_PROC, LITTLE);
  view.setUint32(20, CN_VAL_PROC, LITTLE);
  view.setUint16(32, 4, LITTLE);
  view.setUint32(36, PROC_CN_MCAST_LISTEN, LITTLE);
  return out;
}

/** undefined: threads, other kinds, and whatever is too short. */
export function processEvent(data: Uint8Array): ProcessEvent | undefined {
  if (data.length < Field.data + 8) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const word = (at: number): number => view.getUint32(at, LITTLE);
  if (word(Field.length) < Field.data || word(Field.index) !== CN_IDX_PROC) return undefined;
  const [pid, group] = [word(Field.data), word(Field.data + 4)];
  switch (word(Field.what)) {
    case WHAT.none:
      return { type: 'answer', error: pid };
    case WHAT.fork: {
      if (data.length < Field.data + 16) return undefined;
      const [child, childGroup] = [word(Field.data + 8), word(Field.data + 12)];
      return child === childGroup ? { type: 'fork', parent: group, child } : undefined;
    }
    case WHAT.exec:
    case WHAT.comm:
      return pid === group ? { type: 'changed', pid } : undefined;
    case WHAT.exit:
      return pid === group ? { type: 'exit', pid } : undefined;
    default:
      return undefined;
  }
}

/** For tests: what the kernel would send; `words` follow the time stamp. */
export function encodeProcessEvent(what: keyof typeof WHAT, words: readonly number[]): Uint8Array {
  const out = new Uint8Array(76);
  const view = new DataView(out.buffer);
  view.setUint32(0, out.length, LITTLE);
  view.setUint32(Field.index, CN_IDX_PROC, LITTLE);
  view.setUint16(HEADERS_BYTES - 4, 40, LITTLE);
  view.setUint32(Field.what, WHAT[what], LITTLE);
  for (const [i, w] of words.entries()) view.setUint32(Field.data + 4 * i, w, LITTLE);
  return out;
}
