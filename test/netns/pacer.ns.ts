/**
 * A master whose JavaScript thread stands still, for real: the pacer goes on with its adverts, so that Debian's keepalived
 * beside it stays backup; and when it stands still for longer than the lease, the pacer resigns for it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readPcap } from './capture.ts';
import { nowS, sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';
import { must } from './process.ts';

const VIP = '192.0.2.100';
const folder = mkdtempSync(join(tmpdir(), 'vipd-pacer-'));
const block = join(folder, 'block');
const BLOCKER = pathToFileURL(join(CHECKOUT, 'build/test/netns/blocker.js')).href;
let lab: Lab;

before(async () => {
  lab = await Lab.open('vc', pairTopology('ab', false), folder);
});
afterEach(() => lab.stopDaemons());
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** More than the kernel takes in one message of ours. */
const ROUTES = Array.from({ length: 800 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24 dev eth0`);
const ROUTING = `virtual_routes {\n${ROUTES.join('\n')}\n}\nvirtual_rules {\nfrom 203.0.113.0/24 table 100 priority 1000\n}\n`;

/** Lines of what `ip` shows on a of our routes and rules. */
async function held(): Promise<number> {
  const routes = await must('ip', ['-n', lab.namespace('a'), 'route', 'show', 'proto', 'keepalived']);
  const rules = await must('ip', ['-n', lab.namespace('a'), 'rule', 'show', 'priority', '1000']);
  return `${routes}${rules}`.split('\n').filter((l) => l.trim() !== '').length;
}

function conf(name: string, priority: number, version: 2 | 3, more = ''): string {
  const path = join(folder, `${name}.conf`);
  writeFileSync(
    path,
    `vrrp_instance VI_1 {\ninterface eth0\nversion ${version}\nvirtual_router_id 51\npriority ${priority}\nadvert_int ${version === 2 ? 1 : 0.2}\nvirtual_ipaddress {\n${VIP}/24\n}\n${more}}\n`,
  );
  return path;
}
const log = (name: string): string => readFileSync(join(folder, `${name}.log`), 'utf8');

/** vipd on a as the better one, keepalived on b; returns when a is master and b backup. */
async function pair(
  version: 2 | 3,
  options: string,
  more = '',
): Promise<{ readonly a: Daemon; readonly b: Daemon }> {
  for (const name of ['a', 'b']) rmSync(join(folder, `${name}.log`), { force: true });
  const env = `env NODE_OPTIONS='--import ${BLOCKER}' VIPD_TEST_BLOCK=${block}`;
  const a = lab.start(
    'a',
    `${env} ${COMMANDS.vipd} ${options}`,
    conf('a', 200, version, more),
    join(folder, 'a.log'),
  );
  assert.ok(await lab.waitAddress('a', VIP, true, 10_000), log('a'));
  const b = lab.start('b', COMMANDS.keepalived, conf('b', 100, version, more), join(folder, 'b.log'));
  assert.ok(await until(() => log('b').includes('BACKUP STATE'), 10_000));
  return { a, b };
}

function blockFor(ms: number): void {
  writeFileSync(`${block}.new`, String(ms));
  renameSync(`${block}.new`, block);
}

async function end(...daemons: Daemon[]): Promise<void> {
  for (const d of daemons) d.signal('SIGTERM');
  await Promise.all(daemons.map((d) => d.ended(10_000)));
}

for (const version of [2, 3] as const)
  it(`v${version}: JavaScript stands still for 6 s and nobody notices`, async () => {
    const { a, b } = await pair(version, '--lease 60');
    const file = join(folder, `still-${version}.pcap`);
    const capture = await lab.capture(file, 'br0', 'ip proto 112');
    blockFor(6000);
    await sleepMs(7000);
    await capture.stop();
    const frames = readPcap(file);
    assert.ok(!log('b').includes('MASTER STATE'), log('b'));
    assert.ok(!lab.addresses.has('b', VIP) && lab.addresses.has('a', VIP));
    assert.match(log('a'), /served [0-9.]+ s late/, 'it was not blocked');
    const least = version === 2 ? 6 : 25;
    assert.ok(frames.length >= least, `${frames.length} adverts in 7 s`);
    await end(a, b);
  });

it('standing still for longer than the lease: priority 0, addresses, routes and rules go, the peer takes over; awake again it yields', async () => {
  const { a, b } = await pair(2, '--lease 1', ROUTING);
  assert.ok(await until(async () => (await held()) === ROUTES.length + 1, 5000), `${await held()}`);
  blockFor(6000);
  const beganS = nowS();
  assert.ok(await lab.waitAddress('b', VIP, true, 5000), 'b does not take over');
  const tookS = nowS() - beganS;
  assert.ok(await lab.waitAddress('a', VIP, false, 500), 'a still holds the address');
  assert.equal(await held(), 0);
  // Lease 1 s and skew 0.61 s; without the last will it would be three intervals more.
  assert.ok(tookS < 3, `b took over after ${tookS} s`);
  assert.ok(await until(() => /this process hung/.test(log('a')), 8000), log('a'));
  assert.ok(await until(() => /MASTER -> BACKUP: this process hung/.test(log('a')), 2000), log('a'));
  assert.ok(await lab.waitAddress('a', VIP, true, 10_000), 'a does not come back');
  assert.ok(await lab.waitAddress('b', VIP, false, 2000));
  await end(a, b);
});

it('AH: adverts that it does not repeat have a last will all the same', async () => {
  const { a, b } = await pair(2, '--lease 1', 'authentication {\nauth_type AH\nauth_pass ahkey\n}\n');
  blockFor(4000);
  assert.ok(await lab.waitAddress('a', VIP, false, 3000), 'a holds the address');
  assert.ok(await lab.waitAddress('b', VIP, true, 1500), log('b') + log('a'));
  // Its next adverts are counted behind that one, or b would drop them.
  assert.ok(await lab.waitAddress('a', VIP, true, 10_000), log('a'));
  assert.ok(await lab.waitAddress('b', VIP, false, 2000), log('b'));
  await end(a, b);
});
