/**
 * All scenarios with all pairings of daemons, several lanes at a time (they mostly sleep). One line for each; a failure is
 * played once more alone on the then quiet machine, and reported as flaky, with both results, when it passes there.
 *
 *   node build/test/netns/scenarios.js [--pairings vipd/keepalived,…] [--only v2-basic,…] [--lanes N] [--keep FOLDER]
 *
 * A pairing names the daemons of node a and node b; node c of the three-node scenarios runs that of b. VIPD_PAIRINGS and
 * VIPD_LANES are the defaults of the options. Its last line is `N passed, N failed`; the status is 1 when one failed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKOUT, COMMANDS, type DaemonKind } from './daemon.ts';
import { LanePool } from './lane-pool.ts';
import type { Cast, Played } from './player.ts';
import { sandboxObstacle } from './sandbox.ts';
import { applyOverrides, expectedSeconds, loadScenario, type Override } from './steps.ts';

const SCENARIOS = join(CHECKOUT, 'test/netns/scenarios');
const DEFAULT_PAIRINGS = 'vipd/keepalived,keepalived/vipd,vipd/vipd';
const DEFAULT_LANES = '6';

type Job = {
  readonly name: string;
  readonly pairing: string;
  readonly cast: Omit<Cast, 'prefix'>;
  readonly reasons: readonly string[];
  readonly seconds: number;
};

function makeJobs(pairings: readonly string[], only: readonly string[], keep: string): Job[] {
  const overrides = JSON.parse(
    readFileSync(join(CHECKOUT, 'test/netns/overrides.json'), 'utf8'),
  ) as readonly Override[];
  const names = readdirSync(SCENARIOS).sort();
  for (const name of [...only, ...overrides.map((o) => o.scenario)])
    if (!names.includes(name)) throw new Error(`no scenario '${name}' in ${SCENARIOS}`);
  const jobs: Job[] = [];
  for (const name of names.filter((n) => only.length === 0 || only.includes(n)))
    for (const pairing of pairings) {
      const [a, b] = pairing.split('/').map(commandOf);
      if (a === undefined || b === undefined) throw new Error(`a pairing is DAEMON/DAEMON, not '${pairing}'`);
      const folder = join(SCENARIOS, name);
      const written = loadScenario(folder);
      if (written.needs?.includes('head') === true && pairing.includes('keepalived')) continue;
      const { scenario, reasons } = applyOverrides(name, pairing, written, overrides);
      const cast = {
        folder,
        scenario,
        commands: { a, b, c: b },
        keep: join(keep, pairing.replace('/', '-'), name),
      };
      jobs.push({ name, pairing, cast, reasons, seconds: expectedSeconds(scenario) });
    }
  // Long ones first, so that no lane is left alone with one at the end.
  return jobs.sort((x, y) => y.seconds - x.seconds);
}

function commandOf(kind: string): string {
  if (!Object.hasOwn(COMMANDS, kind)) throw new Error(`no daemon '${kind}': use keepalived or vipd`);
  return COMMANDS[kind as DaemonKind];
}

function report(word: string, job: Job, played: Played): void {
  const notes = job.reasons.map((r) => `  (${r})`).join('');
  console.log(
    `${word.padEnd(5)} ${job.name.padEnd(30)} ${job.pairing.padEnd(22)} ${played.seconds.toFixed(1).padStart(5)} s${notes}`,
  );
  for (const c of played.checks) if (!c.ok) console.log(`        ${c.what}  ->  ${JSON.stringify(c.value)}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      pairings: { type: 'string', default: process.env['VIPD_PAIRINGS'] ?? DEFAULT_PAIRINGS },
      only: { type: 'string', default: '' },
      lanes: { type: 'string', default: process.env['VIPD_LANES'] ?? DEFAULT_LANES },
      keep: { type: 'string' },
    },
  });
  const obstacle = sandboxObstacle();
  if (obstacle !== undefined) {
    console.error(obstacle);
    return 2;
  }
  const keep = values.keep ?? mkdtempSync(join(tmpdir(), 'vipd-scenarios-'));
  const jobs = makeJobs(values.pairings.split(','), values.only.split(',').filter(Boolean), keep);
  const pool = new LanePool(Number(values.lanes));
  const failed: { readonly job: Job; readonly played: Played }[] = [];
  let passed = 0;
  try {
    await Promise.all(
      jobs.map(async (job) => {
        const played = await pool.play(job.cast);
        if (played.ok) {
          passed++;
          report('ok', job, played);
        } else {
          failed.push({ job, played });
          report('DIFF', job, played);
        }
      }),
    );
    const { flaky, broken } = await repeatAlone(pool, failed);
    if (broken === 0 && values.keep === undefined) rmSync(keep, { recursive: true });
    else console.log(`logs and captures: ${keep}`);
    if (flaky > 0)
      console.log(`${flaky} of those that passed failed first and passed when repeated alone (FLAKY above)`);
    console.log(`${passed + flaky} passed, ${broken} failed`);
    return broken === 0 ? 0 : 1;
  } finally {
    pool.close();
  }
}

async function repeatAlone(
  pool: LanePool,
  failed: readonly { readonly job: Job; readonly played: Played }[],
): Promise<{ readonly flaky: number; readonly broken: number }> {
  let flaky = 0;
  let broken = 0;
  for (const { job, played } of failed) {
    const again = await pool.play({ ...job.cast, keep: `${job.cast.keep}-again` });
    if (again.ok) {
      flaky++;
      report('FLAKY', job, played);
      console.log(`        alone on a quiet machine: ok in ${again.seconds} s`);
    } else {
      broken++;
      report('FAIL', job, again);
    }
  }
  return { flaky, broken };
}

process.exitCode = await main();
