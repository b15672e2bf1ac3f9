/**
 * SNMP under a real snmpd: every row of vipd against keepalived's on the same configuration, traps of real transitions, a master
 * agent that goes, talks nonsense and comes back, and reload. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { until } from './clock.ts';
import { COMMANDS, type Daemon, type DaemonKind } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';
import { SnmpLab } from './snmp-lab.ts';

const WAIT_MS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-snmp-'));
let lab: Lab;
let snmp: SnmpLab;

const logOf = (name: string): string => join(folder, `${name}.log`);
const log = (name: string): string => (existsSync(logOf(name)) ? readFileSync(logOf(name), 'utf8') : '');
const MASTER = 'INTEGER: 2';

before(async () => {
  lab = await Lab.open('vs', pairTopology('ab', true), folder);
  snmp = new SnmpLab(lab, 'a', folder);
  await snmp.start();
});
after(async () => {
  await lab.stopDaemons();
  await snmp.close();
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(kind: DaemonKind, node: string, name: string, conf: string): Daemon {
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, conf);
  const socket = node === 'a' ? ` -A unix:${snmp.socket}` : '';
  return lab.start(node, `env TMPDIR=${folder} ${COMMANDS[kind]}${socket}`, file, logOf(name));
}

async function stop(daemon: Daemon): Promise<void> {
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended(WAIT_MS));
}

/** Rows that are not as keepalived's, and why; all of them are in docs/compatibility.md. */
const DIFFERENT: readonly (readonly [RegExp, string])[] = [
  [/^K\.1\.1\.0$/, 'the name of the program'],
  [/^K\.2\.3\.1\.11\./, 'keepalived: whether it tracks other interfaces'],
  [/^K\.2\.6\.1\.11\./, 'keepalived: only the first instance advertises its addresses'],
  [/^K\.2\.7\.1\.46\./, 'keepalived: one more than the MIB says'],
  [/^K\.2\.8\.1\.3[4-8]\./, 'keepalived: not there'],
  [/^K\.2\.12\.1\.3\.4\.2$/, 'keepalived: the weight of the definition'],
  [/^K\.2\.16\.1\.3\./, 'keepalived: the weight of the definition'],
  [/^K\.2\.21\.1\.5\./, 'keepalived: 2 for initial'],
  [/^V2\.1\.3\.1\.7\./, 'keepalived: zeros'],
];
/** Times. */
const MOVING = /^(V2\.1\.3\.1\.13|V3\.1\.1\.1\.1\.12)\./;

async function walkOf(kind: DaemonKind, conf: string): Promise<ReadonlyMap<string, string>> {
  const daemon = start(kind, 'a', `walk-${kind}`, conf);
  const masters = ['K.2.3.1.4.1', 'K.2.3.1.4.2', 'K.2.3.1.4.3', 'K.2.3.1.4.4', 'K.2.1.1.3.1'];
  const elected = await until(
    async () => (await Promise.all(masters.map((oid) => snmp.get(oid)))).every((v) => v === MASTER),
    WAIT_MS,
    200,
  );
  assert.ok(elected, log(`walk-${kind}`));
  const good = await until(async () => (await snmp.get('K.2.9.1.6.1')) === 'INTEGER: 3', WAIT_MS, 200);
  assert.ok(good, log(`walk-${kind}`));
  await until(() => false, 1_100); // what is cached is over
  const rows = await snmp.walk();
  await stop(daemon);
  return rows;
}

it('every row is as keepalived has it', { timeout: 90_000 }, async () => {
  for (const [name, number] of [
    ['tf1', 4],
    ['tf2', 3],
  ] as const)
    writeFileSync(join(folder, name), `${number}\n`);
  const conf = readFileSync('test/fixtures/snmp.conf', 'utf8').replaceAll('FOLDER', folder);
  const theirs = await walkOf('keepalived', conf);
  const ours = await walkOf('vipd', conf);
  assert.ok(theirs.size > 400, `${theirs.size} rows of keepalived`);
  const unlike: string[] = [];
  const used = new Set<RegExp>();
  for (const oid of new Set([...theirs.keys(), ...ours.keys()])) {
    const [their, our] = [theirs, ours].map((rows) => {
      const value = rows.get(oid);
      return MOVING.test(oid) ? value?.split(':')[0] : value;
    });
    if (their === our) continue;
    const known = DIFFERENT.find(([pattern]) => pattern.test(oid));
    if (known !== undefined) used.add(known[0]);
    else unlike.push(`${oid}: keepalived ${their ?? 'nothing'}, vipd ${our ?? 'nothing'}`);
  }
  assert.deepEqual(unlike, []);
  assert.deepEqual(
    DIFFERENT.filter(([pattern]) => !used.has(pattern)).map(([, why]) => why),
    [],
    'differences that are none',
  );
});

const pair = (priority: number, options: string, password: string, more = ''): string =>
  `global_defs {\nrouter_id lab-router\nvrrp_startup_delay 0.2\n${options}\n}
vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\npriority ${priority}\nversion 3\nadvert_int 0.2\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}
vrrp_instance VI_2 {\ninterface eth1\nvirtual_router_id 52\npriority ${priority}\nversion 2\nadvert_int 1\nauthentication {\nauth_type PASS\nauth_pass ${password}\n}\nvirtual_ipaddress {\n198.51.100.100/24\n}\n}
${more}`;
const EVERYTHING = 'enable_snmp_vrrp\nenable_snmp_rfc\nenable_traps';
const ifIndex = async (name: string): Promise<string> =>
  (await lab.sh('a', `ip -o link show ${name}`)).text.split(':')[0] as string;
const stateTrap = (instance: string, state: number): string =>
  `K.2.10.0.2; K.2.3.1.2 = STRING: "${instance}"; K.2.3.1.4 = INTEGER: ${state}; K.2.3.1.5 = INTEGER: 1; K.1.2.0 = STRING: "lab-router"`;

it('traps of what happens', { timeout: 60_000 }, async () => {
  const group = 'vrrp_sync_group G1 {\ngroup {\nVI_1\n}\n}';
  const before = snmp.traps().length;
  const heard = (): readonly string[] => snmp.traps().slice(before);
  const index = await ifIndex('eth0');
  const second = await ifIndex('eth1');
  const wait = async (trap: string, times = 1): Promise<void> => {
    const come = await until(() => heard().filter((t) => t === trap).length >= times, WAIT_MS, 50);
    assert.ok(come, `${trap}\nnot in\n${heard().join('\n')}\n${log('traps-a')}`);
  };
  const master3 = (reason: number): string =>
    `V3.0.1; V3.1.1.1.1.3.${index}.51.1 = Hex-STRING: C0 00 02 0A ; V3.1.2.5.1.2.${index}.51.1 = INTEGER: ${reason}`;
  const ours = start('vipd', 'a', 'traps-a', pair(100, EVERYTHING, 'secret', group));
  await wait(stateTrap('VI_1', 1));
  await wait(stateTrap('VI_1', 2));
  await wait(master3(3));
  await wait(`K.2.10.0.1; K.2.1.1.2 = STRING: "G1"; K.2.1.1.3 = INTEGER: 2; K.1.2.0 = STRING: "lab-router"`);
  await wait(stateTrap('VI_2', 2));
  await wait(`V2.0.1; V2.1.3.1.7.${second}.52 = IpAddress: 198.51.100.10`);
  assert.equal(await snmp.get(`V3.1.2.5.1.2.${index}.51.1`), 'INTEGER: 3');
  assert.equal(await snmp.get(`V2.1.3.1.7.${second}.52`), 'IpAddress: 198.51.100.10');
  const theirs = start('keepalived', 'b', 'traps-b', pair(200, '', 'another'));
  await wait(`V2.0.2; V2.1.5.${second}.52 = IpAddress: 198.51.100.20; V2.1.6.${second}.52 = INTEGER: 3`);
  await wait(stateTrap('VI_1', 1), 2);
  const followed = await until(
    async () => (await snmp.get(`V3.1.1.1.1.3.${index}.51.1`)) === 'Hex-STRING: C0 00 02 14',
    WAIT_MS,
    100,
  );
  assert.ok(followed, await snmp.get(`V3.1.1.1.1.3.${index}.51.1`));
  assert.equal(await snmp.set('K.2.3.1.7.1', 'i', '250'), 'K.2.3.1.7.1 = INTEGER: 250\n');
  await wait(master3(2));
  assert.equal(await snmp.get('K.2.3.1.8.1'), 'INTEGER: 250');
  await snmp.set('K.2.3.1.13.1', 'i', '2');
  await snmp.set('K.2.3.1.7.1', 'i', '100');
  await wait(stateTrap('VI_1', 1), 3);
  assert.match(log('traps-a'), /base priority changed from 100 to 250 via SNMP/);
  assert.equal(await snmp.get('K.2.3.1.13.1'), 'INTEGER: 2');
  await stop(theirs);
  await wait(master3(1));
  await stop(ours);
  await wait(stateTrap('VI_1', 5));
  assert.equal(await snmp.get('K.2.3.1.2.1'), 'No Such Object available on this agent at this OID');
});

it('a master agent may go, talk nonsense and come back; a reload changes the rows', {
  timeout: 60_000,
}, async () => {
  const daemon = start('vipd', 'a', 'agent', pair(100, 'enable_snmp_vrrp', 'secret'));
  const text = (): string => log('agent');
  const got = async (oid: string, value: string): Promise<void> =>
    assert.ok(
      await until(async () => (await snmp.get(oid)) === value, WAIT_MS, 200),
      `${oid}: ${await snmp.get(oid)}\n${text()}`,
    );
  await got('K.2.3.1.4.1', MASTER);
  assert.match(await snmp.bulk('K.2.3.1.2', 'K.2.3.1.3'), /VI_1[\s\S]*51[\s\S]*VI_2[\s\S]*52/);
  for (const [oid, type, value, error] of [
    ['K.2.3.1.2.1', 's', 'x', /notWritable/],
    ['K.2.3.1.7.1', 'i', '0', /wrongValue/],
    ['K.2.3.1.7.1', 'i', '300', /wrongValue/],
    ['K.2.3.1.7.1', 'u', '99', /wrongType/],
    ['K.2.3.1.7.9', 'i', '9', /notWritable/],
    ['K.2.3.1.13.1', 'i', '3', /wrongValue/],
  ] as const)
    assert.match(await snmp.set(oid, type, value), error);
  assert.match(await snmp.set('K.2.3.1.7.2', 'i', '90'), /= INTEGER: 90/);

  await snmp.stopAgent();
  assert.ok(await until(() => /SNMP: .*VRRP runs without it/.test(text()), WAIT_MS), text());
  let calls = 0;
  const nonsense = createServer((c) => {
    calls++;
    c.on('error', () => {});
    c.resume();
    c.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  }).listen(snmp.socket);
  assert.ok(await until(() => calls >= 2, WAIT_MS), text());
  await new Promise((done) => nonsense.close(done));
  await snmp.startAgent();
  await got('K.2.3.1.4.1', MASTER);
  assert.equal(text().match(/VRRP runs without it/g)?.length, 1, 'said once');
  assert.ok(await lab.waitAddress('a', '192.0.2.100', true, WAIT_MS), text());

  const third =
    'vrrp_instance VI_3 {\ninterface eth0\nvirtual_router_id 53\nversion 3\nadvert_int 0.2\nvirtual_ipaddress {\n192.0.2.103/24\n}\n}';
  writeFileSync(
    join(folder, 'agent.conf'),
    pair(100, 'enable_snmp_vrrp\nenable_snmp_rfcv3', 'secret', third),
  );
  daemon.signal('SIGHUP');
  await got('K.2.3.1.2.3', 'STRING: "VI_3"');
  assert.equal(await snmp.get('K.2.3.1.7.2'), 'INTEGER: 100', 'that of the file again');
  await got('V3.1.2.3.0', 'Counter64: 0');
  writeFileSync(join(folder, 'agent.conf'), pair(100, '', 'secret'));
  daemon.signal('SIGHUP');
  await got('K.2.3.1.2.1', 'No Such Object available on this agent at this OID');
  assert.ok(await lab.waitAddress('a', '192.0.2.103', false, WAIT_MS), text());
  await stop(daemon);
  assert.equal(daemon.ending, 0, text());
});
