/**
 * 1,000 masters on one node, a hundred SIGHUPs in two seconds, and all the while every dump is asked for, to a disk that stands
 * still: no advert of any of them is missed, none resigns, and few reloads are made of the hundred.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { readPcap } from './capture.ts';
import { sleepMs, until } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { describe, field } from './frames.ts';
import { FrozenFolder } from './frozen.ts';
import { Lab } from './lab.ts';

const INTERFACES = [0, 1, 2, 3];
const EACH = 250;
const ALL = INTERFACES.length * EACH;
const HUPS = 100;
const HUP_MS = 20;
const PATIENCE_MS = 60_000;
/** Their peers would wait for three seconds and a skew. */
const MOST_LATE_S = 0.5;
const JSON_SIGNAL = 36;

const folder = mkdtempSync(join(tmpdir(), 'vipd-rstorm-'));
const log = join(folder, 'a.log');
let lab: Lab;
let frozen: FrozenFolder | string;
let daemon: Daemon;

async function held(): Promise<number> {
  const { text } = await lab.sh('a', "ip -o -4 addr show | awk '$4 ~ /^10[.]/' | wc -l");
  return Number(text.trim());
}
const count = (what: RegExp): number => readFileSync(log, 'utf8').match(what)?.length ?? 0;

before(async () => {
  lab = await Lab.open(
    'vr',
    {
      bridges: INTERFACES.map((i) => `br${i}`),
      nodes: [
        {
          name: 'a',
          interfaces: INTERFACES.map((i) => ({
            name: `eth${i}`,
            bridge: `br${i}`,
            mac: `02:00:00:00:0${i}:0a`,
            addresses: [`172.20.${i}.10/24`],
          })),
        },
      ],
    },
    folder,
  );
  frozen = await FrozenFolder.mount(join(folder, 'disk'));
  const dumps = typeof frozen === 'string' ? folder : frozen.path;
  const instances = INTERFACES.flatMap((i) =>
    Array.from(
      { length: EACH },
      (_, n) =>
        `vrrp_instance V_${i}_${n} {\ninterface eth${i}\nvirtual_router_id ${n + 1}\npriority 200\nadvert_int 1\nvirtual_ipaddress {\n10.${i}.0.${n + 1}/32\n}\n}\n`,
    ),
  );
  const conf = join(folder, 'a.conf');
  writeFileSync(
    conf,
    `global_defs {\nstate_dump_file ${dumps}/\nstats_dump_file ${dumps}/\njson_dump_file ${dumps}/\n}\n${instances.join('')}`,
  );
  daemon = lab.start('a', COMMANDS.vipd.replace('-D', ''), conf, log);
  assert.ok(
    await until(async () => (await held()) === ALL, PATIENCE_MS, 200),
    readFileSync(log, 'utf8').slice(-2000),
  );
});
after(async () => {
  if (typeof frozen !== 'string') await frozen.thaw();
  await lab.close();
  if (typeof frozen !== 'string') await frozen.unmount();
  rmSync(folder, { recursive: true, force: true });
});

/** The longest gap of any VRID on this bridge; every one of them must have spoken more than twice. */
function longestGapS(file: string): number {
  const last = new Map<unknown, { atS: number; adverts: number }>();
  let most = 0;
  for (const p of readPcap(file)) {
    const fields = describe(p.bytes);
    if (fields === undefined) continue;
    assert.notEqual(field(fields, 'vrrp.priority'), 0, 'somebody resigned');
    const vrid = field(fields, 'vrrp.vrid');
    const before = last.get(vrid);
    if (before !== undefined) most = Math.max(most, p.atS - before.atS);
    last.set(vrid, { atS: p.atS, adverts: (before?.adverts ?? 0) + 1 });
  }
  assert.equal(last.size, EACH);
  for (const [vrid, { adverts }] of last) assert.ok(adverts > 2, `VRID ${vrid} sent ${adverts}`);
  return most;
}

it('a hundred reloads and dumps of 1,000 masters: no advert is missed', async (t) => {
  if (typeof frozen === 'string') t.diagnostic(`the disk does not stand still here: ${frozen}`);
  else await frozen.freeze();
  const captures = await Promise.all(
    INTERFACES.map((i) => lab.capture(join(folder, `${i}.pcap`), `br${i}`, 'ip proto 112')),
  );
  await sleepMs(1000);
  for (let i = 0; i < HUPS; i++) {
    daemon.signal('SIGHUP');
    if (i % 10 === 0)
      for (const signal of ['SIGUSR1', 'SIGUSR2', JSON_SIGNAL]) process.kill(daemon.pid, signal);
    await sleepMs(HUP_MS);
  }
  await sleepMs(3000);
  await Promise.all(captures.map((c) => c.stop()));
  if (typeof frozen !== 'string') await frozen.thaw();
  const late = captures.map((c) => longestGapS(c.file) - 1);
  assert.ok(Math.max(...late) < MOST_LATE_S, `adverts were up to ${Math.max(...late)} s late`);
  assert.equal(await held(), ALL);
  const dumps = typeof frozen === 'string' ? folder : frozen.path;
  for (const name of ['keepalived.data', 'keepalived.stats', 'keepalived.json'])
    assert.ok(await until(() => existsSync(join(dumps, name)), PATIENCE_MS), `no ${name}`);
  const reloads = count(/Reloading/g);
  assert.ok(reloads >= 2 && reloads < HUPS, `${reloads} reloads`);
  assert.equal(count(/this process hung/g), 0);
  t.diagnostic(
    `adverts at most ${(Math.max(...late) * 1000).toFixed(1)} ms late, ${reloads} reloads, ${
      readFileSync(log, 'utf8')
        .match(/served [0-9.]+ s late/g)
        ?.join(', ') ?? 'no timer late'
    }`,
  );
});
