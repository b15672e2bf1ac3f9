/** The lvs_* keywords of 'global_defs'. */
import { formatIp, isMulticast, parseIp } from '../base/ip.ts';
import { tooLong } from './context.ts';
import type { Reporter } from './diagnostic.ts';
import type { LvsGlobals, SyncDaemon } from './global-config.ts';
import { lastSetting } from './global-processes.ts';
import { wordNumber } from './numbers.ts';
import type { Block, Setting } from './settings.ts';
import type { Word } from './words.ts';

/** 31 days, the longest that the kernel takes. */
const MOST_TIMEOUT_S = 2_678_400;

export function readLvs(block: Block, reporter: Reporter): LvsGlobals {
  const syncDaemon = firstDaemon(block, reporter);
  const stop = lastSetting(block, 'lvs_flush_on_stop', 'lvs_flush_onstop');
  return {
    ...timeouts(block, reporter),
    flush: block.has('lvs_flush'),
    flushOnStop: stop === undefined ? 'no' : stop.value === 'VS' ? 'services' : 'all',
    ...(syncDaemon === undefined ? {} : { syncDaemon }),
    logAllFailures: block.boolean('checker_log_all_failures') ?? false,
    initNotifies: block.boolean('rs_init_notifies') ?? false,
  };
}

const TIMEOUTS = { tcp: 'timeoutTcpS', tcpfin: 'timeoutTcpFinS', udp: 'timeoutUdpS' } as const;
type Timeouts = { -readonly [K in (typeof TIMEOUTS)[keyof typeof TIMEOUTS]]?: number };

/** Lines add up; the last value of each counts. */
function timeouts(block: Block, reporter: Reporter): Timeouts {
  const out: Timeouts = {};
  for (const setting of block.settings.filter((s) => s.statement.keyword.text === 'lvs_timeouts')) {
    const { words } = setting;
    const report = (word: Word, message: string) =>
      reporter.report('KA0561', word.at, message, {
        effect: "keepalived ignores it and takes the line's other values",
        fix: `write 'lvs_timeouts tcp S tcpfin S udp S' with seconds in 0..${MOST_TIMEOUT_S}`,
      });
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as Word;
      const key = Object.hasOwn(TIMEOUTS, word.text)
        ? TIMEOUTS[word.text as keyof typeof TIMEOUTS]
        : undefined;
      const next = words[i + 1];
      if (key === undefined) {
        report(word, `Unknown option ${word.text} specified for lvs_timeouts`);
        // Its value is no second mistake.
        if (next !== undefined && !Object.hasOwn(TIMEOUTS, next.text)) i++;
      } else if (next === undefined)
        report(word, `No value specified for lvs_timeout ${word.text} - ignoring`);
      else {
        const value = wordNumber(next, 0, MOST_TIMEOUT_S);
        if (value === undefined) report(next, `Invalid lvs_timeout ${word.text} (${next.text}) - ignoring`);
        else out[key] = value;
      }
      if (key !== undefined) i++;
    }
  }
  return out;
}

/** The first line with a usable interface; later ones are refused. */
function firstDaemon(block: Block, reporter: Reporter): SyncDaemon | undefined {
  const setting = block.get('lvs_sync_daemon');
  return setting === undefined ? undefined : readDaemon(setting, reporter);
}

type Draft = { -readonly [K in keyof SyncDaemon]: SyncDaemon[K] };
/** Option word -> field and range. */
const NUMBERS = {
  id: ['id', 0, 255],
  maxlen: ['maxLengthBytes', 1, 65_507],
  port: ['port', 1, 65_535],
  ttl: ['ttl', 1, 255],
} as const;

function readDaemon(setting: Setting, reporter: Reporter): SyncDaemon | undefined {
  const [name, ...options] = setting.words;
  if (name === undefined) return undefined;
  if (tooLong(name.text)) {
    reporter.report('KA0562', name.at, `lvs_sync_daemon interface name '${name.text}' too long - ignoring`, {
      effect: 'there is no sync daemon',
      fix: 'an interface name has at most 15 bytes',
    });
    return undefined;
  }
  const daemon: Draft = { interface: name.text };
  const problem = (at: Word['at'], message: string, effect = 'keepalived ignores the option') =>
    reporter.report('KA0562', at, message, {
      effect,
      fix: `write '${setting.statement.keyword.text} ${setting.statement.row.args}'`,
    });
  let bare = 0;
  for (let i = 0; i < options.length; i++) {
    const word = options[i] as Word;
    const known = word.text === 'inst' || word.text === 'group' || Object.hasOwn(NUMBERS, word.text);
    const value = known ? options[i + 1] : undefined;
    if (known) i++;
    if (known && value === undefined)
      problem(word.at, `No value specified for lvs_sync_daemon ${word.text}`, 'keepalived uses its default');
    else if (value !== undefined) option(daemon, word.text, value, problem);
    else if (bare === 0 && daemon.instance === undefined) {
      daemon.instance = word.text;
      bare = 1;
    } else if (bare === 1 && daemon.id === undefined) {
      bare = 2;
      const id = wordNumber(word, 0, 255);
      if (id === undefined) problem(word.at, `Invalid syncid (${word.text}) - defaulting to vrid`);
      else {
        daemon.id = id;
        problem(word.at, 'Please use keyword "id" before lvs_sync_daemon SYNCID', `the id is ${id}`);
      }
    } else problem(word.at, `Unknown option ${word.text} specified for lvs_sync_daemon`);
  }
  return daemon;
}

function option(
  daemon: Draft,
  name: string,
  value: Word,
  problem: (at: Word['at'], message: string, effect?: string) => void,
): void {
  if (name === 'inst') {
    if (daemon.instance === undefined) daemon.instance = value.text;
    else
      problem(
        value.at,
        `lvs_sync_daemon vrrp instance has already been specified as ${daemon.instance} - ignoring`,
      );
  } else if (name === 'group') {
    const bytes = parseIp(value.text);
    if (bytes !== undefined && isMulticast(bytes)) daemon.group = formatIp(bytes);
    else problem(value.at, `lvs_sync_daemon group address ${value.text} is not multicast - ignoring`);
  } else {
    const [key, min, max] = NUMBERS[name as keyof typeof NUMBERS];
    const number = wordNumber(value, min, max);
    if (number !== undefined) daemon[key] = number;
    else if (name === 'id') problem(value.at, `Invalid syncid (${value.text}) - defaulting to vrid`);
    else problem(value.at, `Invalid lvs_sync_daemon ${name} (${value.text}) - ignoring`);
  }
}
