/** Tracked things in `vipd status`: what each does to an instance, and the files, processes and links themselves. */
import type {
  FileSnapshot,
  InterfaceSnapshot,
  ProcessSnapshot,
  Snapshot,
  TrackedSnapshot,
} from '../core/snapshot.ts';
import { duration, printable } from './format.ts';

/** 'script chk (weight -10) is down: -10'. */
export function trackedLine(t: TrackedSnapshot): string {
  const how = t.weight === 0 && !t.reverse ? '' : ` (weight ${t.weight}${t.reverse ? ' reverse' : ''})`;
  const effect = t.faults ? ': FAULT' : t.adds === 0 ? '' : `: ${t.adds > 0 ? '+' : ''}${t.adds}`;
  return printable(`${t.what}${how} is ${t.state}${effect}`);
}

/** The lists of `status -v`, each with its heading; empty when nothing of the kind is configured. */
export function trackedLines(s: Snapshot): readonly string[] {
  const list = (heading: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', heading, ...lines.map((text) => `  ${printable(text)}`)];
  return [
    ...list(
      'Tracked files',
      s.files.map((f) => fileLine(f, s.nowWallMs)),
    ),
    ...list(
      'Tracked processes',
      s.processes.map((p) => processLine(p, s.nowWallMs)),
    ),
    ...list('Links polled or delayed', s.interfaces.map(interfaceLine)),
  ];
}

export function trackedProblems(s: Snapshot): readonly string[] {
  return s.files.filter((f) => f.detail !== '').map((f) => `track_file ${f.name}: ${printable(f.detail)}`);
}

const since = (wallMs: number, nowMs: number): string => duration((nowMs - wallMs) * 1000);

const fileLine = (f: FileSnapshot, nowMs: number): string =>
  `${f.name}: ${f.file} holds ${f.value} for ${since(f.sinceWallMs, nowMs)}`;

const processLine = (p: ProcessSnapshot, nowMs: number): string =>
  `${p.name}: ${p.state} for ${since(p.sinceWallMs, nowMs)}, ${p.count} of ${p.process} running, wanted ${p.wanted}`;

function interfaceLine(i: InterfaceSnapshot): string {
  const polled = i.polledBy === '' ? '' : `, polled by ${i.polledBy}`;
  const waits =
    i.changesInUs < 0 ? '' : `, counts as ${i.counts ? 'up' : 'down'} for another ${duration(i.changesInUs)}`;
  return `${i.name}: ${i.usable ? 'up' : 'down'}${waits}${polled}`;
}
