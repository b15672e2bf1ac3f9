/** Processes and sockets of 'global_defs': names, priorities, limits, affinity, receive buffers. */
import { tooLong } from './context.ts';
import type { Reporter } from './diagnostic.ts';
import type { BufferSettings, BuffersSettings, ProcessesSettings, ProcessSettings } from './global-config.ts';
import { wordNumber } from './numbers.ts';
import type { Block, Setting } from './settings.ts';

/** CPU_SETSIZE of the C library. */
const MOST_CPUS = 1024;
const NAME_BYTES = 15;
const MAX_U32 = 0xffffffff;

/** The last line among several spellings of one keyword. */
export const lastSetting = (block: Block, ...keywords: readonly string[]): Setting | undefined =>
  block.settings.findLast((s) => keywords.includes(s.statement.keyword.text));

/** At most 15 bytes, whole characters. */
export function cutName(name: string): string {
  let out = '';
  for (const c of name) {
    if (tooLong(out + c, NAME_BYTES)) break;
    out += c;
  }
  return out;
}

export function readProcesses(
  block: Block,
  top: Block,
  cpuCount: number | undefined,
  reporter: Reporter,
): ProcessesSettings {
  const read = (key: 'vrrp' | 'checker' | 'bfd') => readProcess(block, key, cpuCount, reporter);
  // KEEPALIVED: a bare 'max_auto_priority' is the highest there is.
  const auto = block.get('max_auto_priority');
  return {
    vrrp: read('vrrp'),
    checker: read('checker'),
    bfd: read('bfd'),
    maxAutoPriority: auto === undefined ? 0 : typeof auto.value === 'number' ? auto.value : 99,
    minAutoPriorityDelayUs: block.number('min_auto_priority_delay') ?? 1_000_000,
    childWaitS: top.number('child_wait_time') ?? 5,
  };
}

const CHILD_NAMES = { vrrp: 'keepalived_vrrp', checker: 'keepalived_lvs', bfd: 'keepalived_bfd' } as const;

function readProcess(
  block: Block,
  key: keyof typeof CHILD_NAMES,
  cpuCount: number | undefined,
  reporter: Reporter,
): ProcessSettings {
  const spellings =
    key === 'checker' ? ['checker_process_name', 'lvs_process_name'] : [`${key}_process_name`];
  const written = lastSetting(block, ...spellings)?.value;
  const name =
    typeof written === 'string'
      ? cutName(written)
      : block.has('process_names')
        ? CHILD_NAMES[key]
        : undefined;
  const limit = lastSetting(block, `${key}_rlimit_rttime`, `${key}_rlimit_rtime`)?.value;
  return {
    ...(name === undefined ? {} : { name }),
    nice: block.number(`${key}_priority`) ?? 0,
    realtimePriority: block.number(`${key}_rt_priority`) ?? 0,
    // KEEPALIVED: 1 becomes 2, so that a soft limit fits below it.
    realtimeLimitUs: limit === 1 ? 2 : typeof limit === 'number' ? limit : 10_000,
    noSwap: block.has(`${key}_no_swap`),
    cpus: readCpus(block, `${key}_cpu_affinity`, cpuCount, reporter),
  };
}

/** Every line stands for a whole set; one with a bad number is ignored. */
function readCpus(
  block: Block,
  keyword: string,
  cpuCount: number | undefined,
  reporter: Reporter,
): readonly number[] {
  let found: readonly number[] = [];
  const most = (cpuCount ?? MOST_CPUS) - 1;
  for (const { words } of block.settings.filter((s) => s.statement.keyword.text === keyword)) {
    const bad = words.find((w) => wordNumber(w, 0, most) === undefined);
    if (bad === undefined) found = [...new Set(words.map((w) => Number(w.text)))].sort((a, b) => a - b);
    else
      reporter.report('KA0565', bad.at, `Invalid cpu_id:${bad.text} specified for ${keyword}`, {
        effect: 'keepalived ignores the line',
        fix: `write CPU numbers in 0..${most}, with blanks between them`,
      });
  }
  return found;
}

export function readBuffers(block: Block, reporter: Reporter): BuffersSettings {
  const of = (keyword: string): BufferSettings => ({
    bytes: block.number(keyword) ?? 0,
    force: block.boolean(`${keyword}_force`) ?? false,
  });
  return {
    vrrpNetlinkCommand: of('vrrp_netlink_cmd_rcv_bufs'),
    vrrpNetlinkMonitor: of('vrrp_netlink_monitor_rcv_bufs'),
    lvsNetlinkCommand: of('lvs_netlink_cmd_rcv_bufs'),
    lvsNetlinkMonitor: of('lvs_netlink_monitor_rcv_bufs'),
    processMonitor: of('process_monitor_rcv_bufs'),
    adverts: {
      ...advertPolicy(block, reporter),
      multiplier: block.number('vrrp_rx_bufs_multiplier') ?? 3,
    },
  };
}

/** All lines count: a number beats the words, MTU beats ADVERT. A number is read from the first word only. */
function advertPolicy(
  block: Block,
  reporter: Reporter,
): { readonly policy: 'system' | 'mtu' | 'advert' | 'bytes'; readonly bytes: number } {
  let bytes: number | undefined;
  let mtu: Setting | undefined;
  let advert: Setting | undefined;
  const lines = block.settings.filter((s) => s.statement.keyword.text === 'vrrp_rx_bufs_policy');
  for (const line of lines)
    for (const [i, word] of line.words.entries()) {
      const text = word.text.toUpperCase();
      const size = i === 0 ? wordNumber(word, 0, MAX_U32) : undefined;
      if (text === 'MTU') mtu = line;
      else if (text === 'ADVERT') advert = line;
      else if (size !== undefined) bytes = size;
      else
        reporter.report('KA0564', word.at, `Invalid vrrp_rx_bufs_policy ${word.text}`, {
          effect: 'keepalived ignores the word',
          fix: "write 'MTU', 'ADVERT' or a number of bytes",
        });
    }
  const clash = bytes !== undefined ? (mtu ?? advert) : mtu !== undefined ? advert : undefined;
  if (clash !== undefined)
    reporter.report(
      'KA0564',
      clash.at,
      bytes !== undefined
        ? 'Cannot set vrrp_rx_bufs_policy size and policy, ignoring policy'
        : 'Cannot set both vrrp_rx_bufs_policy MTU and ADVERT, ignoring ADVERT',
      { effect: bytes !== undefined ? `the buffer has ${bytes} bytes` : 'the MTU counts' },
    );
  if (bytes !== undefined) return { policy: 'bytes', bytes };
  return { policy: mtu !== undefined ? 'mtu' : advert !== undefined ? 'advert' : 'system', bytes: 0 };
}
