/** A check report as text for people, JSON for programs, and workflow commands for GitHub. */
import { CODES } from '../config/codes.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { visible } from '../config/excerpt.ts';
import type { LoadResult } from '../config/load.ts';
import { type CheckReport, exitStatus, type Finding } from './report.ts';
import { wrap } from './wrap.ts';

/** Version of the JSON form; it grows by new members, and the number changes when one changes its meaning. */
export const CHECK_SCHEMA = 1;

/** With a final newline. `start` gives the source lines. */
export function checkText(
  report: CheckReport,
  start: LoadResult,
  options: { readonly color: boolean },
): string {
  const out = start.diagnostics
    .slice(0, report.findings.length)
    .map((d) => `${formatDiagnostic(d, options)}\n`);
  if (report.omitted > 0) out.push(`${more(report)}\n`);
  if (report.notActive.length > 0) {
    out.push('recognised, not active (read, and not carried out by this vipd):\n');
    for (const { where, keywords } of report.notActive)
      out.push(...wrap(visible(`${where}: ${keywords.join(', ')}`), 100, '  ', '    ').map((l) => `${l}\n`));
  }
  out.push(`${visible(`${report.file}: ${report.verdict}`)}\n`);
  return out.join('');
}

const more = (report: CheckReport): string =>
  `… and ${report.omitted} more finding${report.omitted === 1 ? '' : 's'} ('--max 0' shows all that were kept)`;

/** One object for all files, with a final newline. */
export function checkJson(reports: readonly CheckReport[], strict: boolean, pair?: unknown): string {
  const value = {
    schema: CHECK_SCHEMA,
    results: reports.map((r) => ({ ...r, exit: exitStatus(r, strict) })),
    exit: Math.max(0, ...reports.map((r) => exitStatus(r, strict))),
    ...(pair === undefined ? {} : { pair }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

const COMMANDS = { error: 'error', warning: 'warning', hint: 'notice' } as const;

/** The text of a workflow command: a raw line end would begin a new one. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function workflowCommand(f: Finding): string {
  const { file, line, col, endCol } = f.place;
  const text = [
    f.message,
    ...(f.effect === undefined ? [] : [`effect: ${f.effect}`]),
    ...(f.fix === undefined ? [] : [`fix: ${f.fix}`]),
  ];
  const title = `${f.code}: ${Object.hasOwn(CODES, f.code) ? CODES[f.code as keyof typeof CODES].title : ''}`;
  return `::${COMMANDS[f.severity]} file=${property(file)},line=${line},col=${col},endColumn=${endCol},title=${property(title)}::${data(text.map(visible).join('\n'))}\n`;
}

export function checkGithub(report: CheckReport): string {
  const rest = report.omitted > 0 ? `vipd check: ${more(report)}\n` : '';
  return `${report.findings.map(workflowCommand).join('')}${rest}vipd check: ${visible(`${report.file}: ${report.verdict}`)}\n`;
}
