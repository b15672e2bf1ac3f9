/**
 * Virtual MACs in a real network: what a third host sees of a failover, what becomes of a VMAC that somebody deletes,
 * that a crash leaves behind, or that a reload adds and takes away, and that the host's settings come back.
 * Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { readPcap } from './capture.ts';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';
import { must, run } from './process.ts';

const VIP = '192.0.2.100';
const MAC = '00:00:5e:00:01:33';
const ELECTION_MS = 6000;
/** `nft list ruleset` while master, as keepalived 2.4.3 has it. */
const TABLES = readFileSync('test/golden/nft-vmac.txt', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'vipd-vmac-'));
let lab: Lab;
let files = 0;

before(async () => {
  lab = await Lab.open('vm', pairTopology('abc', false), folder);
});
afterEach(() => lab.stopDaemons());
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Version 3, so that an election takes a second. */
function text(lines = 'use_vmac', priority = 200): string {
  return `vrrp_instance VI_1 {
    interface eth0
    version 3
    virtual_router_id 51
    priority ${priority}
    advert_int 0.25
    ${lines}
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;
}

type Started = { readonly daemon: Daemon; readonly conf: string; readonly log: () => string };

function start(node: string, config: string, command: string = COMMANDS.vipd): Started {
  const conf = join(folder, `${++files}.conf`);
  writeFileSync(conf, config);
  const file = join(folder, `${files}.log`);
  const daemon = lab.start(node, command, conf, file);
  return { daemon, conf, log: () => readFileSync(file, 'utf8') };
}

const ip = (node: string, ...args: readonly string[]): Promise<string> =>
  must('ip', ['-n', lab.namespace(node), ...args]);
const has = async (node: string, device: string): Promise<boolean> =>
  (await run('ip', ['-n', lab.namespace(node), 'link', 'show', device])).status === 0;

/** Settings of one node, in order. */
async function settings(node: string, ...paths: readonly string[]): Promise<string> {
  return (await lab.sh(node, paths.map((p) => `cat /proc/sys/net/ipv4/conf/${p}`).join(';'))).text
    .trim()
    .replaceAll('\n', ' ');
}
const PARENT = [
  'eth0/arp_ignore',
  'eth0/arp_filter',
  'eth0/arp_announce',
  'eth0/rp_filter',
  'all/rp_filter',
] as const;

async function holds(s: Started, node = 'a'): Promise<void> {
  assert.ok(await lab.waitAddress(node, VIP, true, ELECTION_MS), `no ${VIP} on ${node}: ${s.log()}`);
}

/** The MAC that node c has learnt for the address, asked anew. */
async function seenMac(): Promise<string> {
  await lab.sh('c', `ip neigh flush all; ping -c1 -W1 ${VIP} >/dev/null`);
  return /lladdr (\S+)/.exec(await ip('c', 'neigh', 'show', VIP))?.[1] ?? '';
}

describe('a third host', () => {
  it('[RFC9568-7.3-01+] [RFC9568-8.1.2-01+] sees one MAC before and after a failover, and hardly a gap; then the parents are as they were', async () => {
    await lab.sh('a', 'echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter');
    const before = await settings('a', ...PARENT);
    const a = start('a', text());
    await holds(a);
    const b = start('b', text('use_vmac', 100));
    assert.equal(await seenMac(), MAC);
    assert.equal(await settings('a', ...PARENT), '1 1 2 1 0');
    assert.equal(
      await settings('a', 'vrrp.51/arp_ignore', 'vrrp.51/accept_local', 'vrrp.51/rp_filter'),
      '1 1 0',
    );
    await sleepMs(800);
    const pings = lab.sh('c', `ping -i 0.05 -c 40 -W 1 ${VIP}`);
    await sleepMs(600);
    a.daemon.signal('SIGTERM');
    const answered = Number(/(\d+) received/.exec((await pings).text)?.[1]);
    assert.ok(answered >= 30, `of 40 pings over a stop ${answered} were answered`);
    await holds(b, 'b');
    assert.match(await ip('c', 'neigh', 'show', VIP), new RegExp(MAC));
    assert.ok(await a.daemon.ended(), a.log());
    assert.equal(await has('a', 'vrrp.51'), false, 'the VMAC was left behind');
    assert.equal(await settings('a', ...PARENT), before);
  });
});

describe('somebody deletes the VMAC', () => {
  it('the master makes it again, holds the address again at once, and is never in FAULT', async () => {
    const a = start('a', text());
    await holds(a);
    await ip('a', 'link', 'del', 'vrrp.51');
    assert.ok(await until(() => a.log().includes('made again'), 3000), a.log());
    assert.ok(
      await until(async () => (await ip('a', '-o', 'addr')).includes(`vrrp.51    inet ${VIP}`), 3000),
      a.log(),
    );
    assert.doesNotMatch(a.log(), /FAULT/);
    assert.equal(await seenMac(), MAC);
  });

  it('a backup hears its master with the new one', async () => {
    const b = start('b', text('use_vmac', 200));
    await holds(b, 'b');
    const a = start('a', text('use_vmac', 100));
    assert.ok(await until(() => a.log().includes('Entering BACKUP'), 3000), a.log());
    await ip('a', 'link', 'del', 'vrrp.51');
    assert.ok(await until(() => a.log().includes('made again'), 3000), a.log());
    await sleepMs(2000);
    assert.doesNotMatch(a.log(), /MASTER STATE|FAULT/);
  });
});

describe('after a crash', () => {
  it('the next run takes the VMAC over, removes one it does not want, and knows the true settings', async () => {
    const before = await settings('a', ...PARENT);
    const run1 = start('a', text());
    await holds(run1);
    await run1.daemon.kill9();
    assert.ok(await has('a', 'vrrp.51'));
    // Pid file and run folder of the same place.
    const command = COMMANDS.vipd.replaceAll('{run}', run1.daemon.runFolder);
    const index = await ip('a', '-o', 'link', 'show', 'vrrp.51');
    const run2 = start('a', text(), command);
    await holds(run2);
    assert.equal((await ip('a', '-o', 'link', 'show', 'vrrp.51')).split(':')[0], index.split(':')[0]);
    await run2.daemon.kill9();
    const run3 = start('a', text(''), command);
    assert.ok(await until(() => run3.log().includes('Startup complete'), 5000), run3.log());
    assert.equal(await has('a', 'vrrp.51'), false);
    assert.equal(await settings('a', ...PARENT), before);
  });

  it('vipd cleanup removes it and puts the settings back', async () => {
    const before = await settings('a', ...PARENT);
    const a = start('a', text());
    await holds(a);
    await a.daemon.kill9();
    const runDir = join(a.daemon.runFolder, 'main.vipd');
    const { text: said, status } = await lab.sh('a', `${CHECKOUT}/bin/vipd cleanup --run-dir ${runDir}`);
    assert.equal(status, 0, said);
    assert.match(said, /1 interfaces/);
    assert.equal(await has('a', 'vrrp.51'), false);
    assert.equal(await settings('a', ...PARENT), before);
  });
});

/** IPv4 and IPv6 together; the first has VRID 51, the second 52. */
const both = (priority: number): string => `${text('use_vmac', priority)}
vrrp_instance VI_6 {
    interface eth0
    virtual_router_id 52
    priority ${priority}
    advert_int 0.25
    use_vmac
    virtual_ipaddress {
        fe80::5e:100/64
        2001:db8::100/64
    }
}
`;

describe('packet filter', () => {
  it('the tables are those of keepalived 2.4, replaced after a crash, gone after a stop and a cleanup', async () => {
    const list = async (): Promise<string> => (await lab.sh('a', 'nft list ruleset')).text;
    const a = start('a', both(200));
    await holds(a);
    assert.equal(await list(), TABLES);
    await a.daemon.kill9();
    const command = COMMANDS.vipd.replaceAll('{run}', a.daemon.runFolder);
    const again = start('a', both(200), command);
    await holds(again);
    assert.equal(await list(), TABLES);
    await again.daemon.kill9();
    const runDir = join(a.daemon.runFolder, 'main.vipd');
    await lab.sh('a', `${CHECKOUT}/bin/vipd cleanup --run-dir ${runDir}`);
    assert.equal(await list(), '');
    const last = start('a', both(200), command);
    await holds(last);
    assert.notEqual(await list(), '');
    last.daemon.signal('SIGTERM');
    assert.ok(await last.daemon.ended(), last.log());
    assert.equal(await list(), '');
  });

  it('a backup says nothing with a virtual MAC: its reports leave from the parent', async () => {
    const a = start('a', both(200));
    await holds(a);
    const virtual = await lab.capture(
      join(folder, 'virtual.pcap'),
      'pb0',
      'inbound and (ether src host 00:00:5e:00:01:33 or ether src host 00:00:5e:00:02:34)',
    );
    const reports = await lab.capture(
      join(folder, 'reports.pcap'),
      'pb0',
      'inbound and ether src host 02:00:00:00:00:0b and (igmp or ip6[6] == 0)',
    );
    const b = start('b', both(100));
    assert.ok(await until(() => b.log().includes('(VI_6) Entering BACKUP'), 4000), b.log());
    await sleepMs(1500);
    await b.daemon.kill9();
    await virtual.stop();
    await reports.stop();
    const from = readPcap(join(folder, 'virtual.pcap'));
    assert.deepEqual(
      from.map((f) => Buffer.from(f.bytes).toString('hex')),
      [],
    );
    assert.ok(readPcap(join(folder, 'reports.pcap')).length >= 2);
    await ip('b', 'link', 'del', 'vrrp.51');
    await ip('b', 'link', 'del', 'vrrp.52');
    await lab.sh('b', 'nft flush ruleset');
  });
});

describe('a reload', () => {
  it('adds and takes away use_vmac, and renames it', async () => {
    const a = start('a', text(''));
    await holds(a);
    const on = async (device: string): Promise<boolean> =>
      (await ip('a', '-o', 'addr', 'show'))
        .split('\n')
        .some((l) => l.includes(` ${device} `) && l.includes(VIP));
    assert.ok(await on('eth0'));
    for (const [lines, device] of [
      ['use_vmac', 'vrrp.51'],
      ['use_vmac other', 'other'],
      ['use_vmac other 02:00:00:00:00:aa', 'other'],
      ['', 'eth0'],
    ] as const) {
      writeFileSync(a.conf, text(lines));
      a.daemon.signal('SIGHUP');
      assert.ok(await until(() => on(device), ELECTION_MS), `not on ${device}: ${a.log()}`);
    }
    assert.equal(await has('a', 'vrrp.51'), false, a.log());
    assert.equal(await has('a', 'other'), false, a.log());
    assert.equal(await settings('a', 'eth0/arp_ignore', 'eth0/arp_filter'), '0 0');
  });
});
