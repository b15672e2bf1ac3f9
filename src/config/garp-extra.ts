/** '[all] SECONDS' of 'garp_extra_if' and its global form. */
import type { Reporter } from './diagnostic.ts';
import type { GarpExtra } from './global-config.ts';
import { wordNumber } from './numbers.ts';
import type { Setting } from './settings.ts';

const S = 1_000_000;
const DAY_S = 86_400;

/**
 * The last line that is valid, of both spellings; undefined without one. `least`: 1 for the global setting, 0 (off)
 * for an instance's.
 */
export function readGarpExtra(
  settings: readonly Setting[],
  least: 0 | 1,
  code: 'KA0566' | 'KA0669',
  prefix: string,
  reporter: Reporter,
): GarpExtra | undefined {
  let found: GarpExtra | undefined;
  for (const { statement, words, at } of settings) {
    const allInterfaces = words.some((w) => w.text === 'all');
    const word = words.find((w) => w.text !== 'all');
    const seconds = word === undefined ? undefined : wordNumber(word, least, DAY_S);
    if (seconds !== undefined) found = { intervalUs: seconds * S, allInterfaces };
    else
      reporter.report(
        code,
        word?.at ?? at,
        `${prefix}${statement.keyword.text} ${word === undefined ? 'specified without time' : `'${word.text}' invalid`} - ignoring`,
        {
          effect: 'keepalived ignores the line',
          fix: `write '${statement.keyword.text} ${statement.row.args}' with seconds in ${least}..${DAY_S}`,
        },
      );
  }
  return found;
}
