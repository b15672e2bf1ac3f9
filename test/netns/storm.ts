/**
 * Sends damaged VRRP, ARP and ND frames at a neighbour: the golden frames cut, flipped, lengthened and with repaired IP
 * headers, so that damage reaches every layer. `storm.js INTERFACE_INDEX FRAMES FRAMES_A_SECOND SEED`. Prints how many it sent.
 */

import { sum16 } from '../../src/base/checksum.ts';
import { prng } from '../../src/base/prng.ts';
import { native } from '../../src/native.ts';
import { goldenFrames } from '../golden/frames.ts';
import { sleepMs } from './clock.ts';

const [index = 0, total = 0, rate = 0, seed = 0] = process.argv.slice(2).map(Number);
const random = prng(seed);
const below = (n: number): number => Math.floor(random() * n);
const BATCH_MS = 10;
const ETHERNET_BYTES = 14;
const LONGEST_BYTES = 1514;

/** Length and checksum of the IPv4 header made right again, so that the kernel lets the rest through. */
function repairIpv4(f: Uint8Array): void {
  const header = f.subarray(ETHERNET_BYTES, ETHERNET_BYTES + 20);
  if (header.length < 20) return;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  header[0] = 0x45;
  view.setUint16(2, f.length - ETHERNET_BYTES);
  view.setUint16(6, 0);
  header[8] = 255;
  header[9] = 112;
  header.set([192, 0, 2, 20], 12);
  view.setUint16(10, 0);
  view.setUint16(10, ~sum16(header) & 0xffff);
}

/** The IPv6 header made right again; every other time the checksum behind it too, so that the ladder sees the rest. */
function repairIpv6(f: Uint8Array): void {
  const packet = f.subarray(ETHERNET_BYTES);
  if (packet.length < 44) return;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const length = packet.length - 40;
  packet[0] = 0x60;
  view.setUint16(4, length);
  packet[6] = 112;
  packet[7] = 255;
  packet.fill(0, 8, 40);
  packet.set([0xfe, 0x80], 8);
  packet[23] = 0x0b;
  packet.set([0xff, 0x02], 24);
  packet[39] = 0x12;
  if (length < 8 || below(2) === 0) return;
  view.setUint16(46, 0);
  view.setUint16(46, ~sum16(packet.subarray(8), 112 + length) & 0xffff);
}

function damage(original: Uint8Array): Uint8Array {
  const cut = below(3) === 0 ? ETHERNET_BYTES + 1 + below(original.length - ETHERNET_BYTES) : original.length;
  const more = below(8) === 0 ? below(LONGEST_BYTES - cut) : 0;
  const f = new Uint8Array(cut + more);
  f.set(original.subarray(0, cut));
  for (let i = cut; i < f.length; i++) f[i] = below(256);
  // At least one bit: whole adverts of a lower priority would be answered one by one, as they must be.
  for (let n = 1 + below(5); n > 0; n--) {
    const at = ETHERNET_BYTES + below(f.length - ETHERNET_BYTES);
    f[at] = (f[at] ?? 0) ^ (1 << below(8));
  }
  if (f[12] === 0x08 && f[13] === 0 && below(4) !== 0) repairIpv4(f);
  if (f[12] === 0x86 && f[13] === 0xdd && f[20] === 112 && below(4) !== 0) repairIpv6(f);
  return f;
}

const api = native();
// An undamaged advert of the highest priorities would be obeyed, and rightly so.
const frames = goldenFrames()
  .filter((g) => g.bytes.length > ETHERNET_BYTES + 8)
  .filter((g) => (g.expect.vrrp?.priority ?? 0) < 254)
  .map((g) => g.bytes);
const fd = api.packetOpen(index, 0, new Uint8Array(0));
let sent = 0;
// A link that takes nothing must not keep us for ever.
const giveUp = performance.now() + 60_000;
while (sent < total && performance.now() < giveUp) {
  const batch = Array.from({ length: Math.ceil((rate * BATCH_MS) / 1000) }, () =>
    damage(frames[below(frames.length)] ?? new Uint8Array(60)),
  );
  sent += api.packetSend(fd, index, batch);
  await sleepMs(BATCH_MS);
}
api.close(fd);
console.log(String(sent));
