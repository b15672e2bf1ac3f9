/** What the BFD tests share: configurations, starting a peer, asking vipd for its sessions, packets on the wire. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BfdSessionSnapshot, Snapshot } from '../../src/core/snapshot.ts';
import { type ControlFacts, decodeControl } from '../../src/wire/bfd.ts';
import { readPcap } from './capture.ts';
import { until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon, type DaemonKind } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';
import { run } from './process.ts';

/** A session comes up in a second or three; a loaded machine takes longer. */
export const UP_MS = 12_000;

export type Running = { readonly daemon: Daemon; readonly conf: string; log(): string };

export class BfdLab {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'vipd-bfd-'));
  readonly #prefix: string;
  #lab: Lab | undefined;
  #files = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  async open(): Promise<void> {
    this.#lab = await Lab.open(this.#prefix, pairTopology('ab', false), this.folder);
  }

  async close(): Promise<void> {
    await this.#lab?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whatever a failed test left running would hold the ports of the next. */
  stopAll(): Promise<void> {
    return this.lab.stopDaemons();
  }

  get lab(): Lab {
    assert.ok(this.#lab);
    return this.#lab;
  }

  start(node: 'a' | 'b', kind: DaemonKind, text: string): Running {
    const conf = join(this.folder, `${++this.#files}.conf`);
    const file = join(this.folder, `${this.#files}.log`);
    writeFileSync(conf, text);
    const daemon = this.lab.start(node, `${COMMANDS[kind]} -D`, conf, file);
    return { daemon, conf, log: () => readFileSync(file, 'utf8') };
  }

  async stop(...list: readonly Running[]): Promise<void> {
    for (const r of list) r.daemon.signal('SIGTERM');
    for (const r of list) {
      assert.ok(await r.daemon.ended(), r.log());
      assert.equal(r.daemon.ending, 0, r.log());
    }
  }

  /** The pid in a pid file of the daemon, such as that of keepalived's BFD process. */
  pid(r: Running, file: string): number {
    return Number(readFileSync(join(r.daemon.runFolder, file), 'utf8'));
  }

  /** Packets of a filter while `during` runs, with who sent them. */
  async packets(during: () => Promise<void>): Promise<readonly Seen[]> {
    const file = join(this.folder, `${++this.#files}.pcap`);
    const capture = await this.lab.capture(file, undefined, 'udp');
    await during();
    await capture.stop();
    return readPcap(file).flatMap((p) => bfdOf(p.atS, p.bytes));
  }
}

export type Seen = {
  readonly atS: number;
  readonly node: 'a' | 'b';
  readonly ttl: number;
  readonly sourcePort: number;
  readonly port: number;
  readonly control: ControlFacts;
};

/** Ethernet, IPv4 without options or IPv6, UDP 3784 or 4784. */
function bfdOf(atS: number, frame: Uint8Array): Seen[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const six = view.getUint16(12) === 0x86dd;
  const udp = 14 + (six ? 40 : 20);
  if (frame.length < udp + 8 || frame[six ? 20 : 23] !== 17) return [];
  const port = view.getUint16(udp + 2);
  const control = decodeControl(frame.subarray(udp + 8));
  if ((port !== 3784 && port !== 4784) || !control.ok) return [];
  return [
    {
      atS,
      node: frame[11] === 0x0a ? 'a' : 'b',
      ttl: frame[six ? 21 : 22] as number,
      sourcePort: view.getUint16(udp),
      port,
      control: control.value,
    },
  ];
}

export async function status(r: Running): Promise<Snapshot> {
  const socket = join(r.daemon.runFolder, 'main.vipd', 'vipd.sock');
  const { status: code, text } = await run(join(CHECKOUT, 'bin/vipd'), [
    'status',
    '--json',
    '--socket',
    socket,
  ]);
  assert.equal(code, 0, text);
  return JSON.parse(text) as Snapshot;
}

export async function session(r: Running, name: string): Promise<BfdSessionSnapshot> {
  const found = (await status(r)).bfd?.sessions.find((s) => s.name === name);
  assert.ok(found, `no session ${name}`);
  return found;
}

export async function becomes(r: Running, name: string, state: string, ms: number = UP_MS): Promise<void> {
  const there = await until(
    async () =>
      existsSync(join(r.daemon.runFolder, 'main.vipd', 'vipd.sock')) &&
      (await session(r, name)).state === state,
    ms,
    100,
  );
  assert.ok(there, `${name} is not ${state}: ${r.log()}`);
}

/** One `bfd_instance`; `more`: further lines. */
export const bfd = (name: string, neighbor: string, source: string, ...more: readonly string[]): string =>
  [`bfd_instance ${name} {`, `neighbor_ip ${neighbor}`, `source_ip ${source}`, ...more, '}', ''].join('\n');

export const FAST: readonly string[] = ['min_rx 100', 'min_tx 100', 'multiplier 3'];
