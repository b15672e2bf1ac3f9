/** An advert as it leaves the sockets: decoded facts, not yet judged. See vrrp/accept.ts for the judging. */
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import type { Signature } from '../wire/sent.ts';

/** Names one receive socket: instances that share it are told apart by VRID. */
export type SocketSpec = {
  readonly family: 4 | 6;
  /** 51: every advert stands behind an IPsec authentication header (IPv4). */
  readonly protocol: 112 | 51;
  readonly interface: string; // '' (unicast only): bound to none
  readonly interfaceIndex: number;
  readonly mode: 'multicast' | 'unicast';
  readonly group: string; // multicast group; '' for unicast
  readonly source: string; // unicast source address; '' for multicast
  readonly vrids: readonly number[]; // 0..255, those to let in, for the kernel filter
  readonly receiveBufferBytes: number; // at least; 0 = what the sockets take by themselves
};

/** Everything needed to write one advert on the wire. Encoded at send time. */
export type OutgoingAdvert = {
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly priority: number; // 0..255
  readonly adverIntUs: number;
  readonly addresses: readonly Uint8Array[];
  readonly authType: 0 | 1 | 2;
  readonly authData: Uint8Array; // 8 octets, v2 only
  readonly source: string;
  readonly destinations: readonly string[]; // the group, or each unicast peer
  readonly ttl: number;
  readonly ipId: number; // 1..65535
  readonly checksumForm: 'standard' | 'no-pseudo' | 'old-unicast'; // v3 over IPv4
  /** Absent: not signed. Its key must not be printed. */
  readonly signature?: Signature;
};

export type SendResult = { readonly sent: number; readonly error?: string }; // error: 'ENETDOWN', …

export interface AdvertPort {
  /** Opens or re-opens the sockets of `spec`; throws with `code` and `syscall`. */
  open(key: string, spec: SocketSpec): void;
  /** Instances came or went: another set of VRIDs for the kernel filter, and room for that many. Never makes the buffer smaller. */
  share(key: string, asked: Pick<SocketSpec, 'vrids' | 'receiveBufferBytes'>): void;
  close(key: string): void;
  /** Synchronous, never throws: one packet to each destination. */
  send(key: string, advert: OutgoingAdvert): SendResult;
  /** `advert` will be sent in a moment: what can be done for it is done now. Of the last one only. */
  prepare(advert: OutgoingAdvert): void;
  /** The bytes (with IP header) that `send` would emit to each destination: for the release file. */
  encode(advert: OutgoingAdvert): readonly Uint8Array[];
  /** Reads until EAGAIN (bounded) and hands each packet to the sink, before an expired timer is believed; how many there were. */
  drain(key: string): number;
  /** Packets that wait, at most, where the bound has ended the last reading; 0: it had read everything. */
  waiting(key: string): number;
}

export type AdvertSink = (key: string, received: ReceivedAdvert) => void;
