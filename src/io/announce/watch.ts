/** Listening for a successor's announcement on a packet socket; reports what it sees and decides nothing. */
import { equalBytes, toHex } from '../../base/bytes.ts';
import type { Native } from '../../native.ts';
import { announcedBy } from '../../wire/announced.ts';
import { codeOf } from '../errno.ts';
import { arpFilter, neighbourAdvertFilter } from './watch-filter.ts';

const ETH_P_ARP = 0x0806;
const ETH_P_IPV6 = 0x86dd;
/** Frames for each turn of the loop; readiness is reported again as long as there are more. */
const BUDGET = 64;
/** Longer than any announcement; a longer frame is none. */
const LONGEST_FRAME = 2048;

export type WatchNative = Pick<
  Native,
  'packetOpen' | 'packetReceive' | 'packetClose' | 'pollStart' | 'pollStop'
>;

export type Watch = {
  readonly interfaceIndex: number;
  readonly ownMac: Uint8Array;
  readonly addresses: readonly Uint8Array[]; // 4 or 16 octets each
  readonly seen: (address: Uint8Array, mac: Uint8Array) => void;
  readonly problem: (code: string) => void;
};

/** Returns what ends the watch, harmless when repeated. Never throws: what fails is reported, the rest is watched. */
export function startWatch(native: WatchNative, watch: Watch): () => void {
  const v4 = watch.addresses.filter((address) => address.length === 4);
  const ends: (() => void)[] = [];
  const start = (etherType: number, filter: Uint8Array): void => {
    const end = listen(native, watch, etherType, filter);
    if (end !== undefined) ends.push(end);
  };
  if (v4.length > 0) start(ETH_P_ARP, arpFilter(watch.ownMac, v4));
  if (v4.length < watch.addresses.length) start(ETH_P_IPV6, neighbourAdvertFilter());
  return () => {
    for (const end of ends.splice(0)) end();
  };
}

function listen(
  native: WatchNative,
  watch: Watch,
  etherType: number,
  filter: Uint8Array,
): (() => void) | undefined {
  let fd: number;
  try {
    fd = native.packetOpen(watch.interfaceIndex, etherType, filter);
  } catch (e) {
    watch.problem(codeOf(e));
    return undefined;
  }
  const wanted = new Set(watch.addresses.map(toHex));
  const buffer = new Uint8Array(LONGEST_FRAME);
  let ended = false;
  const read = (): void => {
    for (let i = 0; i < BUDGET && !ended; i++) {
      const length = receive(native, fd, buffer, watch.problem);
      if (length === 0) return;
      const announced = length < 0 ? undefined : announcedBy(buffer.subarray(0, length));
      if (announced === undefined || !wanted.has(toHex(announced.address))) continue;
      if (!equalBytes(announced.mac, watch.ownMac)) watch.seen(announced.address, announced.mac);
    }
  };
  let handle: ReturnType<WatchNative['pollStart']>;
  try {
    handle = native.pollStart(fd, read);
  } catch (e) {
    native.packetClose(fd);
    watch.problem(codeOf(e));
    return undefined;
  }
  return () => {
    ended = true;
    native.pollStop(handle);
    native.packetClose(fd);
  };
}

/** Octets of the next frame; 0: none; -1: an error was read off (the link went down, a frame too long), there may be more. */
function receive(native: WatchNative, fd: number, into: Uint8Array, problem: (code: string) => void): number {
  try {
    return native.packetReceive(fd, into);
  } catch (e) {
    const code = codeOf(e);
    // A longer frame is no announcement; a link that goes down says so once and is heard again when it is up.
    if (code !== 'EMSGSIZE' && code !== 'ENETDOWN') problem(code);
    return -1;
  }
}
