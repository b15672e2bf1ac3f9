/** Shared by the table tests of the machine: one row = parameters, state, event, time -> state, effects in words. */
import type {
  BackupState,
  Effect,
  Event,
  FaultState,
  InitState,
  LeavingState,
  MasterState,
  Params,
  State,
} from '../../../src/vrrp/types.ts';

export const S = 1_000_000;
export const NEVER: number = Number.POSITIVE_INFINITY;
/** Priority 100, interval 1 s: Skew_Time 156/256 s. */
export const SKEW = 609_375;
export const DOWN: number = 3 * S + SKEW;

export const params: Params = {
  vrid: 51,
  version: 3,
  basePriority: 100,
  adverIntUs: S,
  downTimerAdverts: 3,
  preempt: true,
  preemptDelayUs: 0,
  lowerPrioNoAdvert: false,
  higherPrioSendAdvert: false,
  garp: {
    repeatCount: 5,
    delayUs: 5 * S,
    refreshUs: 0,
    refreshRepeatCount: 1,
    lowerPrioRepeatCount: 4,
    lowerPrioDelayUs: 3 * S,
  },
  inGroup: false,
  expiredPriority: 0,
};

export const garp = (change: Partial<Params['garp']>): Partial<Params> => ({
  garp: { ...params.garp, ...change },
});

export const init: InitState = { name: 'init', priority: 100 };
export const fault: FaultState = { name: 'fault', priority: 100, notBeforeUs: 0 };
export const leaving: LeavingState = { name: 'leaving', priority: 100, releaseAtUs: 6 * S, heard: false };
export const backup: BackupState = {
  name: 'backup',
  priority: 100,
  masterAdverIntUs: S,
  masterDownAtUs: 10 * S,
  preemptAtUs: NEVER,
  notBeforeUs: 0,
  expiry: 'master-silent',
  wantsMaster: false,
  unannounced: false,
};
/** Its last advert left at 4.5 s. */
export const master: MasterState = {
  name: 'master',
  priority: 100,
  masterAdverIntUs: S,
  adverAtUs: 5_500_000,
  secondBurstAtUs: NEVER,
  refreshAtUs: NEVER,
  lowerPrioBurstAtUs: NEVER,
  answerCount: 0,
  answersUntilUs: 0,
  ownerConflictCount: 0,
  ownerConflictUntilUs: NEVER,
};

/** `order`: the sender's address against ours. */
export const advert = (priority: number, order: -1 | 0 | 1 = -1, adverIntUs: number = S): Event => ({
  type: 'advert',
  priority,
  adverIntUs,
  sourceOrder: order,
});

export type Row = {
  readonly name: string; // state/event/case, and the requirements it binds
  readonly p?: Partial<Params>;
  readonly from: State;
  readonly e: Event;
  readonly at?: number; // default 5 s
  readonly to: State;
  readonly fx?: readonly string[]; // default none
};

/** An effect in few words, so that a row shows the order at a glance. */
export function say(e: Effect): string {
  switch (e.type) {
    case 'send-advert':
      return `advert ${e.priority}`;
    case 'addresses':
      return e.want;
    case 'announce':
      return `announce ${e.burst} ${e.repeatCount}`;
    case 'forget-announcements':
      return 'forget';
    case 'transition':
      return `${e.from}>${e.to} ${e.reason}`;
    case 'note':
      return `note ${e.note} ${e.priority}`;
    case 'wants-master':
    case 'lower-priority-received':
      return e.type;
  }
}
