/**
 * The text of keepalived.json (signal 36): keys, types and order are those of keepalived 2.4.3, `/` is written as `\/`.
 * 'json_version' 1 is an array of instances, 2 an object that has the tracked processes too.
 */
import type { Config, InstanceConfig } from '../config/config.ts';
import type { TrackProcessConfig } from '../config/track-config.ts';
import type { InstanceSnapshot, Snapshot } from '../core/snapshot.ts';
import { routeText, ruleText } from './dump/routes.ts';
import { addressText, quoted, S } from './dump/text.ts';
import { processNow } from './dump/trackers.ts';
import { keepalivedCount } from './stats.ts';

/** keepalived's numbers; a leaving instance has said priority 0 and is on its way out. */
const STATES = { init: 0, backup: 1, master: 2, fault: 3, leaving: 98 } as const;
const AUTH_TYPES = { none: 0, pass: 1, ah: 2 } as const;

/** The whole file; without instances keepalived writes none. */
export function jsonText(config: Config, s: Snapshot): string {
  const instances = s.instances.flatMap((i) => {
    const c = config.instances.find((x) => x.name === i.name);
    return c === undefined ? [] : [{ data: data(i, c, config), stats: stats(i) }];
  });
  const whole =
    config.global.fileSettings.jsonVersion === 1
      ? instances
      : { vrrp: instances, track_process: config.trackProcesses.map((p) => processObject(p, s)) };
  // keepalived's microseconds, of which we know the milliseconds.
  return JSON.stringify(whole)
    .replaceAll('/', '\\/')
    .replace(
      /("last_transition":)(\d+(?:\.\d+)?)/g,
      (_, key: string, n: string) => key + Number(n).toFixed(6),
    );
}

type Data = Readonly<Record<string, unknown>>;
const given = (key: string, list: readonly unknown[]): Data => (list.length === 0 ? {} : { [key]: list });

function data(i: InstanceSnapshot, c: InstanceConfig, config: Config): Data {
  const made = (c.vmac ?? c.ipvlan)?.name;
  const set = (n: number): boolean => i.vips[n]?.present === true && i.state === 'master';
  return {
    iname: c.name,
    dont_track_primary: Number(!c.trackPrimary),
    skip_check_adv_addr: Number(c.skipCheckAdvAddr),
    strict_mode: Number(c.strict),
    vmac_ifname: c.vmac?.name ?? '',
    ifp_ifname: made ?? c.interface,
    master_priority: i.state === 'backup' && i.peer.isMaster ? i.peer.priority : 0,
    last_transition: i.lastTransition.wallMs / 1e3,
    garp_delay: c.garp.delayUs / S,
    garp_refresh: c.garp.refreshUs / S,
    garp_rep: c.garp.repeatCount,
    garp_refresh_rep: c.garp.refreshRepeatCount,
    garp_lower_prio_delay: c.garp.lowerPrioDelayUs / S,
    garp_lower_prio_rep: c.garp.lowerPrioRepeatCount,
    lower_prio_no_advert: Number(c.lowerPrioNoAdvert),
    higher_prio_send_advert: Number(c.higherPrioSendAdvert),
    vrid: c.vrid,
    base_priority: c.priority,
    effective_priority: i.effectivePriority,
    vipset: i.state === 'master' && i.vips.some((v) => v.present),
    promote_secondaries: c.promoteSecondaries,
    adver_int: c.adverIntUs / S,
    master_adver_int: i.masterAdverIntUs / S,
    accept: Number(c.accept),
    nopreempt: !c.preempt,
    preempt_delay: c.preemptDelayUs / S,
    state: STATES[i.state],
    wantstate: STATES[i.state],
    version: c.version,
    smtp_alert: c.smtpAlert,
    notify_deleted: c.notifyDeleted,
    ...scripts(c),
    ...given(
      'vips',
      c.vips.map((v, n) => addressText(v, set(n), c)),
    ),
    ...given(
      'evips',
      c.excludedVips.map((v, n) => addressText(v, set(c.vips.length + n), c)),
    ),
    ...given('vroutes', c.routes.map(routeText)),
    ...given('vrules', c.rules.map(ruleText)),
    ...given(
      'track_ifp',
      c.trackInterfaces.map((t) => t.interface),
    ),
    ...given('track_script', trackedCommands(c, config)),
    ...given(
      'track_process',
      c.trackProcesses.map((t) => t.name),
    ),
    auth_type: AUTH_TYPES[c.authentication.type],
    ...(c.authentication.type === 'none' ? {} : { auth_data: '********' }),
  };
}

/** Only those that are configured, each word in quotes. */
function scripts({ notify }: InstanceConfig): Data {
  const rows = [
    ['script_backup', notify.backup],
    ['script_master', notify.master],
    ['script_fault', notify.fault],
    ['script_stop', notify.stop],
    ['script_deleted', notify.deleted],
    ['script', notify.any],
    ['script_master_rx_lower_pri', notify.masterRxLowerPri],
  ] as const;
  return Object.fromEntries(
    rows.flatMap(([key, command]) => (command === undefined ? [] : [[key, quoted(command)]])),
  );
}

/** Their command lines, as keepalived has it, not their names. */
const trackedCommands = (c: InstanceConfig, config: Config): readonly string[] =>
  c.trackScripts.flatMap((t) =>
    config.scripts.filter((script) => script.name === t.script).map((script) => quoted(script.command)),
  );

function processObject(p: TrackProcessConfig, s: Snapshot): Data {
  const now = processNow(p, s);
  return {
    process: p.name,
    ...(p.parameters.length === 0 ? {} : { parameters: p.parameters.join(' ') }),
    param_match: p.match,
    min_processes: p.quorum,
    ...(p.quorumMax === undefined ? {} : { max_processes: p.quorumMax }),
    current_processes: now.count,
    have_quorum: now.quorum,
    weight: p.weight,
    terminate_delay: p.terminateDelayUs / S,
    fork_delay: p.forkDelayUs / S,
    fork_delay_timer_running: now.forkDelay,
    terminate_delay_timer_running: now.terminateDelay,
    full_command: p.fullCommand,
  };
}

function stats(i: InstanceSnapshot): Readonly<Record<string, number>> {
  const c = i.counters;
  const n = (counter: string): number => keepalivedCount(i, counter);
  return {
    advert_rcvd: c.advertsReceived,
    advert_sent: c.advertsSent,
    become_master: c.becameMaster,
    release_master: c.releasedMaster,
    packet_len_err: n('packet_len_err'),
    advert_interval_err: n('advert_interval_err'),
    ip_ttl_err: n('ip_ttl_err'),
    invalid_type_rcvd: n('invalid_type_rcvd'),
    addr_list_err: n('addr_list_err'),
    invalid_authtype: n('invalid_authtype'),
    authtype_mismatch: n('authtype_mismatch'),
    auth_failure: n('auth_failure'),
    auth_ext_missing: n('auth_ext_missing'),
    auth_ext_malformed: n('auth_ext_malformed'),
    auth_ext_unknown_key: n('auth_ext_unknown_key'),
    auth_ext_invalid_hmac: n('auth_ext_invalid_hmac'),
    auth_ext_stale: n('auth_ext_stale'),
    auth_ext_replay: n('auth_ext_replay'),
    pri_zero_rcvd: c.priorityZeroReceived,
    pri_zero_sent: c.priorityZeroSent,
  };
}
