/**
 * What `vipd check` says about one file, as a plain value: findings with places, counts, what keepalived would do with
 * the file, and which keywords vipd reads without carrying them out. The forms it is printed in are elsewhere.
 */
import type { Config, Place } from '../config/config.ts';
import { type Diagnostic, type KeepalivedClass, relatedOf, type Severity } from '../config/diagnostic.ts';
import { configTestStatus, type LoadResult } from '../config/load.ts';
import { includeTrace, placeOf, type Span } from '../config/source.ts';

/** Line and columns are 1-based; `endCol` is the last column that belongs to it. Columns count UTF-16 units. */
export type Range = Place & { readonly endCol: number };

export type Finding = {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: Range;
  readonly related: readonly { readonly place: Range; readonly message: string }[];
  readonly includedFrom: readonly Place[]; // innermost include first
  readonly effect?: string;
  readonly fix?: string;
  /** Where keepalived files it, and the status with which its configuration test would end for this finding alone. */
  readonly keepalived: { readonly class: KeepalivedClass; readonly status: number };
};

export type Counts = { readonly errors: number; readonly warnings: number; readonly hints: number };

export type NotActive = { readonly where: string; readonly keywords: readonly string[] };

export type CheckReport = {
  readonly file: string;
  readonly files: readonly string[]; // every file that was read, in order
  readonly findings: readonly Finding[];
  readonly counts: Counts; // of all, also those that `findings` has no room for
  readonly omitted: number; // findings beyond the limit
  readonly notActive: readonly NotActive[];
  readonly keepalived: {
    readonly starts: boolean;
    readonly startStatus?: 2 | 6; // when it does not start
    readonly testStatus: number; // of its --config-test
  };
  readonly verdict: string;
};

const rangeOf = (at: Span): Range => {
  const place = placeOf(at);
  return { ...place, endCol: place.col + Math.max(1, at.end - at.start) - 1 };
};

export function findingOf(d: Diagnostic): Finding {
  return {
    code: d.code,
    severity: d.severity,
    message: d.message,
    place: rangeOf(d.at),
    related: relatedOf(d).map((r) => ({ place: rangeOf(r.at), message: r.message })),
    includedFrom: includeTrace(d.at),
    ...(d.effect === undefined ? {} : { effect: d.effect }),
    ...(d.fix === undefined ? {} : { fix: d.fix }),
    keepalived: { class: d.keepalivedClass, status: configTestStatus({ diagnostics: [d] }) },
  };
}

/**
 * `start`: the file as a daemon would load it; `test`: as --config-test does, for its status alone. `max` findings are
 * kept, 0 keeps all.
 */
export function reportOf(file: string, start: LoadResult, test: LoadResult, max: number): CheckReport {
  const all = start.diagnostics;
  const kept = max === 0 ? all : all.slice(0, max);
  const count = (severity: Severity) => all.filter((d) => d.severity === severity).length;
  const counts = { errors: count('error'), warnings: count('warning'), hints: count('hint') };
  const testStatus = configTestStatus(test);
  return {
    file,
    files: start.config?.files ?? [],
    findings: kept.map(findingOf),
    counts,
    omitted: all.length - kept.length + (start.dropped ?? 0),
    notActive: start.config === undefined ? [] : notActive(start.config),
    keepalived: {
      starts: start.fatal === undefined,
      ...(start.fatal === undefined ? {} : { startStatus: start.fatal.exit }),
      testStatus,
    },
    verdict: verdict(counts, start, testStatus),
  };
}

/** 0 nothing worse than a warning, 1 a warning with `strict`, 2 an error or a file that cannot be used. */
export function exitStatus(report: CheckReport, strict: boolean): 0 | 1 | 2 {
  if (report.counts.errors > 0 || !report.keepalived.starts) return 2;
  return strict && report.counts.warnings > 0 ? 1 : 0;
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

function verdict(counts: Counts, { fatal, diagnostics }: LoadResult, testStatus: number): string {
  const found = [
    counts.errors > 0 ? plural(counts.errors, 'error') : '',
    counts.warnings > 0 ? plural(counts.warnings, 'warning') : '',
    counts.hints > 0 ? plural(counts.hints, 'hint') : '',
  ].filter((text) => text !== '');
  const head = found.length === 0 ? 'no mistakes found' : found.join(', ');
  if (fatal !== undefined)
    return `${head}. keepalived would not start (status ${fatal.exit}, ${fatal.diagnostic.code}: ${fatal.diagnostic.message}).`;
  const passed = [...new Set(diagnostics.filter((d) => d.severity === 'error').map((d) => d.code))];
  const despite = passed.length === 0 ? '' : `, in spite of ${listed(passed, 4)}`;
  const test = testStatus === 0 ? '' : `; its configuration test ends with status ${testStatus}`;
  return `${head}. keepalived would start with this file${despite}${test}.`;
}

function listed(words: readonly string[], most: number): string {
  if (words.length > most) return `${words.slice(0, most).join(', ')} and ${words.length - most} more codes`;
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** Every `inactive` list of the configuration, with the name of what it belongs to. */
export function notActive(config: Config): readonly NotActive[] {
  const out: NotActive[] = [];
  const add = (where: string, list: readonly string[] | undefined) => {
    const keywords = [...new Set(list ?? [])];
    if (keywords.length > 0) out.push({ where, keywords });
  };
  add('the file', config.global.inactive);
  for (const i of config.instances) add(`vrrp_instance ${i.name}`, i.inactive);
  for (const g of config.groups) add(`vrrp_sync_group ${g.name}`, g.inactive);
  return out;
}
