/** Settings of an instance that stand for themselves: GARP timing, VMAC and VRF, polling, buffers, old spellings. */
import type { GarpConfig, InstanceConfig } from './config.ts';
import { tooLong } from './context.ts';
import { readGarpExtra } from './garp-extra.ts';
import { type Draft, lastOf, tell } from './instance-draft.ts';
import type { Transport } from './unicast.ts';
import { readIpvlan, readVmac } from './vmac.ts';

const S = 1_000_000;
/** 'timer_expired_backup' without a number. */
const HIGHEST_PEER = 254;

type Extra = Pick<
  InstanceConfig,
  | 'notifyDeleted'
  | 'notifyPriorityChanges'
  | 'vmac'
  | 'vmacForAddresses'
  | 'ipvlan'
  | 'vrf'
  | 'garpExtra'
  | 'faultWithoutPeers'
  | 'allowNoAddresses'
  | 'linkbeatPolling'
  | 'lvsSyncInterface'
  | 'timerExpiredPriority'
  | 'receiveBufferBytes'
  | 'debugLevel'
>;

export function extraSettings(d: Draft, t: Transport, vrid: number): Extra {
  const { block } = d;
  const { defaults } = d.c.globals.config;
  checkOldSpellings(d);
  const own = readVmac(d, vrid, t.unicastPeers.length > 0);
  const ipvlan = readIpvlan(d, vrid);
  // KEEPALIVED: with both there is still one name.
  const named = own?.nameGiven === false && ipvlan?.nameGiven === true ? ipvlan.name : undefined;
  const vmac = own === undefined || named === undefined ? own : { ...own, name: named, nameGiven: true };
  const vrf = readVrf(d, t);
  const syncInterface = block.text('lvs_sync_daemon_interface');
  const expired = timerExpired(d);
  const extra = block.settings.filter((s) =>
    /^(?:garp_extra_if|vmac_garp_intvl)$/.test(s.statement.keyword.text),
  );
  return {
    notifyDeleted: block.has('notify_deleted'),
    notifyPriorityChanges: block.boolean('notify_priority_changes') ?? defaults.notifyPriorityChanges,
    ...(vmac === undefined ? {} : { vmac }),
    vmacForAddresses: block.has('use_vmac_addr'),
    ...(ipvlan === undefined ? {} : { ipvlan }),
    ...(vrf === undefined ? {} : { vrf }),
    garpExtra: readGarpExtra(extra, 0, 'KA0669', `${d.use} `, d.c.reporter) ?? defaults.garpExtra,
    faultWithoutPeers: t.faultNoPeer,
    allowNoAddresses: allowNoAddresses(d),
    linkbeatPolling: block.has('linkbeat_use_polling'),
    ...(syncInterface === undefined ? {} : { lvsSyncInterface: syncInterface }),
    ...(expired === undefined ? {} : { timerExpiredPriority: expired }),
    receiveBufferBytes: block.number('kernel_rx_buf_size') ?? 0,
    debugLevel: block.number('debug') ?? 0,
  };
}

const OLD: Readonly<Record<string, string>> = {
  linkbeat_use_polling: 'a linkbeat_interfaces block',
  lvs_sync_daemon_interface: "'lvs_sync_daemon' in global_defs",
  vmac_garp_intvl: "'garp_extra_if'",
  thread_timer_expired: "'timer_expired_backup'",
};

function checkOldSpellings(d: Draft): void {
  const told = new Set<string>();
  for (const s of d.block.settings) {
    const word = s.statement.keyword.text;
    const instead = OLD[word];
    if (instead === undefined || told.has(word)) continue;
    told.add(word);
    tell(d, 'KA0671', s.statement.keyword.at, `${word} is deprecated - please use ${instead}`, {
      effect: 'keepalived still obeys it',
      fix: `use ${instead}`,
    });
  }
}

/** 'vrf' is for unicast without interface; everything else drops it. */
function readVrf(d: Draft, t: Transport): string | undefined {
  const setting = d.block.get('vrf');
  const name = d.block.text('vrf');
  if (setting === undefined || name === undefined) return undefined;
  const problem = tooLong(name)
    ? `VRF interface name '${name}' too long - ignoring`
    : d.block.has('interface')
      ? 'vrf can only be specified without interface - clearing'
      : t.unicastPeers.length === 0
        ? 'vrf can only be specified with unicast peers - clearing'
        : undefined;
  if (problem === undefined) return name;
  tell(d, 'KA0668', setting.at, problem, { effect: 'the line has no effect', fix: 'remove the line' });
  return undefined;
}

function timerExpired(d: Draft): number | undefined {
  const setting = lastOf(d.block, 'timer_expired_backup', 'thread_timer_expired');
  if (setting === undefined) return undefined;
  const preempts = lastOf(d.block, 'preempt', 'nopreempt')?.statement.keyword.text !== 'nopreempt';
  if (!preempts) return typeof setting.value === 'number' ? setting.value : HIGHEST_PEER;
  tell(d, 'KA0670', setting.at, `${setting.statement.keyword.text} requires nopreempt - clearing`, {
    effect: 'it is off',
    fix: "add 'nopreempt', or remove the line",
  });
  return undefined;
}

function allowNoAddresses(d: Draft): boolean {
  if (!d.block.has('no_virtual_ipaddress')) return false;
  if (!d.strict) return true;
  // Without any address the lack of one is what is reported.
  if (d.block.list('virtual_ipaddress').some((l) => l.entries.length > 0))
    tell(
      d,
      'KA0676',
      'no_virtual_ipaddress',
      'no_virtual_ipaddress is incompatible with strict mode - clearing',
      {
        effect: 'the line has no effect',
        fix: 'remove the line',
      },
    );
  return false;
}

export function garpOf(d: Draft): GarpConfig {
  const g = d.c.globals.garp;
  const n = (keyword: string, fallback: number) => d.block.number(keyword) ?? fallback;
  const strictZero = (keyword: string, fallback: number): number => {
    const value = d.block.number(keyword);
    if (!d.strict) return value ?? fallback;
    if (value !== undefined && value !== 0)
      tell(d, 'KA0653', keyword, `strict mode requires ${keyword} to be 0 - resetting`, {
        effect: 'it is 0',
      });
    return 0;
  };
  return {
    repeatCount: n('garp_master_repeat', g.repeatCount),
    delayUs: n('garp_master_delay', g.delayUs / S) * S,
    refreshUs: n('garp_master_refresh', g.refreshUs / S) * S,
    refreshRepeatCount: n('garp_master_refresh_repeat', g.refreshRepeatCount),
    lowerPrioRepeatCount: strictZero('garp_lower_prio_repeat', g.lowerPrioRepeatCount),
    lowerPrioDelayUs: strictZero('garp_lower_prio_delay', g.lowerPrioDelayUs / S) * S,
  };
}
