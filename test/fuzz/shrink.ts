/** Makes a failing text small: drops lines, then characters, in ever smaller pieces, as long as it keeps failing. */

/** Tries that one failure is worth. */
const MAX_TRIES = 4_000;

/** The smallest text found for which `fails` still holds. */
export function shrink(text: string, fails: (text: string) => boolean): string {
  const budget = { left: MAX_TRIES };
  const byLine = reduce(text.split(/(?<=\n)/), fails, budget);
  return reduce([...byLine.join('')], fails, budget).join('');
}

function reduce(
  parts: readonly string[],
  fails: (text: string) => boolean,
  budget: { left: number },
): readonly string[] {
  let all = parts;
  for (let size = Math.max(1, all.length >> 1); ; size = Math.max(1, size >> 1)) {
    let dropped = false;
    for (let at = 0; at < all.length && budget.left > 0; ) {
      const without = [...all.slice(0, at), ...all.slice(at + size)];
      budget.left--;
      if (fails(without.join(''))) {
        all = without;
        dropped = true;
      } else at += size;
    }
    if (budget.left <= 0 || (size === 1 && !dropped)) return all;
  }
}
