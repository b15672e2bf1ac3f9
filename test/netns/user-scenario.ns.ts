/**
 * The user's own files from end to end: HAProxy on both nodes, the address on the master, curl from a client. Runs in network
 * namespaces (root). VIPD_LAB_DAEMON=keepalived plays it with Debian's daemon, to check the test itself.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { nowS, sleepMs } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { ProbeClient } from './probe.ts';
import { UserLab, VIP } from './user-lab.ts';

const KIND = process.env['VIPD_LAB_DAEMON'] === 'keepalived' ? 'keepalived' : 'vipd';
/** keepalived drops the address first, so its clients wait out the successor's skew (166/256 s). */
const STOP_GAP_MS = KIND === 'vipd' ? 150 : 900;
/** Until the address must have moved; generous, because nothing is measured with it. */
const ELECTION_MS = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'vipd-user-'));
let user: UserLab;
let master: Daemon;
let slave: Daemon;
let prober: ProbeClient;

before(async () => {
  user = await UserLab.open('vu', folder, COMMANDS[KIND]);
});
after(async () => {
  await user.lab.close();
  rmSync(folder, { recursive: true });
});

async function roundRobin(): Promise<void> {
  const answers: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) answers.push(await user.get());
  const [first, second] = answers;
  assert.deepEqual([first, second].sort(), ['web01', 'web02'], `answers: ${answers.join(' ')}`);
  assert.deepEqual(answers, [first, second, first, second, first, second]);
}

it('the node with priority 100 becomes master and serves the web servers in turn', async () => {
  master = user.start('lb1');
  slave = user.start('lb2');
  assert.ok(await user.waitHolder('lb1', ELECTION_MS), `holders: '${user.lab.addresses.holders(VIP)}'`);
  await sleepMs(300);
  assert.equal(user.lab.addresses.holders(VIP), 'lb1');
  await roundRobin();
  prober = await ProbeClient.start(user.lab, 'client', 'tcp', VIP, 80, 5);
});

it('stopping the master moves the address, clients go on', async (t) => {
  const atS = master.signal('SIGTERM');
  assert.ok(await user.waitHolder('lb2', ELECTION_MS), `holders: '${user.lab.addresses.holders(VIP)}'`);
  assert.ok(await master.ended());
  assert.equal(master.ending, 0);
  await roundRobin();
  const seen = await prober.since(atS - 0.2);
  t.diagnostic(`client: gap ${seen.gapMs.toFixed(1)} ms, ${seen.lost} of ${seen.sent} connections lost`);
  assert.ok(seen.gapMs <= STOP_GAP_MS, `gap ${seen.gapMs} ms`);
});

it('starting it again brings the address back', async (t) => {
  const atS = nowS();
  master = user.start('lb1');
  assert.ok(await user.waitHolder('lb1', ELECTION_MS), `holders: '${user.lab.addresses.holders(VIP)}'`);
  await roundRobin();
  const seen = await prober.since(atS);
  t.diagnostic(`client: gap ${seen.gapMs.toFixed(1)} ms, ${seen.lost} of ${seen.sent} connections lost`);
  assert.ok(seen.gapMs <= 150, `gap ${seen.gapMs} ms`);
});

it('a crash of the master is covered after three adverts', async (t) => {
  const atS = await master.kill9();
  // The dead node keeps the address until its daemon is back: here its interface goes down with it.
  await user.lab.sh('lb1', `ip addr del ${VIP}/32 dev ens33`);
  assert.ok(await user.waitHolder('lb2', ELECTION_MS), `holders: '${user.lab.addresses.holders(VIP)}'`);
  await roundRobin();
  const seen = await prober.since(atS - 0.2);
  t.diagnostic(`client: gap ${seen.gapMs.toFixed(1)} ms`);
  assert.ok(seen.gapMs >= 2000 && seen.gapMs <= 4000, `gap ${seen.gapMs} ms`);
});

it('stopping both takes the address away from both', async () => {
  slave.signal('SIGTERM');
  assert.ok(await slave.ended());
  assert.equal(slave.ending, 0);
  await user.lab.addresses.settle();
  assert.equal(user.lab.addresses.holders(VIP), '');
});
