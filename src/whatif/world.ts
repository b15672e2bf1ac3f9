/**
 * Nodes on segments in virtual time. A packet is encoded by the codec of the daemon, filtered as the kernel filters for
 * the daemon's sockets, decoded again and judged by the receiver's own ladder; all that is made up is when it arrives.
 */
import { AssertionError } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { formatIp, isMulticast, parseIp } from '../base/ip.ts';
import { prng } from '../base/prng.ts';
import type { OutgoingAdvert } from '../ports/advert.ts';
import type { Announcement } from '../ports/announce.ts';
import type { MacPort } from '../ports/mac.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import { receiveIpv4, receiveIpv6 } from '../wire/received.ts';
import { encodeAdvertIpv4, encodePayloadIpv6 } from '../wire/sent.ts';
import { Agenda } from './agenda.ts';
import { Host } from './host.ts';
import { Node, type Wire } from './node.ts';
import type { Plan } from './plan.ts';

/** One way through a switch, microseconds: between the two, by chance of the seed. */
const MIN_DELAY_US = 150;
const MAX_DELAY_US = 350;
/** Adverts and timers of one stretch; more means two nodes that answer each other without end. */
const MAX_ITEMS = 2_000_000;

export type Packet = {
  readonly family: 4 | 6;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly ttl: number;
  readonly octets: Uint8Array; // IPv4: with the IP header; IPv6: behind it, as raw sockets give them
};

export class World implements Wire {
  readonly agenda: Agenda = new Agenda();
  readonly nodes: readonly Node[];
  /** No node hears another. */
  split: boolean = false;
  /** Called after every change of who holds an address. */
  onChange: () => void = () => {};
  /** Sees every packet on a segment: for those who record and replay. */
  onPacket: (packet: Packet, segment: string) => void = () => {};
  readonly #macs: MacPort;
  readonly #random: () => number;
  readonly #parsed = new Map<string, Uint8Array>();

  constructor(plan: Plan, seed: number) {
    this.#macs = plan.macs;
    this.#random = prng(seed * 7919 + 1);
    for (let i = 0; i < 4; i++) this.#random(); // small seeds are alike in their first numbers
    this.nodes = plan.nodes.map((n, id) => {
      const host = new Host(id, n.interfaces);
      host.changed = () => this.onChange();
      return new Node(id, n, host, this.agenda, this, plan.macs);
    });
  }

  node(id: number): Node {
    return this.nodes[id] as Node;
  }

  /** Lets `us` microseconds pass; false when the nodes answer each other without end. */
  pass(us: number): boolean {
    return this.agenda.run(this.agenda.nowUs + us, MAX_ITEMS);
  }

  send(from: Node, interfaceIndex: number, advert: OutgoingAdvert): { sent: number; error?: string } {
    const source = this.#octets(advert.source);
    if (source === undefined) return { sent: 0, error: 'EADDRNOTAVAIL' };
    let sent = 0;
    for (const text of advert.destinations) {
      const destination = this.#octets(text);
      const packet = destination === undefined ? undefined : encode(advert, source, destination, this.#macs);
      if (packet === undefined) continue;
      sent++;
      if (from.host.usable(interfaceIndex)) this.#transmit(from, interfaceIndex, packet);
    }
    return sent < advert.destinations.length ? { sent, error: 'EINVAL' } : { sent };
  }

  /** A handful of addresses, each asked for at every advert. */
  #octets(text: string): Uint8Array | undefined {
    let bytes = this.#parsed.get(text);
    if (bytes === undefined) {
      bytes = parseIp(text);
      if (bytes !== undefined) this.#parsed.set(text, bytes);
    }
    return bytes;
  }

  #transmit(from: Node, interfaceIndex: number, packet: Packet): void {
    const segment = from.host.segmentOf(interfaceIndex);
    this.onPacket(packet, segment ?? '');
    const multicast = isMulticast(packet.destination);
    for (const to of this.nodes) {
      if (to === from) continue;
      const arrival = multicast
        ? this.#sameSegment(from, interfaceIndex, to)
        : to.host.interfaceWith(packet.destination);
      if (arrival === undefined) continue;
      this.#carry(to, arrival, () => this.inject(to, arrival, packet));
      if (!multicast) return;
    }
  }

  /** `packet` as the kernel of `to` gives it to the daemon's sockets, whoever sent it. */
  inject(to: Node, interfaceIndex: number, packet: Packet): void {
    const received = decode(packet);
    const multicast = isMulticast(packet.destination);
    const protocol = received.proof?.type === 'ah' ? 51 : 112;
    for (const [key, s] of [...to.sockets])
      if (
        s.family === packet.family &&
        s.protocol === protocol &&
        s.interfaceIndex === interfaceIndex &&
        s.vrids.includes(received.vrid) &&
        (multicast
          ? s.mode === 'multicast' && s.group === received.destination
          : s.mode === 'unicast' && s.source === formatIp(packet.destination))
      )
        to.deliver(key, received);
  }

  announce(from: Node, list: readonly Announcement[]): void {
    for (const a of list) {
      if (!from.host.usable(a.interfaceIndex)) continue;
      for (const to of this.nodes) {
        const arrival = to === from ? undefined : this.#sameSegment(from, a.interfaceIndex, to);
        if (arrival === undefined) continue;
        this.#carry(to, arrival, () => {
          for (const w of [...to.watches])
            if (w.interfaceIndex === arrival && w.addresses.some((x) => equalBytes(x, a.address)))
              w.seen(a.address, a.mac);
        });
      }
    }
  }

  #carry(to: Node, interfaceIndex: number, arrive: () => void): void {
    const delayUs = MIN_DELAY_US + Math.floor(this.#random() * (MAX_DELAY_US - MIN_DELAY_US));
    this.agenda.at(this.agenda.nowUs + delayUs, () => {
      if (!this.split && to.alive && to.host.usable(interfaceIndex)) arrive();
    });
  }

  #sameSegment(from: Node, interfaceIndex: number, to: Node): number | undefined {
    const segment = from.host.segmentOf(interfaceIndex);
    return to.host.links.find((l) => to.host.segmentOf(l.index) === segment)?.index;
  }
}

/** undefined where no header can hold the values, as in the daemon. */
function encode(
  advert: OutgoingAdvert,
  source: Uint8Array,
  destination: Uint8Array,
  macs: MacPort,
): Packet | undefined {
  if (source.length !== destination.length) return undefined;
  const family = source.length === 4 ? 4 : 6;
  const { ttl } = advert;
  try {
    const octets =
      family === 4
        ? encodeAdvertIpv4(advert, { id: advert.ipId, ttl, source, destination }, macs)
        : encodePayloadIpv6(advert, source, destination, macs);
    return { family, source, destination, ttl, octets };
  } catch (e) {
    if (!(e instanceof AssertionError)) throw e;
    return undefined;
  }
}

function decode(p: Packet): ReceivedAdvert {
  return p.family === 4 ? receiveIpv4(p.octets) : receiveIpv6(p.octets, p.source, p.destination, p.ttl);
}
