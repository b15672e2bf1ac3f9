/** Signed adverts in a real network: the death of a master that signs, new keys by reload, and frames that are sent again. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import type { InstanceSnapshot, Snapshot } from '../../src/core/snapshot.ts';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon, type DaemonKind } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const LONG_MS = 15_000;
const KEYS = ['', '0123456789abcdef'.repeat(4), 'fedcba9876543210'.repeat(4)];
const folder = mkdtempSync(join(tmpdir(), 'vipd-authentication-'));
let lab: Lab;

before(async () => {
  lab = await Lab.open('va', pairTopology('ab', false), folder);
});
afterEach(() => lab.stopDaemons());
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const PRIORITY = { a: 200, b: 100 } as const;
type Node = keyof typeof PRIORITY;

function write(node: Node, words: string): string {
  const path = join(folder, `${node}.conf`);
  writeFileSync(
    path,
    `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\npriority ${PRIORITY[node]}\nadvert_int 1\n${words}\nvirtual_ipaddress {\n${VIP}/24\n}\n}\n`,
  );
  return path;
}
const log = (node: Node): string => readFileSync(join(folder, `${node}.log`), 'utf8');

function start(node: Node, words: string, kind: DaemonKind): Daemon {
  rmSync(join(folder, `${node}.log`), { force: true });
  return lab.start(node, COMMANDS[kind], write(node, words), join(folder, `${node}.log`));
}

const hmac = (active: number, keys: readonly number[]): string =>
  `version 3\nauth_hmac {\n${keys.map((n) => `key ${n} hex:${KEYS[n]}`).join('\n')}\nactive_key ${active}\nanti_replay time\n}`;

/** The instance as `vipd status --json` shows it. */
async function instance(node: Node, d: Daemon): Promise<InstanceSnapshot> {
  const runDir = join(d.runFolder, 'main.vipd');
  const { text } = await lab.sh(node, `${CHECKOUT}/bin/vipd status --json --run-dir ${runDir}`);
  const snapshot: Snapshot = JSON.parse(text);
  return snapshot.instances[0] as InstanceSnapshot;
}

/** Keys with which the peers of the instance sign, as it saw them last. */
const peerKeys = ({ authentication: a }: InstanceSnapshot): readonly number[] =>
  a.type === 'hmac' ? a.peers.map((p) => p.keyId) : [];

it('AH: after a death vipd cleanup signs its priority 0, which keepalived believes', async () => {
  const words = 'authentication {\nauth_type AH\nauth_pass ahkey\n}';
  start('b', words, 'keepalived');
  const a = start('a', words, 'vipd');
  assert.ok(await lab.waitAddress('a', VIP, true, LONG_MS), log('a'));
  await sleepMs(1500);
  await a.kill9();
  const run = await lab.sh('a', `${CHECKOUT}/bin/vipd cleanup --run-dir ${join(a.runFolder, 'main.vipd')}`);
  assert.equal(run.status, 0, run.text);
  assert.ok(!lab.addresses.has('a', VIP));
  // The skew is 0.61 s; unheard, three intervals would be added.
  assert.ok(await lab.waitAddress('b', VIP, true, 2000), log('b'));
});

it('auth_hmac: after a death vipd cleanup signs its priority 0 with the time at which it says it', async () => {
  const keyFile = join(folder, 'key1');
  writeFileSync(keyFile, KEYS[1] ?? '', { mode: 0o600 });
  start('b', hmac(1, [1]), 'vipd');
  const a = start('a', hmac(1, [1]).replace(/hex:[0-9a-f]+/, `file:${keyFile}`), 'vipd');
  assert.ok(await lab.waitAddress('a', VIP, true, LONG_MS), log('a'));
  // Longer than anything prepared in advance would be fresh.
  await sleepMs(6500);
  await a.kill9();
  const release = join(a.runFolder, 'main.vipd');
  assert.doesNotMatch(readFileSync(join(release, 'release.json'), 'utf8'), /0123456789abcdef/);
  const run = await lab.sh('a', `${CHECKOUT}/bin/vipd cleanup --run-dir ${release}`);
  assert.equal(run.status, 0, run.text);
  assert.match(run.text, /sent priority 0 for 1 adverts/);
  assert.ok(!lab.addresses.has('a', VIP));
  assert.ok(await lab.waitAddress('b', VIP, true, 2000), log('b'));
});

it('auth_hmac: a new key in three reloads a node, with every advert believed', async () => {
  const nodes = { b: start('b', hmac(1, [1]), 'vipd'), a: start('a', hmac(1, [1]), 'vipd') };
  assert.ok(await lab.waitAddress('a', VIP, true, LONG_MS), log('a'));
  await sleepMs(1500);
  for (const [active, keys] of [
    [1, [1, 2]],
    [2, [1, 2]],
    [2, [2]],
  ] as const)
    for (const node of ['b', 'a'] as const) {
      write(node, hmac(active, keys));
      nodes[node].signal('SIGHUP');
      await sleepMs(1300);
    }
  assert.ok(!/MASTER STATE/.test(log('b')), log('b'));
  await sleepMs(1300);
  const seen = await instance('b', nodes.b);
  assert.deepEqual(peerKeys(seen), [2]);
  assert.ok(seen.counters.advertsReceived >= 8, `${seen.counters.advertsReceived} adverts`);
  assert.deepEqual(seen.counters.rejected, {});
});

it('auth_hmac: what was heard once is not believed again, though the clock allows it', async () => {
  const b = start('b', hmac(1, [1]), 'vipd');
  const a = start('a', hmac(1, [1]), 'vipd');
  assert.ok(await lab.waitAddress('a', VIP, true, LONG_MS), log('a'));
  await sleepMs(1500);
  const file = join(folder, 'heard.pcap');
  const capture = await lab.capture(file, 'br0', 'ip proto 112');
  await sleepMs(3200);
  await capture.stop();
  a.signal('SIGTERM');
  assert.ok(await a.ended());
  assert.ok(await lab.waitAddress('b', VIP, true, 5000), log('b'));
  const program = join(CHECKOUT, 'build/test/netns/repeat-frames.js');
  const sent = await lab.sh(
    'a',
    `${process.execPath} ${program} $(ip -o link show eth0 | cut -d: -f1) ${file}`,
  );
  assert.ok(Number(sent.text) >= 3, sent.text);
  const seen = async (): Promise<number> => {
    const { rejected } = (await instance('b', b)).counters;
    return (rejected['hmac-replay'] ?? 0) + (rejected['hmac-stale'] ?? 0);
  };
  const deadline = Date.now() + 5000;
  while ((await seen()) < Number(sent.text) && Date.now() < deadline) await sleepMs(100);
  assert.equal(await seen(), Number(sent.text), log('b'));
  // Adverts of priority 200: believed, they would send b back to BACKUP.
  assert.ok(await until(() => lab.addresses.has('b', VIP), 1000));
  assert.equal(log('b').match(/BACKUP STATE/g)?.length, 1, log('b'));
});
