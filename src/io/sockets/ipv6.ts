/**
 * The IPv6 half of the advert sockets (ipv6(7), RFC 3542): the kernel delivers the payload, with hop limit and destination
 * as ancillary data, and takes packets with a header of our own, so that the source is the one that the instance chose and
 * the release files hold the very packet.
 */
import { isMulticast, parseIpv6 } from '../../base/ip.ts';
import { receiveIpv6 } from '../../wire/received.ts';
import { encodeAdvertIpv6 } from '../../wire/sent.ts';
import { macs } from '../mac.ts';
import { advertFilter6 } from './advert-filter.ts';
import type { Family } from './family.ts';

const SOL_IPV6 = 41;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_JOIN_GROUP = 20;
const IPV6_MULTICAST_ALL = 29;
const IPV6_HDRINCL = 36;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;
const HOP_LIMIT_AT = 32;

export const IPV6: Family = {
  address: (mode, text) => {
    const octets = parseIpv6(text);
    return octets !== undefined && isMulticast(octets) === (mode === 'multicast') ? octets : undefined;
  },
  receiver: (socket, spec, destination) => {
    socket.setOption(SOL_IPV6, IPV6_MULTICAST_ALL, 0, 'IPV6_MULTICAST_ALL');
    socket.setOption(SOL_IPV6, IPV6_RECVPKTINFO, 1, 'IPV6_RECVPKTINFO');
    socket.setOption(SOL_IPV6, IPV6_RECVHOPLIMIT, 1, 'IPV6_RECVHOPLIMIT');
    if (spec.mode === 'unicast') return;
    const name = `IPV6_JOIN_GROUP ${spec.group} ${spec.interface}`;
    socket.setOption(SOL_IPV6, IPV6_JOIN_GROUP, mreq(destination, spec.interfaceIndex), name);
  },
  sender: (socket, spec) => {
    socket.setOption(SOL_IPV6, IPV6_HDRINCL, 1, 'IPV6_HDRINCL');
    if (spec.mode === 'unicast') return;
    socket.setOption(SOL_IPV6, IPV6_MULTICAST_IF, spec.interfaceIndex, `IPV6_MULTICAST_IF ${spec.interface}`);
    socket.setOption(SOL_IPV6, IPV6_MULTICAST_LOOP, 0, 'IPV6_MULTICAST_LOOP');
    socket.setOption(SOL_IPV6, IPV6_MULTICAST_HOPS, 255, 'IPV6_MULTICAST_HOPS');
  },
  filter: (_spec, destination, vrids) => advertFilter6(destination, vrids),
  decode: (payload, about) =>
    receiveIpv6(payload, about.subarray(0, 16), about.subarray(16, 32), Math.max(0, hopLimitOf(about))),
  watched: (message, about) => ({ message, source: about.subarray(0, 16), ttl: hopLimitOf(about) }),
  encode: (advert, source, destination) =>
    encodeAdvertIpv6(advert, { hopLimit: advert.ttl, source, destination }, macs),
};

/** The addon writes numbers in the host's byte order. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const hopLimitOf = (about: Uint8Array): number =>
  new DataView(about.buffer, about.byteOffset).getInt32(HOP_LIMIT_AT, LITTLE_ENDIAN);

/** struct ipv6_mreq: group, interface index in the host's byte order. */
function mreq(group: Uint8Array, interfaceIndex: number): Buffer {
  const out = new ArrayBuffer(20);
  new Uint8Array(out).set(group);
  new Uint32Array(out)[4] = interfaceIndex;
  return Buffer.from(out);
}
