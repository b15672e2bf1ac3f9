/**
 * Failover of vipd beside Debian's keepalived, on the user's two files (test/fixtures/seed/3.3-*.conf): an orderly stop of the
 * master, its return, a crash, a lost link, and for vipd a crash with the two commands of the unit's ExecStopPost.
 *
 *   node build/bench/failover.js [--runs 5] [--json FILE]
 *
 * Three pairings (MASTER/BACKUP) side by side in networks of their own: keepalived/keepalived, vipd/vipd, vipd/keepalived. They are nearly
 * all waiting. All instants are CLOCK_REALTIME: kernel stamps of frames on the bridge, address events of `ip monitor`, signals by the
 * time just before the system call. The client sends a UDP datagram a millisecond to the address; its gap is the time between the
 * answered probes around the lost ones.
 */
import { join } from 'node:path';
import { COMMANDS } from '../test/netns/daemon.ts';
import { MASTER_DOWN_MS, type MetricKey, measurePairing, type Round, SKEW_MS } from './failover-rounds.ts';
import type { Bar, Row } from './figure.ts';
import { quiet } from './many.ts';
import { benchmark } from './program.ts';

type Metric = { readonly key: MetricKey; readonly title: string; readonly bar?: Bar };
const METRICS: readonly Metric[] = [
  {
    key: 'stopGap',
    title: 'master stops: client not served',
    bar: { kind: 'ratio', most: 0.02 },
  },
  { key: 'stopToZero', title: 'SIGTERM to priority 0 on the wire' },
  { key: 'zeroToAdvert', title: `priority 0 to the successor's advert, beyond ${SKEW_MS.toFixed(1)} ms` },
  { key: 'returnGap', title: 'master returns: client not served' },
  {
    key: 'crashToAdvert',
    title: `crash: last advert to the successor's, beyond ${MASTER_DOWN_MS.toFixed(1)} ms`,
    bar: { kind: 'ratio', most: 1 },
  },
  { key: 'crashGap', title: 'crash: client not served' },
  {
    key: 'linkToAdvert',
    title: `link lost: last advert to the successor's, beyond ${MASTER_DOWN_MS.toFixed(1)} ms`,
  },
  { key: 'linkToGone', title: 'link lost: until its node drops the address' },
  { key: 'linkGap', title: 'link lost: client not served' },
  { key: 'linkReturnGap', title: 'link returns: client not served' },
];
/** A crash of vipd under its unit beside a crash of keepalived, whose unit does nothing about it. */
const CLEANUP: readonly (Metric & { readonly beside?: MetricKey })[] = [
  {
    key: 'cleanupToZero',
    title: 'crash, then ExecStopPost: SIGKILL to priority 0',
    bar: { kind: 'value', most: 100 },
  },
  {
    key: 'cleanupToSuccessor',
    beside: 'crashToSuccessor',
    title: "crash, then ExecStopPost: SIGKILL to the successor's advert",
  },
  {
    key: 'cleanupGap',
    beside: 'crashGap',
    title: 'crash, then ExecStopPost: client not served',
  },
];

const values = (rounds: readonly Round[], key: MetricKey): readonly number[] =>
  rounds.map((r) => r[key]).filter((v) => v !== undefined);
const barOf = (m: Metric): { readonly bar?: Bar } => (m.bar === undefined ? {} : { bar: m.bar });

await benchmark({ runs: [5, 1, 1000] } as const, async (o, folder) => {
  const [keepalived, vipd] = [quiet(COMMANDS.keepalived), quiet(COMMANDS.vipd)];
  const [kk, vv, vk] = await Promise.all([
    measurePairing('va', join(folder, 'keepalived-keepalived'), keepalived, keepalived, o.runs, false),
    measurePairing('vb', join(folder, 'vipd-vipd'), vipd, vipd, o.runs, true),
    measurePairing('vc', join(folder, 'vipd-keepalived'), vipd, keepalived, o.runs, true),
  ]);
  const row = (m: Metric, ours: readonly Round[], beside: MetricKey | undefined = m.key): Row => ({
    title: m.title,
    unit: 'ms',
    base: values(kk, beside),
    vipd: values(ours, m.key),
    ...barOf(m),
  });
  const mixed = METRICS.filter((m) => m.key === 'stopGap' || m.key === 'returnGap');
  const rows = [
    ...METRICS.map((m) => row(m, vv)),
    ...CLEANUP.map((m) => row(m, vv, m.beside)),
    ...mixed.map((m) => row({ ...m, title: `vipd with a keepalived backup: ${m.title}` }, vk)),
  ];
  return {
    title: 'Failover: VRRPv2, advert_int 1, priorities 100 and 90',
    about: [
      `Theory: the successor waits ${SKEW_MS.toFixed(1)} ms after priority 0 and ${MASTER_DOWN_MS.toFixed(1)} ms after the last advert; rows "beyond" show what it takes longer.`,
      'When the daemon alone crashes, the kernel of its node goes on answering for the address, so that clients see nothing, until and after the successor has it too; ExecStopPost (vipd only) takes it away.',
      'How long a take-over takes after a crash or a lost link depends on when the last advert had been sent. The client asks once a millisecond.',
    ].join(' '),
    rows,
    problems: rows.filter((r) => r.vipd.length < o.runs).map((r) => `'${r.title}' was not seen in every run`),
  };
});
