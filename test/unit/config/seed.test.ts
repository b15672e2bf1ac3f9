/**
 * The configuration files of the tutorial that this project grew from, prose and slips included. The expected values
 * are those in the data dump of Debian's keepalived 2.2.7 run on the same files.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toHex } from '../../../src/base/bytes.ts';
import { configTestStatus, loadConfig } from '../../../src/config/load.ts';
import { diskMachine } from './machine.ts';
import { codes, configOf, firstInstance, interfaces } from './support.ts';

const machine = diskMachine({
  interfaces: interfaces('ens33', 'ens8', 'eth0', 'eth1'),
  userExists: (u) => u === 'root',
  groupExists: (g) => g === 'root',
});
const seed = (name: string) => loadConfig(`test/fixtures/seed/${name}`, machine, { testMode: true });

it('seed/3.3-master', () => {
  const result = seed('3.3-master.conf');
  assert.equal(configTestStatus(result), 0);
  assert.deepEqual(result.diagnostics, []);
  const i = firstInstance(result);
  assert.equal(i.stateMaster, true);
  assert.equal(i.priority, 100);
  assert.equal(i.preempt, true);
  assert.equal(i.interface, 'ens33');
  assert.deepEqual(i.authentication, { type: 'pass', data: new Uint8Array([49, 49, 49, 49, 0, 0, 0, 0]) });
  assert.deepEqual(
    i.vips.map((v) => `${v.address}/${v.prefixLength} ${v.interface}`),
    ['192.168.213.100/32 ens33'],
  );
  assert.equal(configOf(result).global.routerId, 'LVS_DEVEL01');
});

it('seed/3.3-slave: an unknown state is BACKUP', () => {
  const result = seed('3.3-slave.conf');
  assert.deepEqual(codes(result), ['KA0506 10']);
  assert.match(result.diagnostics[0]?.message ?? '', /unknown state 'SLAVE', defaulting to BACKUP/);
  assert.equal(configTestStatus(result), 5);
  assert.equal(result.fatal, undefined);
  const i = firstInstance(result);
  assert.equal(i.stateMaster, false);
  assert.equal(i.priority, 90);
});

it('seed/2.5.5-example: prose behind values, a brace too many', () => {
  const result = seed('2.5.5-example.conf');
  const i = firstInstance(result);
  assert.equal(i.priority, 150);
  assert.equal(i.preempt, true); // nopreempt, cleared by state MASTER
  assert.equal(i.adverIntUs, 1_000_000);
  assert.equal(
    toHex(i.authentication.type === 'pass' ? i.authentication.data : new Uint8Array()),
    toHex(new TextEncoder().encode('password')),
  );
  assert.deepEqual(
    i.vips.map((v) => `${v.address}/${v.prefixLength} ${v.interface}`),
    ['192.168.1.217/32 ens8'],
  );
  const servers = configOf(result).virtualServers.map((v) => [
    v.port,
    v.scheduler,
    v.method.kind,
    v.checks.delayLoopUs,
    v.realServers.map((r) => r.address),
  ]);
  assert.deepEqual(servers, [
    [443, 'rr', 'DR', 3_000_000, ['192.168.1.211', '192.168.1.212']],
    [80, 'rr', 'DR', 3_000_000, ['192.168.1.211']],
  ]);
  assert.deepEqual(configOf(result).global.inactive, ['virtual_server']);
  assert.equal(configTestStatus(result), 5);
  assert.ok(codes(result).includes('KA0401 58'), 'what stands behind the brace too many');
  assert.ok(codes(result).includes('KA0608 9'));
  assert.equal(result.fatal, undefined);
});

it('seed/2.5.2-global: a manual page pasted into global_defs', () => {
  const result = seed('2.5.2-global.conf');
  const { global } = configOf(result);
  assert.equal(global.routerId, 'LVS_DEVEL');
  assert.equal(global.garpIntervalUs, 0);
  assert.deepEqual(global.smtp?.to, [
    'acassen@firewall.loc',
    'failover@firewall.loc',
    'sysadmin@firewall.loc',
  ]);
  assert.equal(configTestStatus(result), 5);
  assert.equal(result.fatal, undefined);
  assert.ok(codes(result).includes('KA0504 13'), 'vrrp_garp_interval 0');
});

it('seed/2.5.3-instance: no VRID is left, so the daemon cannot start', () => {
  const result = seed('2.5.3-instance.conf');
  assert.equal(result.fatal?.exit, 2);
  assert.equal(result.fatal?.diagnostic.code, 'KA0602');
  assert.equal(configTestStatus(result), 5); // keepalived -t does not call it fatal
  assert.deepEqual(configOf(result).instances, []);
});

it('seed/3.2-haproxy: no configuration of ours at all', () => {
  const result = seed('3.2-haproxy.cfg');
  assert.ok(codes(result).every((c) => c.startsWith('KA0401') || c.startsWith('KA0103')));
  assert.deepEqual(configOf(result).instances, []);
});
