/**
 * The text of keepalived.json (signal 36), json_version 1: an array, one object an instance, `/` written as `\/`. Keys, types
 * and order are keepalived's; keys that a snapshot does not know are left out rather than guessed.
 */
import type { InstanceSnapshot, Snapshot } from '../core/snapshot.ts';
import { keepalivedCount } from './stats.ts';

/** keepalived's numbers; a leaving instance has said priority 0 and is on its way out. */
const STATES = { init: 0, backup: 1, master: 2, fault: 3, leaving: 98 } as const;

/** The whole file; '[]' without instances, where keepalived writes none. */
export function jsonText(s: Snapshot): string {
  return JSON.stringify(s.instances.map((i) => ({ data: data(i), stats: stats(i) }))).replaceAll('/', '\\/');
}

function data(i: InstanceSnapshot): Readonly<Record<string, unknown>> {
  const scripts = i.contributions.filter((c) => c.what.startsWith('script ')).map((c) => c.what.slice(7));
  return {
    iname: i.name,
    ifp_ifname: i.interface,
    master_priority: i.state === 'backup' && i.peer.isMaster ? i.peer.priority : 0,
    last_transition: i.lastTransition.wallMs / 1e3,
    vrid: i.vrid,
    base_priority: i.basePriority,
    effective_priority: i.effectivePriority,
    vipset: i.vips.some((v) => v.present),
    adver_int: i.adverIntUs / 1e6,
    master_adver_int: i.masterAdverIntUs / 1e6,
    nopreempt: !i.preempt,
    preempt_delay: i.preemptDelayUs / 1e6,
    state: STATES[i.state],
    wantstate: STATES[i.state],
    version: i.version,
    ...(i.vips.length > 0
      ? { vips: i.vips.map((v) => `${v.text} dev ${v.interface}${v.present ? ' set' : ''}`) }
      : {}),
    ...(scripts.length > 0 ? { track_script: scripts } : {}),
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
