/**
 * 50,000 adverts a second that nobody should obey, on one interface of a daemon with a master and a backup there and a master and
 * a backup on another, Debian's keepalived beside it. No instance changes its state, no advert is late by a skew, the log
 * stays short, memory bounded, and `vipd status` answers.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ask } from '../../src/cli/client.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { type Capture, readPcap } from './capture.ts';
import { nowS, sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { field, describe as fieldsOf } from './frames.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const RATE = 50_000;
const FLOOD_S = 3;
const PATIENCE_MS = 15_000;
/** Of priority 200 at 1 s. */
const SKEW_S = 0.22;
const MOST_LOG_BYTES = 40_000;
const MOST_MORE_MB = 80;
const STATUS_MS = 1000;

/** Name, interface, VRID, node that is master, address. */
const INSTANCES = [
  ['FLOODED_BACKUP', 'eth0', 51, 'b', '192.0.2.101'],
  ['FLOODED_MASTER', 'eth0', 52, 'a', '192.0.2.102'],
  ['OTHER_MASTER', 'eth1', 61, 'a', '198.51.100.101'],
  ['OTHER_BACKUP', 'eth1', 62, 'b', '198.51.100.102'],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'vipd-storm-'));
const log = join(folder, 'a.log');
let lab: Lab;
let daemon: Daemon;
let target: string;

function conf(node: 'a' | 'b'): string {
  const path = join(folder, `${node}.conf`);
  const blocks = INSTANCES.map(
    ([name, iface, vrid, master, vip]) =>
      `vrrp_instance ${name} {\ninterface ${iface}\nvirtual_router_id ${vrid}\npriority ${master === node ? 200 : 100}\nadvert_int 1\nvirtual_ipaddress {\n${vip}\n}\n}\n`,
  );
  writeFileSync(path, blocks.join(''));
  return path;
}

const holders = (): string => INSTANCES.map(([, , , , vip]) => lab.addresses.holders(vip)).join(' ');
const WHOLE = INSTANCES.map(([, , , master]) => master).join(' ');

before(async () => {
  lab = await Lab.open('vw', pairTopology('abc', true), folder);
  // c floods a alone: keepalived on b is not what is tested.
  await lab.sh('sw', 'bridge link set dev pb0 isolated on && bridge link set dev pc0 isolated on');
  target = (await lab.sh('c', 'ip -o link show eth0')).text.split(':')[0] ?? '';
  lab.start('b', COMMANDS.keepalived, conf('b'), join(folder, 'b.log'));
  daemon = lab.start('a', COMMANDS.vipd, conf('a'), log);
  assert.ok(
    await until(() => holders() === WHOLE, PATIENCE_MS),
    `${holders()}\n${readFileSync(log, 'utf8')}`,
  );
  await sleepMs(500);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const rssMb = (): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]) / 1024;

async function status(): Promise<{ readonly ms: number; readonly snapshot: Snapshot }> {
  const beganMs = performance.now();
  const answer = await ask(join(daemon.runFolder, 'main.vipd/vipd.sock'), { cmd: 'status' }, 10_000);
  assert.ok(answer.ok, answer.ok ? '' : answer.text);
  return { ms: performance.now() - beganMs, snapshot: answer.value as Snapshot };
}

/** The longest time between two adverts of `vrid` from a node with that last octet. */
function longestGapS(capture: Capture, vrid: number, host: number): number {
  const atS = readPcap(capture.file).flatMap((p) => {
    const fields = fieldsOf(p.bytes);
    const own = fields?.['kind'] === 'vrrp' && field(fields, 'vrrp.vrid') === vrid;
    return own && String(field(fields, 'ip.src')).endsWith(`.${host}`) ? [p.atS] : [];
  });
  assert.ok(atS.length > FLOOD_S / 2, `${atS.length} adverts of VRID ${vrid}`);
  return atS.slice(1).reduce((most, s, i) => Math.max(most, s - (atS[i] as number)), 0);
}

const rejected = ({ instances }: Snapshot): number =>
  instances
    .filter((i) => i.name.startsWith('FLOODED'))
    .flatMap((i) => Object.values(i.counters.rejected))
    .reduce((sum, n) => sum + n, 0);

async function flood(kinds: string): Promise<{ readonly words: string; readonly judged: number }> {
  const beganS = nowS();
  const logBefore = statSync(log).size;
  const rssBefore = rssMb();
  const judgedBefore = rejected((await status()).snapshot);
  const [other, own] = await Promise.all([
    lab.capture(join(folder, `${kinds}-1.pcap`), 'br1', 'ip proto 112'),
    lab.capture(join(folder, `${kinds}-0.pcap`), 'pb0', 'ip proto 112'),
  ]);
  const flooder = lab.spawn('c', [
    process.execPath,
    join(CHECKOUT, 'build/test/netns/flooder.js'),
    ...[target, String(RATE), String(FLOOD_S), '51,52', kinds],
  ]);
  let sent = '';
  flooder.stdout?.on('data', (d: Buffer) => {
    sent += d.toString();
  });
  let over = false;
  flooder.once('exit', () => {
    over = true;
  });
  let slowestMs = 0;
  let rss = 0;
  while (!over) {
    slowestMs = Math.max(slowestMs, (await status()).ms);
    rss = Math.max(rss, rssMb());
    await sleepMs(200);
  }
  await Promise.all([other.stop(), own.stop()]);
  assert.ok(Number(sent) > (RATE * FLOOD_S) / 4, `the flooder sent ${sent}: nothing is tested`);
  assert.equal(holders(), WHOLE, readFileSync(log, 'utf8').slice(-3000));
  const moved = lab.addresses.events.filter(
    (e) => e.atS > beganS && INSTANCES.some(([, , , , v]) => v === e.address),
  );
  assert.deepEqual(moved, []);
  const late = [longestGapS(other, 61, 10), longestGapS(own, 52, 10)].map((s) => s - 1);
  for (const s of late) assert.ok(s < SKEW_S, `an advert was ${s} s late`);
  const logged = statSync(log).size - logBefore;
  assert.ok(logged < MOST_LOG_BYTES, `${logged} octets of log: ${readFileSync(log, 'utf8').slice(-2000)}`);
  assert.ok(rss - rssBefore < MOST_MORE_MB, `${rssBefore} MB before, ${rss} MB in the flood`);
  assert.ok(slowestMs < STATUS_MS, `status took ${slowestMs} ms`);
  const judged = rejected((await status()).snapshot) - judgedBefore;
  const words = `sent ${sent.trim()}, judged ${judged}, latest advert ${(Math.max(...late) * 1000).toFixed(1)} ms late, status at most ${slowestMs.toFixed(0)} ms, log ${logged} octets, RSS ${rss.toFixed(0)} MB`;
  return { words, judged };
}

describe('storm', () => {
  it('own VRIDs: wrong checksum, version, type, length, password, garbage, too short', async (t) => {
    const { words, judged } = await flood('checksum,version,type,count,password,garbage,short');
    assert.ok(judged > 10_000, `${judged} were judged`);
    t.diagnostic(words);
  });
  it('own VRIDs: adverts of a lower priority, some with other addresses', async (t) =>
    t.diagnostic((await flood('lower,addresses')).words));
  it('foreign VRIDs and wrong TTLs do not even reach the daemon', async (t) => {
    const { words, judged } = await flood('foreign,ttl');
    assert.equal(judged, 0);
    t.diagnostic(words);
  });
  it('and it stops as ever', async () => {
    daemon.signal('SIGTERM');
    assert.ok(await daemon.ended());
    assert.equal(daemon.ending, 0);
    assert.ok(!/uncaught|unhandled|AssertionError/.test(readFileSync(log, 'utf8')));
  });
});
