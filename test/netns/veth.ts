/**
 * A network namespace of our own with one veth pair: 'va' is the interface under test, 'vb' the wire. What the test
 * puts on 'vb' arrives at 'va' as from another host, and what 'va' sends is heard on 'vb', so one process is both ends.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { native } from '../../src/native.ts';
import { encodeEthernetHeaderInto } from '../../src/wire/ethernet.ts';

export const MAC_A: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 0x0a);
export const MAC_B: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 0x0b);
const NAMESPACE = 'VIPD_TEST_NAMESPACE';
const NO_FILTER = new Uint8Array(0);
const LONGEST_FRAME = 2048;

/**
 * Registers `body`'s tests when this process is inside the namespace; else one test that makes it, runs the file `url`
 * again inside, and removes it.
 */
export function inNamespace(url: string, body: () => void): void {
  if (process.env[NAMESPACE] !== undefined) {
    body();
    return;
  }
  const skip = process.getuid?.() === 0 ? false : 'needs root: network namespaces';
  it(`${url.split('/').at(-1)} in a network namespace`, { skip }, () => {
    const name = `vipd-sock-${process.pid}`;
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    execFileSync('ip', ['netns', 'add', name]);
    try {
      const command = [
        process.execPath,
        '--enable-source-maps',
        '--expose-gc',
        '--test-reporter=spec',
        url.slice('file://'.length),
      ];
      const done = spawnSync('ip', ['netns', 'exec', name, ...command], {
        encoding: 'utf8',
        env: { ...env, [NAMESPACE]: name },
        timeout: 120_000,
      });
      process.stdout.write(done.stdout);
      assert.equal(done.status, 0, `${done.signal ?? ''}${done.stdout}${done.stderr}`);
    } finally {
      execFileSync('ip', ['netns', 'del', name]);
    }
  });
}

export const ip = (...args: string[]): void => {
  execFileSync('ip', args);
};

/** The pair, up, 'va' with 192.0.2.10/24 and an entry for the neighbour 192.0.2.20. Waits for nothing: veth is up at once. */
export function makePair(): void {
  ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
  ip('link', 'set', 'va', 'address', '02:00:00:00:00:0a');
  ip('link', 'set', 'vb', 'address', '02:00:00:00:00:0b');
  ip('link', 'set', 'vb', 'up');
  ip('link', 'set', 'va', 'up');
  ip('address', 'add', '192.0.2.10/24', 'dev', 'va');
  ip('neighbour', 'add', '192.0.2.20', 'lladdr', '02:00:00:00:00:0b', 'dev', 'va');
}

export const indexOf = (name: string): number =>
  Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));

export const received = (name: string): number =>
  Number(readFileSync(`/sys/class/net/${name}/statistics/rx_packets`, 'utf8'));

export const turn = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Waits for something that the loop brings about; 5 s at most. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await turn(5);
  assert.ok(condition(), `within 5 s: ${what}`);
}

/** Blocks this thread: the loop does not turn, and no processor is burnt. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Our end of the wire. */
export class Wire {
  readonly #native = native();
  readonly #index: number = indexOf('vb');
  readonly #out: number;
  readonly #in: number;

  constructor(etherType = 0x0800) {
    this.#out = this.#native.packetOpen(0, 0, NO_FILTER);
    this.#in = this.#native.packetOpen(this.#index, etherType, NO_FILTER);
  }
  /** Whole Ethernet frames. */
  putFrames(frames: readonly Uint8Array[]): void {
    let sent = 0;
    while (sent < frames.length) sent += this.#native.packetSend(this.#out, this.#index, frames.slice(sent));
  }
  /** IP packets, to the MAC that their destination asks for. */
  putPackets(packets: readonly Uint8Array[]): void {
    this.putFrames(packets.map(frameOf));
  }
  /** The frames that came since the last call, as hex. */
  take(): string[] {
    const frames: string[] = [];
    const buffer = Buffer.alloc(LONGEST_FRAME);
    for (;;) {
      const length = this.#native.packetReceive(this.#in, buffer);
      if (length === 0) return frames;
      frames.push(buffer.toString('hex', 0, length));
    }
  }
  close(): void {
    this.#native.close(this.#out);
    this.#native.close(this.#in);
  }
}

function frameOf(packet: Uint8Array): Uint8Array {
  const ipv6 = (packet[0] as number) >> 4 === 6;
  const frame = new Uint8Array(14 + packet.length);
  const mac = ipv6 ? macOfIpv6(packet.subarray(24, 40)) : macOfIpv4(packet.subarray(16, 20));
  encodeEthernetHeaderInto(mac, MAC_B, ipv6 ? 0x86dd : 0x0800, frame);
  frame.set(packet, 14);
  return frame;
}

function macOfIpv4(to: Uint8Array): Uint8Array {
  const multicast = (to[0] as number) >> 4 === 14;
  if (!multicast) return MAC_A;
  return Uint8Array.of(1, 0, 0x5e, (to[1] as number) & 0x7f, to[2] as number, to[3] as number);
}

const macOfIpv6 = (to: Uint8Array): Uint8Array =>
  to[0] === 0xff ? Uint8Array.of(0x33, 0x33, ...to.subarray(12)) : MAC_A;

/** A frame that keepalived 2.2.7 sent, as hex. */
export function golden(name: string): string {
  for (const line of readFileSync('test/golden/keepalived-2.2.7.jsonl', 'utf8').trim().split('\n')) {
    const one = JSON.parse(line) as { name?: string; hex?: string };
    if (one.name === name && one.hex !== undefined) return one.hex;
  }
  throw new Error(`no golden frame ${name}`);
}
