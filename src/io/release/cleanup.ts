/**
 * `vipd cleanup`: gives up what a dead daemon left behind. Reads release.json, says priority 0 for each of its masters so
 * that the backup need not wait, deletes the addresses, removes the files. Loads no configuration.
 */
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { posix } from 'node:path';
import type { ChangedSetting } from '../../ports/devices.ts';
import type { KeySource, ReleaseState } from '../../ports/system.ts';
import { batchPath, readRelease, removeRelease } from './release.ts';

type ReleaseAdvert = ReleaseState['adverts'][number];
export type CleanUpParts = {
  /** Enters the network namespace of that name; a text says why it could not. */
  readonly enterNamespace: (name: string) => string | undefined;
  /** Deletes what is there, ignores what is not; returns what could not be done, as text. */
  readonly deleteAddresses: (
    list: ReleaseState['addresses'],
  ) => readonly string[] | Promise<readonly string[]>;
  /** Deletes routes and rules; the same. */
  readonly deleteRouting?: (
    list: NonNullable<ReleaseState['routing']>,
  ) => readonly string[] | Promise<readonly string[]>;
  /** As above, for interfaces. */
  readonly deleteDevices?: (names: readonly string[]) => readonly string[];
  readonly deleteTables?: (table: string) => readonly string[] | Promise<readonly string[]>;
  readonly restoreSettings?: (
    list: readonly ChangedSetting[],
  ) => readonly string[] | Promise<readonly string[]>;
  /** Adverts with a `keyId` get their signatures; returns those that could, and why others could not. */
  readonly signAdverts?: (
    adverts: readonly ReleaseAdvert[],
    keysIn: KeySource,
  ) => Promise<{ readonly signed: readonly ReleaseAdvert[]; readonly problems: readonly string[] }>;
  readonly sendAdvert?: (advert: ReleaseAdvert) => void; // default: raw-socket
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
};

/** How often each priority-0 advert is said: one lost packet must not cost the whole Master_Down_Interval. */
const REPEAT = 2;

/** Exit status: 0 done or nothing to do, 1 something is left (the files stay), 4 refused: the daemon is alive. */
export async function cleanUp(runDir: string, parts: CleanUpParts): Promise<number> {
  const read = readRelease(runDir);
  if (!read.ok) {
    parts.err(`vipd: ${read.error}; 'ip -force -batch ${batchPath(runDir)}' may still do\n`);
    return 1;
  }
  if (read.value === undefined) return 0;
  if (await isAlive(posix.join(runDir, 'vipd.sock'))) {
    parts.err(`vipd: the daemon of ${runDir} is running; stop it, it cleans up by itself\n`);
    return 4;
  }
  const { addresses, routing = [], devices = [], settings = [], table, namespace } = read.value;
  const outside = namespace === undefined ? undefined : parts.enterNamespace(namespace);
  if (outside !== undefined) {
    parts.err(`vipd: ${outside}\n`);
    return 1;
  }
  const { adverts, problems } = await whatCanBeSaid(read.value, parts);
  // Nobody can say it later either, and the peers take over by themselves.
  for (const text of problems) parts.err(`vipd: ${text}\n`);
  const failures = [
    ...sendAll(adverts, parts.sendAdvert ?? sendRaw),
    ...(routing.length === 0 ? [] : ((await parts.deleteRouting?.(routing)) ?? [])),
    ...(await parts.deleteAddresses(addresses)),
    // After the adverts, which leave through them.
    ...(parts.deleteDevices?.(devices) ?? []),
    ...(table === undefined ? [] : ((await parts.deleteTables?.(table)) ?? [])),
    ...((await parts.restoreSettings?.(settings)) ?? []),
  ];
  for (const text of failures) parts.err(`vipd: ${text}\n`);
  if (failures.length > 0) return 1;
  removeRelease(runDir);
  const more = devices.length === 0 ? '' : ` and ${devices.length} interfaces`;
  parts.out(`sent priority 0 for ${adverts.length} adverts, deleted ${addresses.length} addresses${more}\n`);
  return 0;
}

async function whatCanBeSaid(
  { adverts, keysIn }: ReleaseState,
  parts: CleanUpParts,
): Promise<{ readonly adverts: readonly ReleaseAdvert[]; readonly problems: readonly string[] }> {
  const plain = adverts.filter((a) => a.keyId === undefined);
  const open = adverts.filter((a) => a.keyId !== undefined);
  if (open.length === 0 || keysIn === undefined || parts.signAdverts === undefined)
    return { adverts: plain, problems: [] };
  const { signed, problems } = await parts.signAdverts(open, keysIn);
  return { adverts: [...plain, ...signed], problems };
}

function sendAll(adverts: readonly ReleaseAdvert[], send: (advert: ReleaseAdvert) => void): string[] {
  const failures: string[] = [];
  for (let round = 0; round < REPEAT; round++) {
    for (const advert of adverts) {
      try {
        send(advert);
      } catch (e) {
        if (!(e instanceof Error)) throw e;
        // An interface that is gone took its addresses along: nobody is left to tell.
        const gone = /No such device/.test(e.message);
        if (round === 0 && !gone)
          failures.push(
            `${advert.instance}: priority 0 to ${advert.destination} on ${advert.interface}: ${e.message}`,
          );
      }
    }
  }
  return failures;
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** The part of raw-socket that is used here: its `wrap` sends at once, its own send() queues. */
type RawSocket = {
  readonly wrap: {
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      sent: (bytes: number) => void,
    ): void;
  };
  setOption(level: number, option: number, value: Buffer, length: number): void;
  on(event: 'error', handler: (error: Error) => void): void;
  close(): void;
};
type RawModule = {
  createSocket(options: { readonly protocol: number; readonly addressFamily: number }): RawSocket;
};

// include/linux/in.h, include/asm-generic/socket.h; IPPROTO_RAW implies the header of our own and receives nothing.
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const RAW_FAMILY = { v4: 1, v6: 2 } as const;

/** Throws with strerror's text: raw-socket gives no codes. */
function sendRaw(advert: ReleaseAdvert): void {
  const raw = createRequire(import.meta.url)('raw-socket') as RawModule;
  const addressFamily = advert.destination.includes(':') ? RAW_FAMILY.v6 : RAW_FAMILY.v4;
  const socket = raw.createSocket({ protocol: IPPROTO_RAW, addressFamily });
  socket.on('error', () => {}); // of its receiving half, which is not used
  try {
    if (advert.interface !== '') {
      const name = Buffer.from(`${advert.interface}\0`);
      socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, name, name.length);
    }
    const frame = Buffer.from(advert.frame);
    socket.wrap.send(frame, 0, frame.length, advert.destination, () => {});
  } finally {
    socket.close();
  }
}
