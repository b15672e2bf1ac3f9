/**
 * A backup that becomes master of everything at once, vipd beside Debian's keepalived: from its first advert to the last of its
 * gratuitous ARPs, and to the last address in the kernel.
 *
 *   node build/bench/storm.js [--instances 1000] [--interval 500] [--runs 5] [--json FILE]
 *
 * `--interval` of the adverts in milliseconds. The master before it is the same program for both (bench/former-master.ts), which sends all adverts in one burst and is killed
 * after one: every master-down timer ends at the same moment. Frames carry the kernel's stamps on the bridges, addresses those of
 * `ip monitor`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPcap } from '../test/netns/capture.ts';
import { nowS, sleepMs, until } from '../test/netns/clock.ts';
import { CHECKOUT, COMMANDS, type DaemonKind } from '../test/netns/daemon.ts';
import type { Lab } from '../test/netns/lab.ts';
import { must } from '../test/netns/process.ts';
import { heldBy, interfacesOf, macOf, manyConf, manyTopology, quiet, vipOf } from './many.ts';
import { benchmark, type Chosen } from './program.ts';
import { column, inTurns } from './turns.ts';

const OPTIONS = { instances: [1000, 1, 2000], interval: [500, 100, 40_000], runs: [5, 1, 100] } as const;
/** A daemon's own start, on a slow machine. */
const START_MS = 2000;
const TAKE_OVER_MS = 60_000;
/** Long enough that the second round of announcements is not taken for the end of the first. */
const SECOND_ROUND_S = 60;
/** Of a storm that no frame belongs to any more. */
const QUIET_MS = 1500;
const SNAP_BYTES = 96;
const ETHERTYPE_AT = 12;
const ARP_TARGET_AT = 14 + 24;
const ARP_LENGTH = 14 + 28;

/** Milliseconds from the first advert, and how many gratuitous ARPs there were. */
type Run = {
  readonly announcedMs: number; // the first one for the last address
  readonly lastArpMs: number;
  readonly addressesMs: number;
  readonly arps: number;
  readonly problems: readonly string[];
};

async function indices(lab: Lab, count: number): Promise<string[]> {
  const links = JSON.parse(await must('ip', ['-n', lab.namespace('a'), '-j', 'link'])) as readonly {
    readonly ifname: string;
    readonly ifindex: number;
  }[];
  return Array.from({ length: count }, (_, i) => String(links.find((l) => l.ifname === `eth${i}`)?.ifindex));
}

async function once(
  lab: Lab,
  kind: DaemonKind,
  { instances, interval }: Chosen<typeof OPTIONS>,
): Promise<Run> {
  const interfaces = interfacesOf(instances);
  const program = join(CHECKOUT, 'build/bench/former-master.js');
  const argv = [process.execPath, program, String(instances), String(interval)];
  const former = lab.spawn('a', [...argv, ...(await indices(lab, interfaces))]);
  let bursts = 0;
  former.stdout?.on('data', () => bursts++);
  const conf = join(lab.folder, 'b.conf');
  const more = [`garp_master_delay ${SECOND_ROUND_S}`];
  writeFileSync(conf, manyConf({ instances, priority: 100, advertMs: interval, more }));
  const daemon = lab.start('b', quiet(COMMANDS[kind]), conf);
  // Longer than its Master_Down_Interval: it hears every one of them, or would be master by now.
  await sleepMs(START_MS + 4 * interval);
  const early = await heldBy(lab, 'b');
  const captures = await Promise.all(
    Array.from({ length: interfaces }, (_, i) =>
      lab.capture(
        join(lab.folder, `br${i}.pcap`),
        `br${i}`,
        `ether src ${macOf('b', i)}`,
        undefined,
        SNAP_BYTES,
      ),
    ),
  );
  const seen = bursts;
  await until(() => bursts > seen, 2 * interval, 1);
  former.kill('SIGKILL');
  const before = lab.addresses.events.length;
  const beganS = nowS();
  // By the reports that come anyway: asking the kernel would be work for the processors that the storm needs.
  const reports = (): number => lab.addresses.events.length - before;
  await until(() => reports() >= instances, TAKE_OVER_MS, 100);
  await sleepMs(QUIET_MS);
  for (const c of captures) await c.stop();
  await lab.addresses.settle();
  daemon.signal('SIGTERM');
  await daemon.ended(TAKE_OVER_MS);
  const dropped = captures.reduce((sum, c) => sum + c.dropped, 0);
  const problems = [
    ...(early > 0 ? [`${kind} held ${early} addresses beside a living master`] : []),
    ...(dropped > 0 ? [`${dropped} frames were not captured`] : []),
  ];
  return evaluate(
    lab,
    captures.map((c) => c.file),
    beganS,
    instances,
    problems,
  );
}

function evaluate(
  lab: Lab,
  files: readonly string[],
  beganS: number,
  instances: number,
  problems: readonly string[],
): Run {
  const packets = files.flatMap((f) => readPcap(f)).toSorted((x, y) => x.atS - y.atS);
  const isArp = (b: Uint8Array): boolean =>
    b.length >= ARP_LENGTH && b[ETHERTYPE_AT] === 8 && b[ETHERTYPE_AT + 1] === 6;
  const firstS = packets.find((p) => !isArp(p.bytes) && p.atS > beganS)?.atS;
  if (firstS === undefined) throw new Error('the backup never advertised');
  const firstArpS = new Map<string, number>();
  const arps = packets.filter((p) => isArp(p.bytes));
  for (const { atS, bytes } of arps) {
    const target = bytes.subarray(ARP_TARGET_AT, ARP_TARGET_AT + 4).join('.');
    if (!firstArpS.has(target)) firstArpS.set(target, atS);
  }
  const wanted = new Set(Array.from({ length: instances }, (_, n) => vipOf(n)));
  const added = lab.addresses.events.filter(
    (e) => e.node === 'b' && e.present && e.atS > beganS && wanted.has(e.address),
  );
  const silent = [...wanted].filter((vip) => !firstArpS.has(vip)).length;
  const missing = wanted.size - new Set(added.map((e) => e.address)).size;
  const ms = (atS: number | undefined): number => ((atS ?? firstS) - firstS) * 1000;
  return {
    announcedMs: Math.max(...[...firstArpS.values()].map(ms)),
    lastArpMs: ms(arps.at(-1)?.atS),
    addressesMs: Math.max(...added.map((e) => ms(e.atS))),
    arps: arps.length,
    problems: [
      ...problems,
      ...(silent > 0 ? [`${silent} addresses were not announced`] : []),
      ...(missing > 0 ? [`${missing} addresses were not added`] : []),
    ],
  };
}

await benchmark(OPTIONS, async (o, folder) => {
  const found = await inTurns(o.runs, manyTopology(o.instances), folder, (lab, kind) => once(lab, kind, o));
  return {
    title: `Take-over storm: ${o.instances} instances whose master dies at once`,
    about:
      'Instants count from the first advert of the new master. The master before it is the same program for both daemons, so that all master-down timers end together; the second round of announcements (garp_master_delay) is left out.',
    rows: [
      { title: 'until every address was announced once', unit: 'ms', ...column(found, (r) => r.announcedMs) },
      {
        title: 'until the last gratuitous ARP',
        unit: 'ms',
        ...column(found, (r) => r.lastArpMs),
        bar: { kind: 'ratio', most: 1 },
      },
      {
        title: 'until the last address was in place',
        unit: 'ms',
        ...column(found, (r) => r.addressesMs),
        bar: { kind: 'ratio', most: 1 },
      },
      { title: 'gratuitous ARPs sent', unit: '', ...column(found, (r) => r.arps) },
    ],
    problems: [...found.keepalived, ...found.vipd].flatMap((r) => r.problems),
  };
});
