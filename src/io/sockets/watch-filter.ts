/**
 * The receive filter as an eBPF program that also keeps watch: an advert equal, octet for octet, to the one that its record
 * holds stamps the record and goes no further. What it lets in and what it hides is else exactly what advert-filter.ts does.
 *
 * A record is believed only while nothing that was let in for its VRID is still unread ('passed' and 'handled' are equal): so
 * whatever is stamped came before whatever waits in the socket, and the order of the wire is kept. JavaScript changes a record
 * only while its length is 0; the program looks at length and 'handled' once more before it stamps, so that what it has
 * compared was one record, not half of two.
 */
import { assert } from '../../base/assert.ts';
import {
  add,
  add32,
  and,
  assembleEbpf,
  atomicAdd32,
  atomicAdd64,
  call,
  type EbpfLine,
  exit,
  FRAME,
  jumpIfDiffer,
  jumpIfIs,
  jumpIfNot,
  jumpIfNull,
  KTIME_NS,
  load32,
  loadMap,
  MAP_LOOKUP,
  move,
  packetAt,
  packetBehind,
  set,
  shiftLeft,
  store32,
  store64,
  subtract32,
} from '../ebpf.ts';

/** Offsets in octets; numbers in the host's order. */
export const Field = {
  lastNs: 0, // 64 bits, CLOCK_MONOTONIC; of the last equal advert
  count: 8, // 64 bits; equal adverts
  passed: 16, // packets for this VRID that were let in
  handled: 20, // of these, how many JavaScript has read; written by it
  admitted: 24, // 0: this VRID is not ours
  length: 28, // octets of the message; 0: nothing is compared
  ttl: 32,
  source: 36, // four words; IPv4: the first
  message: 64, // words as they are read from the packet
} as const;

/** The longest message that is compared, from the VRRP header on: 82 IPv4 or 20 IPv6 addresses. Longer ones are let in. */
export const MOST_WATCHED_BYTES = 336;
export const RECORD_BYTES: number = Field.message + MOST_WATCHED_BYTES;

export type WatchFilter = {
  readonly mode: 'multicast' | 'unicast';
  readonly destination: Uint8Array; // 4 or 16 octets
  readonly mapFd: number;
  readonly lowestVrid: number; // of the first record
  /** IPv6 only, where the message begins in what the socket delivers: 0; in a frame given to a test run it is 40. */
  readonly messageAt6?: number;
};

/** How many octets pass: all. */
const WHOLE = 0x40000;
const TTL_OF_THIS_LINK = 255;
const IPPROTO_VRRP = 112;
export const IPV4_WITHOUT_OPTIONS = 0x45;
const IPV4 = { ttl: 8, source: 12, destination: 16 } as const;
/** Counted from the network header: an IPv6 raw socket delivers what is behind it. */
const SKF_NET_OFF = -0x100000;
const IPV6 = {
  nextHeader: SKF_NET_OFF + 6,
  hopLimit: SKF_NET_OFF + 7,
  source: SKF_NET_OFF + 8,
  destination: SKF_NET_OFF + 24,
} as const;
const VRID_AT = 1;
/** In struct __sk_buff. */
const SKB_LENGTH = 0;
/** On the stack. */
const KEY_AT = -4;
const HANDLED_AT = -8;

/** What is kept in registers: the context, where the message begins, the record, the message's length. */
const CONTEXT = 6;
const BASE = 7;
const RECORD = 8;
const LENGTH = 9;

/** Some 400 instructions, whatever the VRIDs. */
export function watchFilter(f: WatchFilter): Uint8Array {
  const { destination } = f;
  assert(destination.length === 4 || destination.length === 16, 'the destination is an IP address');
  const front = destination.length === 4 ? front4(f) : front6(f);
  const compare = destination.length === 4 ? COMPARE_4 : COMPARE_6;
  return assembleEbpf([
    move(CONTEXT, 1),
    ...front,
    packetBehind('byte', BASE, VRID_AT),
    add32(0, -f.lowestVrid), // below it: a very large number, which no record has
    store32(FRAME, KEY_AT, 0),
    move(2, FRAME),
    add(2, KEY_AT),
    loadMap(1, f.mapFd),
    call(MAP_LOOKUP),
    jumpIfNull(0, 'drop'),
    move(RECORD, 0),
    load32(1, RECORD, Field.admitted),
    jumpIfIs(1, 0, 'drop'),
    load32(LENGTH, RECORD, Field.length),
    jumpIfIs(LENGTH, 0, 'pass'),
    load32(1, RECORD, Field.handled),
    store32(FRAME, HANDLED_AT, 1),
    load32(2, RECORD, Field.passed),
    jumpIfDiffer(1, 2, 'pass'),
    load32(1, CONTEXT, SKB_LENGTH),
    subtract32(1, BASE),
    jumpIfDiffer(1, LENGTH, 'pass'),
    ...compare,
    ...COMPARE_MESSAGE,
    'equal',
    call(KTIME_NS),
    load32(1, RECORD, Field.length),
    jumpIfIs(1, 0, 'pass'),
    load32(1, RECORD, Field.handled),
    load32(2, FRAME, HANDLED_AT),
    jumpIfDiffer(1, 2, 'pass'),
    store64(RECORD, Field.lastNs, 0),
    set(1, 1),
    atomicAdd64(RECORD, Field.count, 1),
    'drop',
    set(0, 0),
    exit(),
    'pass',
    set(1, 1),
    atomicAdd32(RECORD, Field.passed, 1),
    set(0, WHOLE),
    exit(),
  ]);
}

function front4({ mode, destination }: WatchFilter): readonly EbpfLine[] {
  const ttl = [packetAt('byte', IPV4.ttl), jumpIfNot(0, TTL_OF_THIS_LINK, 'drop')];
  return [
    ...(mode === 'multicast' ? ttl : []),
    packetAt('word', IPV4.destination),
    jumpIfNot(0, word(destination, 0), 'drop'),
    packetAt('byte', 0),
    and(0, 15),
    shiftLeft(0, 2),
    move(BASE, 0),
  ];
}

function front6({ destination, messageAt6 = 0 }: WatchFilter): readonly EbpfLine[] {
  const lines: EbpfLine[] = [];
  for (let at = 0; at < 16; at += 4)
    lines.push(packetAt('word', IPV6.destination + at), jumpIfNot(0, word(destination, at), 'drop'));
  return [...lines, set(BASE, messageAt6)];
}

const word = (octets: Uint8Array, at: number): number =>
  new DataView(octets.buffer, octets.byteOffset).getInt32(at);

/** Register 0 against a word of the record. */
const same = (at: number): readonly EbpfLine[] => [load32(1, RECORD, at), jumpIfDiffer(0, 1, 'pass')];

const COMPARE_4: readonly EbpfLine[] = [
  packetAt('byte', 0),
  jumpIfNot(0, IPV4_WITHOUT_OPTIONS, 'pass'),
  packetAt('byte', IPV4.ttl),
  ...same(Field.ttl),
  packetAt('word', IPV4.source),
  ...same(Field.source),
];

const COMPARE_6: readonly EbpfLine[] = [
  packetAt('byte', IPV6.nextHeader),
  jumpIfNot(0, IPPROTO_VRRP, 'pass'), // extension headers
  packetAt('byte', IPV6.hopLimit),
  ...same(Field.ttl),
  ...[0, 4, 8, 12].flatMap((at) => [packetAt('word', IPV6.source + at), ...same(Field.source + at)]),
];

/** Word by word until the length is reached, which is the packet's own: no load can lie behind its end. */
const COMPARE_MESSAGE: readonly EbpfLine[] = Array.from({ length: MOST_WATCHED_BYTES / 4 }, (_, i) => [
  packetBehind('word', BASE, i * 4),
  ...same(Field.message + i * 4),
  jumpIfIs(LENGTH, (i + 1) * 4, 'equal'),
]).flat();
