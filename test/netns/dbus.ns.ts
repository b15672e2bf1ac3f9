/**
 * 'enable_dbus' on a real bus of our own: names, paths, properties, methods and signals as keepalived has them; a bus that goes away
 * and comes back. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { until } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const WAIT_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-dbus-'));
const socket = join(folder, 'bus');
const ADDRESS = `unix:path=${socket}`;
const logFile = join(folder, 'a.log');
const NAME = 'org.keepalived.Vrrp1';
const VRRP = '/org/keepalived/Vrrp1/Vrrp';
const INSTANCE = '/org/keepalived/Vrrp1/Instance/eth0/51/IPv4';
let lab: Lab;
let bus: ChildProcess | undefined;

const text = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');

async function startBus(): Promise<void> {
  const config = join(folder, 'bus.conf');
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>${ADDRESS}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow own="*"/><allow receive_sender="*"/></policy></busconfig>`,
  );
  bus = spawn('dbus-daemon', ['--nofork', '--nopidfile', `--config-file=${config}`], { stdio: 'ignore' });
  assert.ok(await until(() => existsSync(socket), WAIT_MS, 20), 'dbus-daemon does not listen');
}

async function stopBus(): Promise<void> {
  const ended = new Promise((done) => bus?.once('exit', done));
  bus?.kill('SIGTERM');
  await ended;
  rmSync(socket, { force: true });
}

async function call(path: string, member: string, ...words: string[]): Promise<string> {
  const line = `dbus-send --bus=${ADDRESS} --dest=${NAME} --print-reply ${path} ${member} ${words.join(' ')} 2>&1`;
  return (await lab.sh('a', line)).text;
}
const property = (name: string): Promise<string> =>
  call(INSTANCE, 'org.freedesktop.DBus.Properties.Get', `string:${NAME}.Instance`, `string:${name}`);

before(async () => {
  lab = await Lab.open('vb', pairTopology('ab', false), folder);
  await startBus();
});
after(async () => {
  await lab.close();
  await stopBus();
  rmSync(folder, { recursive: true, force: true });
});

function start(): Daemon {
  const conf = join(folder, 'a.conf');
  writeFileSync(
    conf,
    `global_defs {\nenable_dbus\n}\nvrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\npriority 200\nversion 3\nadvert_int 0.2\nvirtual_ipaddress {\n${VIP}/24\n}\n}\n`,
  );
  return lab.start(
    'a',
    `env DBUS_SYSTEM_BUS_ADDRESS=${ADDRESS} TMPDIR=${folder} ${COMMANDS.vipd}`,
    conf,
    logFile,
  );
}

it('properties, methods and signals; the bus may go and come back', async () => {
  const heard = join(folder, 'signals');
  const monitor = lab.spawn('a', [
    'sh',
    '-c',
    `exec dbus-monitor --address ${ADDRESS} "type='signal',sender='${NAME}'" >${heard}`,
  ]);
  const signals = (): string => (existsSync(heard) ? readFileSync(heard, 'utf8') : '');
  assert.ok(await until(() => signals() !== '' || existsSync(heard), WAIT_MS));
  const daemon = start();
  assert.ok(await lab.waitAddress('a', VIP, true, WAIT_MS), text());
  assert.ok(
    await until(async () => /uint32 2\s+string "Master"/.test(await property('State')), WAIT_MS),
    text(),
  );
  assert.match(await property('Name'), /struct \{\s+string "VI_1"/);
  assert.ok(await until(() => /member=VrrpStatusChange\s+uint32 2/.test(signals()), WAIT_MS), signals());
  assert.match(signals(), /member=VrrpStarted/);
  const tree = await call(INSTANCE, 'org.freedesktop.DBus.Introspectable.Introspect');
  for (const part of ['SendGarp', 'VrrpStatusChange', 'Name', 'State']) assert.ok(tree.includes(part), tree);

  assert.match(await call(VRRP, `${NAME}.Vrrp.PrintData`), /method return/);
  assert.ok(await until(() => existsSync(join(folder, 'keepalived.data')), WAIT_MS), text());
  assert.match(await call(VRRP, `${NAME}.Vrrp.PrintStatsClear`), /method return/);
  assert.ok(await until(() => existsSync(join(folder, 'keepalived.stats')), WAIT_MS), text());
  const before = text().match(/gratuitous ARP/gi)?.length ?? 0;
  assert.match(await call(INSTANCE, `${NAME}.Instance.SendGarp`), /method return/);
  assert.ok(await until(() => (text().match(/gratuitous ARP/gi)?.length ?? 0) > before, WAIT_MS), text());
  assert.match(await call(VRRP, `${NAME}.Vrrp.ReloadConfig`), /method return/);
  assert.ok(await until(() => /member=VrrpReloaded/.test(signals()), WAIT_MS), text());
  assert.match(await call(VRRP, `${NAME}.Vrrp.NoSuch`), /UnknownMethod/);

  await stopBus();
  assert.ok(await until(() => /D-Bus: .*VRRP runs without it/.test(text()), WAIT_MS), text());
  monitor.kill('SIGTERM');
  await startBus();
  assert.ok(await until(async () => /"Master"/.test(await property('State')), WAIT_MS), text());
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended(WAIT_MS));
  assert.equal(daemon.ending, 0, text());
});
