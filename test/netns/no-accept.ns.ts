/**
 * 'no_accept' on a real kernel: the master's addresses answer ARP and neighbour discovery but nothing else, the rules are those of
 * keepalived, a reload takes them away and puts them back, and nothing is left at the end, not even after a crash.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const VIP6 = '2001:db8::100';
const LOCAL6 = 'fe80::5e:100';
const WAIT_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-na-'));
const file = join(folder, 'a.conf');
const logFile = join(folder, 'a.log');
let lab: Lab;

before(async () => {
  lab = await Lab.open('va', pairTopology('ab', false), folder);
});
afterEach(() => lab.stopDaemons());
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

function configure(accept: 'accept' | 'no_accept'): void {
  const block = (name: string, vrid: number, vips: string) =>
    `vrrp_instance ${name} {\ninterface eth0\nvirtual_router_id ${vrid}\npriority 254\nversion 3\nadvert_int 0.1\n${accept}\nvirtual_ipaddress {\n${vips}\n}\n}\n`;
  writeFileSync(
    file,
    `global_defs {\nnftables_ifindex\n}\n${block('V4', 51, `${VIP}/24`)}${block('V6', 52, `${LOCAL6}/64\n${VIP6}/64`)}`,
  );
}

async function start(): Promise<Daemon> {
  const daemon = lab.start('a', COMMANDS.vipd, file, logFile);
  for (const vip of [VIP, VIP6])
    assert.ok(await lab.waitAddress('a', vip, true, WAIT_MS), readFileSync(logFile, 'utf8'));
  return daemon;
}

/** Whether b gets an answer from `address` within a second. */
async function answers(address: string): Promise<boolean> {
  return (await lab.sh('b', `ping -c 1 -W 1 -n ${address}`)).status === 0;
}
/** Whether b learns a link-layer address of `address`. */
async function isResolved(address: string): Promise<boolean> {
  return /lladdr 02:00:00:00:00:0a/.test((await lab.sh('b', `ip neigh show ${address} dev eth0`)).text);
}
const rules = async (): Promise<string> => (await lab.sh('a', 'nft list ruleset')).text;

it('addresses are resolved and answer nothing; the host itself answers; the rules are those of keepalived', async () => {
  configure('no_accept');
  await start();
  for (const address of [VIP, VIP6, `${LOCAL6}%eth0`])
    assert.equal(await answers(address), false, `${address} answers`);
  for (const address of [VIP, VIP6, LOCAL6])
    assert.ok(await isResolved(address), `${address} is not resolved`);
  assert.ok(await answers('192.0.2.10'));
  assert.ok(await answers('2001:db8::a'));
  const text = await rules();
  for (const line of [
    'table ip keepalived',
    `elements = { ${VIP} }`,
    'ip daddr @vips drop',
    'ip saddr @vips drop',
    'table ip6 keepalived',
    `elements = { ${VIP6} }`,
    `elements = { ${LOCAL6} . "eth0" }`,
    'icmpv6 type @neighbor-discovery accept',
    'ip6 daddr fe80::/10 goto in_link_local',
    'ip6 daddr . iif @vips_link_local drop',
    'ip6 saddr . oif @vips_link_local drop',
  ])
    assert.ok(text.includes(line), `${line} is not in\n${text}`);
});

it("a reload to 'accept' lets them answer, and back", async () => {
  configure('no_accept');
  const daemon = await start();
  configure('accept');
  daemon.signal('SIGHUP');
  assert.ok(await until(() => /Reload: V6/.test(readFileSync(logFile, 'utf8')), WAIT_MS));
  await sleepMs(200);
  for (const address of [VIP, VIP6]) assert.ok(await answers(address), `${address}: ${await rules()}`);
  configure('no_accept');
  daemon.signal('SIGHUP');
  assert.ok(
    await until(() => (readFileSync(logFile, 'utf8').match(/Reload: V6/g)?.length ?? 0) > 1, WAIT_MS),
  );
  await sleepMs(200);
  for (const address of [VIP, VIP6]) assert.equal(await answers(address), false, await rules());
});

it('nothing is left after a stop, and after a crash not when cleaned up', async () => {
  configure('no_accept');
  const first = await start();
  first.signal('SIGTERM');
  assert.ok(await first.ended(WAIT_MS));
  assert.equal(await rules(), '');
  const second = await start();
  await second.kill9();
  assert.match(await rules(), /vips/);
  const run = await lab.sh('a', `${CHECKOUT}/bin/vipd cleanup --run-dir ${second.runFolder}/main.vipd`);
  assert.equal(await rules(), '', run.text);
});
