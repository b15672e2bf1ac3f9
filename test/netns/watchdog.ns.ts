/**
 * The kernel watches a master, for real: Debian's keepalived is master, vipd beside it is backup. What it repeats does not
 * reach the socket, what changes does, the counters say what was on the wire, and a blocked JavaScript thread changes nothing.
 * The same with every advert heard by the process. Where bpf(2) is refused (an ordinary user's sandbox) that is what is seen.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { native } from '../../src/native.ts';
import { readPcap } from './capture.ts';
import { nowS, sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP4 = '192.0.2.100';
const VIP6 = '2001:db8::100';
/** Longer than the master-down time. */
const BLOCK_MS = { 2: 4500, 3: 3000 } as const;
const LONG_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-watch-'));
const block = join(folder, 'block');
const BLOCKER = pathToFileURL(join(CHECKOUT, 'build/test/netns/blocker.js')).href;
let lab: Lab;

before(async () => {
  lab = await Lab.open('vw', pairTopology('ab', false), folder);
});
afterEach(() => lab.stopDaemons());
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** '' = bpf(2) is for us. */
function refusal(): string {
  try {
    native().close(native().bpfArray(8, 1).fd);
    return '';
  } catch (e) {
    return e instanceof Error && 'code' in e ? String(e.code) : String(e);
  }
}
const REFUSED = refusal();

type Way = { readonly family: 4 | 6; readonly version: 2 | 3; readonly unicast: boolean };
const log = (name: string): string => readFileSync(join(folder, `${name}.log`), 'utf8');

/** Lines are written a moment after what they tell of. */
const says = async (name: string, what: RegExp): Promise<void> =>
  assert.ok(await until(() => what.test(log(name)), LONG_MS), `${what}: ${log(name)}`);

function conf(name: 'a' | 'b', priority: number, { family, version, unicast }: Way): string {
  const [own, other] = name === 'a' ? [10, 20] : [20, 10];
  const peers = unicast ? `unicast_src_ip 192.0.2.${own}\nunicast_peer {\n192.0.2.${other}\n}\n` : '';
  const path = join(folder, `${name}.conf`);
  writeFileSync(
    path,
    `vrrp_instance VI_1 {\ninterface eth0\nversion ${version}\nvirtual_router_id 51\npriority ${priority}\n` +
      `advert_int ${version === 2 ? 1 : 0.2}\n${peers}virtual_ipaddress {\n${family === 4 ? `${VIP4}/24` : `${VIP6}/64`}\n}\n}\n`,
  );
  return path;
}

type Pair = { readonly a: Daemon; readonly b: Daemon; readonly vip: string };

/** keepalived on a as master, vipd on b as backup that has heard it. */
async function pair(way: Way, options = '', front = ''): Promise<Pair> {
  for (const name of ['a', 'b']) rmSync(join(folder, `${name}.log`), { force: true });
  const vip = way.family === 4 ? VIP4 : VIP6;
  const a = lab.start('a', COMMANDS.keepalived, conf('a', 200, way), join(folder, 'a.log'));
  assert.ok(await lab.waitAddress('a', vip, true, LONG_MS), log('a'));
  const env = `env NODE_OPTIONS='--import ${BLOCKER}' VIPD_TEST_BLOCK=${block}`;
  const b = lab.start(
    'b',
    `${env} ${front} ${COMMANDS.vipd} ${options}`,
    conf('b', 100, way),
    join(folder, 'b.log'),
  );
  assert.ok(await until(() => log('b').includes('BACKUP STATE'), LONG_MS));
  return { a, b, vip };
}

async function status(b: Daemon): Promise<Snapshot> {
  const { text } = await lab.sh(
    'b',
    `${CHECKOUT}/bin/vipd status --json --socket ${b.runFolder}/main.vipd/vipd.sock`,
  );
  return JSON.parse(text) as Snapshot;
}

/** Octets that wait in b's VRRP sockets. */
async function queued(): Promise<number> {
  const { text } = await lab.sh('b', 'cat /proc/net/raw /proc/net/raw6');
  return text
    .split('\n')
    .filter((line) => /^ *\d+: [0-9A-F]+:0070 /.test(line))
    .reduce(
      (sum, line) => sum + Number.parseInt(/ [0-9A-F]{8}:([0-9A-F]{8}) /.exec(line)?.[1] ?? '0', 16),
      0,
    );
}

function blockFor(ms: number): void {
  writeFileSync(`${block}.new`, String(ms));
  renameSync(`${block}.new`, block);
}

const received = (s: Snapshot): number => s.instances[0]?.counters.advertsReceived ?? Number.NaN;

/** JavaScript stands still for longer than the master-down time; what is on the wire meanwhile, and in the socket. */
async function standStill({ b }: Pair, version: 2 | 3): Promise<number> {
  const file = join(folder, 'still.pcap');
  const before = received(await status(b));
  const capture = await lab.capture(file, 'br0', 'proto 112');
  const endMs = performance.now() + BLOCK_MS[version];
  blockFor(BLOCK_MS[version]);
  await sleepMs(BLOCK_MS[version] / 2);
  const waiting = await queued();
  assert.ok(
    !existsSync(block) && performance.now() < endMs,
    'it was not blocked when its socket was looked at',
  );
  await sleepMs(endMs - performance.now() + 1000);
  const after = received(await status(b));
  await capture.stop();
  assert.ok(!log('b').includes('MASTER STATE'), log('b'));
  const frames = readPcap(file).length;
  // Around the two looks at the counter adverts come that only one of both has seen.
  const edge = version === 2 ? 2 : 10;
  assert.ok(Math.abs(after - before - frames) <= edge, `${after - before} of ${frames}`);
  return waiting;
}

async function end(...daemons: Daemon[]): Promise<void> {
  for (const d of daemons) d.signal('SIGTERM');
  await Promise.all(daemons.map((d) => d.ended(10_000)));
}

/** Until the kernel watches, or nobody will. */
async function settled(b: Daemon): Promise<void> {
  const deadline = performance.now() + LONG_MS;
  for (;;) {
    const { watchdog } = await status(b);
    if (watchdog?.instanceCount === (REFUSED === '' ? 1 : 0)) return;
    if (performance.now() > deadline) throw new Error(`not watched: ${JSON.stringify(watchdog)}`);
    await sleepMs(200);
  }
}

const WAYS: Readonly<Record<string, Way>> = {
  'IPv4 v2': { family: 4, version: 2, unicast: false },
  'IPv4 v3 unicast': { family: 4, version: 3, unicast: true },
  'IPv6 v3': { family: 6, version: 3, unicast: false },
};
for (const [name, way] of Object.entries(WAYS))
  it(`${name}: repeated adverts stay in the kernel, priority 0 does not`, async () => {
    const p = await pair(way);
    await settled(p.b);
    const waiting = await standStill(p, way.version);
    if (REFUSED === '') assert.equal(waiting, 0, 'they reached the socket');
    else assert.ok(waiting > 0);
    const beganS = nowS();
    p.a.signal('SIGTERM');
    assert.ok(await lab.waitAddress('b', p.vip, true, LONG_MS), log('b'));
    // After its skew; three intervals more if nobody had told it.
    if (way.version === 2) assert.ok(nowS() - beganS < 2.5, `${nowS() - beganS} s`);
    await says('b', /resigned \(priority 0\)/);
    await end(p.a, p.b);
  });

it('a master that changes its priority is heard at once', async () => {
  const way = { family: 4, version: 3, unicast: false } as const;
  const { a, b } = await pair(way);
  await settled(b);
  conf('a', 50, way);
  a.signal('SIGHUP');
  assert.ok(await lab.waitAddress('b', VIP4, true, LONG_MS), log('b'));
  await says('b', /BACKUP -> MASTER: our priority 100 is higher/);
  conf('a', 210, way);
  a.signal('SIGHUP');
  assert.ok(await lab.waitAddress('b', VIP4, false, LONG_MS), log('b'));
  await says('b', /MASTER -> BACKUP: advert from 192\.0\.2\.10 with priority 210/);
  await settled(b);
  await end(a, b);
});

it('the process hears every advert itself: the same decisions', async () => {
  const p = await pair({ family: 4, version: 2, unicast: false }, '--liveness process');
  assert.equal((await status(p.b)).watchdog, undefined);
  const waiting = await standStill(p, 2);
  assert.ok(waiting > 0, 'nothing has reached the socket');
  await end(p.a, p.b);
});

it('without the right to use eBPF it says so and hears every advert itself', async () => {
  const way = { family: 4, version: 3, unicast: false } as const;
  const { a, b } = await pair(way, '', 'setpriv --bounding-set=-bpf,-sys_admin');
  const { watchdog, instances } = await status(b);
  assert.deepEqual(watchdog, { instanceCount: 0, obstacle: 'bpf: EPERM, CAP_BPF is missing' });
  assert.equal(instances[0]?.state, 'backup');
  assert.match(log('b'), /the kernel watches no master: bpf: EPERM, CAP_BPF is missing/);
  await end(a, b);
});
