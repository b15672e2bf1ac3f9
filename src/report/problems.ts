/** What an operator should look at now, one line each: faults, missing addresses, failing scripts and hooks, rejections. */
import type { HookOutcome, InstanceSnapshot, ScriptSnapshot, Snapshot } from '../core/snapshot.ts';
import { bfdProblems } from './bfd.ts';
import { duration, lastLine, moment, printable } from './format.ts';
import { trackedProblems } from './tracked.ts';

/** Longest piece of script output in a line. */
const OUTPUT = 60;
/** A rejection older than this is history, not news. */
const NEWS_MS = 600_000;

/** All problems, most local first; empty when there is nothing to do. */
export function problems(s: Snapshot): readonly string[] {
  return [
    ...s.instances.flatMap((i) => ofInstance(i, s.nowWallMs)),
    ...s.scripts.flatMap((script) => ofScript(script, s.nowWallMs)),
    ...trackedProblems(s),
    ...(s.bfd === undefined ? [] : bfdProblems(s.bfd, s.nowWallMs)),
    ...s.warnings.map(printable),
  ];
}

function ofInstance(i: InstanceSnapshot, nowMs: number): string[] {
  const out = i.faults.map((f) => `${i.name}: FAULT because of ${printable(f.what)}${detail(f.detail)}`);
  const missing = i.vips.filter((v) => !v.present).map((v) => v.text);
  if (i.state === 'master' && missing.length > 0)
    out.push(`${i.name}: MASTER but without ${missing.join(', ')}`);
  const r = i.lastRejection; // 'not-running' is our own state, already told as a fault
  if (r !== null && r.reason !== 'not-running' && nowMs - r.wallMs < NEWS_MS)
    out.push(
      `${i.name}: advert from ${printable(r.source)} refused ${duration((nowMs - r.wallMs) * 1000)} ago: ${r.reason}${detail(r.detail)}`,
    );
  for (const hook of i.hooks) if (failed(hook)) out.push(`${i.name}: ${hookLine(hook, nowMs)}`);
  return out;
}

const detail = (text: string): string => (text === '' ? '' : ` (${printable(text)})`);

/** Superseded hooks were skipped on purpose. */
function failed(hook: HookOutcome): boolean {
  return hook.outcome === 'exited' ? hook.exitCode !== 0 : hook.outcome !== 'superseded';
}

/** 'notify_master (MASTER) exit 1 after 38 ms at 12:04:14: "last line"'. */
export function hookLine(hook: HookOutcome, nowMs: number): string {
  const how = hook.outcome === 'exited' ? `exit ${hook.exitCode}` : hook.outcome;
  const output = lastLine(hook.output, OUTPUT);
  const when = `${how} after ${Math.round(hook.durationMs)} ms at ${moment(hook.endedWallMs, nowMs)}`;
  return `${hook.what} (${hook.state}) ${when}${output === '' ? '' : `: "${output}"`}`;
}

function ofScript(script: ScriptSnapshot, nowMs: number): string[] {
  if (script.state === 'disabled') return [`script ${script.name}: disabled${detail(script.detail)}`];
  return script.state === 'down' ? [scriptLine(script, nowMs)] : [];
}

/** 'script chk: down for 41s, exit 1, 3 of 9 runs failed: "last line"'. */
export function scriptLine(script: ScriptSnapshot, nowMs: number): string {
  const since = duration((nowMs - script.sinceWallMs) * 1000);
  const exit = script.lastExitCode < 0 ? detail(script.detail) : `, exit ${script.lastExitCode}`;
  const output = lastLine(script.lastOutput, OUTPUT);
  const runs =
    script.failures === 0 ? `${script.runs} runs` : `${script.failures} of ${script.runs} runs failed`;
  return `script ${script.name}: ${script.state} for ${since}${exit}, ${runs}${output === '' ? '' : `: "${output}"`}`;
}
