/**
 * The master whose death a storm of take-overs follows, the same for every daemon: once a second it sends one advert of each of
 * N virtual routers (bench/many.ts), VRRPv3, priority 200, until it is killed. A burst is spread over some 20 ms: the kernel's
 * queues and a daemon's receive buffer hold a few hundred packets, and what they lose would end a timer a second early.
 *
 *   former-master.js N INTERVAL_MS INDEX...      INDEX: the number of interface eth0, eth1, …
 *
 * Prints a line behind each burst.
 */
import { parseIp } from '../src/base/ip.ts';
import { native } from '../src/native.ts';
import { ETHERNET_HEADER_LENGTH, encodeEthernetHeaderInto } from '../src/wire/ethernet.ts';
import { encodeIpv4 } from '../src/wire/ipv4.ts';
import { encodeVrrp, GROUP_V4 } from '../src/wire/vrrp.ts';
import { sleepMs } from '../test/netns/clock.ts';
import { addressOf, macOf, placeOf, vipOf } from './many.ts';

const [count = 0, intervalMs = 0, ...indices] = process.argv.slice(2).map(Number);
const GROUP_MAC = Uint8Array.of(1, 0, 0x5e, 0, 0, 18);
const ETHERTYPE_IPV4 = 0x0800;
const PRIORITY = 200;

const octets = (address: string): Uint8Array => {
  const parsed = parseIp(address);
  if (parsed === undefined) throw new Error(`not an address: ${address}`);
  return parsed;
};

function advert(n: number): Uint8Array {
  const { on, vrid } = placeOf(n);
  const source = octets(addressOf('a', on));
  const message = encodeVrrp(
    {
      version: 3,
      vrid,
      priority: PRIORITY,
      adverIntUs: intervalMs * 1000,
      addresses: [octets(vipOf(n))],
      authType: 0,
      authData: new Uint8Array(8),
      checksumForm: 'standard',
    },
    4,
    source,
    GROUP_V4,
  );
  const packet = encodeIpv4({ id: n, ttl: 255, protocol: 112, source, destination: GROUP_V4 }, message);
  const frame = new Uint8Array(ETHERNET_HEADER_LENGTH + packet.length);
  const mac = Uint8Array.from(macOf('a', on).split(':'), (x) => Number.parseInt(x, 16));
  encodeEthernetHeaderInto(GROUP_MAC, mac, ETHERTYPE_IPV4, frame);
  frame.set(packet, ETHERNET_HEADER_LENGTH);
  return frame;
}

const api = native();
const fds = indices.map((index) => ({ index, fd: api.packetOpen(index, 0, new Uint8Array(0)) }));
const frames = Array.from({ length: count }, (_, n) => ({ ...fds[placeOf(n).on], frame: advert(n) }));

const AT_ONCE = 50;
async function burst(): Promise<void> {
  for (let n = 0; n < frames.length; n++) {
    const { fd, index, frame } = frames[n] as (typeof frames)[number];
    if (fd === undefined || index === undefined) throw new Error('an interface is missing');
    api.packetSend(fd, index, [frame]);
    if (n % AT_ONCE === AT_ONCE - 1) await sleepMs(1);
  }
  process.stdout.write('sent\n');
}

for (;;) {
  const dueMs = performance.now() + intervalMs;
  await burst();
  await sleepMs(Math.max(0, dueMs - performance.now()));
}
