/** "Did you mean": the nearest word of a list by edit distance. */

/** Optimal string alignment distance, given up as soon as it exceeds `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, (before[j - 2] ?? 0) + 1);
      row.push(d);
      best = Math.min(best, d);
    }
    if (best > limit) return limit + 1;
    before = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}

/** The candidate nearest to `word`, if it is near enough to be meant: one slip in four letters, three at most. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length < 2 || word.length > 64) return undefined;
  let limit = Math.min(3, Math.max(1, Math.floor(word.length / 4)));
  let found: string | undefined;
  for (const c of candidates) {
    const d = distance(word, c, limit);
    if (d > limit || d === 0) continue;
    found = c;
    limit = d - 1;
    if (limit < 1) break;
  }
  return found;
}
