/** Words for times, states and priorities, shared by the reports. All times are arguments: a report never reads a clock. */
import type { InstanceSnapshot } from '../core/snapshot.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** A length of time for people: '40ms', '3.6s', '41s', '5m12s', '4h12m', '3d04h'. */
export function duration(us: number): string {
  const s = Math.max(0, us) / 1e6;
  if (s < 0.9995) return `${Math.round(s * 1e3)}ms`;
  if (s < 9.95) return `${Number(s.toFixed(1))}s`;
  const whole = Math.floor(s);
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)}h${two(Math.floor((whole % 3_600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d${two(Math.floor((whole % 86_400) / 3_600))}h`;
}

/** Local time: '12:04:14' on the day of `nowMs`, else '2026-11-23 12:04:14'. */
export function moment(wallMs: number, nowMs: number): string {
  const d = new Date(wallMs);
  const n = new Date(nowMs);
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  const same =
    d.getFullYear() === n.getFullYear() && d.getMonth() === n.getMonth() && d.getDate() === n.getDate();
  return same ? time : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}`;
}

/** '102=100+2'; '100' where nothing contributes; '254=250+10' is a sum that was held at its bound. */
export function prioritySum(i: InstanceSnapshot): string {
  const parts = i.contributions.filter((c) => c.weight !== 0);
  if (parts.length === 0 && i.effectivePriority === i.basePriority) return String(i.effectivePriority);
  const terms = parts.map((c) => (c.weight > 0 ? `+${c.weight}` : String(c.weight))).join('');
  return `${i.effectivePriority}=${i.basePriority}${terms}`;
}

/** Control characters out: script output and peers' words must not move the cursor of a terminal. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

export const printable = (text: string): string => oneLine(text).trim();

/** The last non-empty line of some output, at most `max` characters. */
export function lastLine(output: string, max: number): string {
  const line = printable(output.trimEnd().split('\n').at(-1) ?? '');
  return line.length <= max ? line : `${line.slice(0, max - 3)}...`;
}

/** Adverts refused, all reasons together. */
export function rejectedCount(i: InstanceSnapshot): number {
  return Object.values(i.counters.rejected).reduce((sum, n) => sum + n, 0);
}
