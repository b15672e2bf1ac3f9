/**
 * The two sockets of one key, option by option (facts: keepalived's own sockets; socket(7)). What differs by family is in
 * ipv4.ts and ipv6.ts. Nothing passes a receive socket before its own filter is on, and nothing ever passes a send socket.
 */
import type { SocketSpec } from '../../ports/advert.ts';
import { DROP_ALL } from '../bpf.ts';
import { codeOf, type SystemError, systemError } from '../errno.ts';
import type { Family, OptionTarget } from './family.ts';
import {
  ABOUT_LENGTH,
  GuardedSocket,
  type RawSocketModule,
  type SocketEvents,
  type SocketNative,
} from './guarded-socket.ts';
import { IPV4 } from './ipv4.ts';
import { IPV6 } from './ipv6.ts';

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const IPPROTO_RAW = 255;

/** The kernel's default holds 256 adverts: 2.5 s of 100 instances at once a second. It doubles this for its own use. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
const MOST_RECEIVE_BUFFER_BYTES = 1 << 29;
/** Packets read off between socket() and the drop-all filter: what a loaded machine may queue within microseconds. */
const MAX_STRAYS = 1024;
/** Indexes in SO_MEMINFO's list of 32-bit numbers: octets that are queued, packets that found no room. */
const SK_MEMINFO_RMEM_ALLOC = 0;
const SK_MEMINFO_DROPS = 8;
/** What the kernel counts for a packet beside its octets is more than this. */
const LEAST_PACKET_BYTES = 512;
const MAX_INTERFACE_NAME = 15;

export type SocketTools = {
  readonly module: RawSocketModule;
  readonly native: SocketNative;
  /** A setting that could be made only in part. */
  readonly degraded: (what: string, code: string) => void;
};

export const familyOf = (family: 4 | 6): Family => (family === 4 ? IPV4 : IPV6);

/** Throws EINVAL for what cannot be an interface or an address; else returns 4 or 16 octets. */
export function filterDestination(spec: SocketSpec): Uint8Array {
  const text = spec.mode === 'multicast' ? spec.group : spec.source;
  const octets = familyOf(spec.family).address(spec.mode, text);
  if (octets === undefined) throw invalid(`'${text}' is not an IPv${spec.family} ${spec.mode} address`);
  if (spec.mode === 'multicast' && !(spec.interfaceIndex > 0))
    throw invalid('multicast needs an interface index');
  // An instance with unicast peers may name no interface.
  if (spec.interface === '' && spec.mode === 'multicast') throw invalid('multicast needs an interface');
  if (Buffer.byteLength(spec.interface) > MAX_INTERFACE_NAME)
    throw invalid(`interface name '${spec.interface}'`);
  return octets;
}

function invalid(text: string): SystemError {
  return systemError('EINVAL', text, 'socket');
}

function bindToDevice(socket: OptionTarget, spec: SocketSpec): void {
  if (spec.interface === '') return;
  const name = Buffer.from(`${spec.interface}\0`);
  socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, name, `SO_BINDTODEVICE ${spec.interface}`);
}

/** Opens with a filter that lets nothing in, and reads off what came before it. */
function openDeaf(
  tools: SocketTools,
  spec: SocketSpec,
  protocol: number,
  events: SocketEvents,
): GuardedSocket {
  const socket = new GuardedSocket(tools.module, tools.native, spec.family, protocol, events);
  try {
    socket.attachFilter(DROP_ALL);
    const stray = Buffer.alloc(65_535);
    const about = new Uint8Array(ABOUT_LENGTH);
    for (let i = 0; i < MAX_STRAYS && socket.receive(stray, about) >= 0; i++);
    return socket;
  } catch (e) {
    socket.close();
    throw e;
  }
}

export function openReceiver(tools: SocketTools, spec: SocketSpec, events: SocketEvents): GuardedSocket {
  const destination = filterDestination(spec);
  const socket = openDeaf(tools, spec, spec.protocol, events);
  try {
    bindToDevice(socket, spec);
    growReceiveBuffer(socket, tools, spec.receiveBufferBytes);
    familyOf(spec.family).receiver(socket, spec, destination);
    socket.attachFilter(receiveFilter(spec, spec.vrids));
    return socket;
  } catch (e) {
    socket.close();
    throw e;
  }
}

/** The filter of `spec`'s receive socket for another set of VRIDs. */
export function receiveFilter(spec: SocketSpec, vrids: readonly number[]): Uint8Array {
  return familyOf(spec.family).filter(spec, filterDestination(spec), vrids);
}

/** `askedBytes`: by the configuration; fewer than ours are not taken, a small buffer only loses adverts. */
export function growReceiveBuffer(socket: GuardedSocket, tools: SocketTools, askedBytes: number): void {
  // The kernel keeps twice of it, in 31 bits.
  const bytes = Math.min(Math.max(RECEIVE_BUFFER_BYTES, askedBytes), MOST_RECEIVE_BUFFER_BYTES);
  try {
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, bytes, 'SO_RCVBUFFORCE');
  } catch (e) {
    if (codeOf(e) !== 'EPERM') throw e;
    // Without CAP_NET_ADMIN: net.core.rmem_max is the limit, and the kernel cuts without a word.
    socket.setOption(SOL_SOCKET, SO_RCVBUF, bytes, 'SO_RCVBUF');
    tools.degraded('receive-buffer', 'EPERM');
  }
}

/** The options of a send socket, whoever has opened it. */
export function prepareSender(socket: OptionTarget, spec: SocketSpec): void {
  bindToDevice(socket, spec);
  familyOf(spec.family).sender(socket, spec);
}

export function openSender(tools: SocketTools, spec: SocketSpec, events: SocketEvents): GuardedSocket {
  filterDestination(spec);
  // The headers are ours. A socket of the adverts' own protocol would be handed a copy of each that arrives, to refuse it.
  const socket = openDeaf(tools, spec, IPPROTO_RAW, events);
  try {
    prepareSender(socket, spec);
    return socket;
  } catch (e) {
    socket.close();
    throw e;
  }
}

/** Packets that the kernel could not queue since the socket was opened, modulo 2^32. What a filter refused is not counted. */
export const overflowCount = (socket: GuardedSocket): number => memoryInfo(socket, SK_MEMINFO_DROPS);

/** How many packets wait in the socket, at most. */
export const mostQueued = (socket: GuardedSocket): number =>
  Math.ceil(memoryInfo(socket, SK_MEMINFO_RMEM_ALLOC) / LEAST_PACKET_BYTES);

function memoryInfo(socket: GuardedSocket, index: number): number {
  const out = new Uint32Array(SK_MEMINFO_DROPS + 1);
  socket.getOption(SOL_SOCKET, SO_MEMINFO, Buffer.from(out.buffer), 'SO_MEMINFO');
  return out[index] as number;
}
