/**
 * Who holds which address, and since when, from `ip monitor address` in each node: exact instants without polling.
 * Reads the kernel's own reports through iproute2, so it shares no code with the daemon under test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { nowS, until } from './clock.ts';
import { must, run } from './process.ts';

/** `atS` is CLOCK_REALTIME in seconds, stamped when iproute2 read the event. */
export type AddressEvent = {
  readonly atS: number;
  readonly node: string;
  readonly device: string;
  readonly address: string;
  readonly present: boolean;
};

const LINE = /^\[([^\]]+)\]\s*(Deleted )?\d+: (\S+)\s+inet6? ([0-9a-f.:]+)/;

/** '2026-01-31T12:00:00.123456' in local time, as `ip -ts` prints it, to seconds. */
export function parseStamp(text: string): number {
  const [whole = '', fraction = '0'] = text.split('.');
  return new Date(whole).getTime() / 1000 + Number(`0.${fraction}`);
}

export class Addresses {
  readonly #namespaces: ReadonlyMap<string, string>;
  readonly #monitors: ChildProcess[] = [];
  /** node -> 'address' -> devices that carry it. */
  readonly #held = new Map<string, Map<string, Set<string>>>();
  readonly events: AddressEvent[] = [];

  /** `namespaces`: node name -> network namespace name. */
  constructor(namespaces: ReadonlyMap<string, string>) {
    this.#namespaces = namespaces;
    for (const node of namespaces.keys()) this.#held.set(node, new Map());
  }

  /** Starts the monitors; resolves when each has been seen to report. */
  async start(): Promise<void> {
    for (const [node, ns] of this.#namespaces) {
      const child = spawn('ip', ['-ts', '-o', '-n', ns, 'monitor', 'address'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      this.#monitors.push(child);
      let rest = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#read(node, line);
      });
    }
    // A monitor does not say when it is subscribed, so a harmless address is set until its report arrives.
    for (const [node, ns] of this.#namespaces) {
      const seen = await until(async () => {
        await run('ip', ['-n', ns, 'addr', 'add', '127.9.9.9/32', 'dev', 'lo']);
        await run('ip', ['-n', ns, 'addr', 'del', '127.9.9.9/32', 'dev', 'lo']);
        return this.events.some((e) => e.node === node && e.address === '127.9.9.9');
      }, 5000);
      if (!seen) throw new Error(`'ip monitor address' in ${ns} reports nothing`);
    }
    // The lab's own addresses were there before the monitors: learn them from the kernel.
    for (const [node, ns] of this.#namespaces) await this.#adopt(node, ns);
  }

  #read(node: string, line: string): void {
    const m = LINE.exec(line);
    if (m === null) return;
    const [, stamp = '', deleted, device = '', address = ''] = m;
    this.#set({ atS: parseStamp(stamp), node, device, address, present: deleted === undefined });
  }

  #set(e: AddressEvent): void {
    this.events.push(e);
    const held = this.#held.get(e.node) ?? new Map<string, Set<string>>();
    const devices = held.get(e.address) ?? new Set<string>();
    if (e.present) devices.add(e.device);
    else devices.delete(e.device);
    held.set(e.address, devices);
    this.#held.set(e.node, held);
  }

  has(node: string, address: string): boolean {
    return (this.#held.get(node)?.get(address)?.size ?? 0) > 0;
  }

  /** Names of the nodes that hold it, joined in the order of the lab: '' | 'a' | 'ab' … */
  holders(address: string): string {
    return [...this.#namespaces.keys()].filter((node) => this.has(node, address)).join('');
  }

  /** When the node last got (`present`) or lost the address, or undefined when it never did. */
  lastChangeS(node: string, address: string, present: boolean): number | undefined {
    return this.events.findLast((e) => e.node === node && e.address === address && e.present === present)
      ?.atS;
  }

  /** Waits until what the monitors said equals what the kernel answers now: call before a level is judged. */
  async settle(): Promise<void> {
    for (const [node, ns] of this.#namespaces) {
      const agreed = await until(async () => {
        const now = await dump(ns);
        const known = this.#flat(node);
        return now.size === known.size && [...now].every((key) => known.has(key));
      }, 1000);
      // A report lost for good (overrun of the monitor's socket): the kernel's answer counts.
      if (!agreed) await this.#adopt(node, ns);
    }
  }

  async #adopt(node: string, ns: string): Promise<void> {
    const now = await dump(ns);
    const known = this.#flat(node);
    const change = (key: string, present: boolean): void => {
      const [device = '', address = ''] = key.split(' ');
      this.#set({ atS: nowS(), node, device, address, present });
    };
    for (const key of now) if (!known.has(key)) change(key, true);
    for (const key of known) if (!now.has(key)) change(key, false);
  }

  #flat(node: string): Set<string> {
    const out = new Set<string>();
    for (const [address, devices] of this.#held.get(node) ?? [])
      for (const device of devices) out.add(`${device} ${address}`);
    return out;
  }

  stop(): void {
    for (const child of this.#monitors) child.kill('SIGTERM');
    this.#monitors.length = 0;
  }
}

async function dump(ns: string): Promise<Set<string>> {
  const text = await must('ip', ['-n', ns, '-j', 'addr']);
  // Addresses came or went while the kernel listed them; iproute2 says so in front of what it has.
  const links = JSON.parse(text.replace(/^(?!\[).*$/gm, '')) as readonly {
    readonly ifname?: string;
    readonly addr_info?: readonly { readonly local?: string }[];
  }[];
  const out = new Set<string>();
  for (const link of links)
    for (const info of link.addr_info ?? [])
      if (link.ifname !== undefined && info.local !== undefined) out.add(`${link.ifname} ${info.local}`);
  return out;
}
