/**
 * The dumps of a running daemon side by side with Debian's keepalived: each on a network of its own, the same file, all
 * instances master; then keepalived.json, keepalived.stats and keepalived.data of both are compared.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { COMMANDS, type DaemonKind } from './daemon.ts';
import { type Dump, type DumpedObject, parseDump } from './dump.ts';
import { Lab, type NodeSpec } from './lab.ts';

const KINDS: readonly DaemonKind[] = ['keepalived', 'vipd'];
const WAIT_MS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-dumps-'));
let lab: Lab;
type Files = {
  readonly json: string;
  readonly stats: string;
  readonly data: string;
  readonly parent: string;
};
let theirs: Files;
let ours: Files;

function node(name: string, n: number): NodeSpec {
  const mac = (i: number): string => `02:00:00:00:00:0${i}`;
  return {
    name,
    interfaces: [
      { name: 'eth0', bridge: `br${2 * n}`, mac: mac(0), addresses: ['192.0.2.10/24', 'fe80::a/64'] },
      { name: 'eth1', bridge: `br${2 * n + 1}`, mac: mac(1), addresses: ['198.51.100.10/24'] },
    ],
  };
}

const CONF = `global_defs {
    router_id dumped
    script_user root
    enable_script_security
    vrrp_notify_fifo @PLACE@/fifo
    vrrp_notify_priority_changes
    vrrp_garp_master_repeat 3
}
vrrp_script S {
    script "/usr/bin/test -d /proc"
    interval 1
    weight -10
    rise 2
    fall 3
}
track_file F {
    file @PLACE@/number
}
vrrp_sync_group G {
    group {
        V1
        V2
    }
    notify "/usr/bin/true grp" root
    notify_master "/usr/bin/true gm" root
    smtp_alert
}
vrrp_instance V1 {
    interface eth0
    state MASTER
    virtual_router_id 5
    priority 240
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        192.0.2.100/24
        192.0.2.101/32 dev eth0 label eth0:x
    }
    virtual_ipaddress_excluded {
        192.0.2.102/24 brd +
    }
    garp_master_refresh 20
    notify "/usr/bin/true inst" root
    notify_master "/usr/bin/true 'a b'" root
    notify_backup "/usr/bin/true backup" root
    notify_fault "/usr/bin/true fault" root
    notify_stop "/usr/bin/true stop" root
    notify_master_rx_lower_pri "/usr/bin/true rx" root
    notify_deleted "/usr/bin/true del" root
    smtp_alert
}
vrrp_instance V2 {
    interface eth1
    virtual_router_id 6
    priority 240
    nopreempt
    virtual_ipaddress {
        198.51.100.100/24
    }
    virtual_routes {
        10.5.0.0/16 via 198.51.100.7 dev eth1
    }
    virtual_rules {
        from 10.9.0.0/16 table 100 preference 50
    }
}
vrrp_instance V3 {
    interface eth0
    virtual_router_id 7
    priority 220
    version 3
    advert_int 0.5
    track_script {
        S
    }
    track_interface {
        eth1 weight 5
    }
    track_file {
        F weight 2
    }
    virtual_ipaddress {
        192.0.2.103/24
    }
    preempt_delay 2
}
vrrp_instance V4 {
    interface eth1
    virtual_router_id 8
    priority 240
    version 3
    unicast_src_ip 198.51.100.10
    unicast_peer {
        198.51.100.77
        198.51.100.78 min_ttl 3 max_ttl 9
    }
    virtual_ipaddress {
        198.51.100.103/24
    }
}
vrrp_instance V5 {
    interface eth1
    use_vmac
    virtual_router_id 9
    priority 240
    virtual_ipaddress {
        198.51.100.104/24
        192.0.2.104/24 dev eth0
    }
}
`;

async function dumped(kind: DaemonKind): Promise<Files> {
  const place = join(folder, kind);
  mkdirSync(place);
  writeFileSync(join(place, 'k.conf'), CONF.replaceAll('@PLACE@', place));
  writeFileSync(join(place, 'number'), '3\n');
  const daemon = lab.start(
    kind,
    `env TMPDIR=${place} ${COMMANDS[kind]}`,
    join(place, 'k.conf'),
    join(place, 'log'),
  );
  for (const vip of ['192.0.2.100', '198.51.100.100', '192.0.2.103', '198.51.100.103', '198.51.100.104'])
    assert.ok(
      await lab.waitAddress(kind, vip, true, WAIT_MS),
      `${kind} has no ${vip}: ${readFileSync(join(place, 'log'), 'utf8')}`,
    );
  await sleepMs(500);
  const read = async (signal: string, name: string): Promise<string> => {
    const path = join(place, name);
    await lab.sh(kind, `kill -${signal} ${daemon.pid}`);
    assert.ok(await until(() => existsSync(path) && statSync(path).size > 0, WAIT_MS), `${kind}: no ${name}`);
    await sleepMs(300);
    assert.equal(statSync(path).mode & 0o777, 0o600, `${kind}: mode of ${name}`);
    return readFileSync(path, 'utf8');
  };
  const json = await read('36', 'keepalived.json');
  const stats = await read('USR2', 'keepalived.stats');
  const data = await read('USR1', 'keepalived.data');
  const parent = readFileSync(join(place, 'keepalived_parent.data'), 'utf8');
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended());
  return { json, stats, data, parent };
}

before(async () => {
  const nodes = KINDS.map((k, n) => node(k, n));
  lab = await Lab.open('vd', { bridges: ['br0', 'br1', 'br2', 'br3'], nodes }, folder);
  [theirs, ours] = (await Promise.all(KINDS.map(dumped))) as [Files, Files];
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What 2.4 added, what is a time or a count of this run, and the password that 2.2.7 shows. */
function comparableJson(text: string): string {
  return text
    .trim()
    .replace(/"auth_ext_\w+":0,/g, '')
    .replace(/("last_transition":)\d+\.\d{6}/g, '$1TIME')
    .replace(/("advert_sent":)\d+/g, '$1N')
    .replace(/("auth_data":)"[^"]*"/g, '$1"HIDDEN"');
}

function comparableStats(text: string): string {
  return text
    .replace(/ {2}Authentication Extension Errors:\n(?: {4}.*\n)+/g, '')
    .replace(/Sent: \d+/g, 'Sent: N');
}

/** Labels that only one of the two writes, or that differ from run to run. */
const APART =
  /^(?:Last transition|Read timeout|Last advert sent|Flags|fd_in|Number of (?:interface and track script|tracker) faults|Number of track scripts init|Result|State$|Status|Password|Insecure|Runs|VRRP instances)/;

function comparable(o: DumpedObject): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  // Both have a folder of their own.
  for (const [key, value] of o.fields)
    if (!APART.test(key)) out[key] = value.replace(/^\S*\/(?:keepalived|vipd)\//, '');
  for (const [key, items] of o.lists) if (!APART.test(key) && items.length > 0) out[key] = items;
  return out;
}

describe('dumps against those of keepalived', () => {
  it('keepalived.json: the same octets but for times, counts and what 2.4 added', () => {
    assert.equal(comparableJson(ours.json), comparableJson(theirs.json));
    assert.match(ours.json, /"last_transition":\d+\.\d{6},/);
    assert.doesNotMatch(ours.json, /secret/);
  });
  it('keepalived.stats', () => assert.equal(comparableStats(ours.stats), comparableStats(theirs.stats)));
  for (const title of ['VRRP Topology', 'VRRP Sync groups', 'VRRP Scripts', 'VRRP Track files'])
    it(`keepalived.data: ${title}`, () => {
      const section = (d: Dump): Record<string, unknown> =>
        Object.fromEntries((d.get(title) ?? []).map((o) => [o.name, comparable(o)]));
      const [a, b] = [section(parseDump(ours.data)), section(parseDump(theirs.data))];
      assert.ok(Object.keys(b).length > 0);
      assert.deepEqual(a, b);
    });
  it('keepalived.data: the order of the lines of an instance', () => {
    const labels = (text: string): string[] =>
      (text.split(' VRRP Instance = V1\n')[1] ?? '')
        .split(' VRRP Instance = V2\n', 1)[0]
        ?.split('\n')
        .filter((l) => /^ {3}\S/.test(l))
        .map((l) => l.trim().replace(/ =.*| \(\d.*|:.*/, ''))
        .filter((l) => !APART.test(l)) ?? [];
    assert.deepEqual(labels(ours.data), labels(theirs.data));
  });
  it('keepalived.data, keepalived_parent.data: every global setting that 2.2.7 knows', () => {
    for (const file of ['data', 'parent'] as const) {
      const global = (d: Dump): DumpedObject | undefined => d.get('Global definitions')?.[0];
      const [mine, other] = [global(parseDump(ours[file])), global(parseDump(theirs[file]))];
      assert.ok(mine !== undefined && other !== undefined);
      const wrong = [...other.fields]
        .filter(([key]) => !/^(?:libnftnl|Default script|VRRP notify fifo|DBus service name)/.test(key))
        // Its parent has not worked out what follows from other settings.
        .filter(([key, value]) => value !== '4294967295' && mine.fields.get(key) !== value)
        .map(([key, value]) => `${file}: ${key}: keepalived '${value}', vipd '${mine.fields.get(key)}'`);
      assert.deepEqual(wrong, []);
    }
  });
  it('keepalived.data: the interfaces', () => {
    const kept = ['index', 'IPv4 address', 'MAC', 'State', 'MTU', 'HW Type', 'Up debounce timer'];
    const section = (d: Dump): Record<string, unknown> =>
      Object.fromEntries(
        (d.get('Interfaces') ?? []).map((o) => [
          o.name,
          [
            kept.map((k) => (k === 'index' ? o.fields.has(k) : o.fields.get(k))),
            o.lists.get('Tracking VRRP instances'),
          ],
        ]),
      );
    assert.deepEqual(section(parseDump(ours.data)), section(parseDump(theirs.data)));
  });
});
