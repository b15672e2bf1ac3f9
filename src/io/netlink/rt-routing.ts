/**
 * RoutingPort over rtnetlink: one socket asks, one listens when asked to. Of what is heard only "something of ours may
 * be gone" is told: whoever wants to know more reads the kernel, so a lost notification costs nothing but that reading.
 */
import { MessageType } from 'netlink/dist/rt/gen_structs.js';
import type { Native, PollHandle } from '../../native.ts';
import type { AddressResult } from '../../ports/netlink.ts';
import type { PreparedRequest, RoutingItem, RoutingPort, RoutingSink } from '../../ports/routing.ts';
import { DELETION_FILTER } from './deletion-filter.ts';
import { type NetlinkMessage, type Request, splitDatagram } from './messages.ts';
import { type Answer, DumpError, isSystemError, RequestSocket, type SocketNative } from './request-socket.ts';
import { encodeAddRoute, encodeDeleteRoute } from './route-message.ts';
import { ROUTING_GROUPS, RTPROT_KEEPALIVED } from './routing.table.ts';
import { findPresent } from './routing-dump.ts';
import type { NetlinkNative } from './rt-netlink.ts';
import { encodeAddRule, encodeDeleteRule } from './rule-message.ts';

export type RoutingNative = NetlinkNative & Pick<Native, 'socketOption' | 'sockFprog'>;

const NETLINK_ROUTE = 0;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const RECEIVE_BUFFER_BYTES = 1 << 20;
const DATAGRAM_BYTES = 1 << 16;
/** Datagrams of one wake-up. */
const WAKE_DATAGRAMS = 256;
/** rtm_protocol in struct rtmsg. */
const PROTOCOL_AT = 5;

const IN_THE_WAY: AddressResult = {
  ok: false,
  already: false,
  code: 'EEXIST',
  text: 'another route has the same destination, metric and type of service',
};

export class RtRouting implements RoutingPort {
  readonly #native: RoutingNative;
  readonly #sink: RoutingSink;
  readonly #requests: RequestSocket;
  readonly #datagram: Buffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES);
  #fd = -1;
  #watch: PollHandle | undefined;

  /** Opens the socket for requests; throws what netlinkOpen throws. */
  constructor(native: RoutingNative, sink: RoutingSink) {
    this.#native = native;
    this.#sink = sink;
    this.#requests = new RequestSocket(native);
  }

  add(items: readonly RoutingItem[]): readonly AddressResult[] {
    const encode = (i: RoutingItem): Request =>
      i.kind === 'route' ? encodeAddRoute(i) : encodeAddRule(i.rule);
    const answers = this.#requests.transact(items.map(encode));
    const inTheWay = this.#othersInTheWay(items, answers);
    return answers.map((a, i) => (inTheWay.has(i) ? IN_THE_WAY : result(a, ['EEXIST'])));
  }

  /** EEXIST is an answer to the key of a route, which another route may have as well. */
  #othersInTheWay(items: readonly RoutingItem[], answers: readonly Answer[]): ReadonlySet<number> {
    const which = [...items.keys()].filter((i) => {
      const item = items[i] as RoutingItem;
      const ours = item.kind === 'route' && item.route.protocol === RTPROT_KEEPALIVED;
      return ours && answers[i]?.code === 'EEXIST';
    });
    if (which.length === 0) return new Set();
    const present = this.present(which.map((i) => items[i] as RoutingItem));
    return new Set(which.filter((_, n) => present?.[n] === false));
  }

  delete(items: readonly RoutingItem[]): readonly AddressResult[] {
    return this.#requests.transact(items.map(encodeDelete)).map(deletion);
  }

  prepareDelete(item: RoutingItem): PreparedRequest {
    const { type, flags, parts } = encodeDelete(item);
    return { type, flags, body: Uint8Array.from(Buffer.concat(parts)) };
  }

  present(items: readonly RoutingItem[]): readonly boolean[] | undefined {
    try {
      return findPresent(this.#requests, items);
    } catch (e) {
      if (e instanceof DumpError || isSystemError(e)) return undefined;
      throw e;
    }
  }

  watch(on: boolean): void {
    if (!on) {
      this.#unwatch();
      return;
    }
    if (this.#fd >= 0) return;
    const fd = this.#native.netlinkOpen(NETLINK_ROUTE, ROUTING_GROUPS, RECEIVE_BUFFER_BYTES);
    try {
      this.#native.socketOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, this.#native.sockFprog(DELETION_FILTER));
      this.#watch = this.#native.pollStart(fd, () => this.#hear());
    } catch (e) {
      this.#native.close(fd);
      throw e;
    }
    this.#fd = fd;
  }

  close(): void {
    this.#unwatch();
    this.#requests.close();
  }

  #unwatch(): void {
    if (this.#watch !== undefined) this.#native.pollStop(this.#watch);
    this.#watch = undefined;
    if (this.#fd >= 0) this.#native.close(this.#fd);
    this.#fd = -1;
  }

  #hear(): void {
    let concerned = false;
    for (let i = 0; i < WAKE_DATAGRAMS; i++) {
      const heard = this.#read();
      if (heard === 'none') break;
      concerned ||= heard === 'lost' || heard.some(isDeletion);
    }
    if (concerned) this.#sink();
  }

  #read(): readonly NetlinkMessage[] | 'none' | 'lost' {
    try {
      const length = this.#native.netlinkReceive(this.#fd, this.#datagram);
      return length === 0 ? 'none' : splitDatagram(this.#datagram.subarray(0, length)).messages;
    } catch (e) {
      if (!isSystemError(e)) throw e;
      if (e.code === 'EINTR') return [];
      if (e.code === 'ENOBUFS' || e.code === 'ENOMEM' || e.code === 'EMSGSIZE') return 'lost';
      throw e;
    }
  }
}

function isDeletion(m: NetlinkMessage): boolean {
  if (m.type === MessageType.DELRULE) return true;
  return m.type === MessageType.DELROUTE && m.data[PROTOCOL_AT] === RTPROT_KEEPALIVED;
}

const encodeDelete = (i: RoutingItem): Request =>
  i.kind === 'route' ? encodeDeleteRoute(i) : encodeDeleteRule(i.rule);

function result(a: Answer, already: readonly string[]): AddressResult {
  if (a.code === '') return { ok: true, already: false };
  if (already.includes(a.code)) return { ok: true, already: true, code: a.code };
  return { ok: false, already: false, code: a.code, text: a.text };
}

/** Not there: no such route (ESRCH), rule or table (ENOENT), interface (ENODEV), protocol family (EAFNOSUPPORT). */
const ABSENT: readonly string[] = ['ESRCH', 'ENOENT', 'ENODEV', 'EAFNOSUPPORT'];
export const deletion = (a: Answer): AddressResult => result(a, ABSENT);

/** Sends what `prepareDelete` made, perhaps in another process. */
export function sendPrepared(
  native: SocketNative,
  requests: readonly PreparedRequest[],
): readonly AddressResult[] {
  const socket = new RequestSocket(native);
  try {
    return socket
      .transact(requests.map(({ type, flags, body }) => ({ type, flags, parts: [body] })))
      .map(deletion);
  } finally {
    socket.close();
  }
}
