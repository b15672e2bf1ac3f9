/** keepalived's dumps of the running daemon: what they say comes from report/, where they go from the configuration. */
import type { DaemonOptions } from './cli/options.ts';
import type { Command, Config } from './config/config.ts';
import type { Snapshot } from './core/snapshot.ts';
import type { Background } from './io/files/background.ts';
import { dumpPath, writeDump } from './io/files/dumps.ts';
import { type AccountSource, Accounts } from './io/process/accounts.ts';
import type { NetlinkPort } from './ports/netlink.ts';
import type { Log } from './ports/system.ts';
import { bfdDataText } from './report/bfd.ts';
import { dataText, parentText } from './report/data.ts';
import type { DumpFacts } from './report/dump/text.ts';
import { jsonText } from './report/json.ts';
import { statsText } from './report/stats.ts';

export type DumpHands = {
  readonly options: DaemonOptions;
  readonly log: Log;
  readonly netlink: Pick<NetlinkPort, 'links' | 'addresses'>;
  readonly accounts: AccountSource;
  readonly background: Background;
  readonly tmpdir: string | undefined; // $TMPDIR
};

const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

/** The text of keepalived.data; also for the log (-d) and 'config_save_dir'. */
export function dataOf(config: Config, s: Snapshot, hands: DumpHands): string {
  return dataText(config, s, factsOf(config, hands));
}

/** SIGUSR1 */
export function dumpData(config: Config, s: Snapshot, hands: DumpHands): void {
  const { dumpNamesWithInstance, stateDump } = config.global.fileSettings;
  const names = [hands.options.namespace ?? config.global.netNamespace, config.global.instanceName];
  const whose = names.filter((n) => n !== undefined).join('_');
  const suffix = dumpNamesWithInstance && whose !== '' ? `.${whose}` : '';
  const write = (part: string, text: string): void =>
    put({ name: 'keepalived.data', template: stateDump, part: `${part}${suffix}` }, text, config, hands);
  write('_parent', parentText(config, factsOf(config, hands)));
  write('', dataOf(config, s, hands));
  // A part that does nothing writes no file.
  if (s.bfd !== undefined) write('_bfd', bfdDataText(s.bfd, s.nowWallMs));
}

/** SIGUSR2 */
export function dumpStats(config: Config, s: Snapshot, hands: DumpHands): void {
  put(
    { name: 'keepalived.stats', template: config.global.fileSettings.statsDump },
    statsText(s),
    config,
    hands,
  );
}

/** Signal 36. keepalived writes no file when there is nothing to tell. */
export function dumpJson(config: Config, s: Snapshot, hands: DumpHands): void {
  if (s.instances.length === 0) return;
  put(
    { name: 'keepalived.json', template: config.global.fileSettings.jsonDump },
    jsonText(config, s),
    config,
    hands,
  );
}

/** `text` is of now; the file follows. */
function put(name: Parameters<typeof dumpPath>[0], text: string, config: Config, hands: DumpHands): void {
  const { log, background, options } = hands;
  const path = dumpPath(name, hands.tmpdir);
  const umask = options.umask ?? config.global.fileSettings.umask;
  const begun = background.add(path, () =>
    writeDump(path, text, umask).then(
      () => log.log('info', `Printing to ${path}`),
      (e: Error) => log.log('error', `cannot write ${path}: ${e.message}`),
    ),
  );
  if (!begun) log.log('error', `cannot write ${path}: too many files wait, the disk stands still`);
}

function factsOf(config: Config, { netlink, accounts: source }: DumpHands): DumpFacts {
  const { scriptUser, scriptGroup, scriptSecurity } = config.global;
  const settings = {
    ...(scriptUser === undefined ? {} : { scriptUser }),
    ...(scriptGroup === undefined ? {} : { scriptGroup }),
    scriptSecurity,
  };
  const accounts = new Accounts(settings, source, own.uid, own.gid);
  const owner = (user: string | undefined, group: string | undefined): string | undefined => {
    const who = accounts.choose(user, group);
    return who.ok ? `${who.identity.uid}:${who.identity.gid}` : undefined;
  };
  return {
    owner: (command: Command) => owner(command.user, command.group),
    fifoOwner: owner,
    links: netlink.links(),
    addresses: netlink.addresses(),
  };
}
