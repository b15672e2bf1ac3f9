/** The text of keepalived.data (SIGUSR1): keepalived's headings and labels for what a snapshot knows, nothing invented. */
import { ctime } from '../base/ctime.ts';
import type { GroupSnapshot, InstanceSnapshot, ScriptSnapshot, Snapshot } from '../core/snapshot.ts';
import { printable } from './format.ts';

/** The whole file. */
export function dataText(s: Snapshot): string {
  const lines = [
    '------< Global definitions >------',
    ` Router ID = ${s.routerId}`,
    '------< VRRP Topology >------',
    ...s.instances.flatMap((i) => ofInstance(i, s)),
  ];
  if (s.groups.length > 0)
    lines.push('------< VRRP Sync groups >------', ...s.groups.flatMap((g) => ofGroup(g, s)));
  if (s.scripts.length > 0) lines.push('------< VRRP Scripts >------', ...s.scripts.flatMap(ofScript));
  return `${lines.join('\n')}\n`;
}

/** '1795417329.424000 (Mon Nov 23 07:02:09.424000 2026)' */
export function stamp(wallMs: number): string {
  const micros = `${String(Math.floor(wallMs) % 1000).padStart(3, '0')}000`;
  const text = ctime(new Date(wallMs));
  return `${Math.floor(wallMs / 1000)}.${micros} (${text.slice(0, 19)}.${micros}${text.slice(19)})`;
}

/** keepalived has no leaving state: a leaving master has already said priority 0. */
function stateName(i: InstanceSnapshot): string {
  return i.state === 'leaving' ? 'BACKUP' : i.state.toUpperCase();
}

function ofInstance(i: InstanceSnapshot, s: Snapshot): string[] {
  const group = s.groups.find((g) => g.members.includes(i.name));
  const interval = i.adverIntUs % 1e6 === 0 ? `${i.adverIntUs / 1e6} sec` : `${i.adverIntUs / 1e3} milli-sec`;
  return [
    ` VRRP Instance = ${i.name}`,
    `   VRRP Version = ${i.version}`,
    ...(group === undefined ? [] : [`   Sync group = ${group.name}`]),
    ...(i.family === 6 ? ['   Using Native IPv6'] : []),
    `   State = ${stateName(i)}`,
    `   Wantstate = ${stateName(i)}`,
    `   Number of tracker faults = ${i.faults.length}`,
    `   Last transition = ${stamp(i.lastTransition.wallMs)}`,
    ...(i.masterDownInUs >= 0 ? [`   Master down timer = ${i.masterDownInUs} usecs`] : []),
    ...(i.interface === '' ? [] : [`   Interface = ${i.interface}`]),
    ...(i.source === '' ? [] : [`   Using src_ip = ${i.source}`]),
    ...i.unicastPeers.map((peer) => `   Unicast Peer = ${peer}`),
    `   Virtual Router ID = ${i.vrid}`,
    `   Priority = ${i.basePriority}`,
    `   Effective priority = ${i.effectivePriority}`,
    `   Total priority = ${i.basePriority + i.contributions.reduce((sum, c) => sum + c.weight, 0)}`,
    `   Advert interval = ${interval}`,
    ...(i.state === 'backup' && i.peer.isMaster
      ? [`   Master router = ${i.peer.address}`, `   Master priority = ${i.peer.priority}`]
      : []),
    `   Preempt = ${i.preempt ? 'enabled' : 'disabled'}`,
    ...(i.preemptDelayUs > 0 ? [`   Preempt delay = ${i.preemptDelayUs / 1e6} secs`] : []),
    `   Virtual IP (${i.vips.length}):`,
    ...i.vips.map((v) => `     ${v.text} dev ${v.interface}${v.present ? ' set' : ''}`),
    ...i.faults.map((f) => `   Fault = ${printable(`${f.what} ${f.detail}`)}`),
  ];
}

function ofGroup(g: GroupSnapshot, s: Snapshot): string[] {
  const members = s.instances.filter((i) => g.members.includes(i.name));
  const fault = members.filter((i) => i.state === 'fault').length;
  const init = members.filter((i) => i.state === 'init').length;
  return [
    ` VRRP Sync Group = ${g.name}, ${g.state.toUpperCase()}`,
    `   Num member fault ${fault}, num member init ${init}`,
    '   VRRP member instances :',
    ...g.members.map((name) => `     ${name}`),
  ];
}

function ofScript(x: ScriptSnapshot): string[] {
  const status = { init: 'INIT', up: 'GOOD', down: 'BAD', disabled: 'DISABLED' }[x.state];
  return [
    ` VRRP Script = ${x.name}`,
    `   Status = ${status}`,
    `   Runs = ${x.runs}, failures = ${x.failures}, last exit status = ${x.lastExitCode}`,
  ];
}
