/**
 * The two sockets of one key, option by option (facts: keepalived's own sockets; ip(7), socket(7)). IPv4 only.
 * Nothing passes a receive socket before its own filter is on, and nothing ever passes a send socket.
 */
import { parseIpv4 } from '../../base/ip.ts';
import type { SocketSpec } from '../../ports/advert.ts';
import { DROP_ALL } from '../bpf.ts';
import { codeOf, type SystemError, systemError } from '../errno.ts';
import { advertFilter } from './advert-filter.ts';
import {
  GuardedSocket,
  type RawSocketModule,
  type SocketEvents,
  type SocketNative,
} from './guarded-socket.ts';

const SOL_SOCKET = 1;
const SO_DONTROUTE = 5;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const SOL_IP = 0;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_HDRINCL = 3;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_MULTICAST_ALL = 49;

const TOS_NETWORK_CONTROL = 0xc0;
/** The kernel's default holds 256 adverts: 2.5 s of 100 instances at once a second. It doubles this for its own use. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Packets read off between socket() and the drop-all filter: what a loaded machine may queue within microseconds. */
const MAX_STRAYS = 1024;
/** Index of the overflow count in SO_MEMINFO's list of 32-bit numbers. */
const SK_MEMINFO_DROPS = 8;
const MAX_INTERFACE_NAME = 15;

export type SocketTools = {
  readonly module: RawSocketModule;
  readonly native: SocketNative;
  /** A setting that could be made only in part. */
  readonly degraded: (what: string, code: string) => void;
};

/** Throws EAFNOSUPPORT for family 6 and EINVAL for what cannot be an interface or an address; else returns 4 octets. */
export function filterDestination(spec: SocketSpec): Uint8Array {
  if (spec.family !== 4) {
    const text = 'adverts over IPv6 are not supported yet; use an IPv4 instance';
    throw systemError('EAFNOSUPPORT', text, 'socket', spec.interface);
  }
  const text = spec.mode === 'multicast' ? spec.group : spec.source;
  const octets = parseIpv4(text);
  if (octets === undefined) throw invalid(`'${text}' is not an IPv4 ${spec.mode} address`);
  if (spec.mode === 'multicast' && (octets[0] as number) >> 4 !== 14)
    throw invalid(`${text} is not a multicast group`);
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

function bindToDevice(socket: GuardedSocket, spec: SocketSpec): void {
  if (spec.interface === '') return;
  const name = Buffer.from(`${spec.interface}\0`);
  socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, name, `SO_BINDTODEVICE ${spec.interface}`);
}

/** struct ip_mreqn: group, address (none), interface index in the host's byte order. */
function mreqn(group: Uint8Array, interfaceIndex: number): Buffer {
  const out = new ArrayBuffer(12);
  new Uint8Array(out).set(group);
  new Int32Array(out)[2] = interfaceIndex;
  return Buffer.from(out);
}

/** Opens with a filter that lets nothing in, and reads off what came before it. */
function openDeaf(tools: SocketTools, protocol: number, events: SocketEvents): GuardedSocket {
  const socket = new GuardedSocket(tools.module, tools.native, protocol, events);
  try {
    socket.attachFilter(DROP_ALL);
    const stray = Buffer.alloc(64);
    for (let i = 0; i < MAX_STRAYS && socket.receive(stray) > 0; i++);
    return socket;
  } catch (e) {
    socket.close();
    throw e;
  }
}

export function openReceiver(tools: SocketTools, spec: SocketSpec, events: SocketEvents): GuardedSocket {
  const destination = filterDestination(spec);
  const socket = openDeaf(tools, spec.protocol, events);
  try {
    bindToDevice(socket, spec);
    socket.setOption(SOL_IP, IP_MULTICAST_ALL, 0, 'IP_MULTICAST_ALL');
    growReceiveBuffer(socket, tools);
    if (spec.mode === 'multicast') {
      const name = `IP_ADD_MEMBERSHIP ${spec.group} ${spec.interface}`;
      socket.setOption(SOL_IP, IP_ADD_MEMBERSHIP, mreqn(destination, spec.interfaceIndex), name);
    }
    socket.attachFilter(advertFilter(spec.mode, spec.protocol, destination, spec.vrids));
    return socket;
  } catch (e) {
    socket.close();
    throw e;
  }
}

function growReceiveBuffer(socket: GuardedSocket, tools: SocketTools): void {
  try {
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES, 'SO_RCVBUFFORCE');
  } catch (e) {
    if (codeOf(e) !== 'EPERM') throw e;
    // Without CAP_NET_ADMIN: net.core.rmem_max is the limit, and the kernel cuts without a word.
    socket.setOption(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES, 'SO_RCVBUF');
    tools.degraded('receive-buffer', 'EPERM');
  }
}

export function openSender(tools: SocketTools, spec: SocketSpec, events: SocketEvents): GuardedSocket {
  filterDestination(spec);
  const socket = openDeaf(tools, spec.protocol, events);
  try {
    bindToDevice(socket, spec);
    socket.setOption(SOL_IP, IP_HDRINCL, 1, 'IP_HDRINCL');
    socket.setOption(SOL_IP, IP_TOS, TOS_NETWORK_CONTROL, 'IP_TOS');
    socket.setOption(SOL_IP, IP_TTL, 255, 'IP_TTL');
    if (spec.mode === 'multicast') {
      const name = `IP_MULTICAST_IF ${spec.interface}`;
      socket.setOption(SOL_IP, IP_MULTICAST_IF, mreqn(new Uint8Array(4), spec.interfaceIndex), name);
      socket.setOption(SOL_IP, IP_MULTICAST_LOOP, 0, 'IP_MULTICAST_LOOP');
      socket.setOption(SOL_IP, IP_MULTICAST_TTL, 255, 'IP_MULTICAST_TTL');
      socket.setOption(SOL_SOCKET, SO_DONTROUTE, 1, 'SO_DONTROUTE');
    }
    return socket;
  } catch (e) {
    socket.close();
    throw e;
  }
}

/** Packets that the kernel could not queue since the socket was opened, modulo 2^32. What a filter refused is not counted. */
export function overflowCount(socket: GuardedSocket): number {
  const out = new Uint32Array(SK_MEMINFO_DROPS + 1);
  socket.getOption(SOL_SOCKET, SO_MEMINFO, Buffer.from(out.buffer), 'SO_MEMINFO');
  return out[SK_MEMINFO_DROPS] as number;
}
