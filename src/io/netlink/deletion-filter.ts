/**
 * What the watch over routes and rules is woken for: a routing daemon on the same host tells of a full table's worth of
 * routes, none of which is ours. rtnetlink sends one message a datagram.
 */
import { endianness } from 'node:os';
import { MessageType } from 'netlink/dist/rt/gen_structs.js';
import { assembleBpf, JEQ_K, LD_B_ABS, LD_H_ABS, RET_K, WHOLE } from '../bpf.ts';
import { RTPROT_KEEPALIVED } from './routing.table.ts';

const TYPE_AT = 4; // struct nlmsghdr
const PROTOCOL_AT = 16 + 5; // struct rtmsg behind it

/** The filter loads in network order what the kernel writes in the host's. */
const asLoaded = (type: number): number =>
  endianness() === 'LE' ? ((type & 0xff) << 8) | (type >> 8) : type;

/** Deleted rules, and deleted routes of protocol 18; of a rule the protocol is an attribute, which is left to the reader. */
export const DELETION_FILTER: Uint8Array = assembleBpf([
  [LD_H_ABS, TYPE_AT],
  [JEQ_K, asLoaded(MessageType.DELRULE), 'pass', ''],
  [JEQ_K, asLoaded(MessageType.DELROUTE), '', 'drop'],
  [LD_B_ABS, PROTOCOL_AT],
  [JEQ_K, RTPROT_KEEPALIVED, 'pass', 'drop'],
  'pass',
  [RET_K, WHOLE],
  'drop',
  [RET_K, 0],
]);
