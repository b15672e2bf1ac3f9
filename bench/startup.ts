/**
 * Start-up of vipd beside Debian's keepalived: from exec to the first packet on the wire, with one instance and with many; and until
 * the last address is in place.
 *
 *   node build/bench/startup.js [--instances 1000] [--runs 5] [--json FILE]
 *
 * The daemon is alone and has priority 255, so that it waits for nobody. Packets carry the kernel's stamps on the bridge, addresses
 * those of `ip monitor`; a bare `node -e 0` stands beside, in which nothing of ours can be faster.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPcap } from '../test/netns/capture.ts';
import { sleepMs, until } from '../test/netns/clock.ts';
import { COMMANDS, type DaemonKind } from '../test/netns/daemon.ts';
import type { Lab } from '../test/netns/lab.ts';
import { manyConf, manyTopology, quiet, vipOf } from './many.ts';
import { benchmark } from './program.ts';
import { column, inTurns } from './turns.ts';

const WAIT_MS = 60_000;
const SNAP_BYTES = 96;

/** Milliseconds since just before the process was made. */
type Start = { readonly advertMs: number; readonly addressesMs: number };

async function once(lab: Lab, kind: DaemonKind, instances: number): Promise<Start> {
  const conf = join(lab.folder, 'a.conf');
  writeFileSync(conf, manyConf({ instances, priority: 255, advertMs: 1000 }));
  const file = join(lab.folder, `start-${instances}.pcap`);
  const capture = await lab.capture(file, 'br0', 'ip proto 112', undefined, SNAP_BYTES);
  const wanted = new Set(Array.from({ length: instances }, (_, n) => vipOf(n)));
  const before = lab.addresses.events.length;
  const daemon = lab.start('a', quiet(COMMANDS[kind]), conf);
  const added = () =>
    lab.addresses.events.slice(before).filter((e) => e.node === 'a' && e.present && wanted.has(e.address));
  if (!(await until(() => added().length >= instances, WAIT_MS, 50)))
    throw new Error(`${kind} has added ${added().length} of ${instances} addresses`);
  const lastS = Math.max(...added().map((e) => e.atS));
  await sleepMs(100);
  await capture.stop();
  daemon.signal('SIGTERM');
  await daemon.ended(WAIT_MS);
  const firstS = readPcap(file)[0]?.atS;
  if (firstS === undefined) throw new Error(`${kind} sent no advert`);
  return { advertMs: (firstS - daemon.startedS) * 1000, addressesMs: (lastS - daemon.startedS) * 1000 };
}

function bareNodeMs(): number {
  const beganMs = performance.now();
  const { status } = spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`a bare node ended with ${status}`);
  return performance.now() - beganMs;
}

await benchmark({ instances: [1000, 2, 2000], runs: [5, 1, 100] } as const, async (o, folder) => {
  const bare: number[] = [];
  const found = await inTurns(o.runs, manyTopology(o.instances), folder, async (lab, kind) => {
    if (kind === 'vipd') bare.push(bareNodeMs());
    return { one: await once(lab, kind, 1), many: await once(lab, kind, o.instances) };
  });
  const one = column(found, (r) => r.one.advertMs);
  const many = `${o.instances.toLocaleString('en-US')} instances`;
  return {
    title: 'Start-up',
    about:
      'From the making of the process to its first packet on the wire, alone and with priority 255. `node -e 0`: a whole process that does nothing.',
    rows: [
      { title: '1 instance: first advert', unit: 'ms', ...one },
      {
        title: '1 instance: first advert',
        unit: 'ms',
        against: 'node -e 0',
        base: bare,
        vipd: one.vipd,
      },
      { title: `${many}: first advert`, unit: 'ms', ...column(found, (r) => r.many.advertMs) },
      { title: `${many}: last address`, unit: 'ms', ...column(found, (r) => r.many.addressesMs) },
    ],
    problems: [],
  };
});
