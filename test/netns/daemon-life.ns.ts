/**
 * The daemon around the protocol, from the outside: places it cannot write to, what an earlier run left, signals at odd
 * moments, options. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const OTHER_VIP = '192.0.2.101';
const ELECTION_MS = 4500;
const folder = mkdtempSync(join(tmpdir(), 'vipd-life-'));
let lab: Lab;
let files = 0;

before(async () => {
  lab = await Lab.open('vl', pairTopology('ab', false), folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

function conf(priority = 255, vip = VIP): string {
  const path = join(folder, `${++files}.conf`);
  writeFileSync(
    path,
    `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        ${vip}/24
    }
}
`,
  );
  return path;
}

type Started = { readonly daemon: Daemon; readonly log: () => string };

/** `extra`: words after the command; `wrap`: before it. */
function start(path: string, extra = '', wrap = ''): Started {
  const file = join(folder, `${++files}.log`);
  const daemon = lab.start('a', `${wrap} ${COMMANDS.vipd} ${extra}`, path, file);
  return { daemon, log: () => readFileSync(file, 'utf8') };
}

async function holds(s: Started, vip = VIP): Promise<void> {
  assert.ok(await lab.waitAddress('a', vip, true, ELECTION_MS), `no ${vip}: ${s.log()}`);
}

async function stops(s: Started, status = 0): Promise<void> {
  s.daemon.signal('SIGTERM');
  assert.ok(await s.daemon.ended(6000), `SIGTERM does not end it: ${s.log()}`);
  assert.equal(s.daemon.ending, status, s.log());
  await lab.addresses.settle();
  assert.ok(!lab.addresses.has('a', VIP), 'the address was left behind');
}

describe('places it cannot write to', () => {
  it('a read-only file system for pid files, socket and release files: VRRP works, each is told once', async () => {
    const place = join(folder, 'read-only');
    mkdirSync(place);
    const wrap = `unshare -m sh -c 'mount -t tmpfs -o ro none ${place} && exec "$@"' sh`;
    const s = start(conf(), `-p ${place}/m.pid -r ${place}/v.pid`, wrap);
    await holds(s);
    await stops(s);
    assert.match(s.log(), /m\.pid.*running without this pid file/);
    assert.match(s.log(), /no control socket/);
    assert.equal(s.log().match(/cannot write the release files/g)?.length, 1, s.log());
  });
  it('a control socket that cannot be made does not stop it', async () => {
    const s = start(conf(), `--socket ${conf()}/vipd.sock`);
    await holds(s);
    assert.match(s.log(), /no control socket/);
    await stops(s);
  });
  it('the run folder of a living vipd is left alone, status 0', async () => {
    const first = start(conf(), `--run-dir ${folder}/one`);
    await holds(first);
    const second = start(conf(), `--run-dir ${folder}/one`);
    assert.ok(await second.daemon.ended(5000), second.log());
    assert.equal(second.daemon.ending, 0);
    assert.match(second.log(), /already running/);
    assert.ok(lab.addresses.has('a', VIP));
    await stops(first);
  });
});

describe('what an earlier run left', () => {
  it('is removed although the configuration no longer names it', async () => {
    const runDir = `--run-dir ${folder}/left`;
    const first = start(conf(255, OTHER_VIP), runDir);
    await holds(first, OTHER_VIP);
    await first.daemon.kill9();
    await lab.addresses.settle();
    assert.ok(lab.addresses.has('a', OTHER_VIP));
    const second = start(conf(), runDir);
    await holds(second);
    assert.ok(await lab.waitAddress('a', OTHER_VIP, false, 1000), second.log());
    assert.match(second.log(), /removed 1 address\(es\) that an earlier run left/);
    await stops(second);
    assert.equal(existsSync(join(folder, 'left/release.json')), false);
  });
});

describe('signals', () => {
  it('SIGHUP, SIGUSR2, 36 and 63 from the moment of the pid file on do not kill it', async () => {
    const s = start(conf(), '', `env TMPDIR=${folder}`);
    const pid = join(s.daemon.runFolder, 'main.pid');
    assert.ok(await until(() => existsSync(pid), 5000, 1));
    for (const number of ['HUP', 'USR2', '36', '63']) await lab.sh('a', `kill -${number} ${s.daemon.pid}`);
    await holds(s);
    assert.ok(await until(() => /Printing to/.test(s.log()), 2000), s.log());
    await stops(s);
  });
  it('a reload during the stop changes nothing', async () => {
    const path = conf(150);
    const s = start(path);
    await holds(s);
    s.daemon.signal('SIGTERM');
    s.daemon.signal('SIGHUP');
    assert.ok(await s.daemon.ended(6000), s.log());
    assert.equal(s.daemon.ending, 0, s.log());
    assert.doesNotMatch(s.log().slice(s.log().indexOf('Stopping')), /Entering|Reload:/);
    await lab.addresses.settle();
    assert.ok(!lab.addresses.has('a', VIP));
  });
});

describe('options', () => {
  it('-C runs no VRRP and says so; -x asks for a master agent', async () => {
    const log = join(folder, 'check.log');
    const command = COMMANDS.vipd.replace(' -P ', ' ');
    const daemon = lab.start('a', `${command} -C -x`, conf(), log);
    const text = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    assert.ok(await until(() => /Startup complete/.test(text()), 5000), text());
    await sleepMs(300);
    await lab.addresses.settle();
    assert.ok(!lab.addresses.has('a', VIP), text());
    assert.match(text(), /-C \(--check\)/);
    assert.ok(await until(() => /SNMP: .*agentx/.test(text()), 5000), text());
    daemon.signal('SIGTERM');
    assert.ok(await daemon.ended(6000));
    assert.equal(daemon.ending, 0);
  });
  it('-d logs the configuration, -a every address', async () => {
    const s = start(conf(), '-d -a');
    await holds(s);
    await stops(s);
    assert.match(s.log(), /VRRP Instance = VI_1/);
    assert.match(s.log(), new RegExp(`Netlink reflector reports IP ${VIP} added to eth0`));
    assert.match(s.log(), new RegExp(`Netlink reflector reports IP ${VIP} removed from eth0`));
  });
  it('without -n the parent says why the start failed, with its status', async () => {
    const run = await lab.sh('a', `${CHECKOUT}/bin/vipd -f /no/such.conf -p ${folder}/x.pid 2>&1`);
    assert.equal(run.status, 6);
    assert.match(run.text, /no\/such\.conf/);
  });
});
