/** '3.2 s ahead of', '0.4 s behind': goes in front of 'ours'. */
export function clockDifference(aheadMs: number): string {
  const s = Number((Math.abs(aheadMs) / 1000).toFixed(1));
  return aheadMs < 0 ? `${s} s behind` : `${s} s ahead of`;
}
