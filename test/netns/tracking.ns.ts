/**
 * Tracked things against a real kernel: processes counted inside a network namespace, links that must be down for a while, links
 * polled by ioctl, interfaces that come later, go, and come back as something else. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const PATIENCE_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-tracking-'));
let lab: Lab;
let files = 0;

before(async () => {
  lab = await Lab.open('vt', pairTopology('a', true), folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

type Started = { readonly daemon: Daemon; readonly log: () => string; entered(state: string): number };

/** Version 3 with a short interval, so that a router is master 0.4 s after it may be. */
function start(blocks: string, lines = '', iface = 'eth0'): Started {
  const conf = join(folder, `${++files}.conf`);
  writeFileSync(
    conf,
    `${blocks}
vrrp_instance VI_1 {
    interface ${iface}
    virtual_router_id 51
    version 3
    priority 200
    advert_int 0.1
    ${lines}
    virtual_ipaddress {
        ${VIP}/24
    }
}
`,
  );
  const file = join(folder, `${files}.log`);
  const daemon = lab.start('a', COMMANDS.vipd, conf, file);
  const log = (): string => readFileSync(file, 'utf8');
  return { daemon, log, entered: (state) => log().split(`Entering ${state} STATE`).length - 1 };
}

async function holds(s: Started, present: boolean, what: string): Promise<void> {
  assert.ok(await lab.waitAddress('a', VIP, present, PATIENCE_MS), `${what}: ${s.log()}`);
}

async function stop(s: Started): Promise<void> {
  s.daemon.signal('SIGTERM');
  assert.ok(await s.daemon.ended());
  assert.equal(s.daemon.ending, 0, s.log());
}

const sh = async (command: string): Promise<string> => {
  const { status, text } = await lab.sh('a', command);
  assert.equal(status, 0, `${command}: ${text}`);
  return text;
};

describe('tracking: processes and links', () => {
  it('a process in a namespace without process events: /proc is read', async () => {
    const program = join(folder, 'vipd-tracked');
    copyFileSync('/bin/sleep', program);
    const s = start(
      `vrrp_track_process p {\nprocess ${program} 100\nterminate_delay 0.5\n}`,
      'track_process {\np\n}',
    );
    assert.ok(await until(() => s.entered('FAULT') === 1, PATIENCE_MS), s.log());
    assert.match(s.log(), /0 of .*vipd-tracked run, wanted at least 1/);
    const first = lab.spawn('a', [program, '100']);
    await holds(s, true, 'it runs');
    lab.spawn('a', [program, '200']); // other parameters, another process
    first.kill('SIGKILL');
    await holds(s, false, 'it runs no more');
    const status = await sh(
      `${CHECKOUT}/bin/vipd status -v --socket ${s.daemon.runFolder}/main.vipd/vipd.sock`,
    );
    assert.match(status, /process p is down: FAULT/);
    assert.match(status, /p: down for .*, 0 of .* running, wanted at least 1/);
    await stop(s);
  });

  it('a link that is down for less than its delay costs nothing', async () => {
    const s = start('interface_up_down_delays {\neth0 0.19 0.1\n}');
    await holds(s, true, 'started');
    for (let i = 0; i < 5; i++) {
      await sh('ip -batch - <<E\nlink set eth0 down\nlink set eth0 up\nE\n');
      // IPv4 routes and IPv6 addresses go with the link; the VIP stays.
      await sleepMs(60);
    }
    assert.equal(s.entered('FAULT'), 0, s.log());
    await sh('ip link set eth0 down');
    assert.ok(await until(() => s.entered('FAULT') === 1, PATIENCE_MS), s.log());
    assert.match(s.log(), /eth0 is down: it counts if that lasts 0\.19 s/);
    await sh('ip link set eth0 up');
    await holds(s, true, 'up again');
    await stop(s);
  });

  it('a polled link: its carrier is asked once a second', async () => {
    const s = start('linkbeat_interfaces {\neth0 ETHTOOL\n}');
    await holds(s, true, 'started');
    const sw = await lab.sh('sw', 'ip -o link show type veth');
    const port = /^\d+: ([^@:]+)@[^\n]*master br0/m.exec(sw.text)?.[1] ?? '';
    const { status } = await lab.sh('sw', `ip link set ${port} down`);
    assert.equal(status, 0);
    await holds(s, false, 'no carrier');
    assert.match(s.log(), /linkbeat: eth0 has no carrier/);
    await lab.sh('sw', `ip link set ${port} up`);
    await holds(s, true, 'its carrier is back');
    await stop(s);
  });
});

describe('tracking: interfaces that come and go', () => {
  it('comes later, is deleted, and comes back as another kind', async () => {
    const s = start('global_defs {\ndynamic_interfaces allow_if_changes\n}', '', 'late0');
    assert.ok(await until(() => s.entered('FAULT') === 1, PATIENCE_MS), s.log());
    const make = (kind: string) =>
      sh(
        `ip link add late0 ${kind} && ip addr add 192.0.2.77/24 dev late0 && ip link set late0 up multicast on`,
      );
    await make('type veth peer name late1');
    await sh('ip link set late1 up');
    await holds(s, true, 'it is there');
    await sh('ip link del late0');
    await holds(s, false, 'it is gone');
    await make('type bridge');
    await sh(
      'ip link add port0 type veth peer name port1 && ip link set port0 master late0 up && ip link set port1 up',
    );
    await holds(s, true, 'as a bridge');
    await stop(s);
    assert.equal((await sh('ip -4 -o addr show')).includes(VIP), false);
    await sh('ip link del late0; ip link del port0');
  });

  it('the own interface may be down with dont_track_primary', async () => {
    const s = start('', 'dont_track_primary');
    await holds(s, true, 'started');
    await sh('ip link set eth0 down');
    await sleepMs(500);
    assert.equal(s.entered('FAULT'), 0, s.log());
    await sh('ip link set eth0 up');
    await stop(s);
  });
});
