/**
 * What the loader has to say about a file. A code is stable and belongs to one rule; the class is the one under which
 * keepalived files the same finding, and decides the exit status of a configuration test.
 */
import type { DiagnosticCode } from './codes.ts';
import { CODES } from './codes.ts';
import { excerpt, visible } from './excerpt.ts';
import { hideWords, secretWordsAt } from './secrets.ts';
import { includeTrace, placeOf, type Span } from './source.ts';

export type Severity = 'error' | 'warning' | 'hint';

/** keepalived's classes in rising order; 'none' where it says nothing, 'exit-…' where it stops on the spot. */
export type KeepalivedClass =
  | 'none'
  | 'file-not-found'
  | 'bad-interface'
  | 'fatal'
  | 'multiple-files'
  | 'unknown-keyword'
  | 'unexpected-open'
  | 'missing-open'
  | 'unexpected-close'
  | 'missing-close'
  | 'unmatched-quote'
  | 'missing-parameter'
  | 'invalid-number'
  | 'general-error'
  | 'warning'
  | 'deprecated'
  | 'security'
  | 'exit-2'
  | 'exit-6';

export type Related = { readonly at: Span; readonly message: string };

export type Diagnostic = {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly at: Span;
  readonly related: readonly Related[];
  readonly effect?: string; // what the daemon does about it, a whole sentence
  readonly fix?: string; // what to write instead, an imperative
  readonly keepalivedClass: KeepalivedClass;
};

export type DiagnosticDetails = {
  readonly related?: readonly Related[];
  readonly effect?: string;
  readonly fix?: string;
  readonly severity?: Severity;
  readonly keepalivedClass?: KeepalivedClass;
  readonly fatal?: 2 | 6; // a real start ends here with this status
};

/** Findings that something is not there. */
const MISSING: ReadonlySet<DiagnosticCode> = new Set([
  'KA0411',
  'KA0602',
  'KA0640',
  'KA0647',
  'KA0648',
  'KA0903',
  'KA1001',
  'KA1105',
]);

/** Blocks are built while the text is still being read; their findings count as later ones. */
const PHASES = ['reading', 'globals', 'building'] as const;
export type Phase = (typeof PHASES)[number];

/** Collects; never throws. After `LIMIT` entries it only counts, so that a hostile file cannot fill the memory. */
export class Reporter {
  static readonly LIMIT = 2000;
  readonly #phases: readonly Diagnostic[][] = PHASES.map(() => []);
  #phase = 0;
  #fatalPhase = 0;
  #count = 0;
  /** The first one of the earliest phase. */
  fatal: { readonly exit: 2 | 6; readonly diagnostic: Diagnostic } | undefined;
  readonly #damaged = new Set<string>();
  readonly #unreadable: Span[] = [];

  /** A block (by the place of its name) that lost lines to a mistake with braces: what it lacks is no second mistake. */
  damaged(name: Span): void {
    this.#damaged.add(`${name.source.file}:${name.start}`);
  }

  /** Words whose expansion failed: whatever else is wrong with them follows from that. */
  unreadable(at: Span): void {
    if (this.#unreadable.length < Reporter.LIMIT) this.#unreadable.push(at);
  }

  #follows(code: DiagnosticCode, at: Span): boolean {
    if (MISSING.has(code) && this.#damaged.has(`${at.source.file}:${at.start}`)) return true;
    return this.#unreadable.some(
      (u) => u.source === at.source && u.start <= at.start && at.start < u.end && at.end <= u.end,
    );
  }

  /** Findings beyond those that are kept. */
  get dropped(): number {
    return Math.max(0, this.#count - Reporter.LIMIT);
  }

  /** Phase after phase, each in the order of the reports. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#phases.flat().slice(0, Reporter.LIMIT);
  }

  report(code: DiagnosticCode, at: Span, message: string, details: DiagnosticDetails = {}): void {
    const row = CODES[code];
    const diagnostic = withoutSecrets({
      severity: details.severity ?? row.severity,
      code,
      message,
      at,
      related: details.related ?? [],
      ...(details.effect === undefined ? {} : { effect: details.effect }),
      ...(details.fix === undefined ? {} : { fix: details.fix }),
      keepalivedClass: details.keepalivedClass ?? row.class,
    });
    if (details.fatal !== undefined && (this.fatal === undefined || this.#phase < this.#fatalPhase)) {
      this.fatal = { exit: details.fatal, diagnostic };
      this.#fatalPhase = this.#phase;
    }
    if (this.#follows(code, at)) return;
    this.#count++;
    const list = this.#phases[this.#phase] as Diagnostic[];
    if (list.length < Reporter.LIMIT) list.push(diagnostic);
  }

  /** Files what `work` reports under `phase`, although other phases are still under way. */
  during<T>(phase: Phase, work: () => T): T {
    const before = this.#phase;
    this.#phase = PHASES.indexOf(phase);
    try {
      return work();
    } finally {
      this.#phase = before;
    }
  }
}

/** The texts go to logs and to issue trackers; what a password line holds does not. */
function withoutSecrets(d: Diagnostic): Diagnostic {
  const secrets = secretWordsAt(d.at);
  if (secrets.length === 0) return d;
  return {
    ...d,
    message: hideWords(d.message, secrets),
    ...(d.effect === undefined ? {} : { effect: hideWords(d.effect, secrets) }),
    ...(d.fix === undefined ? {} : { fix: hideWords(d.fix, secrets) }),
  };
}

const COLORS = { error: '\x1b[31m', warning: '\x1b[33m', hint: '\x1b[36m' } as const;

/** Other places that belong to a finding: where an expanded word was defined, then what the rule names. */
export function relatedOf(d: Diagnostic): readonly Related[] {
  return d.at.via === undefined ? d.related : [{ at: d.at.via.at, message: d.at.via.note }, ...d.related];
}

/**
 * `file:line:col-col: severity CODE: message`, then the source line with a caret, related places, the include chain,
 * effect and fix; one string of several lines without a final newline.
 */
export function formatDiagnostic(d: Diagnostic, options: { readonly color?: boolean } = {}): string {
  const { file, line, col } = placeOf(d.at);
  const width = Math.max(1, d.at.end - d.at.start);
  const range = width > 1 ? `${col}-${col + width - 1}` : `${col}`;
  const word = options.color === true ? `${COLORS[d.severity]}${d.severity}\x1b[0m` : d.severity;
  const out = [
    visible(`${file}:${line}:${range}: `) + word + visible(` ${d.code}: ${d.message}`),
    ...excerpt(d.at),
  ];
  const noted = new Set<string>();
  for (const note of relatedOf(d)) {
    const p = placeOf(note.at);
    const place = `${p.file}:${p.line}:${p.col}`;
    if (!noted.has(place)) out.push(visible(`  note: ${place}: ${note.message}`));
    noted.add(place);
  }
  for (const p of includeTrace(d.at)) out.push(visible(`  included from ${p.file}:${p.line}`));
  if (d.effect !== undefined) out.push(visible(`  effect: ${d.effect}`));
  if (d.fix !== undefined) out.push(visible(`  fix: ${d.fix}`));
  return out.join('\n');
}
