/** `vipd status`: a table that fits 80 columns in plain cases, what is wrong, and with -v every instance in detail. */

import type { GroupSnapshot, InstanceSnapshot, Snapshot } from '../core/snapshot.ts';
import { authenticationLines } from './authentication.ts';
import { bfdLines } from './bfd.ts';
import { duration, moment, printable, prioritySum, rejectedCount } from './format.ts';
import { hookLine, problems, scriptLine } from './problems.ts';
import { trackedLine, trackedLines } from './tracked.ts';

export type StatusOptions = {
  readonly verbose: boolean;
  /** Only these, in detail; empty = all. */
  readonly instances: readonly string[];
};

/** The names of `wanted` that the daemon does not have. */
export function unknownInstances(s: Snapshot, wanted: readonly string[]): readonly string[] {
  return wanted.filter((name) => !s.instances.some((i) => i.name === name));
}

/** The whole text with its last line end. */
export function statusText(s: Snapshot, options: StatusOptions): string {
  const shown =
    options.instances.length === 0
      ? s.instances
      : s.instances.filter((i) => options.instances.includes(i.name));
  const detailed = options.verbose || options.instances.length > 0;
  const lines = [...head(s), ...table(shown)];
  if (options.instances.length === 0) lines.push(...s.groups.map((g) => groupLine(g, s)));
  if (detailed) for (const i of shown) lines.push('', ...details(i, s));
  if (options.verbose && s.scripts.length > 0)
    lines.push('', 'Scripts', ...s.scripts.map((x) => `  ${scriptLine(x, s.nowWallMs)}`));
  if (options.verbose) lines.push(...trackedLines(s));
  if (options.verbose && s.bfd !== undefined) lines.push('', ...bfdLines(s.bfd, s.nowWallMs));
  if (options.verbose)
    lines.push('', `Event loop: ${s.loop.stallCount} stalls, longest ${duration(s.loop.longestStallUs)}`);
  if (s.pacer !== undefined)
    lines.push(
      `Pacer: repeats the adverts of ${s.pacer.instanceCount} instance(s), latest ${(s.pacer.longestDelayUs / 1000).toFixed(1)} ms behind its time`,
    );
  if (s.watchdog !== undefined && options.verbose) lines.push(watchdogLine(s.watchdog));
  const wrong = problems({ ...s, instances: shown });
  if (wrong.length > 0) lines.push('', ...wrong.map((text) => `! ${text}`));
  return `${lines.join('\n')}\n`;
}

const watchdogLine = ({ instanceCount, obstacle }: NonNullable<Snapshot['watchdog']>): string =>
  obstacle === ''
    ? `Liveness: the kernel watches the master of ${instanceCount} instance(s)`
    : `Liveness: every advert is heard by this process; ${obstacle}`;

/** `vipd status --json`: the snapshot itself under a schema number. */
export function statusJson(s: Snapshot, instances: readonly string[] = []): string {
  const shown = instances.length === 0 ? s.instances : s.instances.filter((i) => instances.includes(i.name));
  return `${JSON.stringify({ schema: 1, ...s, instances: shown }, undefined, 2)}\n`;
}

function head(s: Snapshot): string[] {
  const up = duration((s.nowWallMs - s.startedWallMs) * 1000);
  const loaded = duration((s.nowWallMs - s.configLoadedWallMs) * 1000);
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  return [
    `${s.node}  vipd ${s.version}  pid ${s.pid}  up ${up}`,
    `${s.configFile}  loaded ${loaded} ago, ${count(s.configErrors, 'error')}, ${count(s.configWarnings, 'warning')}`,
    '',
  ];
}

const HEADINGS = ['INSTANCE', 'STATE', 'SINCE', 'PRIO', 'VIPS', 'PEER'] as const;

function table(list: readonly InstanceSnapshot[]): string[] {
  if (list.length === 0) return ['no instances'];
  const rows = [HEADINGS, ...list.map(row)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] as string).length)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}

function row(i: InstanceSnapshot): readonly string[] {
  return [i.name, i.state.toUpperCase(), duration(i.sinceUs), prioritySum(i), vips(i), peer(i)];
}

/** The first address, how many more, and '!' where a master lacks one. */
function vips(i: InstanceSnapshot): string {
  const first = i.vips[0];
  if (first === undefined) return '-';
  const more = i.vips.length > 1 ? ` +${i.vips.length - 1}` : '';
  const missing = i.state === 'master' && i.vips.some((v) => !v.present) ? ' !' : '';
  return `${first.text}${more}${missing}`;
}

function peer(i: InstanceSnapshot): string {
  const p = i.peer;
  if (p.address === '') return i.unicastPeers.length > 0 ? `${i.unicastPeers[0]} not heard` : 'none heard';
  const ago = p.lastAdvertAgoUs < 0 ? 'not heard' : `${duration(p.lastAdvertAgoUs)} ago`;
  return `${p.address} p${p.priority} ${ago}`;
}

function groupLine(g: GroupSnapshot, s: Snapshot): string {
  const states = g.members.map((name) => {
    const member = s.instances.find((i) => i.name === name);
    return { name, state: member === undefined ? 'unknown' : member.state };
  });
  const mixed = states.some((m) => m.state !== g.state);
  const who = mixed
    ? `members differ: ${states.map((m) => `${m.name} ${m.state.toUpperCase()}`).join(', ')}`
    : g.members.join(', ');
  return `GROUP ${g.name}  ${g.state.toUpperCase()}  ${who}`;
}

function details(i: InstanceSnapshot, s: Snapshot): string[] {
  const t = i.lastTransition;
  const proto = `VRRPv${i.version} IPv${i.family} vrid ${i.vrid}${i.interface === '' ? '' : ` on ${i.interface}`}`;
  const mode = i.unicastPeers.length > 0 ? `unicast to ${i.unicastPeers.join(', ')}` : 'multicast';
  const out = [
    `${i.name} is ${i.state.toUpperCase()} (${proto}, ${mode})`,
    line(
      'changed',
      `${t.from.toUpperCase()} -> ${t.to.toUpperCase()} at ${moment(t.wallMs, s.nowWallMs)}: ${t.reason}${t.detail === '' ? '' : `, ${printable(t.detail)}`}`,
    ),
    line('priority', priorityLine(i)),
    ...i.tracked.map((t) => line('tracks', trackedLine(t))),
    line('preempt', preemptLine(i)),
    line('source', `${i.source === '' ? 'none' : i.source}, an advert every ${duration(i.adverIntUs)}`),
    line('peer', peerLine(i)),
    line('adverts', advertsLine(i)),
    ...authenticationLines(i).map((text) => line('auth', text)),
    ...i.vips.map((v) => line('address', `${v.text} dev ${v.interface} ${v.present ? 'present' : 'absent'}`)),
    ...i.faults.map((f) => line('fault', printable(f.detail === '' ? f.what : `${f.what}: ${f.detail}`))),
  ];
  if (i.lastRejection !== null) {
    const r = i.lastRejection;
    const text = `${r.reason} from ${r.source} at ${moment(r.wallMs, s.nowWallMs)}${r.detail === '' ? '' : `: ${r.detail}`}`;
    out.push(line('refused', printable(text)));
  }
  return [...out, ...i.hooks.map((h) => line('hook', hookLine(h, s.nowWallMs)))];
}

const line = (label: string, text: string): string => `  ${label.padEnd(9)} ${text}`;

function priorityLine(i: InstanceSnapshot): string {
  const parts = i.contributions.map(
    (c) => ` ${c.weight < 0 ? '-' : '+'} ${Math.abs(c.weight)} ${printable(c.what)}`,
  );
  return `${i.effectivePriority} = ${i.basePriority} base${parts.join('')}`;
}

function preemptLine(i: InstanceSnapshot): string {
  if (!i.preempt) return 'off (nopreempt)';
  return i.preemptDelayUs > 0 ? `after ${duration(i.preemptDelayUs)}` : 'at once';
}

function peerLine(i: InstanceSnapshot): string {
  const p = i.peer;
  const who = p.address === '' ? 'no advert heard yet' : peer(i);
  const role = p.address !== '' && p.isMaster ? ', the master' : '';
  const take =
    i.masterDownInUs < 0 ? '' : `; if it stays silent we take over in ${duration(i.masterDownInUs)}`;
  return `${who}${role}${take}`;
}

function advertsLine(i: InstanceSnapshot): string {
  const c = i.counters;
  const errors = c.sendErrors > 0 ? `, ${c.sendErrors} could not be sent` : '';
  const kinds = Object.entries(c.rejected).filter(([, n]) => n > 0);
  const refused = rejectedCount(i);
  const why = refused === 0 ? '' : `, ${refused} refused (${kinds.map(([k, n]) => `${k} ${n}`).join(', ')})`;
  return `${c.advertsSent} sent, ${c.advertsReceived} received${why}${errors}`;
}
