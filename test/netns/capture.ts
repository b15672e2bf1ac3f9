/** Packets on a bridge: tcpdump into a file with the kernel's nanosecond stamps, and our reader of that file (pcap classic). */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { sleepMs, until } from './clock.ts';

const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;

export type Packet = { readonly atS: number; readonly bytes: Uint8Array };

export class Capture {
  readonly file: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(file: string, child: ChildProcess) {
    this.file = file;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /**
   * Resolves when the capture runs. `filter` is a tcpdump expression, '' for everything. `snapBytes`: how much of a frame is
   * kept, 0 for all of it; a storm of thousands of frames is seen whole only with a short one.
   */
  static async start(
    namespace: string,
    device: string,
    file: string,
    filter = '',
    snapBytes = 0,
  ): Promise<Capture> {
    const errors = openSync(`${file}.err`, 'w');
    const args = [
      '-i',
      device,
      '-U',
      '-n',
      '--immediate-mode',
      '--time-stamp-precision=nano',
      '-s',
      String(snapBytes),
      // In immediate mode a slot is as long as the snapshot: with the default ring a burst of 100 frames loses 60.
      '-B',
      '16384',
      '-w',
      file,
    ];
    const child = spawn(
      'nsenter',
      [
        `--net=/run/netns/${namespace}`,
        '--',
        'tcpdump',
        '-Z',
        'root',
        ...args,
        ...filter.split(' ').filter(Boolean),
      ],
      { stdio: ['ignore', 'ignore', errors] },
    );
    closeSync(errors);
    const capture = new Capture(file, child);
    if (!(await until(() => existsSync(file) && statSync(file).size >= PCAP_HEADER_BYTES, 5000)))
      throw new Error(`tcpdump does not start: ${readFileSync(`${file}.err`, 'utf8')}`);
    return capture;
  }

  /** How many frames the kernel had no room for; known after `stop`. */
  get dropped(): number {
    return Number(
      /^(\d+) packets? dropped by kernel/m.exec(readFileSync(`${this.file}.err`, 'utf8'))?.[1] ?? 0,
    );
  }

  /** Ends the capture; the file is whole afterwards. */
  async stop(): Promise<void> {
    await sleepMs(100);
    this.#child.kill('SIGINT');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await this.#ended;
    clearTimeout(killer);
  }

  /** For emergencies: no waiting, the file may end in half a record. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** All whole records of a file; half a record at the end is left out. */
export function readPcap(file: string): Packet[] {
  const data = readFileSync(file);
  if (data.length < PCAP_HEADER_BYTES) return [];
  const magic = data.readUInt32LE(0);
  if (magic !== MAGIC_NANOSECONDS && magic !== MAGIC_MICROSECONDS)
    throw new Error(`${file}: pcap magic ${magic.toString(16)}`);
  const unit = magic === MAGIC_NANOSECONDS ? 1e-9 : 1e-6;
  const packets: Packet[] = [];
  let at = PCAP_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= data.length) {
    const length = data.readUInt32LE(at + 8);
    const end = at + RECORD_HEADER_BYTES + length;
    if (end > data.length) break;
    const atS = data.readUInt32LE(at) + data.readUInt32LE(at + 4) * unit;
    packets.push({ atS, bytes: data.subarray(at + RECORD_HEADER_BYTES, end) });
    at = end;
  }
  return packets;
}
