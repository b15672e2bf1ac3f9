/**
 * How tracked interfaces and scripts change an instance: a weight moves its priority, weight 0 puts it into FAULT.
 *
 * | weight | up | down | init |
 * |---|---|---|---|
 * | 0 | nothing | FAULT | FAULT, silently |
 * | 0 reverse | FAULT | nothing | FAULT, silently |
 * | w > 0 | +w | 0 | 0 |
 * | w < 0 | 0 | -abs(w) | 0 |
 * | reverse | the same with the sign flipped | | 0 |
 *
 * keepalived.conf(5) 'track_interface', 'track_script'; the rows of scripts measured on 2.2.7.
 */

export type TrackStatus = 'init' | 'up' | 'down';

export type Tracked = {
  readonly what: string; // for display: 'script chk', 'interface eth1'
  readonly weight: number; // as configured: -254..254
  readonly reverse: boolean;
  readonly state: string; // for display: 'up', 'down', 'no result yet', '-120'
  readonly effect: TrackEffect;
  readonly detail: string; // why it is down, for the fault reason
};

export type Contribution = { readonly what: string; readonly weight: number };
export type FaultReason = { readonly what: string; readonly detail: string };

export type TrackEffect =
  | { readonly type: 'none' }
  | { readonly type: 'weight'; readonly weight: number }
  /** `silent`: the result is only not known yet; keepalived sends no FAULT notify then. */
  | { readonly type: 'fault'; readonly silent: boolean };

const NONE: TrackEffect = { type: 'none' };

/** What one tracked thing does to the instances that track it. */
export function trackEffect(weight: number, reverse: boolean, status: TrackStatus): TrackEffect {
  if (weight === 0) {
    if (status === 'init') return { type: 'fault', silent: true };
    return (status === 'up') === reverse ? { type: 'fault', silent: false } : NONE;
  }
  const counts = weight > 0 ? status === 'up' : status === 'down';
  if (!counts) return NONE;
  return { type: 'weight', weight: reverse ? -weight : weight };
}

/** A thing that is up, down or not known yet. */
export const trackedStatus = (
  t: Omit<Tracked, 'state' | 'effect'> & { readonly status: TrackStatus },
): Tracked => ({
  what: t.what,
  weight: t.weight,
  reverse: t.reverse,
  state: t.status === 'init' ? 'no result yet' : t.status,
  effect: trackEffect(t.weight, t.reverse, t.status),
  detail: t.detail,
});

export type Verdict = {
  readonly contributions: readonly Contribution[]; // those that count now, for the sum in `status`
  readonly faults: readonly FaultReason[];
  readonly silent: boolean; // there are faults, and all of them are only not known yet
};

/** Adds up in the order given. */
export function judgeTracked(tracked: readonly Tracked[]): Verdict {
  const contributions: Contribution[] = [];
  const faults: FaultReason[] = [];
  let silent = true;
  for (const t of tracked) {
    const { effect } = t;
    if (effect.type === 'weight') contributions.push({ what: t.what, weight: effect.weight });
    if (effect.type !== 'fault') continue;
    faults.push({ what: t.what, detail: effect.silent ? 'no result yet' : t.detail });
    silent &&= effect.silent;
  }
  return { contributions, faults, silent: silent && faults.length > 0 };
}

/** 1..254 whatever the sum is; an address owner (base 255) keeps 255. */
export function effectivePriority(base: number, contributions: readonly Contribution[]): number {
  if (base === 255) return 255;
  const sum = contributions.reduce((total, c) => total + c.weight, base);
  return Math.min(254, Math.max(1, sum));
}
