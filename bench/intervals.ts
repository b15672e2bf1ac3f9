/** How evenly adverts leave: the distances between those of one virtual router, out of a capture. Pure but for the reading. */
import { readPcap } from '../test/netns/capture.ts';

/** Offset of the VRID in a frame: Ethernet, an IPv4 header without options, one octet of VRRP. */
const VRID_AT = 14 + 20 + 1;

/** `deviations`: of each distance from the interval, ms, unsigned. */
export function deviations(file: string, intervalMs: number): number[] {
  return distancesMs(readPcap(file)).map((ms) => Math.abs(ms - intervalMs));
}

/** Between two adverts of the same VRID, in ms. */
export function distancesMs(
  packets: readonly { readonly atS: number; readonly bytes: Uint8Array }[],
): number[] {
  const last = new Map<number, number>();
  const out: number[] = [];
  for (const { atS, bytes } of packets) {
    const vrid = bytes[VRID_AT];
    if (vrid === undefined) continue;
    const before = last.get(vrid);
    if (before !== undefined) out.push((atS - before) * 1000);
    last.set(vrid, atS);
  }
  return out;
}
