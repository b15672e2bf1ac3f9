/**
 * Log targets that block: a pipe that nobody reads, a full disk, a FIFO without a reader, a file system that stands still, no
 * syslog. Three daemons, one for each kind, reload again and again and log all of their configuration each time. None of them
 * may be late with an advert that comes from JavaScript (AH), each answers, stops in time, and says later how much was lost.
 */
import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ask } from '../../src/cli/client.ts';
import { readPcap } from './capture.ts';
import { nowS, sleepMs, until } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { field, describe as fieldsOf } from './frames.ts';
import { FrozenFolder } from './frozen.ts';
import { Lab } from './lab.ts';
import { HOST, type PairNode, pairTopology } from './pair.ts';
import { run } from './process.ts';

const PATIENCE_MS = 15_000;
/** Of an advert that comes each second; the peers would wait for three of them and a skew. */
const MOST_LATE_S = 0.6;
/** Three daemons log all they have at once; one that waits for its disk would not answer at all. */
const STATUS_MS = 4000;
const RELOADS = 10;
const FILLERS = 60;

const folder = mkdtempSync(join(tmpdir(), 'vipd-logs-'));
const at = (name: string): string => join(folder, name);
let lab: Lab;
let frozen: FrozenFolder | undefined;

/** One signed instance, whose adverts JavaScript sends, and many that make the log long. */
function conf(node: PairNode, global = ''): string {
  const host = HOST[node];
  const block = (name: string, iface: string, vrid: number, vip: string, more = ''): string =>
    `vrrp_instance ${name} {\ninterface ${iface}\nvirtual_router_id ${vrid}\npriority 200\nadvert_int 1\n${more}virtual_ipaddress {\n${vip}\n}\n}\n`;
  const fillers = Array.from({ length: FILLERS }, (_, i) =>
    block(`FILLER_${i}`, 'eth1', 100 + i, `10.${host}.0.${i}/32`, 'state BACKUP\n'),
  );
  const signed = block(
    'SIGNED',
    'eth0',
    host,
    `192.0.2.1${host}`,
    'authentication {\nauth_type AH\nauth_pass secret\n}\n',
  );
  writeFileSync(at(`${node}.conf`), `global_defs {\n${global}}\n${signed}${fillers.join('')}`);
  return at(`${node}.conf`);
}

async function start(
  node: PairNode,
  options: string,
  redirection: string,
  global = '',
  env = '',
): Promise<Daemon> {
  const command = `${env} ${COMMANDS.vipd} -D -D -d ${options} ${redirection}`;
  const daemon = lab.start(node, command, conf(node, global));
  assert.ok(
    await lab.waitAddress(node, `192.0.2.1${HOST[node]}`, true, PATIENCE_MS),
    `${node} does not become master`,
  );
  return daemon;
}

async function status(daemon: Daemon): Promise<number> {
  const beganMs = performance.now();
  const answer = await ask(join(daemon.runFolder, 'main.vipd/vipd.sock'), { cmd: 'status' }, 10_000);
  assert.ok(answer.ok, answer.ok ? '' : answer.text);
  return performance.now() - beganMs;
}

/** Adverts of the signed instance keep their time while the daemon reloads and is asked. */
async function busy(node: PairNode, daemon: Daemon, more: () => void = () => {}): Promise<string> {
  const capture = await lab.capture(at(`${node}.pcap`), `p${node}0`, 'proto 51');
  let slowestMs = 0;
  for (let i = 0; i < RELOADS; i++) {
    daemon.signal('SIGHUP');
    more();
    slowestMs = Math.max(slowestMs, await status(daemon));
    await sleepMs(300);
  }
  await sleepMs(500);
  await capture.stop();
  const times = readPcap(capture.file).flatMap((p) => {
    const fields = fieldsOf(p.bytes);
    return fields !== undefined && field(fields, 'ip.src') === `192.0.2.${HOST[node]}` ? [p.atS] : [];
  });
  assert.ok(times.length >= 4, `${times.length} adverts of ${node}`);
  // Each reload sends one beside that of each second.
  const gapS = Math.max(...times.slice(1).map((s, i) => s - (times[i] as number)));
  assert.ok(gapS < 1 + MOST_LATE_S, `nothing was heard of ${node} for ${gapS} s`);
  assert.ok(slowestMs < STATUS_MS, `status of ${node} took ${slowestMs} ms`);
  return `${times.length} adverts, at most ${(gapS * 1000).toFixed(0)} ms between two, status at most ${slowestMs.toFixed(0)} ms`;
}

let seen = '';
/** All that was ever read from the pipe, what is in it now included. */
function drain(pipe: number): string {
  const buffer = Buffer.alloc(1 << 16);
  try {
    for (let n = readSync(pipe, buffer); n > 0; n = readSync(pipe, buffer))
      seen += buffer.toString('utf8', 0, n);
  } catch (e) {
    assert.ok(e instanceof Error && 'code' in e && e.code === 'EAGAIN');
  }
  return seen;
}

/** Nobody waits for a log: `ended` kills after its bound, which is far beyond that of lingering and last lines. */
async function stops(daemon: Daemon): Promise<string> {
  const beganS = nowS();
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended(), 'it does not stop');
  assert.equal(daemon.ending, 0);
  return `stopped after ${((nowS() - beganS) * 1000).toFixed(0)} ms`;
}

before(async () => {
  lab = await Lab.open('vl', pairTopology('abc', true), folder);
});
after(async () => {
  await frozen?.thaw();
  await lab.close();
  await frozen?.unmount();
  rmSync(folder, { recursive: true, force: true });
});

describe('log targets that block', { concurrency: true }, () => {
  it('a pipe that nobody reads; read later, it says how much was lost', async (t) => {
    await run('mkfifo', [at('pipe')]);
    // Open for both: neither side waits for the other, and what is written stays.
    const pipe = openSync(at('pipe'), constants.O_RDWR | constants.O_NONBLOCK);
    // What Node itself has to say goes the same way.
    const stray =
      'data:text/javascript,setInterval(()=>process.emitWarning(String(Math.random())),100).unref()';
    const daemon = await start('a', '', `>${at('pipe')} 2>&1`, '', `env NODE_OPTIONS='--import ${stray}'`);
    t.diagnostic(await busy('a', daemon));
    const told = await until(() => /\d+ messages lost/.test(drain(pipe)), PATIENCE_MS);
    assert.ok(told, 'it does not say what was lost');
    for (let i = 0; i < 3; i++) daemon.signal('SIGHUP');
    await sleepMs(300);
    t.diagnostic(await stops(daemon));
    closeSync(pipe);
  });

  it('a full disk, and a log file that is a FIFO without a reader', async (t) => {
    await run('mkfifo', [at('fifo')]);
    const daemon = await start('b', `--log-file=${at('fifo')} stray words`, '>/dev/full 2>&1');
    t.diagnostic(await busy('b', daemon));
    t.diagnostic(await stops(daemon));
  });

  it('a file system that stands still: log file, stderr, dumps, saved states', async (t) => {
    const disk = await FrozenFolder.mount(at('frozen'));
    if (typeof disk === 'string') {
      // The writer's own tests (unit/io/file-writer) do without.
      t.diagnostic(`not played here: ${disk}`);
      return;
    }
    frozen = disk;
    const place = disk.path;
    mkdirSync(join(place, 'saved'));
    const global = `config_save_dir ${place}/saved\nstate_dump_file ${place}/\nstats_dump_file ${place}/\njson_dump_file ${place}/\n`;
    const daemon = await start('c', `--log-file=${place}/log`, `>${place}/stderr 2>&1`, global);
    await disk.freeze();
    try {
      t.diagnostic(
        await busy('c', daemon, () => {
          daemon.signal('SIGUSR1');
          daemon.signal('SIGUSR2');
        }),
      );
    } finally {
      await disk.thaw();
    }
    const file = (name: string): string => join(place, name);
    assert.ok(await until(() => existsSync(file('keepalived.stats')), PATIENCE_MS), 'no dump after the thaw');
    for (const name of ['log', 'stderr'])
      assert.ok(
        await until(() => /Reloading|messages lost/.test(readFileSync(file(name), 'utf8')), PATIENCE_MS),
        name,
      );
    t.diagnostic(await stops(daemon));
    assert.ok(readdirSync(file('saved')).length > 0);
    assert.match(readFileSync(file('log'), 'utf8'), /Stopped vipd[^\n]*\n$/);
  });
});
