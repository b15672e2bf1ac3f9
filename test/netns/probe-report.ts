/** What the prober program and its users say to each other: one JSON value a line on its stdin and stdout. */

/** Asks for the probes sent in [fromS, toS], CLOCK_REALTIME seconds; keep `toS` half a second in the past. */
export type ProbeQuestion = { readonly fromS: number; readonly toS: number };

/** A run of lost probes: from the last answered before it to the first answered after it, by their sending times. */
export type Outage = { readonly fromS: number; readonly toS: number; readonly lost: number };

export type ProbeReport = {
  readonly sent: number;
  readonly lost: number;
  readonly outages: readonly Outage[];
  /** Milliseconds of the longest outage; 0 when no probe was lost. */
  readonly gapMs: number;
  /** Longest time in which the prober itself sent nothing: gaps below it are not seen. */
  readonly stallMs: number;
  /** Answers by who gave them (UDP only). */
  readonly by: Readonly<Record<string, number>>;
};

/** `by`: who answered, undefined while or when nobody did. */
export type Probe = { readonly sentS: number; by: string | undefined };

/** Pure judgement of probes in sending order. An outage at the very end, with no answer after it, ends at the last probe. */
export function judgeProbes(probes: readonly Probe[]): ProbeReport {
  const outages: Outage[] = [];
  const by: Record<string, number> = {};
  let stallMs = 0;
  let lastGood: Probe | undefined;
  let lost = 0;
  let run = 0;
  for (const [i, p] of probes.entries()) {
    const before = probes[i - 1];
    if (before !== undefined) stallMs = Math.max(stallMs, (p.sentS - before.sentS) * 1000);
    if (p.by === undefined) {
      lost++;
      run++;
      continue;
    }
    by[p.by] = (by[p.by] ?? 0) + 1;
    if (run > 0) outages.push({ fromS: (lastGood ?? probes[0] ?? p).sentS, toS: p.sentS, lost: run });
    run = 0;
    lastGood = p;
  }
  const end = probes.at(-1);
  if (run > 0 && end !== undefined)
    outages.push({ fromS: (lastGood ?? probes[0] ?? end).sentS, toS: end.sentS, lost: run });
  const gapMs = Math.max(0, ...outages.map((o) => (o.toS - o.fromS) * 1000));
  return { sent: probes.length, lost, outages, gapMs, stallMs, by };
}
