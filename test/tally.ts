/** Counts out of what test programs print: node:test's TAP, and our own last lines. */

export type Counts = {
  readonly passed: number;
  readonly failed: number;
  /** 'name: reason' of each. */
  readonly skipped: readonly string[];
};

/** node:test's TAP. An output without its totals (the process died) counts as one failure. */
export function countTap(tap: string): Counts {
  const total = (word: string): number | undefined => {
    const found = new RegExp(`^# ${word} (\\d+)$`, 'm').exec(tap)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const passed = total('pass');
  const failed = total('fail');
  const cancelled = total('cancelled');
  if (passed === undefined || failed === undefined || cancelled === undefined)
    return { passed: 0, failed: 1, skipped: [] };
  const skipped = [...tap.matchAll(/^\s*ok \d+ - (.*?) # SKIP ?(.*)$/gm)].map((m) =>
    m[2] === '' ? `${m[1]}: no reason given` : `${m[1]}: ${m[2]}`,
  );
  return { passed, failed: failed + cancelled, skipped };
}

/** The last `N passed, N failed` line of a program's output; undefined when there is none. */
export function lastCounts(output: string): Counts | undefined {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (found === undefined) return undefined;
  const skipped = Array<string>(Number(found[3] ?? 0)).fill('see above');
  return { passed: Number(found[1]), failed: Number(found[2]), skipped };
}
