/**
 * The machine around one simulated daemon: links, addresses, what its scripts answer. It outlives the daemon: a process
 * that stops leaves the host as it is, a host that loses power comes back with its own addresses only.
 */
import { equalBytes, toHex } from '../base/bytes.ts';
import type { AddressRequest, AddressResult, KernelAddress, Link, NetlinkEvent } from '../ports/netlink.ts';
import { HostFiles } from './host-files.ts';
import { HostProcesses } from './host-processes.ts';

export type HostInterface = {
  readonly name: string;
  readonly segment: string; // interfaces of one segment hear each other
  readonly addresses: readonly Uint8Array[]; // the host's own, primary first
};

/** Of all the numbers a network card may have, these are documentation's. */
function macOf(node: number, index: number): Uint8Array {
  return Uint8Array.of(0x02, 0, 0x5e, 0x10, node, index & 0xff);
}

export class Host {
  readonly #segments = new Map<number, string>();
  readonly #own: readonly KernelAddress[];
  readonly #held = new Set<string>(); // of each address set
  readonly failing: Set<string> = new Set(); // names of scripts that fail now
  readonly files: HostFiles = new HostFiles();
  readonly processes: HostProcesses = new HostProcesses();
  links: readonly Link[];
  addresses: readonly KernelAddress[];
  /** Where changes are told; the daemon that runs now listens. */
  notify: (event: NetlinkEvent) => void = () => {};
  /** Something that decides who answers for an address has changed. */
  changed: () => void = () => {};

  constructor(node: number, interfaces: readonly HostInterface[]) {
    const own: KernelAddress[] = [];
    this.links = interfaces.map((i, at) => {
      const index = at + 2; // 1 is the loopback
      this.#segments.set(index, i.segment);
      for (const bytes of i.addresses) own.push(ownAddress(bytes, index));
      const flags = { up: true, running: true, loopback: false, multicast: true, noArp: false };
      return { ...flags, index, name: i.name, mac: macOf(node, index), mtu: 1500 };
    });
    this.#own = own;
    this.addresses = own;
  }

  segmentOf(index: number): string | undefined {
    return this.#segments.get(index);
  }

  linkOf(index: number): Link | undefined {
    return this.links.find((l) => l.index === index);
  }

  usable(index: number): boolean {
    const link = this.linkOf(index);
    return link?.up === true && link.running;
  }

  /** The interface whose own address this is. */
  interfaceWith(address: Uint8Array): number | undefined {
    return this.#own.find((a) => equalBytes(a.bytes, address))?.interfaceIndex;
  }

  /** Whether the address (in hexadecimal) is set on an interface of that name which is up. */
  answersFor(name: string, address: string): boolean {
    const link = this.links.find((l) => l.name === name);
    return link?.up === true && link.running && this.#held.has(`${link.index} ${address}`);
  }

  hasCarrier(name: string): boolean | undefined {
    return this.links.find((l) => l.name === name)?.running;
  }

  /** The carrier of an interface comes or goes; addresses stay, as the kernel leaves them. */
  setCarrier(name: string, running: boolean): void {
    const before = this.links.find((l) => l.name === name);
    if (before === undefined || before.running === running) return;
    const link = { ...before, running };
    this.links = this.links.map((l) => (l === before ? link : l));
    this.notify({ type: 'link', link });
    this.changed();
  }

  add(r: AddressRequest): AddressResult {
    if (this.#find(r) !== undefined) return { ok: true, already: true };
    const address: KernelAddress = {
      family: r.family,
      bytes: r.bytes,
      prefixLength: r.prefixLength,
      interfaceIndex: r.interfaceIndex,
      scope: r.scope,
      label: r.label ?? '',
      flags: r.flags ?? 0,
      protocol: 18,
    };
    this.addresses = [...this.addresses, address];
    this.#held.add(keyOf(address));
    this.notify({ type: 'address-added', address });
    this.changed();
    return { ok: true, already: false };
  }

  delete(r: AddressRequest): AddressResult {
    const address = this.#find(r);
    if (address === undefined) return { ok: true, already: true };
    this.addresses = this.addresses.filter((a) => a !== address);
    this.#held.delete(keyOf(address));
    this.notify({ type: 'address-removed', address });
    this.changed();
    return { ok: true, already: false };
  }

  /** What a boot finds. */
  reset(): void {
    this.addresses = this.#own;
    this.#held.clear();
  }

  #find(r: AddressRequest): KernelAddress | undefined {
    return this.addresses.find((a) => a.interfaceIndex === r.interfaceIndex && equalBytes(a.bytes, r.bytes));
  }
}

const keyOf = (a: KernelAddress): string => `${a.interfaceIndex} ${toHex(a.bytes)}`;

function ownAddress(bytes: Uint8Array, interfaceIndex: number): KernelAddress {
  const family = bytes.length === 4 ? 4 : 6;
  const prefixLength = family === 4 ? 24 : 64;
  return { family, bytes, prefixLength, interfaceIndex, scope: 0, label: '', flags: 0, protocol: 0 };
}
