/**
 * Sends adverts that nobody should obey, as fast as it is told: `flooder.js INTERFACE_INDEX FRAMES_A_SECOND SECONDS VRIDS KINDS`.
 * VRIDS are those that the victim has; KINDS a list of the names in `KIND`. Frames are made beforehand, 4,096 of them with as
 * many senders, and go out in bursts of 10 ms. Prints how many the kernel took.
 */
import { sum16 } from '../../src/base/checksum.ts';
import { prng } from '../../src/base/prng.ts';
import { native } from '../../src/native.ts';
import { encodeAdvertIpv4, type SignedFields } from '../../src/wire/sent.ts';
import { GROUP_V4 } from '../../src/wire/vrrp.ts';
import { sleepMs } from './clock.ts';

const [index = 0, rate = 0, seconds = 0] = process.argv.slice(2).map(Number);
const vrids = (process.argv[5] ?? '').split(',').map(Number);
const FRAMES = 4096;
const BURST_MS = 10;
const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const SEED = 1;
const random = prng(SEED);
const below = (n: number): number => Math.floor(random() * n);

const hash = (): never => {
  throw new Error('nothing is signed here');
};
const MACS = { hmacMd5: hash, hmacSha256: hash };

type Change = {
  readonly advert?: Partial<SignedFields>;
  readonly ttl?: number;
  readonly damage?: (message: Uint8Array) => void;
  readonly length?: number;
};

/** The VRRP message with its checksum made right again. */
function mend(message: Uint8Array): void {
  message[6] = 0;
  message[7] = 0;
  const sum = ~sum16(message) & 0xffff;
  message[6] = sum >> 8;
  message[7] = sum & 255;
}

const KIND: Readonly<Record<string, () => Change>> = {
  /** Right in every way, of the lowest priority: a backup discards it, a master answers some of them. */
  lower: () => ({}),
  checksum: () => ({ damage: (m) => m.fill(below(256), 6, 8) }),
  version: () => ({ damage: (m) => m.fill(0x71, 0, 1) }),
  type: () => ({
    damage: (m) => {
      m[0] = 0x25;
      mend(m);
    },
  }),
  count: () => ({ damage: (m) => m.fill(20, 3, 4) }),
  password: () => ({ advert: { authType: 1, authData: new Uint8Array(8).fill(0x61) } }),
  addresses: () => ({
    advert: { addresses: Array.from({ length: 20 }, (_, i) => Uint8Array.of(10, 9, 8, i)) },
  }),
  short: () => ({ length: IP_BYTES + 2 + below(6) }),
  garbage: () => ({ damage: (m) => m.set(Uint8Array.from(m, () => below(256)).subarray(2), 2) }),
  ttl: () => ({ ttl: 1 + below(254) }),
  foreign: () => ({ advert: { vrid: 200 + below(50) } }),
};

function frame(n: number, kinds: readonly string[]): Uint8Array {
  const kind = kinds[n % kinds.length] ?? '';
  const make = KIND[kind];
  if (make === undefined) throw new Error(`no kind '${kind}'`);
  const { advert, ttl = 255, damage, length } = make();
  const packet = encodeAdvertIpv4(
    {
      version: 2,
      vrid: vrids[n % vrids.length] ?? 1,
      priority: 1,
      adverIntUs: 1_000_000,
      addresses: [Uint8Array.of(192, 0, 2, 100)],
      authType: 0,
      authData: new Uint8Array(8),
      checksumForm: 'standard',
      ...advert,
    },
    // Another sender for each frame, none of them ours.
    { id: n + 1, ttl, source: Uint8Array.of(192, 0, 2 + 1 + (n >> 8), n & 255), destination: GROUP_V4 },
    MACS,
  );
  damage?.(packet.subarray(IP_BYTES));
  const cut = packet.subarray(0, length ?? packet.length);
  if (length !== undefined) {
    cut[3] = length;
    cut.fill(0, 10, 12);
    const sum = ~sum16(cut.subarray(0, IP_BYTES)) & 0xffff;
    cut.set([sum >> 8, sum & 255], 10);
  }
  const out = new Uint8Array(ETHERNET_BYTES + cut.length);
  out.set([0x01, 0, 0x5e, 0, 0, 0x12, 0x02, 0, 0, 0, 0, 0x77, 0x08, 0]);
  out.set(cut, ETHERNET_BYTES);
  return out;
}

const kinds = (process.argv[6] ?? '').split(',');
const frames = Array.from({ length: FRAMES }, (_, n) => frame(n, kinds));
const api = native();
const fd = api.packetOpen(index, 0, new Uint8Array(0));
const beganMs = performance.now();
let sent = 0;
let at = 0;
for (;;) {
  const passedMs = performance.now() - beganMs;
  if (passedMs >= seconds * 1000) break;
  const due = Math.min(Math.floor((passedMs * rate) / 1000) - sent, FRAMES);
  if (due > 0) {
    const batch = [...frames.slice(at, at + due), ...frames.slice(0, Math.max(0, at + due - FRAMES))];
    sent += api.packetSend(fd, index, batch);
    at = (at + due) % FRAMES;
  }
  await sleepMs(BURST_MS);
}
api.close(fd);
console.log(String(sent));
