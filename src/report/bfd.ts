/** BFD sessions as `vipd status -v`, the list of problems and keepalived_bfd.data show them. */
import type { BfdSessionSnapshot, BfdSnapshot } from '../core/snapshot.ts';
import { stamp } from './dump/text.ts';
import { duration, moment } from './format.ts';

type Session = BfdSessionSnapshot;

const STATES = { 'admin-down': 'AdminDown', down: 'Down', init: 'Init', up: 'Up' } as const;

/** The section of `vipd status -v`. */
export function bfdLines(b: BfdSnapshot, nowMs: number): readonly string[] {
  const lost = counts(b.discarded);
  return [
    'BFD sessions',
    ...b.sessions.flatMap((s) => ofSession(s, nowMs)),
    ...(lost === '' ? [] : [`  packets of no session: ${lost}`]),
  ];
}

const counts = (list: Readonly<Record<string, number>>): string =>
  Object.entries(list)
    .filter(([, n]) => n > 0)
    .map(([reason, n]) => `${reason} ${n}`)
    .join(', ');

const ms = (us: number): string => `${Number((us / 1000).toFixed(3))} ms`;

function ofSession(s: Session, nowMs: number): string[] {
  const r = s.remote;
  const how = `${s.multihop ? 'multihop' : 'single hop'}${s.passive ? ', passive' : ''}`;
  const from = s.source === '' ? '' : ` from ${s.source}`;
  const heard = s.lastHeardAgoUs < 0 ? 'never heard' : `heard ${duration(s.lastHeardAgoUs)} ago`;
  const sends = s.sendIntervalUs < 0 ? 'sends nothing' : `sends every ${ms(s.sendIntervalUs)}`;
  const c = s.counters;
  const refused = counts(c.rejected);
  const line = (label: string, text: string): string => `    ${label.padEnd(9)} ${text}`;
  return [
    `  ${s.name} to ${s.neighbor}${from} is ${STATES[s.state]} for ${duration((nowMs - s.sinceWallMs) * 1000)} (${how})`,
    line(
      'local',
      `${s.diag}, ${sends}${s.detectionUs === 0 ? '' : `, misses the peer after ${ms(s.detectionUs)}`}`,
    ),
    line(
      'remote',
      s.detectionUs === 0
        ? heard
        : `${STATES[r.state]}, ${r.diag}, sends every ${ms(r.sendIntervalUs)}, misses us after ${ms(r.detectionUs)}, ${heard}`,
    ),
    ...(s.lastDown === null
      ? []
      : [
          line(
            'last down',
            `${moment(s.lastDown.wallMs, nowMs)}: ${s.lastDown.localDiag} (${s.lastDown.reason})`,
          ),
        ]),
    line(
      'packets',
      `${c.sent} sent, ${c.received} received${refused === '' ? '' : `, refused: ${refused}`}${c.sendErrors > 0 ? `, ${c.sendErrors} could not be sent` : ''}; ${c.up} times up, ${c.down} down`,
    ),
    ...(s.problem === '' ? [] : [line('problem', s.problem)]),
  ];
}

/** Sessions that are not up, one line each. */
export function bfdProblems(b: BfdSnapshot, nowMs: number): readonly string[] {
  return b.sessions
    .filter((s) => s.state !== 'up')
    .map((s) => {
      const why = s.problem === '' ? s.diag : s.problem;
      return `bfd ${s.name}: ${STATES[s.state]} for ${duration((nowMs - s.sinceWallMs) * 1000)}, ${why}`;
    });
}

const yes = (value: boolean): string => (value ? 'Yes' : 'No');

/** The whole of keepalived_bfd.data: keepalived's labels for what a snapshot knows. */
export function bfdDataText(b: BfdSnapshot, nowMs: number): string {
  const lines = ['------< BFD Topology >------', ...b.sessions.flatMap((s) => dataOf(s, nowMs))];
  return `${lines.join('\n')}\n`;
}

function dataOf(s: Session, nowMs: number): string[] {
  const r = s.remote;
  const seen =
    s.lastHeardAgoUs < 0
      ? '   last_seen = [never]'
      : `   last seen = ${stamp(nowMs - Math.round(s.lastHeardAgoUs / 1000))}`;
  return [
    ` BFD Instance = ${s.name}`,
    `   Neighbor IP = ${s.neighbor}`,
    ...(s.source === '' ? [] : [`   Source IP = ${s.source}`]),
    `   Required min RX interval = ${s.minRxUs} us`,
    `   Desired min TX interval = ${s.minTxUs} us`,
    `   Desired idle TX interval = ${s.idleTxUs} us`,
    `   Detection multiplier = ${s.multiplier}`,
    `   ${s.neighbor.includes(':') ? 'Hoplimit' : 'TTL'} = ${s.ttl}`,
    `   max_hops = ${s.maxHops}`,
    `   passive = ${s.passive}`,
    `   send event to VRRP process = ${yes(s.events !== 'checker')}`,
    `   send event to checker process = ${yes(s.events !== 'vrrp')}`,
    `   send error = ${s.problem !== ''}`,
    `   local state = ${STATES[s.state]}`,
    `   remote state = ${STATES[r.state]}`,
    `   local discriminator = ${s.discriminator}`,
    `   remote discriminator = ${r.discriminator}`,
    `   local diag = ${s.diag}`,
    `   remote diag = ${r.diag}`,
    `   remote min tx intv = ${r.minTxUs} us`,
    `   remote min rx intv = ${r.multiplier === 0 ? 0 : r.minRxUs} us`,
    '   local demand = 0',
    `   remote demand = ${r.demand ? 1 : 0}`,
    `   remote detect multiplier = ${r.multiplier}`,
    `   ${s.polling ? 'poll' : '!poll'}, !final`,
    `   local tx intv = ${Math.max(0, s.sendIntervalUs)} us`,
    `   remote tx intv = ${r.sendIntervalUs} us`,
    `   local detection time = ${s.detectionUs} us`,
    `   remote detection time = ${r.detectionUs} us`,
    seen,
  ];
}
