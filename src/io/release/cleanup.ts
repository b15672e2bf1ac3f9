/**
 * `vipd cleanup`: gives up what a dead daemon left behind. Reads release.json, says priority 0 for each of its masters so
 * that the backup need not wait, deletes the addresses, removes the files. Loads no configuration.
 */
import { closeSync } from 'node:fs';
import { posix } from 'node:path';
import { native } from '../../native.ts';
import type { ChangedSetting } from '../../ports/devices.ts';
import type { KeySource, ReleaseState } from '../../ports/system.ts';
import { batchPath, readRelease, removeRelease } from './release.ts';
import { sendNow } from './send-now.ts';

type ReleaseAdvert = ReleaseState['adverts'][number];
type Deletion<T> = (what: T) => readonly string[] | Promise<readonly string[]>;
export type CleanUpParts = {
  /** Enters the network namespace of that name; a text says why it could not. */
  readonly enterNamespace: (name: string) => string | undefined;
  /** Deletes what is there, ignores what is not; returns what could not be done, as text. */
  readonly deleteAddresses: Deletion<ReleaseState['addresses']>;
  /** Routes and rules; the same. This and the others are asked only where there is something to do. */
  readonly deleteRouting?: Deletion<NonNullable<ReleaseState['routing']>>;
  readonly deleteDevices?: Deletion<readonly string[]>; // interfaces
  readonly deleteTables?: Deletion<string>;
  readonly restoreSettings?: Deletion<readonly ChangedSetting[]>;
  /** Adverts with a `keyId` get their signatures; returns those that could, and why others could not. */
  readonly signAdverts?: (
    adverts: readonly ReleaseAdvert[],
    keysIn: KeySource,
  ) => Promise<{ readonly signed: readonly ReleaseAdvert[]; readonly problems: readonly string[] }>;
  readonly sendAdvert?: (advert: ReleaseAdvert) => void; // default: on the wire
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
  if (isAlive(posix.join(runDir, 'vipd.sock'))) {
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
    ...sendAll(adverts, parts.sendAdvert ?? ((advert) => sendNow(native(), advert))),
    ...(routing.length === 0 ? [] : ((await parts.deleteRouting?.(routing)) ?? [])),
    ...(await parts.deleteAddresses(addresses)),
    // After the adverts, which leave through them.
    ...(devices.length === 0 ? [] : ((await parts.deleteDevices?.(devices)) ?? [])),
    ...(table === undefined ? [] : ((await parts.deleteTables?.(table)) ?? [])),
    ...(settings.length === 0 ? [] : ((await parts.restoreSettings?.(settings)) ?? [])),
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

/**
 * Somebody has the socket at `path`: it is asked for as one of another type, which a socket that nobody has refuses otherwise. Nothing
 * reaches its owner, and Node's own sockets would take milliseconds to load.
 */
function isAlive(path: string): boolean {
  try {
    closeSync(native().unixOpen(path));
    return true;
  } catch (e) {
    if (e instanceof TypeError) return false; // longer than any socket's path
    if (!(e instanceof Error && 'code' in e)) throw e;
    return e.code === 'EPROTOTYPE';
  }
}
