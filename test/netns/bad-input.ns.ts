/**
 * What a daemon meets on a bad day, from the outside: wrong files, missing rights, another daemon, hooks that hang, damaged
 * packets. Root, in a sandbox (test/run.ts). Statuses are keepalived's: 2 configuration, 4 permission, 6 no file, 0 already running.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { nowS, sleepMs, until } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';
import { program } from './probe.ts';
import { descendants } from './process.ts';

const VIP = '192.0.2.100';
const VIP6 = '2001:db8::100';
/** Until the address must be there; generous, because nothing is measured with it. */
const ELECTION_MS = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-bad-'));
let lab: Lab;
let files = 0;

before(async () => {
  // Its own user is not the only one to read the files: see 'an ordinary user'.
  chmodSync(folder, 0o755);
  lab = await Lab.open('vx', pairTopology('ab', false), folder);
});
// A failed test must not leave its daemon to the next one.
afterEach(async () => {
  await lab.stopDaemons();
  for (const address of [`${VIP}/24`, `${VIP6}/64`]) await lab.sh('a', `ip addr del ${address} dev eth0`);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

type Settings = {
  readonly priority?: number;
  readonly interface?: string;
  readonly head?: string;
  readonly more?: string;
  readonly address?: string;
};

/** A file with one instance; `more` goes into it, `head` before it. */
function conf(s: Settings = {}): string {
  const path = join(folder, `${++files}.conf`);
  writeFileSync(
    path,
    `${s.head ?? ''}
vrrp_instance VI_1 {
    interface ${s.interface ?? 'eth0'}
    virtual_router_id 51
    priority ${s.priority ?? 200}
    advert_int 1
    ${s.more ?? ''}
    virtual_ipaddress {
        ${s.address ?? `${VIP}/24`}
    }
}
`,
  );
  return path;
}

const logOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
/** For messages. */
const tailOf = (name: string): string => logOf(name).split('\n').slice(-25).join('\n');

/** Starts vipd on node a and waits for its end. `wrap`: words before the command, setpriv and the like. */
async function attempt(path: string, wrap = ''): Promise<{ readonly status: unknown; readonly log: string }> {
  const log = `attempt-${++files}.log`;
  const daemon = lab.start('a', `${wrap} ${COMMANDS.vipd}`, path, join(folder, log));
  const ended = await daemon.ended(5000);
  assert.ok(ended, `it runs on: ${tailOf(log)}`);
  return { status: daemon.ending, log: logOf(log) };
}

async function becomesMaster(daemon: Daemon, log: string, address = VIP): Promise<void> {
  const ok = await lab.waitAddress('a', address, true, ELECTION_MS);
  assert.ok(ok && daemon.alive, `not master: ${tailOf(log)}`);
}

async function stops(daemon: Daemon, log: string): Promise<void> {
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended(6000), `SIGTERM does not end it: ${tailOf(log)}`);
  assert.equal(daemon.ending, 0, tailOf(log));
  await lab.addresses.settle();
  for (const address of [VIP, VIP6])
    assert.ok(!lab.addresses.has('a', address), 'the address was left behind');
}

describe('files that cannot be run', () => {
  it('a file that is not there: status 6, its name is said', async () => {
    const { status, log } = await attempt('/no/such/file.conf');
    assert.equal(status, 6, log);
    assert.match(log, /\/no\/such\/file\.conf/);
  });
  it('a folder instead of a file: status 6', async () => {
    const { status, log } = await attempt(folder);
    assert.equal(status, 6, log);
    assert.ok(log.includes(folder), log);
  });
  it('a file that may not be read: status 6, the reason is said', async () => {
    const path = conf();
    chmodSync(path, 0);
    const { status, log } = await attempt(
      path,
      'setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all',
    );
    assert.equal(status, 6, log);
    assert.match(log, /permission|denied|EACCES|read/i);
  });
  it('an interface that does not exist: status 2, its name is said', async () => {
    const { status, log } = await attempt(conf({ interface: 'nosuch0' }));
    assert.equal(status, 2, log);
    assert.match(log, /nosuch0/);
  });
  it('a file with no instance at all does not become anything', async () => {
    const path = join(folder, 'brace.conf');
    writeFileSync(path, 'vrrp_instance VI_1 {\n    virtual_router_id 51\n');
    const { status, log } = await attempt(path);
    assert.equal(status, 2, log);
  });
});

describe('missing rights', () => {
  it('an ordinary user: status 4, what to do is said', async () => {
    // It may read, wherever the checkout lies; it may not do what only root may.
    const reads = '--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search';
    const { status, log } = await attempt(
      conf(),
      `setpriv --reuid 65534 --regid 65534 --clear-groups ${reads}`,
    );
    assert.equal(status, 4, log);
    assert.match(log, /CAP_NET_ADMIN|root/);
  });
  for (const [word, name] of [
    ['net_raw', 'CAP_NET_RAW'],
    ['net_admin', 'CAP_NET_ADMIN'],
  ])
    it(`root without ${name}: status 4, the capability is named`, async () => {
      const { status, log } = await attempt(conf(), `setpriv --bounding-set=-${word} --inh-caps=-all`);
      assert.equal(status, 4, log);
      assert.ok(name !== undefined && log.includes(name), log);
    });
});

describe('another daemon', () => {
  for (const kind of ['vipd', 'keepalived'] as const)
    it(`a running ${kind} with the same pid file: status 0, it is left alone`, async () => {
      const shared = join(folder, `shared-${kind}`);
      mkdirSync(shared);
      const first = lab.start(
        'a',
        COMMANDS[kind].replaceAll('{run}', shared),
        conf(),
        join(folder, 'first.log'),
      );
      await becomesMaster(first, 'first.log');
      const sinceS = nowS();
      const log = join(folder, `second-${kind}.log`);
      const second = lab.start('a', COMMANDS.vipd.replaceAll('{run}', shared), conf(), log);
      assert.ok(await second.ended(5000), 'the second runs on');
      assert.equal(second.ending, 0, readFileSync(log, 'utf8'));
      assert.match(readFileSync(log, 'utf8'), /already running/);
      await sleepMs(300);
      assert.ok(first.alive);
      assert.deepEqual(
        lab.addresses.events.filter((e) => e.address === VIP && e.atS >= sinceS),
        [],
      );
      await stops(first, 'first.log');
    });
});

const SCRIPTS = 'global_defs {\n    script_user root\n    enable_script_security\n}';

describe('hooks and scripts', () => {
  it('a hook that hangs stops neither a transition nor the end', async () => {
    const log = 'hang.log';
    const more = `notify_master "/usr/bin/sleep 1000"\n    notify_backup "/usr/bin/sleep 1000"\n    notify_stop "/usr/bin/sleep 1000"`;
    const daemon = lab.start('a', COMMANDS.vipd, conf({ head: SCRIPTS, more }), join(folder, log));
    await becomesMaster(daemon, log);
    // A better master comes and goes: two more transitions while the hooks hang.
    const rival = lab.start('b', COMMANDS.keepalived, conf({ priority: 250 }), join(folder, 'rival.log'));
    assert.ok(await lab.waitAddress('a', VIP, false, ELECTION_MS), tailOf(log));
    rival.signal('SIGTERM');
    assert.ok(await lab.waitAddress('a', VIP, true, ELECTION_MS), tailOf(log));
    await rival.ended();
    const hooks = descendants(daemon.pid);
    assert.ok(hooks.length > 0, 'the hooks should still run');
    await stops(daemon, log);
  });
  it('a script that does not exist is named, and the instance does its work', async () => {
    const log = 'missing-script.log';
    const daemon = lab.start(
      'a',
      COMMANDS.vipd,
      conf({ head: SCRIPTS, more: 'notify "/no/such/notify.sh"' }),
      join(folder, log),
    );
    await becomesMaster(daemon, log);
    assert.match(logOf(log), /\/no\/such\/notify\.sh/);
    await stops(daemon, log);
  });
});

const STORM_FRAMES = 20_000;

/** What an instance with `address` (and its prefix length) does in a storm of them, and what it costs. */
async function storm(address: string, prefixLength: number, name: string, frames: number): Promise<string> {
  const log = `${name}.log`;
  const tmp = join(folder, name);
  mkdirSync(tmp);
  const path = conf({ priority: 254, address: `${address}/${prefixLength}` });
  const daemon = lab.start('a', `env TMPDIR=${tmp} ${COMMANDS.vipd}`, path, join(folder, log));
  await becomesMaster(daemon, log, address);
  await sleepMs(500);
  const sinceS = nowS();
  const before = residentKb(daemon.pid);
  const links = JSON.parse((await lab.sh('b', 'ip -j link show eth0')).text) as readonly {
    readonly ifindex: number;
  }[];
  const sender = lab.spawn('b', [
    process.execPath,
    '--enable-source-maps',
    program('storm'),
    String(links[0]?.ifindex),
    String(frames),
    '3000',
    '51',
  ]);
  let said = '';
  sender.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await new Promise((resolve) => sender.once('exit', resolve));
  const sent = Number(said);
  assert.ok(sent >= frames, `the storm sent '${said}'`);
  assert.deepEqual(
    lab.addresses.events.filter((e) => e.address === address && e.atS >= sinceS),
    [],
    tailOf(log),
  );
  assert.ok(daemon.alive, tailOf(log));
  daemon.signal('SIGUSR2');
  const stats = join(tmp, 'keepalived.stats');
  assert.ok(await until(() => /Length: [1-9]/.test(readIfThere(stats)), 3000), readIfThere(stats));
  const grownKb = residentKb(daemon.pid) - before;
  const lines = logOf(log).split('\n').length;
  assert.ok(grownKb < 60_000, `memory grew by ${grownKb} kB`);
  assert.ok(lines < 500, `${lines} lines of log`);
  await stops(daemon, log);
  return `${sent} frames; memory grew by ${grownKb} kB; ${lines} lines of log`;
}

describe('damaged packets', () => {
  it('a storm of them: it stays master, its memory and its log stay small, it ends in order', async (t) => {
    t.diagnostic(await storm(VIP, 24, 'storm', STORM_FRAMES));
  });
  it('over IPv6 too', async (t) => {
    t.diagnostic(await storm(VIP6, 64, 'storm6', STORM_FRAMES / 2));
  });
});

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
