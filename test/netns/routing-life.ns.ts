/**
 * A real daemon and its routes and rules, virtual and static, while the world around them changes: deleted by someone
 * else, lost with a link, reloaded, left behind by a crash. Root, in a sandbox (test/run.ts).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const WAIT_MS = 6000;
const KIND = process.env['VIPD_LAB_KIND'] === 'keepalived' ? 'keepalived' : 'vipd';
const folder = mkdtempSync(join(tmpdir(), 'vipd-routing-'));
let lab: Lab;
let files = 0;

before(async () => {
  lab = await Lab.open('vt', pairTopology('a', true), folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

type Parts = {
  readonly routes?: readonly string[];
  readonly rules?: readonly string[];
  readonly more?: string;
};

const block = (name: string, lines: readonly string[] = []): string =>
  lines.length === 0 ? '' : `${name} {\n${lines.join('\n')}\n}\n`;

function instance(name: string, vrid: number, vip: string, parts: Parts): string {
  return `vrrp_instance ${name} {
    interface eth0
    virtual_router_id ${vrid}
    version 3
    priority 240
    advert_int 0.2
    virtual_ipaddress {
        ${vip}/24
    }
    ${block('virtual_routes', parts.routes)}
    ${block('virtual_rules', parts.rules)}
    ${parts.more ?? ''}
}
`;
}

function conf(parts: Parts, rest = ''): string {
  const path = join(folder, `${++files}.conf`);
  writeFileSync(path, `${rest}\n${instance('VI_1', 51, VIP, parts)}`);
  return path;
}

type Started = { readonly daemon: Daemon; readonly log: () => string };

async function master(path: string, extra = ''): Promise<Started> {
  const file = join(folder, `${++files}.log`);
  const daemon = lab.start('a', `${COMMANDS[KIND]} ${extra}`, path, file);
  const s = { daemon, log: () => readFileSync(file, 'utf8') };
  await holds(s);
  return s;
}

const count = (s: Started, text: string): number => s.log().split(text).length - 1;
const BACKUP = '(VI_1) Entering BACKUP STATE';
const MASTER = '(VI_1) Entering MASTER STATE';
const FAULT = '(VI_1) Entering FAULT STATE';

/** Times it was master is `n`, and it has the address. */
async function holds(s: Started, n = 1): Promise<void> {
  assert.ok(await until(() => count(s, MASTER) >= n, WAIT_MS), s.log());
  assert.ok(await lab.waitAddress('a', VIP, true, WAIT_MS), `no ${VIP}: ${s.log()}`);
}

async function stops(s: Started): Promise<void> {
  s.daemon.signal('SIGTERM');
  assert.ok(await s.daemon.ended(WAIT_MS), s.log());
  assert.equal(s.daemon.ending, 0, s.log());
  assert.equal(await routes('proto 18'), '', 'a route was left behind');
  assert.equal(await rules(), '', 'a rule was left behind');
}

const out = async (command: string): Promise<string> => (await lab.sh('a', command)).text.trim();
const routes = (what: string): Promise<string> =>
  out(`ip -4 -o route show table all ${what}; ip -6 -o route show table all ${what}`);
/** `ip rule` does not filter by protocol in every release. */
const rules = (): Promise<string> =>
  out("{ ip -4 rule show; ip -6 rule show; } | grep -E 'proto (18|keepalived)'");
const comes = async (what: string, pattern: RegExp, show: () => Promise<string>): Promise<void> => {
  let last = '';
  const there = async (): Promise<boolean> => {
    last = await show();
    return pattern.test(last);
  };
  assert.ok(await until(there, WAIT_MS, 50), `${what}: ${last}`);
};
const goes = (what: string, pattern: RegExp, show: () => Promise<string>): Promise<void> =>
  comes(`${what} goes`, new RegExp(`^(?![^]*${pattern.source})`), show);
async function ip(command: string): Promise<void> {
  const { status, text } = await lab.sh('a', `ip ${command}`);
  assert.equal(status, 0, `ip ${command}: ${text}`);
}

const ROUTE = '203.0.113.0/24 via 192.0.2.1 dev eth0';
const RULE = 'from 203.0.113.0/24 lookup 100 priority 1000';

describe('virtual routes and rules deleted by someone else', () => {
  it('a route: priority 0, BACKUP, back after the own skew; an untracked one is left alone', async () => {
    const s = await master(conf({ routes: [ROUTE, '203.0.114.0/24 dev eth0 no_track'], rules: [RULE] }));
    await comes('the rule', /lookup 100/, rules);
    await ip('route del 203.0.114.0/24');
    await sleepMs(500);
    assert.equal(count(s, BACKUP), 1, 'an untracked route is nobody’s business');
    await ip('route del 203.0.113.0/24');
    await holds(s, 2);
    await comes('the route', /203\.0\.113\.0\/24/, () => routes('proto 18'));
    assert.equal(count(s, BACKUP), 2, s.log());
    if (KIND === 'vipd') {
      assert.match(
        s.log(),
        /virtual route 203\.0\.113\.0\/24 via 192\.0\.2\.1 dev eth0.* was deleted by someone else/,
      );
      assert.ok(
        count(s, 'sent 0 priority') + count(s, 'Sent priority 0') + count(s, 'priority 0') > 0,
        s.log(),
      );
    }
    await sleepMs(700);
    assert.equal(count(s, MASTER), 2, 'it stays master then');
    await stops(s);
  });
  it('ten thousand routes of a routing daemon do not wake us, nor hide the deletion of one of ours', async () => {
    const s = await master(conf({ routes: [ROUTE], more: 'nopreempt' }));
    await comes('the route', /203\.0\.113\.0\/24/, () => routes('proto 18'));
    const lines = (verb: string): string =>
      Array.from(
        { length: 10_000 },
        (_, i) => `route ${verb} 10.${i >> 8}.${i & 255}.0/24 dev eth0 proto bird`,
      ).join('\n');
    writeFileSync(join(folder, 'table'), `${lines('add')}\n${lines('del')}\n`);
    // Nothing is read meanwhile: what the kernel keeps for us must fit.
    s.daemon.signal('SIGSTOP');
    await out(`ip -batch ${join(folder, 'table')} && ip route del 203.0.113.0/24`);
    const watch = (await out('cat /proc/net/netlink'))
      .split('\n')
      .find((l) => l.split(/\s+/)[3] === '000404c0');
    s.daemon.signal('SIGCONT');
    assert.ok(watch !== undefined, 'no socket watches routes');
    assert.equal(watch.split(/\s+/)[8], '0', 'notifications were lost');
    assert.ok(await until(() => count(s, BACKUP) === 2, WAIT_MS), s.log());
    await stops(s);
  });
  it('a rule, in a sync group: the other member goes with it', async () => {
    const group = `vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n${instance('VI_2', 52, '192.0.2.101', {})}`;
    const s = await master(conf({ rules: [RULE, 'from 2001:db8:9::/64 lookup 100 priority 1001'] }, group));
    assert.ok(await until(() => count(s, '(VI_2) Entering MASTER STATE') === 1, WAIT_MS), s.log());
    await comes('the IPv6 rule', /2001:db8:9::\/64/, rules);
    await ip('-6 rule del priority 1001');
    await holds(s, 2);
    assert.ok(await until(() => count(s, '(VI_2) Entering MASTER STATE') === 2, WAIT_MS), s.log());
    await comes('the IPv6 rule', /2001:db8:9::\/64/, rules);
    await stops(s);
  });
});

describe('routes and links', () => {
  it('an interface of a watched route that goes down is a FAULT; it comes back with its routes', async () => {
    const s = await master(
      conf({ routes: ['203.0.113.0/24 dev eth1', '2001:db8:77::/64 dev eth1', ROUTE.replace('113', '115')] }),
    );
    await ip('link set eth1 down');
    assert.ok(await until(() => count(s, FAULT) === 1, WAIT_MS), s.log());
    await goes('every route', /proto/, () => routes('proto 18'));
    await ip('link set eth1 up');
    await holds(s, 2);
    await comes('the IPv6 route', /2001:db8:77::\/64/, () => routes('proto 18'));
    await comes('the route', /203\.0\.113\.0\/24/, () => routes('proto 18'));
    await stops(s);
  });
  it('an interface that is not watched takes its route along and brings it back', async () => {
    const s = await master(conf({ routes: ['203.0.113.0/24 dev eth0'], more: 'dont_track_primary' }));
    await ip('link set eth0 down');
    await goes('the route', /203\.0\.113/, () => routes('proto 18'));
    await ip('link set eth0 up');
    await comes('the route', /203\.0\.113\.0\/24/, () => routes('proto 18'));
    await stops(s);
  });
  it('what the kernel refuses is told, and the rest is set', async () => {
    const s = await master(
      conf({ routes: ['203.0.113.0/24 via 10.99.99.1 dev eth0', ROUTE.replace('113', '115')] }),
    );
    await comes('the other route', /203\.0\.115\.0\/24/, () => routes('proto 18'));
    if (KIND === 'vipd')
      assert.match(s.log(), /cannot add the virtual route 203\.0\.113\.0\/24.*ENETUNREACH/);
    await sleepMs(700);
    assert.equal(count(s, MASTER), 1, s.log());
    await stops(s);
  });
});

describe('static entries', () => {
  const STATIC = `static_ipaddress {
    198.51.100.77/32 dev eth1 track_group TG
}
static_routes {
    203.0.120.0/24 dev eth1 track_group TG
    203.0.121.0/24 via 192.0.2.1 dev eth0
    203.0.122.0/24 dev eth1 no_track
}
static_rules {
    from 203.0.120.0/24 lookup 120 priority 2000
}
`;
  const GROUP = 'track_group TG {\ngroup {\nVI_1\n}\n}\n';
  const shown = (): Promise<string> => routes('proto 18');
  it('are there from start to end and put back when deleted', async () => {
    const s = await master(conf({}, GROUP + STATIC));
    await comes('the rule', /lookup 120/, rules);
    assert.ok(await lab.waitAddress('a', '198.51.100.77', true, WAIT_MS));
    await ip('route del 203.0.120.0/24');
    await comes('the route', /203\.0\.120\.0\/24/, shown);
    await ip('rule del priority 2000');
    await comes('the rule', /lookup 120/, rules);
    await ip('addr del 198.51.100.77/32 dev eth1');
    assert.ok(
      await until(async () => (await out('ip addr show dev eth1')).includes('198.51.100.77'), WAIT_MS),
      s.log(),
    );
    await ip('route del 203.0.122.0/24');
    await sleepMs(300);
    assert.doesNotMatch(await shown(), /203\.0\.122/, 'with no_track it stays away');
    assert.equal(count(s, MASTER), 1, 'the instance is not concerned');
    await stops(s);
    assert.doesNotMatch(await out('ip addr show dev eth1'), /198\.51\.100\.77/);
  });
  it('of a track_group: gone with their interface they put its instances into FAULT until they are back', async () => {
    const s = await master(conf({}, GROUP + STATIC));
    await ip('link set eth1 down');
    assert.ok(await until(() => count(s, FAULT) === 1, WAIT_MS), s.log());
    await ip('link set eth1 up');
    await holds(s, 2);
    await comes('the route', /203\.0\.120\.0\/24/, shown);
    await stops(s);
  });
});

describe('reload and crash', () => {
  it('a reload adds what is new, removes what is gone and leaves the rest', async () => {
    const kept = ROUTE;
    const path = conf(
      { routes: [kept, '203.0.114.0/24 dev eth0'], rules: [RULE] },
      'static_routes {\n203.0.120.0/24 dev eth1\n}\n',
    );
    const s = await master(path);
    await comes('the rule', /lookup 100/, rules);
    const next = conf(
      { routes: [kept, '203.0.115.0/24 dev eth0 mtu 1400'], rules: [RULE.replace('100', '101')] },
      'static_routes {\n203.0.121.0/24 dev eth1\n}\n',
    );
    writeFileSync(path, readFileSync(next));
    const monitor = lab.spawn('a', ['ip', 'monitor', 'route']);
    let heard = '';
    monitor.stdout?.on('data', (d) => (heard += d));
    await sleepMs(200);
    s.daemon.signal('SIGHUP');
    await comes('the new rule', /lookup 101/, rules);
    await comes('the new static route', /203\.0\.121\.0\/24/, () => routes('proto 18'));
    await goes('the old static route', /203\.0\.120/, () => routes('proto 18'));
    await goes('the old route', /203\.0\.114/, () => routes('proto 18'));
    assert.match(await routes('proto 18'), /203\.0\.115\.0\/24.*mtu 1400/);
    assert.doesNotMatch(await rules(), /lookup 100/);
    assert.doesNotMatch(heard, /Deleted 203\.0\.113/, 'the route in both files was never away');
    await sleepMs(300);
    assert.equal(count(s, MASTER), 1, s.log());
    await stops(s);
  });
  const crashed: Parts = {
    routes: [
      ROUTE,
      '203.0.114.0/24 dev eth0 table 200',
      'blackhole 203.0.115.0/24',
      '2001:db8:77::/64 dev eth0',
    ],
    rules: [RULE, 'from 2001:db8:9::/64 lookup 100 priority 1001'],
  };
  it('after a crash the batch file removes all but IPv6 rules, and vipd cleanup the rest', {
    skip: KIND !== 'vipd',
  }, async () => {
    const s = await master(conf(crashed), `--run-dir ${folder}/crash`);
    await comes('the IPv6 rule', /2001:db8:9::/, rules);
    await s.daemon.kill9();
    await ip(`-force -batch ${folder}/crash/release.batch`);
    assert.equal(await routes('proto 18'), '');
    assert.match(await rules(), /^\d+:\s+from 2001:db8:9::\/64 lookup 100 proto keepalived$/);
    const { status, text } = await lab.sh('a', `${CHECKOUT}/bin/vipd cleanup --run-dir ${folder}/crash`);
    assert.equal(status, 0, text);
    assert.equal(await rules(), '');
  });
  it('the next start removes what the crash left, also what its file no longer names', {
    skip: KIND !== 'vipd',
  }, async () => {
    const first = await master(conf(crashed), `--run-dir ${folder}/again`);
    await comes('the IPv6 rule', /2001:db8:9::/, rules);
    await first.daemon.kill9();
    assert.match(await routes('proto 18'), /203\.0\.114/);
    const second = await master(conf({ routes: [ROUTE] }), `--run-dir ${folder}/again`);
    await goes('the old route', /203\.0\.11[45]/, () => routes('proto 18'));
    assert.equal(await rules(), '', second.log());
    await stops(second);
  });
});
