/** States INIT, FAULT and 'leaving', one row for each event and case. */
import type { Event, State } from '../../../src/vrrp/types.ts';
import { advert, backup, DOWN, fault, init, leaving, type Row, S } from './rows.ts';

const at = 5 * S;
const release = ['forget', 'absent', 'leaving>init stop'] as const;
const OWNER_DOWN = 3 * S + 3906;

/** Events that mean nothing in a state. */
const ignored = (from: State, events: readonly Event[]): readonly Row[] =>
  events.map((e) => ({ name: `${from.name}/${e.type}`, from, e, to: from }));

const initRows: readonly Row[] = [
  {
    name: 'init/startup [RFC9568-6.4.1-02+] [RFC9568-6.4.1-03+] [RFC9568-6.1-05+] [RFC3768-6.4.1-02+]',
    from: init,
    e: { type: 'startup', fault: false, notBeforeUs: 0 },
    to: { ...backup, masterDownAtUs: at + DOWN, notBeforeUs: at },
    fx: ['absent', 'init>backup start'],
  },
  {
    name: 'init/startup/start-up delay',
    from: init,
    e: { type: 'startup', fault: false, notBeforeUs: 9 * S },
    to: { ...backup, masterDownAtUs: 9 * S + DOWN, notBeforeUs: 9 * S },
    fx: ['absent', 'init>backup start'],
  },
  {
    name: 'init/startup/fault known',
    from: init,
    e: { type: 'startup', fault: true, notBeforeUs: 9 * S },
    to: { ...fault, notBeforeUs: 9 * S },
    fx: ['absent', 'init>fault fault'],
  },
  {
    name: 'init/startup/owner: expires at once, unheard [RFC9568-6.4.1-01+] [RFC3768-6.4.1-01+]',
    p: { basePriority: 255 },
    from: { name: 'init', priority: 255 },
    e: { type: 'startup', fault: false, notBeforeUs: 0 },
    to: {
      ...backup,
      priority: 255,
      masterDownAtUs: at,
      notBeforeUs: at,
      expiry: 'owner',
      unannounced: true,
    },
  },
  {
    name: 'init/startup/owner/start-up delay just over',
    p: { basePriority: 255 },
    from: { name: 'init', priority: 255 },
    e: { type: 'startup', fault: false, notBeforeUs: at },
    to: {
      ...backup,
      priority: 255,
      masterDownAtUs: at,
      notBeforeUs: at,
      expiry: 'owner',
      unannounced: true,
    },
  },
  {
    name: 'init/startup/owner/start-up delay: BACKUP until it ends',
    p: { basePriority: 255 },
    from: { name: 'init', priority: 255 },
    e: { type: 'startup', fault: false, notBeforeUs: 9 * S },
    to: { ...backup, priority: 255, masterDownAtUs: 9 * S, notBeforeUs: 9 * S, expiry: 'owner' },
    fx: ['absent', 'init>backup start'],
  },
  { name: 'init/priority', from: init, e: { type: 'priority', priority: 7 }, to: { ...init, priority: 7 } },
  {
    name: 'init/priority/never of an owner',
    p: { basePriority: 255 },
    from: { ...init, priority: 255 },
    e: { type: 'priority', priority: 7 },
    to: { ...init, priority: 255 },
  },
  {
    name: 'init/reconfigured',
    from: init,
    e: { type: 'reconfigured', priority: 7, addressesAdded: true },
    to: { ...init, priority: 7 },
  },
  ...ignored(init, [
    { type: 'timer' },
    { type: 'shutdown', lingerUs: S },
    advert(200, 1),
    { type: 'successor-announced' },
    { type: 'fault', byGroup: false },
    { type: 'fault-cleared' },
    { type: 'address-deleted' },
    { type: 'group-master' },
    { type: 'group-backup' },
    { type: 'group-announce' },
    { type: 'stalled' },
    { type: 'lease-lost' },
  ]),
];

const faultRows: readonly Row[] = [
  {
    name: 'fault/fault-cleared/full down interval',
    from: fault,
    e: { type: 'fault-cleared' },
    to: { ...backup, masterDownAtUs: at + DOWN, notBeforeUs: at },
    fx: ['fault>backup fault-cleared'],
  },
  {
    name: 'fault/fault-cleared/the owner waits too',
    p: { basePriority: 255 },
    from: { ...fault, priority: 255 },
    e: { type: 'fault-cleared' },
    to: { ...backup, priority: 255, masterDownAtUs: at + OWNER_DOWN, notBeforeUs: at },
    fx: ['fault>backup fault-cleared'],
  },
  {
    name: 'fault/fault-cleared/start-up delay not over',
    from: { ...fault, notBeforeUs: 9 * S },
    e: { type: 'fault-cleared' },
    to: { ...backup, masterDownAtUs: 9 * S + DOWN, notBeforeUs: 9 * S },
    fx: ['fault>backup fault-cleared'],
  },
  {
    name: 'fault/shutdown',
    from: fault,
    e: { type: 'shutdown', lingerUs: S },
    to: init,
    fx: ['fault>init stop'],
  },
  {
    name: 'fault/priority',
    from: fault,
    e: { type: 'priority', priority: 7 },
    to: { ...fault, priority: 7 },
  },
  {
    name: 'fault/priority/never of an owner',
    p: { basePriority: 255 },
    from: { ...fault, priority: 255 },
    e: { type: 'priority', priority: 7 },
    to: { ...fault, priority: 255 },
  },
  {
    name: 'fault/reconfigured',
    from: fault,
    e: { type: 'reconfigured', priority: 7, addressesAdded: false },
    to: { ...fault, priority: 7 },
  },
  ...ignored(fault, [
    { type: 'timer' },
    { type: 'startup', fault: false, notBeforeUs: 0 },
    advert(0),
    { type: 'successor-announced' },
    { type: 'fault', byGroup: false },
    { type: 'address-deleted' },
    { type: 'group-master' },
    { type: 'group-backup' },
    { type: 'group-announce' },
    { type: 'stalled' },
    { type: 'lease-lost' },
  ]),
];

const leavingRows: readonly Row[] = [
  {
    name: 'leaving/advert/the successor speaks',
    from: leaving,
    e: advert(200, 1),
    to: { ...leaving, releaseAtUs: at + 10_000, heard: true },
  },
  {
    name: 'leaving/advert/a lower priority takes over, of course',
    from: leaving,
    e: advert(1, -1),
    to: { ...leaving, releaseAtUs: at + 10_000, heard: true },
  },
  {
    name: 'leaving/advert/an equal priority too',
    from: leaving,
    e: advert(100, -1),
    to: { ...leaving, releaseAtUs: at + 10_000, heard: true },
  },
  {
    name: 'leaving/advert/never later than the bound',
    from: { ...leaving, releaseAtUs: at + 9_999 },
    e: advert(50),
    to: { ...leaving, releaseAtUs: at + 9_999, heard: true },
  },
  {
    name: 'leaving/advert/the second one does not put it off',
    from: { ...leaving, releaseAtUs: at + 3, heard: true },
    e: advert(50),
    to: { ...leaving, releaseAtUs: at + 3, heard: true },
  },
  { name: 'leaving/advert/priority 0 is nobody', from: leaving, e: advert(0, 1), to: leaving },
  { name: 'leaving/timer/early', from: leaving, e: { type: 'timer' }, at: 6 * S - 1, to: leaving },
  {
    name: 'leaving/timer/bound reached',
    from: leaving,
    e: { type: 'timer' },
    at: 6 * S,
    to: init,
    fx: release,
  },
  {
    name: 'leaving/successor-announced',
    from: leaving,
    e: { type: 'successor-announced' },
    to: init,
    fx: release,
  },
  {
    name: 'leaving/fault/a failed node does not linger',
    from: leaving,
    e: { type: 'fault', byGroup: false },
    to: init,
    fx: release,
  },
  {
    name: 'leaving/shutdown/at once',
    from: leaving,
    e: { type: 'shutdown', lingerUs: 0 },
    to: init,
    fx: release,
  },
  {
    name: 'leaving/shutdown/again: the bound stays',
    from: leaving,
    e: { type: 'shutdown', lingerUs: 9 * S },
    to: leaving,
  },
  ...ignored(leaving, [
    { type: 'startup', fault: false, notBeforeUs: 0 },
    { type: 'priority', priority: 7 },
    { type: 'fault-cleared' },
    { type: 'address-deleted' },
    { type: 'reconfigured', priority: 7, addressesAdded: true },
    { type: 'group-master' },
    { type: 'group-backup' },
    { type: 'group-announce' },
    { type: 'stalled' },
    { type: 'lease-lost' },
  ]),
];

export const idleRows: readonly Row[] = [...initRows, ...faultRows, ...leavingRows];
