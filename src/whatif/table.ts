/** An answer as aligned lines, `pair: fault -> priorities -> result`, and as JSON. */
import type { Answer, Row } from './answer.ts';

/** What stands before each line: 'pair', 'alone', 'assumed pair'. */
export type Label = string;

/** Lines without a final newline. `all`: faults that do nothing to a router too. */
export function answerText(answer: Answer, label: Label, all: boolean): string {
  const out: string[] = [];
  const many = answer.routers.length > 1;
  for (const r of answer.routers) {
    const rows = r.rows.filter((row) => shown(row, many && !all));
    out.push(r.title);
    const what = width(rows.map((row) => name(row)));
    const standing = width(rows.map((row) => row.standing));
    for (const row of rows) {
      out.push(
        `  ${label}: ${name(row).padEnd(what)} -> ${row.standing.padEnd(standing)} -> ${row.result}`.trimEnd(),
      );
      for (const why of row.why) out.push(`${' '.repeat(label.length + 4)}  because ${why}`);
    }
  }
  for (const text of answer.notSimulated) out.push(text);
  for (const text of answer.notes) out.push(`note: ${text}`);
  return out.join('\n');
}

/** The usual state always; what a fault does not touch only where there is one router to speak of. */
function shown(row: Row, many: boolean): boolean {
  return row.fault.type === 'none' || row.eventful || (!many && !row.recovery);
}

const name = (row: Row): string => (row.recovery ? `  then ${row.what}` : row.what);
const width = (texts: readonly string[]): number => Math.max(0, ...texts.map((t) => t.length));

/** The answer's own form with node names in place of numbers. */
export function answerJson(answer: Answer, label: Label): unknown {
  return {
    label,
    nodes: answer.nodes,
    phases: answer.phases,
    negative: answer.negative,
    instances: answer.routers.map((r) => ({
      title: r.title,
      names: Object.fromEntries(answer.nodes.map((n, i) => [n, r.names[i] ?? ''])),
      rows: r.rows.map((row) => ({
        fault: faultJson(row, answer.nodes),
        what: row.what,
        recovery: row.recovery,
        priorities: row.standing,
        result: row.result,
        why: row.why,
        bad: row.bad,
        before: row.outcome.before,
        after: row.outcome.after,
        takeoverS: row.outcome.takeoverS,
        noHolderS: row.outcome.noHolderS,
        twoHoldersS: row.outcome.twoHoldersS,
        nodes: row.outcome.standings,
      })),
    })),
    notSimulated: answer.notSimulated,
    notes: answer.notes,
  };
}

function faultJson(row: Row, nodes: readonly string[]): unknown {
  const { fault } = row;
  return 'nodes' in fault ? { ...fault, nodes: fault.nodes.map((id) => nodes[id] ?? '') } : fault;
}
