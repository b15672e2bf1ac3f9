/**
 * BFD sessions of vipd with Debian's keepalived and with itself, over the real kernel: up, down, reload, stop, stalls, bad
 * packets, taken ports. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import { BfdLab, becomes, bfd, FAST, session, status } from './bfd-lab.ts';
import { sleepMs, until } from './clock.ts';

const [A, B] = ['192.0.2.10', '192.0.2.20'];
const [A6, B6] = ['2001:db8::a', '2001:db8::b'];
/** Detection, 300 ms; the rest is what a loaded machine may add. */
const DETECTION_S = 0.3;
const NOISE_S = 0.5;

const lab = new BfdLab('vf');
before(() => lab.open());
afterEach(() => lab.stopAll());
after(() => lab.close());

const signal = (pid: number, name: NodeJS.Signals): void => void process.kill(pid, name);

it('IPv4 and IPv6 come up; a silent peer is missed in time; a stop is told', async () => {
  const both = (me: string, peer: string, me6: string, peer6: string) =>
    bfd('four', peer, me, ...FAST) + bfd('six', peer6, me6, ...FAST, 'hoplimit 255');
  let keepalived = lab.start('b', 'keepalived', both(B, A, B6, A6));
  const vipd = lab.start('a', 'vipd', both(A, B, A6, B6));
  const packets = await lab.packets(async () => {
    await becomes(vipd, 'four', 'up');
    await becomes(vipd, 'six', 'up');
    await sleepMs(500);
  });
  const ours = packets.filter((p) => p.node === 'a');
  assert.ok(ours.every((p) => p.ttl === 255 && p.port === 3784 && p.sourcePort >= 49_152));
  assert.equal(new Set(ours.map((p) => p.sourcePort)).size, 2, 'a source port a session, always the same');
  assert.equal((await session(vipd, 'four')).detectionUs, 300_000);
  assert.equal(lab.pid(vipd, 'bfd.pid'), lab.pid(vipd, 'main.pid'));

  const silence = await lab.packets(async () => {
    await sleepMs(300);
    signal(lab.pid(keepalived, 'bfd.pid'), 'SIGSTOP');
    await becomes(vipd, 'four', 'down');
  });
  const down = silence.find((p) => p.node === 'a' && p.control.state === 'down' && p.control.diag === 1);
  assert.ok(down, vipd.log());
  // The two families have a session each: told apart by the discriminator.
  const last = silence.filter(
    (p) => p.node === 'b' && p.control.yourDiscriminator === down.control.myDiscriminator && p.atS < down.atS,
  );
  const tookS = down.atS - (last.at(-1)?.atS ?? 0);
  assert.ok(tookS > DETECTION_S - 0.01 && tookS < DETECTION_S + NOISE_S, `missed after ${tookS} s`);
  assert.match(vipd.log(), /\(four\) Expired after 300 ms \(\d+ usec overdue\)/);
  assert.match(
    vipd.log(),
    /\(four\) Entering Down state \(Local diagnostic - Control Detection Time Expired/,
  );
  await keepalived.daemon.kill9();

  keepalived = lab.start('b', 'keepalived', both(B, A, B6, A6));
  await becomes(vipd, 'four', 'up');
  await lab.stop(vipd);
  assert.ok(
    await until(() => /\(four\) Entering Down state .*Administratively Down/.test(keepalived.log()), 2000),
    keepalived.log(),
  );
  await lab.stop(keepalived);
});

for (const passive of ['a', 'b'] as const)
  it(`${passive === 'a' ? 'vipd' : 'keepalived'} passive; other intervals by a reload, without a flap`, async () => {
    const end = (me: string, peer: string, ...more: string[]) => bfd('path', peer, me, 'min_rx 100', ...more);
    const keepalived = lab.start(
      'b',
      'keepalived',
      end(B, A, 'min_tx 100', ...(passive === 'b' ? ['passive'] : [])),
    );
    const mine = passive === 'a' ? ['passive'] : [];
    const vipd = lab.start('a', 'vipd', end(A, B, 'min_tx 100', ...mine));
    await becomes(vipd, 'path', 'up');
    const packets = await lab.packets(async () => {
      writeFileSync(vipd.conf, end(A, B, 'min_tx 400', ...mine));
      vipd.daemon.signal('SIGHUP');
      assert.ok(await until(async () => (await session(vipd, 'path')).sendIntervalUs === 400_000, 5000));
    });
    const polls = packets.filter((p) => p.node === 'a' && p.control.poll);
    assert.ok(polls.length > 0 && polls.every((p) => p.control.desiredMinTxUs === 400_000));
    assert.ok(packets.some((p) => p.node === 'b' && p.control.final));
    const s = await session(vipd, 'path');
    assert.deepEqual([s.state, s.counters.down], ['up', 0]);
    await lab.stop(vipd, keepalived);
  });

it('a process that slept believes its socket first: no false down', async () => {
  // The peer would miss us after 10 s only; we would miss it after 300 ms.
  const keepalived = lab.start('b', 'keepalived', bfd('path', A, B, ...FAST));
  const vipd = lab.start('a', 'vipd', bfd('path', B, A, 'min_rx 100', 'min_tx 100', 'multiplier 100'));
  await becomes(vipd, 'path', 'up');
  for (let i = 0; i < 3; i++) {
    vipd.daemon.signal('SIGSTOP');
    await sleepMs(1200);
    vipd.daemon.signal('SIGCONT');
    await sleepMs(300);
  }
  const s = await session(vipd, 'path');
  assert.deepEqual([s.state, s.counters.down], ['up', 0], vipd.log());
  await lab.stop(vipd, keepalived);
});

it('a TTL below ours less max_hops is refused and named', async () => {
  const keepalived = lab.start('b', 'keepalived', bfd('path', A, B, ...FAST, 'ttl 100'));
  const vipd = lab.start('a', 'vipd', bfd('path', B, A, ...FAST, 'max_hops 10'));
  assert.ok(await until(() => vipd.log().includes('Packet ttl(100) < 245 - discarding'), 8000), vipd.log());
  const s = await session(vipd, 'path');
  assert.equal(s.state, 'down');
  assert.ok((s.counters.rejected['ttl'] ?? 0) > 0);
  await lab.stop(vipd, keepalived);
});

it('link-local with its interface, and several hops', async () => {
  const end = (me: string, peer: string, me4: string, peer4: string) =>
    bfd('local', `${peer}%eth0`, me, ...FAST) + bfd('far', peer4, me4, ...FAST, 'multihop', 'max_hops 3');
  const a = lab.start('a', 'vipd', end('fe80::a', 'fe80::b', A, B));
  const b = lab.start('b', 'vipd', end('fe80::b', 'fe80::a', B, A));
  const packets = await lab.packets(async () => {
    for (const name of ['local', 'far']) await becomes(a, name, 'up');
  });
  assert.deepEqual([...new Set(packets.map((p) => p.port))].sort(), [3784, 4784]);
  await lab.stop(b);
  await becomes(a, 'local', 'down', 2000);
  const s = await session(a, 'far');
  assert.deepEqual([s.state, s.lastDown?.reason], ['down', 'neighbor-admin-down']);
  await lab.stop(a);
});

it('a session comes and goes by reload; tracking instances follow; the dump has it', async () => {
  const vrrp = (track: string) =>
    `vrrp_instance VI {\ninterface eth0\nvirtual_router_id 9\npriority 100\n${track}virtual_ipaddress {\n192.0.2.99\n}\n}\n`;
  const tracked = 'track_bfd {\npath weight 20\nsecond weight -5\n}\n';
  const a = lab.start('a', 'vipd', vrrp(''));
  const b = lab.start('b', 'vipd', bfd('path', A, B, ...FAST));
  const priority = async () => (await status(a)).instances[0]?.effectivePriority;
  assert.ok(await until(() => existsSync(join(a.daemon.runFolder, 'main.vipd/vipd.sock')), 5000));
  await sleepMs(300);
  assert.deepEqual([(await status(a)).bfd, await priority()], [undefined, 100]);
  writeFileSync(a.conf, bfd('path', B, A, ...FAST) + bfd('second', '192.0.2.77', A) + vrrp(tracked));
  a.daemon.signal('SIGHUP');
  await becomes(a, 'path', 'up');
  assert.ok(await until(async () => (await priority()) === 115, 3000), a.log());
  await lab.lab.sh('b', 'ip link set eth0 down');
  await becomes(a, 'path', 'down');
  assert.equal(await priority(), 95);
  assert.match(a.log(), /VRRP_Instance\(VI\) Tracked BFD instance path is DOWN/);
  assert.match(a.log(), /\(VI\) Changing effective priority from 115 to 95/);
  await lab.lab.sh('b', 'ip link set eth0 up');
  writeFileSync(a.conf, vrrp(''));
  a.daemon.signal('SIGHUP');
  assert.ok(await until(async () => (await status(a)).bfd === undefined && (await priority()) === 100, 5000));
  await lab.stop(a, b);
});

it('a port that another daemon has: said, and taken when it is free', async () => {
  const hold = lab.lab.spawn('a', [
    process.execPath,
    '-e',
    "const s = require('node:dgram').createSocket('udp4'); s.bind(3784, () => console.log('held'));",
  ]);
  await new Promise((resolve) => hold.stdout?.once('data', resolve));
  const a = lab.start('a', 'vipd', bfd('path', B, A, ...FAST));
  const b = lab.start('b', 'vipd', bfd('path', A, B, ...FAST));
  assert.ok(await until(() => a.log().includes('UDP port 3784 is taken'), 5000), a.log());
  hold.kill('SIGKILL');
  await becomes(a, 'path', 'up');
  assert.equal((await session(a, 'path')).problem, '');
  await lab.stop(a, b);
});

it('malformed packets are counted by reason, told once, and change nothing', async () => {
  const a = lab.start('a', 'vipd', bfd('path', B, A, ...FAST));
  const b = lab.start('b', 'vipd', bfd('path', A, B, ...FAST));
  await becomes(a, 'path', 'up');
  const good = '20c00318000000050000000700000000000000000000000000'.slice(0, 48);
  const junk = [
    '00',
    good.replace(/^20/, '40'),
    good.replace(/^20c003/, '20c000'),
    good.replace(/^20c0/, '20c1'),
    good.replace(/0000000500000007/, '0000000000000007'),
    good.replace(/0000000500000007/, '0000000500000000'),
    good,
    good.replace(/^20c0/, '20c4'),
  ];
  const program = `const s = require('node:dgram').createSocket('udp4');
    let left = 20 * ${junk.length};
    s.bind(() => { s.setTTL(255); for (let i = 0; i < 20; i++) for (const hex of ${JSON.stringify(junk)})
      s.send(Buffer.from(hex, 'hex'), 3784, '${A}', () => { if (--left === 0) s.close(); }); });`;
  await new Promise((resolve) => lab.lab.spawn('b', [process.execPath, '-e', program]).once('exit', resolve));
  await sleepMs(300);
  assert.deepEqual((await status(a)).bfd?.discarded, {
    truncated: 20,
    version: 20,
    'multiplier-zero': 20,
    multipoint: 20,
    'my-discriminator-zero': 20,
    'no-discriminator': 20,
    'unknown-session': 20,
    length: 20,
  });
  assert.equal(a.log().match(/malformed: version/g)?.length, 1);
  assert.match(a.log(), /session is not found - your discriminator field is 0x00000007/);
  assert.deepEqual([(await session(a, 'path')).state, (await session(a, 'path')).counters.down], ['up', 0]);
  await lab.stop(a, b);
});
