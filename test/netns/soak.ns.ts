/**
 * Every part beside every other: one daemon, reloaded again and again with a random configuration (seeded, printed), links that go down,
 * addresses that somebody deletes, broken files. It lives and answers all the time; what a plain configuration asks for at the end is
 * exactly what the kernel holds, and after the stop nothing is left. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { prng } from '../../src/base/prng.ts';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const SEED = Number(process.env['VIPD_SOAK_SEED'] ?? 7);
const STEPS = Number(process.env['VIPD_SOAK_STEPS'] ?? 30);
const STEP_MS = 600;
const WAIT_MS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-soak-'));
const file = join(folder, 'a.conf');
const logFile = join(folder, 'a.log');
const tracked = join(folder, 'tracked');
let lab: Lab;

before(async () => {
  lab = await Lab.open('vk', pairTopology('ab', true), folder);
  writeFileSync(tracked, '0\n');
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

type Random = (n: number) => number;

function instance(n: number, below: Random): string {
  const some = (text: string, of = 2): string => (below(of) === 0 ? `${text}\n` : '');
  const six = below(4) === 0;
  const unicast = below(4) === 0;
  const vmac = !unicast && below(3) === 0;
  const v2 = !six && below(3) === 0;
  const auth = below(4);
  const last = 100 + 10 * n;
  return [
    `vrrp_instance V${n} {\ninterface ${below(4) === 0 ? 'eth1' : 'eth0'}\nvirtual_router_id ${50 + n}\npriority ${[100, 200, 255][below(3)]}`,
    `version ${v2 ? 2 : 3}\nadvert_int ${v2 ? 1 : [0.1, 0.5][below(2)]}`,
    vmac ? `use_vmac\n${some('vmac_xmit_base')}` : '',
    unicast && !six ? `unicast_src_ip 192.0.2.10\nunicast_peer {\n192.0.2.20\n}` : '',
    v2 && auth === 0 ? 'authentication {\nauth_type PASS\nauth_pass soak\n}' : '',
    v2 && auth === 1 ? 'authentication {\nauth_type AH\nauth_pass soak\n}' : '',
    auth === 2 ? `auth_hmac {\nkey 1 hex:${'0123456789abcdef'.repeat(4)}\nactive_key 1\n}` : '',
    some('no_accept'),
    some('garp_master_refresh 1', 4),
    some('nopreempt', 4),
    some(`track_file {\nF weight 1\n}`),
    some('track_interface {\neth1 weight -5\n}', 3),
    some(`notify "/bin/true"`),
    six
      ? `virtual_ipaddress {\nfe80::${last}/64\n${some(`2001:db8::${last}/64`)}}`
      : `virtual_ipaddress {\n192.0.2.${last}/24\n${some(`192.0.2.${last + 1}/32`)}${some(`192.0.2.${last + 2}/24 dev eth1`, 3)}}`,
    six ? '' : some(`virtual_routes {\n203.0.113.${last}/32 via 192.0.2.20 dev eth0\n}`, 3),
    six ? '' : some(`virtual_rules {\nfrom 192.0.2.${last} table ${last}\n}`, 3),
    '}\n',
  ].join('\n');
}

function randomConfig(below: Random): string {
  const present = [1, 2, 3, 4, 5].filter(() => below(3) > 0);
  const group = present.length > 1 && below(2) === 0;
  return [
    `global_defs {\n${below(3) === 0 ? `vrrp_notify_fifo ${join(folder, 'fifo')}\n` : ''}}`,
    `track_file F {\nfile ${tracked}\n}`,
    below(2) === 0 ? 'static_routes {\n198.18.0.0/15 via 192.0.2.20 dev eth0\n}' : '',
    below(2) === 0 ? 'vrrp_track_process P {\nprocess nothing-of-this-name\nweight 1\n}' : '',
    ...present.map((n) => instance(n, below)),
    group
      ? `vrrp_sync_group G {\ngroup {\n${present
          .slice(0, 2)
          .map((n) => `V${n}`)
          .join('\n')}\n}\n}`
      : '',
  ].join('\n');
}

const PLAIN = `vrrp_instance V1 {\ninterface eth0\nvirtual_router_id 51\npriority 255\nversion 3\nadvert_int 0.1\nvirtual_ipaddress {\n192.0.2.110/24\n}\nvirtual_routes {\n203.0.113.1/32 via 192.0.2.20 dev eth0\n}\n}\n`;

/** What is ours in the kernel, one line each. */
async function ours(): Promise<string[]> {
  const { text } = await lab.sh(
    'a',
    [
      "ip -o addr show | awk '{print \"addr\", $2, $4}' | grep -v -E ' (127|::1|192.0.2.10/|198.51.100.10/|fe80::a/|fe80::1:a/|2001:db8::a/)'",
      "ip route show table all proto 18 | sed 's/^/route /'",
      "ip rule show | grep -v -E '^(0|32766|32767):' | sed 's/^/rule /'",
      "ip -o link show | grep -E 'vrrp' | awk '{print \"link\", $2}'",
      "nft list tables | sed 's/^/nft /'",
    ].join('; '),
  );
  return text
    .split('\n')
    .filter((l) => l.trim() !== '')
    .sort();
}

const text = (): string => readFileSync(logFile, 'utf8');

it('random configurations one after the other leave nothing behind', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const random = prng(SEED);
  const below: Random = (n) => Math.floor(random() * n);
  writeFileSync(file, PLAIN);
  const daemon = lab.start('a', COMMANDS.vipd.replace(' -P ', ' '), file, logFile);
  assert.ok(await lab.waitAddress('a', '192.0.2.110', true, WAIT_MS), text());
  const status = `${CHECKOUT}/bin/vipd status --json --run-dir ${daemon.runFolder}/main.vipd`;
  const fds = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
  let early = 0;
  for (let step = 0; step < STEPS; step++) {
    writeFileSync(file, below(8) === 0 ? 'vrrp_instance {\n' : randomConfig(below));
    daemon.signal('SIGHUP');
    if (below(5) === 0) daemon.signal('SIGHUP');
    await sleepMs(STEP_MS);
    if (below(4) === 0) {
      await lab.sh(
        'a',
        'ip link set eth0 down; ip link set eth0 up; ip addr add fe80::a/64 dev eth0 nodad 2>/dev/null; ip addr add 2001:db8::a/64 dev eth0 nodad 2>/dev/null',
      );
    }
    if (below(4) === 0) await lab.sh('a', 'ip addr del 192.0.2.110/24 dev eth0 2>/dev/null');
    if (below(3) === 0) writeFileSync(tracked, `${below(50)}\n`);
    const { status: code } = await lab.sh('a', status);
    assert.equal(code, 0, `step ${step}: no answer\n${text().slice(-4000)}`);
    if (step === 9) early = fds();
  }
  writeFileSync(file, PLAIN);
  daemon.signal('SIGHUP');
  let have: string[] = [];
  const settled = await until(
    async () => {
      // Tables of the packet filter stay, empty, until the end, as keepalived's do.
      have = (await ours()).filter((l) => !l.startsWith('nft'));
      const [address, route, ...rest] = have;
      return (
        address === 'addr eth0 192.0.2.110/24' &&
        route?.startsWith('route 203.0.113.1 ') === true &&
        rest.length === 0
      );
    },
    WAIT_MS,
    200,
  );
  assert.ok(settled, `SEED=${SEED}: the kernel holds\n${have.join('\n')}\n${text().slice(-3000)}`);
  assert.ok(fds() <= early + 8, `descriptors: ${early} after ten reloads, ${fds()} at the end`);
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended(WAIT_MS), text().slice(-3000));
  assert.equal(daemon.ending, 0, text().slice(-3000));
  assert.deepEqual(await ours(), [], `SEED=${SEED}`);
  assert.doesNotMatch(text(), /uncaught|unhandled|AssertionError|^\s+at /m);
});
