/** Medians and quantiles of what was measured. */

/** Of a non-empty list; the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error('no median of nothing');
  return (low + high) / 2;
}

/** `q` 0..1, of a non-empty list. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.floor(q * (sorted.length - 1))];
  if (found === undefined) throw new Error('no quantile of nothing');
  return found;
}
