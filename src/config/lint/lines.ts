/** What concerns the characters of a file and not its words: line ends. */
import type { Source } from '../source.ts';
import type { Lint } from './input.ts';

export function checkLines(l: Lint): void {
  const seen = new Set<Source>();
  for (const s of l.statements) {
    const { source } = s.keyword.at;
    if (seen.has(source)) continue;
    seen.add(source);
    const end = source.text.indexOf('\r\n');
    if (end === -1) continue;
    const { line } = source.position(end);
    l.reporter.report(
      'KA2007',
      { source, start: end, end: end + 1 },
      `line ${line === 1 ? '1 and others end' : `${line} ends`} with a carriage return`,
      { effect: 'keepalived takes it for a blank', fix: "convert the file: sed -i 's/\\r$//' FILE" },
    );
  }
}
