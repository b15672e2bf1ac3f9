/** The page of all benchmarks, as Markdown: what was reached, then each figure with its values. Pure. */
import { barText, digits, type Figure, judge, quantity, type Row } from './figure.ts';

export type Machine = {
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly keepalived: string;
  readonly vipd: string;
};

/** What one benchmark left: a figure, or why there is none. */
export type Outcome = {
  readonly name: string;
  readonly date: string; // '2026-01-31'
  readonly runs: number;
  /** Load average of the minute before it. */
  readonly load: number;
  readonly machine: Machine;
  readonly figure?: Figure;
  readonly failure?: string;
};

/** Of a machine that does nothing else. */
const QUIET_LOAD = 1;

export function pageOf(outcomes: readonly Outcome[]): string {
  const newest = outcomes.toSorted((x, y) => (x.date < y.date ? 1 : -1))[0];
  const sections = outcomes.flatMap((o) => section(o, newest?.machine));
  const head = newest === undefined ? [] : [machineText(newest.machine, newest.date), ''];
  return `${[...INTRODUCTION, ...head, ...summary(outcomes), ...sections].join('\n')}\n`;
}

const INTRODUCTION = [
  '# Benchmarks',
  '',
  'Written by `npm run bench`; do not edit. How it is measured, and what stands behind the numbers: [benchmarks.md](../benchmarks.md).',
  "vipd and Debian's keepalived run side by side on one machine; every value is the median of the runs, behind it the smallest and the largest.",
  'A ratio divides vipd by keepalived (or what the row names): below 1 is better than keepalived.',
  '',
];

const machineText = (m: Machine, date: string): string =>
  `**${date}**: ${m.processor}, ${m.cores} cores, ${m.kernel}, Node ${m.node}, keepalived ${m.keepalived}, vipd ${m.vipd}.`;

function summary(outcomes: readonly Outcome[]): string[] {
  const lines = outcomes.flatMap(({ name, figure, failure }) =>
    figure === undefined
      ? [`| [${name}](#${name}) | could not be measured: ${cell(failure ?? '')} | | | **failed** |`]
      : figure.rows
          .filter((row) => row.bar !== undefined)
          .map((row) => {
            const { vipd, ratio, verdict } = judge(row);
            const got = row.bar?.kind === 'ratio' ? ratioText(ratio) : quantity(vipd, row);
            return `| [${name}](#${name}) | ${title(row)} | ${barText(row)} | ${got} | ${verdict === 'reached' ? 'reached' : '**missed**'} |`;
          }),
  );
  const word = (w: string): number => lines.filter((l) => l.includes(w)).length;
  return [
    '## The bars',
    '',
    `${word('| reached |')} reached, ${word('**missed**')} missed, ${word('**failed**')} benchmarks failed.`,
    '',
    '| benchmark | value | bar | measured | |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ];
}

function section(o: Outcome, usual: Machine | undefined): string[] {
  const { figure } = o;
  const measured = `${o.date}, ${o.runs} ${o.runs === 1 ? 'run' : 'runs'}${o.load > QUIET_LOAD ? `, on a busy machine (load ${o.load} at its begin)` : ''}.`;
  const elsewhere =
    JSON.stringify(o.machine) === JSON.stringify(usual) ? [] : ['', machineText(o.machine, o.date)];
  const head = [`## ${o.name}`, ''];
  if (figure === undefined)
    return [...head, `Could not be measured: ${o.failure ?? ''}`, '', measured, ...elsewhere, ''];
  return [
    ...head,
    `**${figure.title}.** ${figure.about} ${measured}`,
    ...elsewhere,
    '',
    `![${figure.title}](${o.name}.svg)`,
    ...(figure.course === undefined ? [] : ['', `![${figure.title}, over time](${o.name}-course.svg)`]),
    '',
    '| | keepalived | vipd | ratio | bar | |',
    '|---|---|---|---|---|---|',
    ...figure.rows.map(tableRow),
    '',
    ...(figure.problems.length === 0 ? [] : [...figure.problems.map((p) => `* ${p}`), '']),
  ];
}

function tableRow(row: Row): string {
  const { base, vipd, ratio, verdict } = judge(row);
  const mark = { reached: 'reached', missed: '**missed**', none: '' }[verdict];
  return `| ${title(row)} | ${spread(base, row.base, row)} | ${spread(vipd, row.vipd, row)} | ${ratioText(ratio)} | ${barText(row)} | ${mark} |`;
}

const title = (row: Row): string =>
  cell(row.against === undefined ? row.title : `${row.title} (against ${row.against})`);
const ratioText = (ratio: number | undefined): string => (ratio === undefined ? '-' : digits(ratio));

/** '1.23 ms (1.10 to 1.40)'; one run has no spread. */
function spread(median: number | undefined, values: readonly number[], row: Row): string {
  const shown = quantity(median, row);
  if (values.length < 2) return shown;
  return `${shown} (${digits(Math.min(...values))} to ${digits(Math.max(...values))})`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
