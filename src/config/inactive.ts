/** Which written words vipd understands and does not carry out: the rows of the tables that say `inactive`. */
import type { Block } from './settings.ts';
import type { Statement } from './tree.ts';

/** Keywords of a block that took effect (bad lines did not), in the order of the file, each once. */
export function inactiveKeywords(block: Block, body: readonly Statement[]): readonly string[] {
  const counted = new Set<Statement>(block.lists);
  for (const s of block.settings) counted.add(s.statement);
  for (const b of block.blocks) if (b.statement !== undefined) counted.add(b.statement);
  return inactiveOf(body.filter((s) => counted.has(s)));
}

/** Keywords of these statements, each once. */
export function inactiveOf(statements: readonly Statement[]): readonly string[] {
  return [...new Set(statements.filter((s) => s.row.inactive === true).map((s) => s.keyword.text))];
}
