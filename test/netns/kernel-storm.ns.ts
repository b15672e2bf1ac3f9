/**
 * A kernel in uproar around one daemon: a link that flaps 100 times a second, an interface renamed, another deleted and made
 * anew, addresses by the thousand, virtual addresses deleted by hand, and notifications that arrive late or not at all because
 * the daemon was stopped meanwhile. Afterwards everything must be as if nothing had been: masters with their addresses, nothing
 * left over, as many descriptors and sockets as before, and a process that sleeps. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const PATIENCE_MS = 20_000;
const STORM_MS = 3000;
/** Addresses whose notifications, twice, are more than the daemon's socket holds (2 MiB). */
const CROWD = 5000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-kstorm-'));
const log = join(folder, 'a.log');
const NETS = { eth0: '192.0.2', eth1: '198.51.100', dyn0: '203.0.113' } as const;
type Name = keyof typeof NETS;
const NAMES = Object.keys(NETS) as Name[];
let lab: Lab;
let daemon: Daemon;

const MAKE_DYN0 = [
  'link add dyn0 type veth peer name dyn1',
  'addr add 203.0.113.10/24 dev dyn0',
  'link set dyn1 up',
  'link set dyn0 up',
];

before(async () => {
  lab = await Lab.open('vk', pairTopology('a', true), folder);
  await batch(MAKE_DYN0);
  const conf = join(folder, 'a.conf');
  const instance = (name: Name, i: number): string => `
vrrp_instance VI_${name} {
    interface ${name}
    virtual_router_id ${50 + i}
    version 3
    priority 200
    advert_int 0.1
    virtual_ipaddress {
        ${NETS[name]}.100/24
        ${NETS[name]}.101/24
    }
}
`;
  writeFileSync(conf, `global_defs {\ndynamic_interfaces\n}\n${NAMES.map(instance).join('')}`);
  daemon = lab.start('a', COMMANDS.vipd, conf, log);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One `ip` for all: a process for each would be the storm's speed limit. What fails is part of the storm. */
async function batch(lines: readonly string[]): Promise<void> {
  const file = join(folder, 'batch');
  writeFileSync(file, `${lines.join('\n')}\n`);
  await lab.sh('a', `ip -force -batch ${file} 2>/dev/null || :`);
}

const text = async (command: string): Promise<string> => (await lab.sh('a', command)).text;

/** 'eth0 192.0.2.100' for each IPv4 address that ends in .100 or .101, sorted. */
async function virtual(): Promise<string> {
  const lines = (await text('ip -4 -o addr show')).split('\n');
  const found = lines.flatMap((l) => /^\d+: (\S+)\s+inet (\S+\.10[01])\//.exec(l)?.slice(1).join(' ') ?? []);
  return found.sort().join(', ');
}
const WHOLE = NAMES.flatMap((n) => [`${n} ${NETS[n]}.100`, `${n} ${NETS[n]}.101`])
  .sort()
  .join(', ');

type Picture = { readonly descriptors: number; readonly raw: number; readonly groups: number };

/** What the daemon and its network hold; `raw`: sockets of protocol 112. */
async function picture(): Promise<Picture> {
  return {
    descriptors: readdirSync(`/proc/${daemon.pid}/fd`).length,
    raw: (await text('cat /proc/net/raw')).split('\n').length,
    groups: (await text('ip -4 maddr')).split('224.0.0.18').length - 1,
  };
}

async function calm(before: Picture, what: string): Promise<void> {
  const whole = await until(async () => (await virtual()) === WHOLE, PATIENCE_MS, 100);
  assert.ok(whole, `${what}: ${await virtual()}\n${readFileSync(log, 'utf8').slice(-4000)}`);
  let now = await picture();
  await until(
    async () => {
      now = await picture();
      return JSON.stringify(now) === JSON.stringify(before);
    },
    PATIENCE_MS,
    100,
  );
  assert.deepEqual(now, before, what);
  assert.ok(daemon.alive);
}

const cpuTicks = (): number => {
  const fields = readFileSync(`/proc/${daemon.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
};

async function storm(step: (n: number) => readonly string[]): Promise<void> {
  const end = performance.now() + STORM_MS;
  for (let n = 0; performance.now() < end; n++) await batch(step(n));
}

describe('kernel storm', () => {
  let atRest: Picture;

  it('at rest', async () => {
    assert.ok(
      await until(async () => (await virtual()) === WHOLE, PATIENCE_MS, 50),
      readFileSync(log, 'utf8'),
    );
    // The bursts of announcements are over, and what they opened is as it stays.
    await sleepMs(1000);
    atRest = await picture();
  });

  it('a link that flaps 100 times a second', async () => {
    await storm(() => Array.from({ length: 50 }, () => ['link set eth0 down', 'link set eth0 up']).flat());
    await calm(atRest, 'after the flapping');
  });

  it('renamed, deleted and made anew, while addresses come and go', async () => {
    await storm((n) => [
      'link set eth1 down',
      'link set eth1 name other1',
      'link set other1 up',
      ...Array.from({ length: 100 }, (_, i) => `addr add 10.${n & 255}.0.${i}/32 dev eth0`),
      'link del dyn0',
      'link set other1 down',
      'link set other1 name eth1',
      'link set eth1 up',
      ...Array.from({ length: 100 }, (_, i) => `addr del 10.${n & 255}.0.${i}/32 dev eth0`),
      ...MAKE_DYN0,
    ]);
    await calm(atRest, 'after the renaming');
  });

  it('virtual addresses deleted by hand, again and again', async () => {
    await storm(() =>
      NAMES.flatMap((n) => [`addr del ${NETS[n]}.100/24 dev ${n}`, `addr del ${NETS[n]}.101/24 dev ${n}`]),
    );
    await calm(atRest, 'after the deletions');
  });

  it('notifications that arrive late, and too many of them: an overrun', async () => {
    daemon.signal('SIGSTOP');
    await batch([
      'addr del 192.0.2.100/24 dev eth0',
      'link set eth1 down',
      'link set eth1 up',
      'link del dyn0',
      ...MAKE_DYN0,
      ...Array.from({ length: CROWD }, (_, i) => `addr add 10.0.${i >> 8}.${i & 255}/32 dev eth0`),
      ...Array.from({ length: CROWD }, (_, i) => `addr del 10.0.${i >> 8}.${i & 255}/32 dev eth0`),
    ]);
    daemon.signal('SIGCONT');
    await calm(atRest, 'after the overrun');
    assert.ok(readFileSync(log, 'utf8').includes('receive buffer overrun'), 'no overrun');
  });

  it('sleeps afterwards, and leaves nothing behind', async () => {
    const before = cpuTicks();
    await sleepMs(2000);
    // Three masters at 10 adverts a second each; a machine or timer that does not let go would take all of it (200 ticks).
    assert.ok(cpuTicks() - before < 100, `${cpuTicks() - before} ticks in 2 s`);
    daemon.signal('SIGTERM');
    assert.ok(await daemon.ended());
    assert.equal(daemon.ending, 0);
    assert.equal(await virtual(), '');
    assert.ok(!/uncaught|unhandled|AssertionError/.test(readFileSync(log, 'utf8')));
  });
});
