/** Builds capture files in every form that `vipd decode` reads, and runs it on them in memory. */
import { type DecodeOptions, runDecode } from '../../../src/cli/decode.ts';

export type Shot = { readonly data: Uint8Array; readonly atNs: bigint };

/** Numbers of one byte order, put one behind the other. */
export class Writer {
  readonly #parts: Buffer[] = [];
  readonly littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  u16(...values: number[]): this {
    for (const v of values) {
      const b = Buffer.alloc(2);
      if (this.littleEndian) b.writeUInt16LE(v);
      else b.writeUInt16BE(v);
      this.#parts.push(b);
    }
    return this;
  }

  u32(...values: number[]): this {
    for (const v of values) {
      const b = Buffer.alloc(4);
      if (this.littleEndian) b.writeUInt32LE(v);
      else b.writeUInt32BE(v);
      this.#parts.push(b);
    }
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#parts.push(Buffer.from(value));
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export function pcap(shots: readonly Shot[], littleEndian: boolean, nano: boolean, linkType = 1): Buffer {
  const w = new Writer(littleEndian)
    .u32(nano ? 0xa1b23c4d : 0xa1b2c3d4)
    .u16(2, 4)
    .u32(0, 0, 262_144, linkType);
  for (const { data, atNs } of shots) {
    const fraction = Number(atNs % 1_000_000_000n);
    w.u32(Number(atNs / 1_000_000_000n), nano ? fraction : Math.trunc(fraction / 1000));
    w.u32(data.length, data.length).bytes(data);
  }
  return w.done();
}

export function block(littleEndian: boolean, type: number, body: Uint8Array): Buffer {
  const padded = Buffer.concat([body, new Uint8Array(-body.length & 3)]);
  const length = padded.length + 12;
  return new Writer(littleEndian).u32(type, length).bytes(padded).u32(length).done();
}

/** One section, one Ethernet interface with nanoseconds, an unknown block, enhanced and (last) simple packets. */
export function pcapng(shots: readonly Shot[], littleEndian: boolean): Buffer {
  const w = () => new Writer(littleEndian);
  const resolution = w()
    .u16(9, 1)
    .bytes(Uint8Array.of(9, 0, 0, 0))
    .u16(0, 0)
    .done();
  const blocks = [
    block(littleEndian, 0x0a0d0d0a, w().u32(0x1a2b3c4d).u16(1, 0).u32(0xffffffff, 0xffffffff).done()),
    block(littleEndian, 1, w().u16(1, 0).u32(0).bytes(resolution).done()),
    block(littleEndian, 0xbad, new Uint8Array(101)),
  ];
  for (const [i, { data, atNs }] of shots.entries()) {
    if (i === shots.length - 1) {
      blocks.push(block(littleEndian, 3, w().u32(data.length).bytes(data).done()));
      continue;
    }
    const head = w()
      .u32(0, Number(atNs >> 32n), Number(atNs & 0xffffffffn), data.length, data.length)
      .done();
    blocks.push(block(littleEndian, 6, Buffer.concat([head, data])));
  }
  return Buffer.concat(blocks);
}

export type Ran = { readonly status: number; readonly out: string[]; readonly err: string[] };

/** Runs the command on files that are only in memory, handed over `chunk` octets at a time. */
export async function run(
  files: Readonly<Record<string, Uint8Array | string>>,
  options: Partial<DecodeOptions> = {},
  chunk = 1000,
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  async function* open(file: string): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(files[file] as string);
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const status = await runDecode(
    Object.keys(files),
    { json: true, keys: new Map(), ...options },
    (line) => out.push(line),
    (line) => err.push(line),
    open,
  );
  return { status, out, err };
}
