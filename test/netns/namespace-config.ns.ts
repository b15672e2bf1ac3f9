/** 'net_namespace' and 'instance' in the file: where the daemon works, where its files are, what remains to be cleaned up. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CHECKOUT, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const OTHER_VIP = '192.0.2.101';
const WAIT_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-ns-'));
let lab: Lab;

before(async () => {
  lab = await Lab.open('vn', pairTopology('ab', false), folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** An owner, so that it is master at once; all paths are the standard ones. */
function start(name: string, head: string, vrid: number, vip: string): Daemon {
  const path = join(folder, `${name}.conf`);
  writeFileSync(
    path,
    `${head}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id ${vrid}\npriority 255\nvirtual_ipaddress {\n${vip}/24\n}\n}\n`,
  );
  return lab.start('b', `${CHECKOUT}/bin/vipd -n -l -D -f {conf}`, path, join(folder, `${name}.log`));
}

const log = (name: string): string => readFileSync(join(folder, `${name}.log`), 'utf8');

async function holds(node: string, name: string, vip: string): Promise<void> {
  assert.ok(await lab.waitAddress(node, vip, true, WAIT_MS), log(name));
}

async function stops(daemon: Daemon, name: string): Promise<void> {
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended(WAIT_MS), log(name));
  assert.equal(daemon.ending, 0, log(name));
}

describe('net_namespace', () => {
  it('the daemon works there, its files are where those of -s would be', async () => {
    const ns = lab.namespace('a');
    const daemon = start('ns', `net_namespace ${ns}`, 51, VIP);
    await holds('a', 'ns', VIP);
    assert.ok(existsSync(`/run/keepalived/${ns}/keepalived.pid`));
    const status = await lab.sh('b', `${CHECKOUT}/bin/vipd status -s ${ns}`);
    assert.match(status.text, /V +MASTER/);
    const test = await lab.sh('b', `${CHECKOUT}/bin/vipd -t -f ${folder}/ns.conf 2>&1`);
    assert.equal(test.status, 0, test.text);
    await stops(daemon, 'ns');
    assert.ok(await lab.waitAddress('a', VIP, false, 2000));
  });

  it('after kill -9 both ways of cleaning up reach into it from outside', async () => {
    const ns = lab.namespace('a');
    for (const command of [
      `ip -force -batch /run/vipd/${ns}/release.batch`,
      `${CHECKOUT}/bin/vipd cleanup -s ${ns}`,
    ]) {
      const daemon = start('killed', `net_namespace ${ns}`, 51, VIP);
      await holds('a', 'killed', VIP);
      await daemon.kill9();
      const run = await lab.sh('b', `${command} 2>&1`);
      assert.ok(await lab.waitAddress('a', VIP, false, 2000), `${command}: ${run.text}`);
    }
  });

  it('one that does not exist: status 1 and a line that says so; -t too', async () => {
    const daemon = start('none', 'net_namespace no-such-one', 51, VIP);
    assert.ok(await daemon.ended(WAIT_MS));
    assert.equal(daemon.ending, 1);
    assert.match(log('none'), /network namespace no-such-one.*ip netns list/);
    assert.equal((await lab.sh('b', `${CHECKOUT}/bin/vipd -t -f ${folder}/none.conf`)).status, 1);
  });
});

it("'instance': two daemons on one host share nothing", async () => {
  const one = start('one', 'instance one', 51, VIP);
  const two = start('two', 'instance two', 52, OTHER_VIP);
  await holds('b', 'one', VIP);
  await holds('b', 'two', OTHER_VIP);
  for (const name of ['one', 'two']) {
    assert.ok(existsSync(`/run/keepalived/keepalived_${name}.pid`));
    const status = await lab.sh('b', `${CHECKOUT}/bin/vipd status --instance ${name}`);
    assert.match(status.text, /V +MASTER/);
  }
  await stops(one, 'one');
  assert.ok(await lab.waitAddress('b', OTHER_VIP, true, 100), 'the other one goes on');
  await stops(two, 'two');
});
