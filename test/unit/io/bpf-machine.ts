/** An interpreter of classic BPF, written from linux/filter.h's description, to run our filters without a kernel. */

const at = (packet: Uint8Array, offset: number, octets: number): number | undefined => {
  if (offset < 0 || offset + octets > packet.length) return undefined;
  let value = 0;
  for (let i = 0; i < octets; i++) value = value * 256 + (packet[offset + i] as number);
  return value;
};

/** SKF_NET_OFF: absolute loads from here on count from the network header. */
const NETWORK = 0xfff00000;

/**
 * Octets of `packet` that pass; a load behind its end drops it. `networkHeader` is what lies before `packet`, where a socket
 * delivers without it. Throws for an opcode that it does not know.
 */
export function runBpf(program: Uint8Array, packet: Uint8Array, networkHeader?: Uint8Array): number {
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  let a = 0;
  let x = 0;
  const memory = new Uint32Array(16);
  for (let pc = 0; ; pc++) {
    if (pc * 8 >= program.length) throw new Error('ran off the program');
    const code = view.getUint16(pc * 8, little);
    const yes = view.getUint8(pc * 8 + 2);
    const no = view.getUint8(pc * 8 + 3);
    const k = view.getUint32(pc * 8 + 4, little);
    const size = { 0: 4, 8: 2, 16: 1 }[code & 0x18] ?? 0;
    const load = (offset: number): boolean => {
      const value =
        offset >= NETWORK ? at(networkHeader ?? packet, offset - NETWORK, size) : at(packet, offset, size);
      if (value !== undefined) a = value;
      return value !== undefined;
    };
    switch (code) {
      case 0x20:
      case 0x28:
      case 0x30:
        if (!load(k)) return 0;
        break;
      case 0x50:
        if (!load(x + k)) return 0;
        break;
      case 0x00:
        a = k;
        break;
      case 0x60:
        a = memory[k] as number;
        break;
      case 0xb1: {
        const octet = at(packet, k, 1);
        if (octet === undefined) return 0;
        x = 4 * (octet & 15);
        break;
      }
      case 0x02:
        memory[k] = a;
        break;
      case 0x07:
        x = a;
        break;
      case 0x54:
        a = (a & k) >>> 0;
        break;
      case 0x5c:
        a = (a & x) >>> 0;
        break;
      case 0x74:
        a >>>= k;
        break;
      case 0x6c:
        a = (a << x) >>> 0;
        break;
      case 0x05:
        pc += k;
        break;
      case 0x15:
        pc += a === k ? yes : no;
        break;
      case 0x1d:
        pc += a === x ? yes : no;
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`opcode 0x${code.toString(16)}`);
    }
  }
}
