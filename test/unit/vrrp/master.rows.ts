/** State MASTER, one row for each event and case. */
import { advert, backup, DOWN, garp, master, type Row, S, SKEW } from './rows.ts';

const at = 5 * S;
const owner = { basePriority: 255 } as const;
const owning = { ...master, priority: 255 } as const;
const silent = garp({ lowerPrioRepeatCount: 0 });
/** After one own advert at 5 s. */
const sent = { ...master, adverAtUs: 6 * S } as const;
/** After the first lower advert at 5 s: one of 16 answers in 0.1 s. */
const counted = { answerCount: 1, answersUntilUs: 5_100_000 } as const;
const answered = { ...sent, ...counted } as const;
const fell = { ...backup, masterDownAtUs: at + DOWN, notBeforeUs: at } as const;
const release = ['forget', 'absent'] as const;
const OWNER_DOWN = 3 * S + 3906;

const received: readonly Row[] = [
  {
    name: 'master/advert/zero [RFC9568-6.4.3-07+] [RFC3768-6.4.3-05+]',
    from: master,
    e: advert(0, 1),
    to: answered,
    fx: ['advert 100'],
  },
  {
    name: 'master/advert/zero/the 17th in a tenth of a second: somebody floods',
    from: { ...master, answerCount: 16, answersUntilUs: at + 1 },
    e: advert(0, 1),
    to: { ...master, answerCount: 16, answersUntilUs: at + 1 },
  },
  {
    name: 'master/advert/higher [RFC9568-6.4.3-08+] [RFC9568-6.4.3-09+] [RFC3768-6.4.3-06+]',
    from: master,
    e: advert(101, -1, 2 * S),
    to: { ...fell, masterAdverIntUs: 2 * S, masterDownAtUs: at + 2 * DOWN },
    fx: [...release, 'master>backup higher-priority'],
  },
  {
    name: 'master/advert/higher/v2 keeps its own interval',
    p: { version: 2 },
    from: master,
    e: advert(101, -1, 2 * S),
    to: fell,
    fx: [...release, 'master>backup higher-priority'],
  },
  {
    name: 'master/advert/higher/higher_prio_send_advert answers first',
    p: { higherPrioSendAdvert: true },
    from: master,
    e: advert(101),
    to: fell,
    fx: ['advert 100', ...release, 'master>backup higher-priority'],
  },
  {
    name: 'master/advert/higher/the owner, whom a backup does not rival',
    from: master,
    e: advert(255, -1),
    to: fell,
    fx: [...release, 'master>backup higher-priority'],
  },
  {
    name: 'master/advert/equal/higher address [RFC9568-6.4.3-08+] [RFC9568-6.4.3-10+]',
    from: master,
    e: advert(100, 1),
    to: fell,
    fx: [...release, 'master>backup equal-priority-higher-address'],
  },
  {
    name: 'master/advert/equal/lower address [RFC9568-6.4.3-08-] [RFC9568-6.4.3-11+]',
    p: silent,
    from: master,
    e: advert(100, -1),
    to: answered,
    fx: ['note new-election 100', 'advert 100', 'lower-priority-received'],
  },
  {
    name: 'master/advert/equal/own address: a warning only',
    from: master,
    e: advert(100, 0),
    to: master,
    fx: ['note own-address 100'],
  },
  {
    name: 'master/advert/lower [RFC9568-6.4.3-11+] [RFC9568-6.4.3-08-]',
    from: master,
    e: advert(99, 1),
    to: { ...answered, lowerPrioBurstAtUs: 8 * S },
    fx: ['note new-election 99', 'advert 100', 'announce lower-priority 4', 'lower-priority-received'],
  },
  {
    name: 'master/advert/lower/a second burst that is due stays where it is',
    from: { ...master, lowerPrioBurstAtUs: 7 * S },
    e: advert(99, 1),
    to: { ...answered, lowerPrioBurstAtUs: 7 * S },
    fx: ['note new-election 99', 'advert 100', 'announce lower-priority 4', 'lower-priority-received'],
  },
  {
    name: 'master/advert/lower/the 16th in a tenth of a second',
    p: silent,
    from: { ...master, answerCount: 15, answersUntilUs: at + 1 },
    e: advert(99, 1),
    to: { ...sent, answerCount: 16, answersUntilUs: at + 1 },
    fx: ['note new-election 99', 'advert 100', 'lower-priority-received'],
  },
  {
    name: 'master/advert/lower/the 17th is discarded: no storm',
    from: { ...master, answerCount: 16, answersUntilUs: at + 1 },
    e: advert(99, 1),
    to: { ...master, answerCount: 16, answersUntilUs: at + 1 },
  },
  {
    name: 'master/advert/lower/a new window',
    p: silent,
    from: { ...master, answerCount: 16, answersUntilUs: at },
    e: advert(99, 1),
    to: answered,
    fx: ['note new-election 99', 'advert 100', 'lower-priority-received'],
  },
  {
    name: 'master/advert/lower/lower_prio_no_advert: no advert, so the timer runs on [RFC5798-6.4.3-11+] [RFC3768-6.4.3-07+]',
    p: { lowerPrioNoAdvert: true, ...silent },
    from: master,
    e: advert(99, 1),
    to: { ...master, ...counted },
    fx: ['note new-election 99', 'lower-priority-received'],
  },
  {
    name: 'master/advert/lower/burst without delay',
    p: garp({ lowerPrioDelayUs: 0 }),
    from: master,
    e: advert(99, 1),
    to: answered,
    fx: ['note new-election 99', 'advert 100', 'announce lower-priority 4', 'lower-priority-received'],
  },
];

const owners: readonly Row[] = [
  {
    name: 'master/advert/owner/another owner with the higher address [RFC9568-7.1-11+] [RFC9568-8.3.2-01+]',
    p: owner,
    from: owning,
    e: advert(255, 1),
    to: { ...fell, priority: 255, masterDownAtUs: at + OWNER_DOWN },
    fx: ['note owner-conflict 255', ...release, 'master>backup owner-conflict'],
  },
  {
    name: 'master/advert/owner/another owner with the lower address, first time [RFC9568-8.3.2-01+]',
    p: { ...owner, ...silent },
    from: owning,
    e: advert(255, -1),
    to: { ...owning, ...counted, adverAtUs: 6 * S, ownerConflictCount: 2 },
    fx: ['note owner-conflict 255', 'advert 255', 'lower-priority-received'],
  },
  {
    name: 'master/timer/owner/two own adverts arm the window',
    p: owner,
    from: { ...owning, ownerConflictCount: 2 },
    e: { type: 'timer' },
    at: 5_500_000,
    to: { ...owning, adverAtUs: 6_500_000, ownerConflictCount: 3, ownerConflictUntilUs: 6_700_000 },
    fx: ['advert 255'],
  },
  {
    name: 'master/advert/owner/the window is 1.2 of the longer interval',
    p: { ...owner, ...silent },
    from: { ...owning, ownerConflictCount: 2 },
    e: advert(255, -1, 2 * S),
    to: {
      ...owning,
      ...counted,
      adverAtUs: 6 * S,
      ownerConflictCount: 3,
      ownerConflictUntilUs: at + 2_400_000,
    },
    fx: ['note owner-conflict 255', 'advert 255', 'lower-priority-received'],
  },
  {
    name: 'master/advert/owner/the other insists: we fall to 254',
    p: owner,
    from: { ...owning, ownerConflictCount: 3, ownerConflictUntilUs: at },
    e: advert(255, -1),
    to: { ...fell, priority: 254, masterDownAtUs: at + OWNER_DOWN },
    fx: ['note owner-conflict 255', ...release, 'master>backup owner-conflict'],
  },
  {
    name: 'master/advert/owner/after the window it begins again',
    p: { ...owner, ...silent },
    from: { ...owning, ownerConflictCount: 3, ownerConflictUntilUs: at - 1 },
    e: advert(255, -1),
    to: { ...owning, ...counted, adverAtUs: 6 * S, ownerConflictCount: 2 },
    fx: ['note owner-conflict 255', 'advert 255', 'lower-priority-received'],
  },
];

/** Priority 254 skews 2/256 s: at 4.5 + 3 + 0.0078 s a peer of it has taken over. */
const PEER_TOOK_OVER = 7_507_812;
const timers: readonly Row[] = [
  {
    name: 'master/timer/timer_expired_backup/late, but no peer can have taken over',
    p: { expiredPriority: 254 },
    from: master,
    e: { type: 'timer' },
    at: PEER_TOOK_OVER,
    to: { ...master, adverAtUs: PEER_TOOK_OVER + S },
    fx: ['advert 100'],
  },
  {
    name: 'master/timer/timer_expired_backup/a peer has taken over: in silence',
    p: { expiredPriority: 254 },
    from: master,
    e: { type: 'timer' },
    at: PEER_TOOK_OVER + 1,
    to: { ...fell, masterDownAtUs: PEER_TOOK_OVER + 1 + DOWN, notBeforeUs: PEER_TOOK_OVER + 1 },
    fx: [...release, 'master>backup overslept'],
  },
  {
    name: 'master/timer/without timer_expired_backup it insists, however late',
    from: master,
    e: { type: 'timer' },
    at: 60 * S,
    to: { ...master, adverAtUs: 61 * S },
    fx: ['advert 100'],
  },
  {
    name: 'master/timer/early [RFC9568-6.4.3-06-]',
    from: master,
    e: { type: 'timer' },
    at: 5_499_999,
    to: master,
  },
  {
    name: 'master/timer/advert due [RFC9568-6.4.3-06+] [RFC3768-6.4.3-04+]',
    from: master,
    e: { type: 'timer' },
    at: 5_500_005,
    to: { ...master, adverAtUs: 6_500_005 },
    fx: ['advert 100'],
  },
  {
    name: 'master/timer/second burst',
    from: { ...master, secondBurstAtUs: at },
    e: { type: 'timer' },
    to: master,
    fx: ['announce second 5'],
  },
  {
    name: 'master/timer/refresh',
    p: garp({ refreshUs: 60 * S, refreshRepeatCount: 2 }),
    from: { ...master, refreshAtUs: at },
    e: { type: 'timer' },
    to: { ...master, refreshAtUs: 65 * S },
    fx: ['announce refresh 2'],
  },
  {
    name: 'master/timer/refresh was switched off meanwhile',
    from: { ...master, refreshAtUs: at },
    e: { type: 'timer' },
    to: master,
    fx: ['announce refresh 1'],
  },
  {
    name: 'master/timer/lower priority burst',
    from: { ...master, lowerPrioBurstAtUs: at },
    e: { type: 'timer' },
    to: master,
    fx: ['announce lower-priority 4'],
  },
  {
    name: 'master/timer/all at once, late: the advert first, each once',
    p: garp({ refreshUs: 1 * S }),
    from: { ...master, adverAtUs: 1 * S, secondBurstAtUs: 2 * S, refreshAtUs: 3 * S, lowerPrioBurstAtUs: at },
    e: { type: 'timer' },
    to: { ...sent, refreshAtUs: 6 * S },
    fx: ['advert 100', 'announce second 5', 'announce refresh 1', 'announce lower-priority 4'],
  },
];

const leaves: readonly Row[] = [
  {
    name: "master/shutdown/keepalived's order [RFC9568-6.4.3-05+] [RFC3768-6.4.3-03+]",
    from: master,
    e: { type: 'shutdown', lingerUs: 0 },
    to: { name: 'init', priority: 100 },
    fx: ['advert 0', ...release, 'master>init stop'],
  },
  {
    name: 'master/shutdown/make before break [RFC9568-6.4.3-05+]',
    from: master,
    e: { type: 'shutdown', lingerUs: 700_000 },
    to: { name: 'leaving', priority: 100, releaseAtUs: 5_700_000, heard: false },
    fx: ['advert 0', 'master>leaving stop'],
  },
  {
    name: 'master/fault/own: priority 0 twice',
    from: master,
    e: { type: 'fault', byGroup: false },
    to: { name: 'fault', priority: 100, notBeforeUs: 0 },
    fx: ['advert 0', 'advert 0', ...release, 'master>fault fault'],
  },
  {
    name: 'master/fault/by the group: priority 0 once',
    from: master,
    e: { type: 'fault', byGroup: true },
    to: { name: 'fault', priority: 100, notBeforeUs: 0 },
    fx: ['advert 0', ...release, 'master>fault group'],
  },
  {
    name: 'master/address-deleted/comes back after its own skew',
    from: { ...master, masterAdverIntUs: 9 * S },
    e: { type: 'address-deleted' },
    to: { ...fell, masterDownAtUs: at + SKEW, expiry: 'address-deleted' },
    fx: ['advert 0', ...release, 'master>backup address-deleted'],
  },
  {
    name: 'master/group-backup/no priority 0',
    from: { ...master, masterAdverIntUs: 2 * S },
    e: { type: 'group-backup' },
    to: { ...fell, masterAdverIntUs: 2 * S, masterDownAtUs: at + 2 * DOWN },
    fx: [...release, 'master>backup group'],
  },
];

const others: readonly Row[] = [
  {
    name: 'master/priority/the next advert carries it, no advert now',
    from: master,
    e: { type: 'priority', priority: 50 },
    to: { ...master, priority: 50 },
  },
  {
    name: 'master/priority/never of an owner',
    p: owner,
    from: owning,
    e: { type: 'priority', priority: 50 },
    to: owning,
  },
  {
    name: 'master/reconfigured/speaks at once with the new priority',
    from: { ...master, secondBurstAtUs: 7 * S },
    e: { type: 'reconfigured', priority: 50, addressesAdded: false },
    to: { ...sent, priority: 50, secondBurstAtUs: 7 * S },
    fx: ['advert 50', 'present'],
  },
  {
    name: 'master/reconfigured/addresses added: bursts again',
    from: master,
    e: { type: 'reconfigured', priority: 100, addressesAdded: true },
    to: { ...sent, secondBurstAtUs: 10 * S },
    fx: ['advert 100', 'present', 'announce first 5'],
  },
  {
    name: 'master/reconfigured/refresh switched on',
    p: garp({ refreshUs: 60 * S }),
    from: master,
    e: { type: 'reconfigured', priority: 100, addressesAdded: false },
    to: { ...sent, refreshAtUs: 70 * S },
    fx: ['advert 100', 'present'],
  },
  {
    name: 'master/reconfigured/refresh switched off',
    from: { ...master, refreshAtUs: 7 * S },
    e: { type: 'reconfigured', priority: 100, addressesAdded: false },
    to: sent,
    fx: ['advert 100', 'present'],
  },
  {
    name: 'master/group-announce',
    from: master,
    e: { type: 'group-announce' },
    to: { ...master, lowerPrioBurstAtUs: 8 * S },
    fx: ['announce lower-priority 4'],
  },
  {
    name: 'master/lease-lost/the pacer has resigned for us: back to BACKUP in silence',
    from: master,
    e: { type: 'lease-lost' },
    to: fell,
    fx: [...release, 'master>backup lease-lost'],
  },
  { name: 'master/stalled', from: master, e: { type: 'stalled' }, to: master },
  { name: 'master/group-announce/off', p: silent, from: master, e: { type: 'group-announce' }, to: master },
  { name: 'master/startup', from: master, e: { type: 'startup', fault: true, notBeforeUs: 0 }, to: master },
  { name: 'master/successor-announced', from: master, e: { type: 'successor-announced' }, to: master },
  { name: 'master/fault-cleared', from: master, e: { type: 'fault-cleared' }, to: master },
  { name: 'master/group-master', from: master, e: { type: 'group-master' }, to: master },
];

export const masterRows: readonly Row[] = [...received, ...owners, ...timers, ...leaves, ...others];
