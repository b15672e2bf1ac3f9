/**
 * Failover times of vipd beside Debian's keepalived, in one run, on the same two files (test/fixtures/seed/3.3-*.conf):
 * medians of N rounds of stop, return and crash, and of N starts with priority 255.
 *
 *   node build/bench/failover.js [--runs 5] [--pairings keepalived/keepalived,vipd/vipd,vipd/keepalived] [--json FILE]
 *
 * A pairing is MASTER/BACKUP. All instants are CLOCK_REALTIME: kernel stamps of frames on the bridge, address events of
 * `ip monitor`, signals and starts by the time just before the system call. The client sends a UDP datagram a
 * millisecond to the address; its gap is the time between the answered probes around the lost ones.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { COMMANDS, type DaemonKind } from '../test/netns/daemon.ts';
import { METRICS, measurePairing, type Round } from './failover-rounds.ts';
import { numberOf, outsideSandbox } from './measure.ts';

const DEFAULT_PAIRINGS = 'keepalived/keepalived,vipd/vipd,vipd/keepalived';

export type Result = {
  readonly pairing: string;
  readonly rounds: readonly Round[];
  /** Metric -> median in ms; null when it was never seen. */
  readonly medians: Readonly<Record<string, number | null>>;
};

function median(values: readonly (number | undefined)[]): number | null {
  const seen = values.filter((v) => v !== undefined).sort((a, b) => a - b);
  const upper = seen[seen.length >> 1];
  const lower = seen[(seen.length - 1) >> 1];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}

function summarize(pairing: string, rounds: readonly Round[]): Result {
  const medians = Object.fromEntries(METRICS.map((m) => [m.key, median(rounds.map((r) => r[m.key]))]));
  return { pairing, rounds, medians };
}

/** Milliseconds in columns; the last column divides the second pairing by the first. */
function table(results: readonly Result[]): string {
  const width = Math.max(...METRICS.map((m) => m.title.length));
  const cell = (text: string): string => text.padStart(22);
  const ratioOf = results.length > 1;
  const head = `${'median, ms'.padEnd(width)}${results.map((r) => cell(r.pairing)).join('')}${ratioOf ? cell(`ratio 2nd : 1st`) : ''}`;
  const rows = METRICS.map((m) => {
    const values = results.map((r) => r.medians[m.key] ?? null);
    const [first, second] = values;
    const ratio =
      typeof first === 'number' && typeof second === 'number' && first > 0
        ? (second / first).toFixed(3)
        : '-';
    const cells = values.map((v) => cell(v === null ? '-' : v.toFixed(2))).join('');
    return `${m.title.padEnd(width)}${cells}${ratioOf ? cell(ratio) : ''}`;
  });
  return [head, ...rows].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      pairings: { type: 'string', default: DEFAULT_PAIRINGS },
      json: { type: 'string' },
    },
  });
  const runs = numberOf(values.runs, 'runs', 1, 1000);
  const elsewhere = await outsideSandbox();
  if (elsewhere !== undefined) return elsewhere;
  const folder = mkdtempSync(join(tmpdir(), 'vipd-bench-'));
  const results: Result[] = [];
  try {
    for (const pairing of values.pairings.split(',')) {
      const [master, backup] = pairing.split('/').map((kind) => COMMANDS[kind as DaemonKind]);
      if (master === undefined || backup === undefined) throw new Error(`no such pairing: ${pairing}`);
      const rounds = await measurePairing(join(folder, pairing.replace('/', '-')), master, backup, runs);
      results.push(summarize(pairing, rounds));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${runs} rounds each; VRRPv2, advert_int 1, priorities 100 and 90; see bench/failover.ts`);
  console.log(table(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
  const silent = results.flatMap((r) =>
    METRICS.filter((m) => r.medians[m.key] === null).map((m) => `${r.pairing}: '${m.title}' was never seen`),
  );
  for (const line of silent) console.error(line);
  return silent.length === 0 ? 0 : 1;
}

process.exitCode = await main();
