/**
 * What the instance machine takes and gives: parameters, states, events, effects. Types only.
 * Times are monotonic microseconds. `priority` in a state is the effective priority (base + tracking, clamped).
 */

/** What one virtual router was configured to do; fixed between reloads. */
export type Params = {
  readonly vrid: number; // 1..255
  readonly version: 2 | 3;
  readonly basePriority: number; // 1..254, 255 = address owner
  readonly adverIntUs: number; // own Advertisement_Interval
  readonly downTimerAdverts: number; // 1..100, keepalived 'down_timer_adverts', RFC: 3
  readonly preempt: boolean; // Preempt_Mode
  readonly preemptDelayUs: number; // keepalived 'preempt_delay'
  readonly lowerPrioNoAdvert: boolean; // RFC 3768/5798 instead of 9568 6.4.3
  readonly higherPrioSendAdvert: boolean;
  readonly garp: GarpParams;
  readonly inGroup: boolean; // member of a sync group: asks before it becomes master
  /** keepalived 'timer_expired_backup': 1..254, the highest priority of a peer; 0 = off. */
  readonly expiredPriority: number;
};

export type GarpParams = {
  readonly repeatCount: number;
  readonly delayUs: number; // 0 = no second burst
  readonly refreshUs: number; // 0 = off
  readonly refreshRepeatCount: number;
  readonly lowerPrioRepeatCount: number;
  readonly lowerPrioDelayUs: number;
};

export type StateName = 'init' | 'fault' | 'backup' | 'master' | 'leaving';

export type State =
  /** Not started, or stopped. */
  | { readonly name: 'init'; readonly priority: number }
  /** A tracked thing, the interface or the source address is down. */
  | {
      readonly name: 'fault';
      readonly priority: number;
      readonly notBeforeUs: number; // end of the start-up delay, which a fault does not shorten
    }
  | {
      readonly name: 'backup';
      readonly priority: number; // an owner that gave way to another owner stands at 254 until it hears a lower priority
      readonly masterAdverIntUs: number; // v3: learnt from the master; v2: own
      readonly masterDownAtUs: number;
      readonly preemptAtUs: number; // lower adverts are accepted until then; Infinity = no delay is running
      readonly notBeforeUs: number; // start-up delay: adverts before this are not heard
      readonly expiry: Reason; // why we become master when the timer ends
      readonly wantsMaster: boolean; // sync group: the timer ended and the group was asked
      readonly unannounced: boolean; // owner at start: BACKUP was not published and will not be if the timer ends at once
    }
  | {
      readonly name: 'master';
      readonly priority: number;
      readonly masterAdverIntUs: number; // of the last master we followed; own if none
      readonly adverAtUs: number;
      readonly secondBurstAtUs: number; // Infinity = not due
      readonly refreshAtUs: number;
      readonly lowerPrioBurstAtUs: number;
      readonly answerCount: number; // lower adverts answered in the running window
      readonly answersUntilUs: number; // end of that window
      readonly ownerConflictCount: number; // own adverts sent since another owner was heard; 0 = none was
      readonly ownerConflictUntilUs: number; // another 255 until then and we give way; Infinity = not armed
    }
  /** Orderly stop, make before break: priority 0 is out, the addresses stay until the successor speaks. */
  | {
      readonly name: 'leaving';
      readonly priority: number;
      readonly releaseAtUs: number;
      readonly heard: boolean;
    };

export type InitState = Extract<State, { readonly name: 'init' }>;
export type FaultState = Extract<State, { readonly name: 'fault' }>;
export type BackupState = Extract<State, { readonly name: 'backup' }>;
export type MasterState = Extract<State, { readonly name: 'master' }>;
export type LeavingState = Extract<State, { readonly name: 'leaving' }>;

/** Why a transition happened; shown by `vipd status` and in the log. */
export type Reason =
  | 'start'
  | 'owner'
  | 'master-silent' // Master_Down_Timer
  | 'master-resigned' // priority 0
  | 'preempt' // the master has a lower priority than we
  | 'higher-priority'
  | 'equal-priority-higher-address'
  | 'owner-conflict'
  | 'fault'
  | 'fault-cleared'
  | 'address-deleted'
  | 'lease-lost' // this process hung, and its pacer resigned for it
  | 'overslept' // 'timer_expired_backup': so late that a peer must have taken over
  | 'group'
  | 'stop'
  | 'reload';

export type Event =
  /**
   * Leave 'init'. `fault`: some reason for FAULT is already known. `notBeforeUs`: end of 'vrrp_startup_delay' (any time
   * in the past = none); until then adverts are not heard, timers count from it.
   */
  | { readonly type: 'startup'; readonly fault: boolean; readonly notBeforeUs: number }
  /** `lingerUs` 0: keepalived's order, addresses go at once. Else the bound of make-before-break. */
  | { readonly type: 'shutdown'; readonly lingerUs: number }
  | { readonly type: 'timer' }
  | {
      readonly type: 'advert';
      readonly priority: number; // 0..255
      readonly adverIntUs: number; // the sender's
      readonly sourceOrder: -1 | 0 | 1; // sender's address below, equal to, above our primary address (A6)
    }
  /** The successor's gratuitous ARP for one of our addresses was seen. */
  | { readonly type: 'successor-announced' }
  /** Effective priority changed. Never sent while the base is 255. */
  | { readonly type: 'priority'; readonly priority: number }
  | { readonly type: 'fault'; readonly byGroup: boolean }
  | { readonly type: 'fault-cleared' }
  /** Someone else deleted one of our addresses (behaviour.md B19). */
  | { readonly type: 'address-deleted' }
  /** Reload: `p` of this step is the new parameters, `priority` the new effective one; `addressesAdded` asks for new bursts. */
  | { readonly type: 'reconfigured'; readonly priority: number; readonly addressesAdded: boolean }
  /**
   * This process was asleep when the timer ended and nothing waited in the socket: the master gets one more advert
   * interval before its silence is believed. The caller gives it once.
   */
  | { readonly type: 'stalled' }
  /** The pacer gave up mastership for us: priority 0 is out, the addresses are gone. */
  | { readonly type: 'lease-lost' }
  /** Sync group decisions (group.ts). */
  | { readonly type: 'group-master' }
  | { readonly type: 'group-backup' }
  /** Another member heard a lower priority: all members announce. */
  | { readonly type: 'group-announce' };

export type AdvertEvent = Extract<Event, { readonly type: 'advert' }>;

export type Burst = 'first' | 'second' | 'refresh' | 'lower-priority';

export type Note =
  | 'lower-priority-discarded' // as backup
  | 'new-election' // as master: a lower advert came
  | 'own-address' // equal priority and equal address
  | 'owner-conflict'
  | 'preempt-delay-started'
  | 'preempt-delay-cancelled';

export type Effect =
  | { readonly type: 'send-advert'; readonly priority: number }
  | { readonly type: 'addresses'; readonly want: 'present' | 'absent' }
  | { readonly type: 'announce'; readonly burst: Burst; readonly repeatCount: number }
  | { readonly type: 'forget-announcements' }
  | { readonly type: 'transition'; readonly from: StateName; readonly to: StateName; readonly reason: Reason }
  | { readonly type: 'wants-master' } // sync group member whose timer ended
  | { readonly type: 'lower-priority-received' } // notify_master_rx_lower_pri
  | { readonly type: 'note'; readonly note: Note; readonly priority: number };

export type Step = { readonly state: State; readonly effects: readonly Effect[] };
