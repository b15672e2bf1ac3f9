/** The IPv4 half of the advert sockets (ip(7)): packets come with their header, and go with a header of our own. */
import { isMulticast, parseIpv4 } from '../../base/ip.ts';
import type { SocketSpec } from '../../ports/advert.ts';
import { IPV4_HEADER_LENGTH, Ipv4Field } from '../../wire/ipv4.ts';
import { receiveIpv4 } from '../../wire/received.ts';
import { encodeAdvertIpv4 } from '../../wire/sent.ts';
import { macs } from '../mac.ts';
import { advertFilter } from './advert-filter.ts';
import type { Family, OptionTarget } from './family.ts';
import { IPV4_WITHOUT_OPTIONS } from './watch-filter.ts';

const SOL_SOCKET = 1;
const SO_DONTROUTE = 5;
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

export const IPV4: Family = {
  address: (mode, text) => {
    const octets = parseIpv4(text);
    return octets !== undefined && (mode === 'unicast' || isMulticast(octets)) ? octets : undefined;
  },
  receiver: (socket, spec, destination) => {
    socket.setOption(SOL_IP, IP_MULTICAST_ALL, 0, 'IP_MULTICAST_ALL');
    if (spec.mode === 'unicast') return;
    const name = `IP_ADD_MEMBERSHIP ${spec.group} ${spec.interface}`;
    socket.setOption(SOL_IP, IP_ADD_MEMBERSHIP, mreqn(destination, spec.interfaceIndex), name);
  },
  sender: prepareSender,
  filter: (spec, destination, vrids) => advertFilter(spec.mode, spec.protocol, destination, vrids),
  decode: receiveIpv4,
  watched: (packet) =>
    packet[Ipv4Field.verIhl] !== IPV4_WITHOUT_OPTIONS
      ? undefined
      : {
          message: packet.subarray(IPV4_HEADER_LENGTH),
          source: packet.subarray(Ipv4Field.source, Ipv4Field.destination),
          ttl: packet[Ipv4Field.ttl] ?? 0,
        },
  encode: (advert, source, destination) =>
    encodeAdvertIpv4(advert, { id: advert.ipId, ttl: advert.ttl, source, destination }, macs),
};

function prepareSender(socket: OptionTarget, spec: SocketSpec): void {
  socket.setOption(SOL_IP, IP_HDRINCL, 1, 'IP_HDRINCL');
  socket.setOption(SOL_IP, IP_TOS, TOS_NETWORK_CONTROL, 'IP_TOS');
  socket.setOption(SOL_IP, IP_TTL, 255, 'IP_TTL');
  if (spec.mode === 'unicast') return;
  const name = `IP_MULTICAST_IF ${spec.interface}`;
  socket.setOption(SOL_IP, IP_MULTICAST_IF, mreqn(new Uint8Array(4), spec.interfaceIndex), name);
  socket.setOption(SOL_IP, IP_MULTICAST_LOOP, 0, 'IP_MULTICAST_LOOP');
  socket.setOption(SOL_IP, IP_MULTICAST_TTL, 255, 'IP_MULTICAST_TTL');
  socket.setOption(SOL_SOCKET, SO_DONTROUTE, 1, 'SO_DONTROUTE');
}

/** struct ip_mreqn: group, address (none), interface index in the host's byte order. */
function mreqn(group: Uint8Array, interfaceIndex: number): Buffer {
  const out = new ArrayBuffer(12);
  new Uint8Array(out).set(group);
  new Int32Array(out)[2] = interfaceIndex;
  return Buffer.from(out);
}
