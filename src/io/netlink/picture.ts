/**
 * The kernel's links and addresses as far as notifications and dumps have told them. Each change returns the events
 * that it means, and is in the picture before they can be emitted; news that change nothing exposed mean no event.
 */
import { equalBytes, toHex } from '../../base/bytes.ts';
import type { KernelAddress, Link, NetlinkEvent } from '../../ports/netlink.ts';
import type { LinkNews } from './messages.ts';

/** The kernel's own identity of an address: IPv4 may hold one local address under several prefixes or peers. */
const keyOf = (a: KernelAddress): string =>
  `${a.interfaceIndex}/${toHex(a.bytes)}/${a.prefixLength}/${a.peer === undefined ? '' : toHex(a.peer)}`;

const sameAddress = (a: KernelAddress, b: KernelAddress): boolean =>
  a.scope === b.scope && a.label === b.label && a.flags === b.flags && a.protocol === b.protocol;

const sameLink = (a: Link, b: Link): boolean =>
  a.name === b.name &&
  a.up === b.up &&
  a.running === b.running &&
  a.loopback === b.loopback &&
  a.multicast === b.multicast &&
  a.noArp === b.noArp &&
  a.mtu === b.mtu &&
  a.kind === b.kind &&
  a.parentIndex === b.parentIndex &&
  a.mode === b.mode &&
  a.group === b.group &&
  a.vrfTable === b.vrfTable &&
  equalBytes(a.mac, b.mac);

/** A wireless event carries flags only: the rest is what was known. undefined: nothing known under that index. */
function merged(news: LinkNews, known: Link | undefined): Link | undefined {
  const name = news.name ?? known?.name;
  if (name === undefined) return undefined;
  const mac = news.mac ?? known?.mac ?? new Uint8Array(0);
  const { vrfTable = known?.vrfTable, ...rest } = news;
  return {
    ...rest,
    name,
    mac,
    mtu: news.mtu ?? known?.mtu ?? 0,
    ...(vrfTable === undefined ? {} : { vrfTable }),
  };
}

const linkRemoved = (l: Link): NetlinkEvent => ({ type: 'link-removed', index: l.index, name: l.name });
const addressRemoved = (address: KernelAddress): NetlinkEvent => ({ type: 'address-removed', address });

export class Picture {
  #links = new Map<number, Link>();
  #addresses = new Map<string, KernelAddress>();
  // Handed out as they are until the next change: core asks far more often than the kernel changes.
  #linkList: readonly Link[] | undefined;
  #addressList: readonly KernelAddress[] | undefined;

  links(): readonly Link[] {
    this.#linkList ??= [...this.#links.values()];
    return this.#linkList;
  }

  addresses(): readonly KernelAddress[] {
    this.#addressList ??= [...this.#addresses.values()];
    return this.#addressList;
  }

  setLink(news: LinkNews): readonly NetlinkEvent[] {
    const known = this.#links.get(news.index);
    const link = merged(news, known);
    if (link === undefined || (known !== undefined && sameLink(link, known))) return [];
    this.#links.set(link.index, link);
    this.#linkList = undefined;
    const event: NetlinkEvent = { type: 'link', link };
    return known !== undefined && known.name !== link.name ? [linkRemoved(known), event] : [event];
  }

  /** The kernel tells of the addresses first; whatever it did not tell of goes with the link. */
  removeLink(index: number): readonly NetlinkEvent[] {
    const events: NetlinkEvent[] = [];
    for (const [key, address] of this.#addresses) {
      if (address.interfaceIndex !== index) continue;
      this.#addresses.delete(key);
      events.push(addressRemoved(address));
    }
    if (events.length > 0) this.#addressList = undefined;
    const known = this.#links.get(index);
    if (known === undefined) return events;
    this.#links.delete(index);
    this.#linkList = undefined;
    return [...events, linkRemoved(known)];
  }

  setAddress(address: KernelAddress): readonly NetlinkEvent[] {
    const key = keyOf(address);
    const known = this.#addresses.get(key);
    if (known !== undefined && sameAddress(address, known)) return [];
    this.#addresses.set(key, address);
    this.#addressList = undefined;
    return [{ type: 'address-added', address }];
  }

  removeAddress(address: KernelAddress): readonly NetlinkEvent[] {
    const key = keyOf(address);
    const known = this.#addresses.get(key);
    if (known === undefined) return [];
    this.#addresses.delete(key);
    this.#addressList = undefined;
    return [addressRemoved(known)];
  }

  /**
   * Takes over a dump. The events are the differences, what went before what came: a name or an address may have
   * moved to another link meanwhile.
   */
  replace(links: readonly LinkNews[], addresses: readonly KernelAddress[]): readonly NetlinkEvent[] {
    const before = { links: this.#links, addresses: this.#addresses };
    this.#links = new Map();
    this.#addresses = new Map();
    this.#linkList = undefined;
    this.#addressList = undefined;
    for (const news of links) {
      const link = merged(news, undefined);
      if (link !== undefined) this.#links.set(link.index, link);
    }
    for (const a of addresses) this.#addresses.set(keyOf(a), a);

    const gone: NetlinkEvent[] = [];
    for (const [key, a] of before.addresses) if (!this.#addresses.has(key)) gone.push(addressRemoved(a));
    for (const [index, l] of before.links) {
      const now = this.#links.get(index);
      if (now === undefined || now.name !== l.name) gone.push(linkRemoved(l));
    }
    const came: NetlinkEvent[] = [];
    for (const [index, link] of this.#links) {
      const was = before.links.get(index);
      if (was === undefined || !sameLink(link, was)) came.push({ type: 'link', link });
    }
    for (const [key, address] of this.#addresses) {
      const was = before.addresses.get(key);
      if (was === undefined || !sameAddress(address, was)) came.push({ type: 'address-added', address });
    }
    return [...gone, ...came];
  }
}
