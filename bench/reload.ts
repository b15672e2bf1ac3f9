/**
 * Reload of many instances, vipd beside Debian's keepalived: from SIGHUP until a change at the end of the file is in the kernel, the
 * longest time without an advert of any instance meanwhile, and what it costs.
 *
 *   node build/bench/reload.js [--instances 2000] [--interval 1000] [--runs 5] [--json FILE]
 *
 * One daemon, alone, master of everything, adverts every `--interval` milliseconds; each run reloads it once. The change: the last instance gets a second address, or
 * loses it again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPcap } from '../test/netns/capture.ts';
import { nowS, sleepMs, until } from '../test/netns/clock.ts';
import { COMMANDS, type DaemonKind } from '../test/netns/daemon.ts';
import type { Lab } from '../test/netns/lab.ts';
import { cpuS } from './cpu-time.ts';
import { distancesMs } from './intervals.ts';
import { heldBy, interfacesOf, manyConf, manyTopology, quiet, vipOf } from './many.ts';
import { benchmark, type Chosen } from './program.ts';
import { column, eachOnce } from './turns.ts';

const OPTIONS = { instances: [2000, 2, 2000], interval: [1000, 100, 40_000], runs: [5, 1, 100] } as const;
type Options = Chosen<typeof OPTIONS>;
const UP_MS = 60_000;
/** In intervals: adverts before and after the reload belong to it. */
const AROUND = 2.2;
const SNAP_BYTES = 96;
const CHANGED = '10.99.0.1';

type Run = { readonly doneMs: number; readonly gapMs: number; readonly cpuMs: number };

function conf({ instances, interval }: Options, changed: boolean): string {
  const text = manyConf({ instances, priority: 255, advertMs: interval });
  const last = `${vipOf(instances - 1)}/32\n`;
  return changed ? text.replace(last, `${last}${CHANGED}/32\n`) : text;
}

async function measure(lab: Lab, kind: DaemonKind, o: Options): Promise<Run[]> {
  const path = join(lab.folder, 'a.conf');
  writeFileSync(path, conf(o, false));
  const daemon = lab.start('a', quiet(COMMANDS[kind]), path);
  if (!(await until(async () => (await heldBy(lab, 'a')) === o.instances, UP_MS, 200)))
    throw new Error(`${kind} does not hold its ${o.instances} addresses`);
  await sleepMs(AROUND * o.interval);
  const runs: Run[] = [];
  for (let run = 0; run < o.runs; run++) {
    const captures = await Promise.all(
      Array.from({ length: interfacesOf(o.instances) }, (_, i) =>
        lab.capture(join(lab.folder, `br${i}.pcap`), `br${i}`, 'ip proto 112', undefined, SNAP_BYTES),
      ),
    );
    await sleepMs(AROUND * o.interval);
    const changed = run % 2 === 0;
    writeFileSync(path, conf(o, changed));
    const cpuBefore = cpuS(daemon.pid);
    const atS = daemon.signal('SIGHUP');
    if (!(await lab.waitAddress('a', CHANGED, changed, UP_MS)))
      throw new Error(`${kind}: the reload has not come through after ${UP_MS / 1000} s`);
    const doneS = lab.addresses.lastChangeS('a', CHANGED, changed) ?? nowS();
    const cpuMs = (cpuS(daemon.pid) - cpuBefore) * 1000;
    await sleepMs(AROUND * o.interval);
    for (const c of captures) await c.stop();
    const longestMs = Math.max(...captures.flatMap((c) => distancesMs(readPcap(c.file))));
    runs.push({ doneMs: (doneS - atS) * 1000, gapMs: longestMs - o.interval, cpuMs });
  }
  return runs;
}

await benchmark(OPTIONS, async (o, folder) => {
  const found = await eachOnce(manyTopology(o.instances), folder, (lab, kind) => measure(lab, kind, o));
  return {
    title: `Reload of ${o.instances.toLocaleString('en-US')} instances`,
    about: `One master of everything, adverts every ${o.interval} ms; the last instance of the file gets an address or loses it.`,
    rows: [
      { title: 'SIGHUP until the change is in the kernel', unit: 'ms', ...column(found, (r) => r.doneMs) },
      {
        title: 'longest wait for an advert around it, beyond the interval',
        unit: 'ms',
        ...column(found, (r) => r.gapMs),
      },
      { title: 'processor time until then', unit: 'ms', ...column(found, (r) => r.cpuMs) },
    ],
    problems: [],
  };
});
