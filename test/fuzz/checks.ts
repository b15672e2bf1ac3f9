/**
 * What must hold for any text at all: no exception, an answer in bounded time, the same answer twice, places inside the
 * text, findings that cannot repaint a terminal, and a layout that changes nothing that is read.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { type Diagnostic, formatDiagnostic, Reporter } from '../../src/config/diagnostic.ts';
import { formatConfig } from '../../src/config/fmt/format.ts';
import { judge } from '../../src/config/lint/judge.ts';
import { configTestStatus, type LoadResult, loadConfig } from '../../src/config/load.ts';
import { planReload } from '../../src/config/reload.ts';
import { memoryMachine } from '../unit/config/machine.ts';
import { interfaces } from '../unit/config/support.ts';

/** Real files include `*.conf` of their folder; this one is not to include itself by that. */
const MAIN = '/etc/keepalived/main';

/** Wall time for one load of a fuzz input (a few kilobytes); confirmed by two more runs before it counts. */
const LIMIT_MS = 2_000;

/** The included file does not include: cycles have tests of their own. */
const includedBy = (text: string): string => `$N=4\n${text.slice(0, 400).replaceAll('include', 'exclude')}`;

const machine = (text: string, included: string) =>
  memoryMachine(
    { [MAIN]: text, '/inc/a.conf': included },
    {
      interfaces: interfaces('eth0', 'eth1', 'eth2'),
      userExists: (u) => u === 'root',
      groupExists: (g) => g === 'root',
      scriptState: (p) => (p.includes('true') ? 'executable' : 'missing'),
    },
  );

/** A machine of which much is known, so that the rules of `vipd check` have something to compare with. */
const judged = memoryMachine(
  {},
  {
    interfaces: interfaces('eth0'),
    scriptState: () => 'executable',
    judgeCommand: () => ({ ok: false, cause: 'insecure', reason: 'r', remedy: 'm' }),
    addresses: new Map([
      ['eth0', [{ bytes: new Uint8Array([10, 0, 0, 1]), prefixLength: 24, virtual: false }]],
    ]),
    networkd: () => ({ file: '/f', keeps: false }),
  },
);

const loadText = (text: string, included: string = includedBy(text)): LoadResult =>
  loadConfig(MAIN, machine(text, included), { testMode: true });

export type Meaning = {
  readonly config: unknown;
  readonly diagnostics: readonly (readonly unknown[])[];
  readonly status: number;
  readonly fatal: number | undefined;
};

/** What was read, without where it stands. */
export function meaning(result: LoadResult): Meaning {
  return {
    config: withoutPlaces(result.config),
    diagnostics: result.diagnostics.map((d) => [
      d.code,
      d.severity,
      d.keepalivedClass,
      d.message.replace(/:\d+:\d+\b/g, ''),
      d.effect,
      d.fix,
      d.related.map((r) => r.message),
    ]),
    status: configTestStatus(result),
    fatal: result.fatal?.exit,
  };
}

function withoutPlaces(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(withoutPlaces);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([k]) => k !== 'place')
      .map(([k, v]) => [k, withoutPlaces(v)]),
  );
}

function timed<T>(work: () => T, what: string): T {
  let result: T;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const started = performance.now();
    result = work();
    best = Math.min(best, performance.now() - started);
    if (best < LIMIT_MS) return result;
  }
  throw new Error(`${what} takes ${Math.round(best)} ms`);
}

function same(a: unknown, b: unknown, what: string): void {
  // The quick way first; the slow one finds the words.
  if (JSON.stringify(a) !== JSON.stringify(b)) deepStrictEqual(a, b, what);
}

/** The words of a finding, and that it had some secret. */
const SHOWN = { message: 3, effect: 4, fix: 5 } as const;

/** Passwords are hidden by the line they stand on, and a layout may change that: such words are not compared. */
function withoutHidden(a: Meaning, b: Meaning): readonly [Meaning, Meaning] {
  const hidden = (m: Meaning, n: number): boolean =>
    Object.values(SHOWN).some((i) => String(m.diagnostics[n]?.[i]).includes('***'));
  const bare = (m: Meaning): Meaning => ({
    ...m,
    diagnostics: m.diagnostics.map((d, n) => (hidden(a, n) || hidden(b, n) ? d.slice(0, SHOWN.message) : d)),
  });
  return [bare(a), bare(b)];
}

/** Tab and line end are the only control characters that may reach a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

function checkDiagnostic(d: Diagnostic): void {
  const { start, end, source } = d.at;
  if (!(start >= 0 && end >= start && end <= source.text.length))
    throw new Error(`${d.code}: place ${start}..${end} is not inside the text`);
  for (const r of d.related)
    if (!(r.at.start >= 0 && r.at.end >= r.at.start && r.at.end <= r.at.source.text.length))
      throw new Error(`${d.code}: related place ${r.at.start}..${r.at.end} is not inside the text`);
  const text = formatDiagnostic(d);
  if (CONTROL.test(text)) throw new Error(`${d.code}: control character in ${JSON.stringify(text)}`);
}

/** Throws what is wrong with the handling of `text`. */
export function checkText(text: string): void {
  const result = timed(() => loadText(text), 'loading');
  if (result.diagnostics.length > Reporter.LIMIT) throw new Error('more findings than the limit');
  for (const d of result.diagnostics.slice(0, 40)) checkDiagnostic(d);
  for (const d of timed(() => judge(result, judged), 'judging').slice(0, 40)) checkDiagnostic(d);
  const read = meaning(result);
  const again = loadText(text);
  same(meaning(again), read, 'the same text twice');
  if (result.config !== undefined && again.config !== undefined) {
    const plan = planReload(result.config, again.config);
    if (plan.added.length + plan.removed.length + plan.kept.flatMap((k) => k.changed).length > 0)
      throw new Error('a reload of the same text changes something');
  }
  checkLayout(text, read);
}

/** The property of the formatter for one text; `read`: its `meaning` when it is known. */
export function checkLayout(text: string, read: Meaning = meaning(loadText(text))): void {
  const formatted = timed(() => formatConfig(text), 'formatting');
  if (formatConfig(formatted) !== formatted) throw new Error('formatting twice is not formatting once');
  const included = includedBy(text);
  sameMeaning(meaning(loadText(formatted, formatConfig(included))), read);
}

export const sameMeaning = (after: Meaning, before: Meaning): void =>
  same(...withoutHidden(after, before), 'formatting changed what is read');
