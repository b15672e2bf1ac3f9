/**
 * The shipped unit on two nodes with real systemd: start, stop drill, reload, a broken reload, a crash. Run as root inside a
 * sandbox (test/run.ts does). VIPD_LAB_DAEMON=keepalived plays what keepalived.service can, to check the test itself.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, it } from 'node:test';
import { type Capture, readPcap } from '../netns/capture.ts';
import { nowS, sleepMs, until } from '../netns/clock.ts';
import { describe, field } from '../netns/frames.ts';
import { nodeOfAddress } from '../netns/pair.ts';
import { type PairName, SystemdPair } from './pair.ts';

const KEEPALIVED = process.env['VIPD_LAB_DAEMON'] === 'keepalived';
const UNIT = KEEPALIVED ? 'keepalived' : 'vipd';
const VIP = '192.0.2.100';
const CONF = '/etc/keepalived/keepalived.conf';
/** Until the address must have moved; generous, because nothing is measured with it. */
const MOVE_MS = 10_000;
const onlyVipd = KEEPALIVED ? { skip: 'keepalived.service does not do this' } : {};

const folder = mkdtempSync(join(tmpdir(), 'vipd-systemd-'));
let pair: SystemdPair;
let capture: Capture;

const conf = (node: PairName, more = ''): string => `global_defs {
    router_id ${node}
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${node === 'a' ? 200 : 100}
    advert_int 1
    virtual_ipaddress {
        ${VIP}/24
        ${more}
    }
}
`;

async function install(node: PairName): Promise<void> {
  await pair.write(node, CONF, conf(node));
  if (KEEPALIVED) return;
  // Node may live outside systemd's usual PATH.
  const drop = `[Service]\nEnvironment=PATH=${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n`;
  await pair.write(node, '/etc/systemd/system/vipd.service.d/path.conf', drop);
  await pair.must(
    node,
    'cp /opt/vipd/systemd/sysusers.d/vipd.conf /etc/sysusers.d/ 2>/dev/null || true; systemd-sysusers',
  );
  await pair.must(node, 'cp /opt/vipd/systemd/vipd.service /etc/systemd/system/ && systemctl daemon-reload');
}

async function show(node: PairName, property: string): Promise<string> {
  return (await pair.must(node, `systemctl show ${UNIT} -p ${property} --value`)).trim();
}

async function holder(nodes: string, timeoutMs: number): Promise<void> {
  await pair.lab.addresses.settle();
  const ok = await until(() => pair.lab.addresses.holders(VIP) === nodes, timeoutMs, 5);
  if (ok) return;
  const journal = await pair.run('a', `journalctl --no-pager -u ${UNIT} -n 40 -o short-monotonic`);
  assert.fail(`the address is at '${pair.lab.addresses.holders(VIP)}', not at '${nodes}'\n${journal.text}`);
}

/** Adverts of a node since an instant, with their priorities. */
function adverts(node: PairName, sinceS: number): { readonly atS: number; readonly priority: number }[] {
  return readPcap(capture.file).flatMap((p) => {
    const fields = describe(p.bytes);
    if (p.atS < sinceS || fields === undefined || fields['kind'] !== 'vrrp') return [];
    if (nodeOfAddress(String(field(fields, 'ip.src'))) !== node) return [];
    return [{ atS: p.atS, priority: Number(field(fields, 'vrrp.priority')) }];
  });
}

const changesSince = (sinceS: number): unknown[] =>
  pair.lab.addresses.events.filter((e) => e.address === VIP && e.atS >= sinceS);

before(async () => {
  pair = await SystemdPair.up('vs', folder);
  capture = await pair.lab.capture(join(folder, 'br0.pcap'));
  for (const node of ['a', 'b'] as const) await install(node);
});
after(async () => {
  await pair.down();
  rmSync(folder, { recursive: true, force: true });
});

it('enable and start: ready when it says so, the address is on the better node', async () => {
  for (const node of ['b', 'a'] as const) {
    await pair.must(node, `systemctl enable --now ${UNIT}`);
    assert.equal(await show(node, 'ActiveState'), 'active');
    assert.equal(await show(node, 'Type'), 'notify');
    assert.equal((await pair.must(node, `systemctl is-enabled ${UNIT}`)).trim(), 'enabled');
  }
  await holder('a', MOVE_MS);
});

it('systemctl status says what the instance is', onlyVipd, async () => {
  const said = await until(async () => /VI_1 MASTER/.test(await show('a', 'StatusText')), 11_000, 200);
  assert.ok(said, `StatusText: ${await show('a', 'StatusText')}`);
});

it('systemctl stop: clean, and the peer has the address', async (t) => {
  const atS = nowS();
  await pair.must('a', `systemctl stop ${UNIT}`);
  await holder('b', MOVE_MS);
  assert.equal(await show('a', 'Result'), 'success');
  assert.equal(await show('a', 'ActiveState'), 'inactive');
  await sleepMs(200);
  assert.equal(adverts('a', atS).filter((x) => x.priority === 0).length, 1);
  const got = pair.lab.addresses.lastChangeS('b', VIP, true);
  t.diagnostic(
    `address on the peer ${(((got ?? atS) - atS) * 1000).toFixed(0)} ms after 'systemctl stop' was typed`,
  );
  await pair.must('a', `systemctl start ${UNIT}`);
  await holder('a', MOVE_MS);
});

it('systemctl reload: same process, no flap', async () => {
  const pid = await show('a', 'MainPID');
  const atS = nowS();
  await pair.must('a', `systemctl reload ${UNIT}`);
  await sleepMs(2500);
  assert.equal(await show('a', 'MainPID'), pid);
  assert.equal(await show('a', 'ActiveState'), 'active');
  assert.deepEqual(changesSince(atS), []);
  assert.deepEqual(
    adverts('a', atS).filter((x) => x.priority !== 200),
    [],
  );
  assert.deepEqual(adverts('b', atS), []);
});

it('reload of a file with another address: it is added, nothing else moves', async () => {
  const atS = nowS();
  await pair.write('a', CONF, conf('a', '192.0.2.101/24'));
  await pair.write('b', CONF, conf('b', '192.0.2.101/24'));
  for (const node of ['b', 'a'] as const) await pair.must(node, `systemctl reload ${UNIT}`);
  assert.ok(await until(() => pair.lab.addresses.has('a', '192.0.2.101'), 2000));
  assert.deepEqual(changesSince(atS), []);
});

it('reload of a broken file: fails visibly and changes nothing', onlyVipd, async () => {
  const atS = nowS();
  const pid = await show('a', 'MainPID');
  const good = await pair.must('a', `cat ${CONF}`);
  await pair.write('a', CONF, good.replace('interface eth0', 'interface eth00'));
  const wrong = await pair.run('a', `systemctl reload ${UNIT}`);
  await pair.must('a', `mv ${CONF} ${CONF}.away`);
  const missing = await pair.run('a', `systemctl reload ${UNIT}`);
  await pair.write('a', CONF, good);
  assert.notEqual(wrong.status, 0, 'systemctl reload of a file with a wrong interface must fail');
  assert.notEqual(missing.status, 0, 'systemctl reload without a file must fail');
  const journal = await pair.must('a', `journalctl --no-pager -u ${UNIT} -n 30`);
  assert.match(journal, /eth00/, 'the journal names the mistake');
  await sleepMs(1500);
  assert.equal(await show('a', 'ActiveState'), 'active');
  assert.equal(await show('a', 'MainPID'), pid);
  assert.deepEqual(changesSince(atS), []);
  assert.ok(pair.lab.addresses.has('a', '192.0.2.101'));
  await pair.must('a', `systemctl reload ${UNIT}`);
});

it('a journal that stands still delays no advert, no reload and no stop', onlyVipd, async (t) => {
  const journald = Number(
    (await pair.must('a', 'systemctl show systemd-journald -p MainPID --value')).trim(),
  );
  const stopped = pair.hostPid('a', journald);
  const daemon = pair.hostPid('a', Number(await show('a', 'MainPID')));
  const atS = nowS();
  process.kill(stopped, 'SIGSTOP');
  try {
    // Its socket holds some ten messages.
    for (let i = 0; i < 20; i++) {
      process.kill(daemon, 'SIGHUP');
      await sleepMs(150);
    }
    assert.deepEqual(changesSince(atS), []);
    const times = adverts('a', atS).map((x) => x.atS);
    const longestS = times.slice(1).reduce((most, s, i) => Math.max(most, s - (times[i] as number)), 0);
    assert.ok(times.length > 2 && longestS < 1.6, `${times.length} adverts, ${longestS} s between two`);
    assert.deepEqual(adverts('b', atS), []);
    process.kill(daemon, 'SIGTERM');
    const stopS = nowS();
    await holder('b', MOVE_MS);
    const got = pair.lab.addresses.lastChangeS('b', VIP, true) ?? Number.NaN;
    t.diagnostic(`on the peer ${((got - stopS) * 1000).toFixed(0)} ms after SIGTERM`);
    assert.ok(got - stopS < 2);
  } finally {
    process.kill(stopped, 'SIGCONT');
  }
  const active = await until(async () => (await show('a', 'ActiveState')) === 'inactive', MOVE_MS, 100);
  assert.ok(active, await show('a', 'ActiveState'));
  assert.equal(await show('a', 'Result'), 'success');
  await pair.must('a', `systemctl start ${UNIT}`);
  await holder('a', MOVE_MS);
});

it('kill -9: systemd releases the address and says priority 0, then starts it again', onlyVipd, async (t) => {
  const inside = Number(await show('a', 'MainPID'));
  const outside = pair.hostPid('a', inside);
  const atS = nowS();
  process.kill(outside, 'SIGKILL');
  assert.ok(
    await until(() => !pair.lab.addresses.has('a', VIP), 2000, 2),
    'the address stays on the dead node',
  );
  const lostS = pair.lab.addresses.lastChangeS('a', VIP, false) ?? Number.POSITIVE_INFINITY;
  await holder('b', MOVE_MS);
  const gotS = pair.lab.addresses.lastChangeS('b', VIP, true) ?? Number.POSITIVE_INFINITY;
  await sleepMs(200);
  const zeroS = adverts('a', atS).find((x) => x.priority === 0)?.atS;
  assert.ok(zeroS !== undefined, 'no priority 0 after the crash');
  const ms = (s: number): string => ((s - atS) * 1000).toFixed(0);
  t.diagnostic(
    `after kill -9: address released ${ms(lostS)} ms, priority 0 ${ms(zeroS)} ms, on the peer ${ms(gotS)} ms`,
  );
  assert.ok(lostS - atS < 0.5, `released only after ${ms(lostS)} ms`);
  // The skew is 0.61 s; without priority 0 it would be 2.61 s at least.
  assert.ok(gotS - atS < 1.5, `the peer had it only after ${ms(gotS)} ms`);
  await holder('a', MOVE_MS);
  assert.notEqual(Number(await show('a', 'MainPID')), inside);
  assert.equal(await show('a', 'NRestarts'), '1');
});

it('stop on both: no address is left, nothing was logged as failed', async () => {
  for (const node of ['a', 'b'] as const) await pair.must(node, `systemctl stop ${UNIT}`);
  await holder('', MOVE_MS);
  for (const node of ['a', 'b'] as const) assert.equal(await show(node, 'ActiveState'), 'inactive');
  const boot = readFileSync(join(folder, 'a.boot.log'), 'utf8');
  assert.ok(!/Failed to/.test(boot), boot);
});
