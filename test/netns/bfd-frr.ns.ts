/** BFD sessions of vipd with Debian's FRR (bfdd). Root, in a sandbox (test/run.ts). */
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { BfdLab, becomes, bfd, FAST, session } from './bfd-lab.ts';
import { sleepMs, until } from './clock.ts';

const [A, B, A6, B6, FAR] = ['192.0.2.10', '192.0.2.20', '2001:db8::a', '2001:db8::b', '198.51.100.10'];
const NEAR = `peer ${A} local-address ${B} interface eth0`;
const PEERS = [
  NEAR,
  `peer ${A6} local-address ${B6} interface eth0`,
  `peer ${FAR} multihop local-address ${B}`,
];
const CONF = `bfd
${PEERS.map((p) => ` ${p}\n  receive-interval 100\n  transmit-interval 100\n exit`).join('\n')}
exit
`;
const FRR = '/usr/lib/frr';
const RUN = '/run/frr';

const lab = new BfdLab('vg');
const children: ChildProcess[] = [];
before(async () => {
  await lab.open();
  await lab.lab.sh('a', `ip addr add ${FAR}/32 dev lo`);
  await lab.lab.sh('b', `ip route add ${FAR} via ${A}`);
  // FRR reads and writes as its own user.
  mkdirSync(RUN, { recursive: true });
  spawnSync('chown', ['frr:frr', RUN]);
  chmodSync(lab.folder, 0o755);
  const conf = join(lab.folder, 'bfdd.conf');
  writeFileSync(conf, CONF, { mode: 0o644 });
  const common = ['-z', `${RUN}/z.sock`, '--vty_socket', RUN, '-A', '127.0.0.1'];
  const zebra = ['-f', '/dev/null', '-i', `${RUN}/zebra.pid`];
  const bfdd = ['-f', conf, '-i', `${RUN}/bfdd.pid`, '--bfdctl', `${RUN}/bfdd.ctl`];
  children.push(lab.lab.spawn('b', [`${FRR}/zebra`, ...zebra, ...common]));
  assert.ok(
    await until(async () => (await vtysh('zebra', 'show version')) !== '', 10_000),
    'zebra does not start',
  );
  children.push(lab.lab.spawn('b', [`${FRR}/bfdd`, ...bfdd, ...common]));
  assert.ok(await until(async () => /Status/.test(await peers()), 10_000), 'bfdd does not start');
});
after(() => lab.close());

/** What FRR answers, '' when it does not run. */
async function vtysh(daemon: string, ...commands: readonly string[]): Promise<string> {
  const words = commands.map((c) => `-c '${c}'`).join(' ');
  const { status, text } = await lab.lab.sh('b', `vtysh --vty_socket ${RUN} -d ${daemon} ${words} 2>&1`);
  return status === 0 ? text : '';
}
const peers = () => vtysh('bfdd', 'show bfd peers');
const change = (...lines: readonly string[]) => vtysh('bfdd', 'configure terminal', 'bfd', NEAR, ...lines);
const frrSees = async (words: RegExp, times: number): Promise<void> => {
  const seen = async () => (await peers()).match(new RegExp(words.source, 'g'))?.length === times;
  assert.ok(await until(seen, 8000, 200), `FRR does not see ${words} ${times} times: ${await peers()}`);
};

it('one hop over IPv4 and IPv6 and several hops; silence, AdminDown of either side, other intervals', async () => {
  const vipd = lab.start(
    'a',
    'vipd',
    bfd('four', B, A, ...FAST) +
      bfd('six', B6, A6, ...FAST, 'hoplimit 255') +
      bfd('far', B, FAR, ...FAST, 'multihop', 'max_hops 5'),
  );
  for (const name of ['four', 'six', 'far']) await becomes(vipd, name, 'up');
  await frrSees(/Status: up/, 3);

  const bfdd = children[1]?.pid;
  assert.ok(bfdd !== undefined);
  process.kill(bfdd, 'SIGSTOP');
  await sleepMs(1000);
  process.kill(bfdd, 'SIGCONT');
  for (const name of ['four', 'six', 'far']) {
    await becomes(vipd, name, 'up');
    const s = await session(vipd, name);
    assert.equal(s.lastDown?.localDiag, 'Control Detection Time Expired', vipd.log());
  }

  await change('shutdown');
  await becomes(vipd, 'four', 'down');
  assert.equal((await session(vipd, 'four')).lastDown?.reason, 'neighbor-admin-down');
  await change('no shutdown');
  await becomes(vipd, 'four', 'up');

  const { down } = (await session(vipd, 'four')).counters;
  await change('transmit-interval 300', 'receive-interval 200');
  assert.ok(
    await until(async () => {
      const s = await session(vipd, 'four');
      return s.detectionUs === 900_000 && s.sendIntervalUs === 200_000;
    }, 5000),
  );
  assert.equal((await session(vipd, 'four')).counters.down, down);

  await lab.stop(vipd);
  await frrSees(/Remote diagnostics: administratively down/, 3);
});
