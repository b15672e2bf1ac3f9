/** The rounds of bench/failover.ts: a lab, a client that probes, and what the wire and the kernel said about each round. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prng } from '../src/base/prng.ts';
import { readPcap } from '../test/netns/capture.ts';
import { nowS, sleepMs, until } from '../test/netns/clock.ts';
import { CHECKOUT, type Daemon } from '../test/netns/daemon.ts';
import { describe, field } from '../test/netns/frames.ts';
import { Lab } from '../test/netns/lab.ts';
import { ProbeClient, program } from '../test/netns/probe.ts';
import { userTopology, VIP } from '../test/netns/user-lab.ts';

const ECHO_PORT = 7777;
const MASTER_CONF = join(CHECKOUT, 'test/fixtures/seed/3.3-master.conf');
const BACKUP_CONF = join(CHECKOUT, 'test/fixtures/seed/3.3-slave.conf');
const ADDRESS = { lb1: '192.168.213.11', lb2: '192.168.213.12' } as const;
const ELECTION_MS = 15_000;

/** In the order of the table. RFC 3768: skew of priority 90 is 166/256 s, its master-down time 3 s more. */
export const METRICS = [
  { key: 'stopToZero', title: 'SIGTERM -> priority 0 on the wire' },
  { key: 'stopToVip', title: 'SIGTERM -> address on the successor' },
  { key: 'zeroToAdvert', title: 'priority 0 -> successor advertises (theory 648.44)' },
  { key: 'stopGap', title: 'client: not served when the master stops' },
  { key: 'returnGap', title: 'client: not served when the master returns' },
  { key: 'startToAdvert', title: 'start -> first advert, priority 100 (theory 3609.38 + start)' },
  { key: 'ownerStart', title: 'start -> first advert, priority 255' },
  { key: 'crashToAdvert', title: 'last advert of a crashed master -> successor (theory 3648.44)' },
] as const;
export type MetricKey = (typeof METRICS)[number]['key'];
/** Milliseconds; a metric that was not seen in this round is left out. */
export type Round = Partial<Record<MetricKey, number>>;

type Marks = {
  readonly stopS: number;
  readonly returnS: number;
  readonly crashS: number;
  readonly endS: number;
  readonly stopGap: number;
  readonly returnGap: number;
};
type Advert = { readonly atS: number; readonly from: string; readonly priority: number };

/** `master` and `backup`: command templates. `folder` is made. */
export async function measurePairing(
  folder: string,
  master: string,
  backup: string,
  runs: number,
): Promise<Round[]> {
  mkdirSync(folder, { recursive: true });
  const lab = await Lab.open('vb', userTopology(), folder);
  const pcap = join(folder, 'br0.pcap');
  try {
    const capture = await lab.capture(pcap, 'br0', 'ip proto 112');
    for (const lb of ['lb1', 'lb2'] as const)
      lab.spawn(lb, [process.execPath, program('echo-server'), lb, String(ECHO_PORT)]);
    const marks = await rounds(lab, master, backup, runs);
    const starts = await ownerStarts(lab, master, runs);
    await capture.stop();
    const adverts = readAdverts(pcap);
    return marks.map((m, i) => evaluate(lab, m, starts[i] ?? nowS(), adverts));
  } finally {
    await lab.close();
  }
}

async function rounds(lab: Lab, master: string, backup: string, runs: number): Promise<Marks[]> {
  // The phase between our clock and the adverts is varied, the same way in each pairing.
  const random = prng(51);
  copyFileSync(BACKUP_CONF, join(lab.folder, 'lb2.conf'));
  copyFileSync(MASTER_CONF, join(lab.folder, 'lb1.conf'));
  const startMaster = (): Daemon => lab.start('lb1', master, join(lab.folder, 'lb1.conf'));
  const slave = lab.start('lb2', backup, join(lab.folder, 'lb2.conf'));
  let daemon = startMaster();
  await holder(lab, 'lb1');
  const prober = await ProbeClient.start(lab, 'client', 'udp', VIP, ECHO_PORT, 1);
  const marks: Marks[] = [];
  for (let i = 0; i < runs; i++) {
    await sleepMs(1500 + 1000 * random());
    const stopS = daemon.signal('SIGTERM');
    await holder(lab, 'lb2');
    await daemon.ended();
    const stopped = await prober.since(stopS - 0.05);
    const returnS = nowS();
    daemon = startMaster();
    await holder(lab, 'lb1');
    await sleepMs(1000);
    const returned = await prober.since(returnS);
    await sleepMs(1000 * random());
    const crashS = await daemon.kill9();
    if (!(await lab.waitAddress('lb2', VIP, true, ELECTION_MS)))
      throw new Error('nobody took over after the crash');
    const endS = nowS() + 0.3;
    daemon = startMaster();
    await holder(lab, 'lb1');
    marks.push({ stopS, returnS, crashS, endS, stopGap: stopped.gapMs, returnGap: returned.gapMs });
  }
  prober.stop();
  daemon.signal('SIGTERM');
  slave.signal('SIGTERM');
  await Promise.all([daemon.ended(), slave.ended()]);
  return marks;
}

async function holder(lab: Lab, node: string): Promise<void> {
  await lab.addresses.settle();
  if (!(await until(() => lab.addresses.holders(VIP) === node, ELECTION_MS, 5)))
    throw new Error(`the address is at '${lab.addresses.holders(VIP)}', not at ${node}`);
}

/** Starts of a lone node that owns the address; the file is the master's with priority 255. */
async function ownerStarts(lab: Lab, command: string, runs: number): Promise<number[]> {
  const conf = join(lab.folder, 'owner.conf');
  writeFileSync(conf, readFileSync(MASTER_CONF, 'utf8').replace('priority 100', 'priority 255'));
  const starts: number[] = [];
  for (let i = 0; i < runs; i++) {
    await sleepMs(300);
    const daemon = lab.start('lb1', command, conf);
    starts.push(daemon.startedS);
    if (!(await lab.waitAddress('lb1', VIP, true, ELECTION_MS)))
      throw new Error('priority 255 did not become master');
    daemon.signal('SIGTERM');
    await daemon.ended();
  }
  return starts;
}

function readAdverts(pcap: string): Advert[] {
  const adverts: Advert[] = [];
  for (const p of readPcap(pcap)) {
    const fields = describe(p.bytes);
    if (fields === undefined || fields['kind'] !== 'vrrp') continue;
    const from = String(field(fields, 'ip.src'));
    adverts.push({ atS: p.atS, from, priority: Number(field(fields, 'vrrp.priority')) });
  }
  return adverts;
}

function evaluate(lab: Lab, m: Marks, ownerS: number, adverts: readonly Advert[]): Round {
  const first = (fromS: number, toS: number, from: string, zero: boolean): number | undefined =>
    adverts.find((a) => a.atS >= fromS && a.atS < toS && a.from === from && (a.priority === 0) === zero)?.atS;
  const ms = (toS: number | undefined, fromS: number | undefined): number | undefined =>
    toS === undefined || fromS === undefined ? undefined : (toS - fromS) * 1000;
  const zero = first(m.stopS, m.returnS, ADDRESS.lb1, true);
  const gotVip = lab.addresses.events.find(
    (e) => e.node === 'lb2' && e.address === VIP && e.present && e.atS >= m.stopS,
  )?.atS;
  const last = adverts.findLast((a) => a.atS < m.crashS + 0.02 && a.from === ADDRESS.lb1)?.atS;
  const all: Record<MetricKey, number | undefined> = {
    stopToZero: ms(zero, m.stopS),
    stopToVip: ms(gotVip, m.stopS),
    zeroToAdvert: ms(first(m.stopS, m.returnS, ADDRESS.lb2, false), zero),
    stopGap: m.stopGap,
    returnGap: m.returnGap,
    startToAdvert: ms(first(m.returnS, m.crashS, ADDRESS.lb1, false), m.returnS),
    ownerStart: ms(first(ownerS, ownerS + 5, ADDRESS.lb1, false), ownerS),
    crashToAdvert: ms(first(m.crashS, m.endS, ADDRESS.lb2, false), last),
  };
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as Round;
}
