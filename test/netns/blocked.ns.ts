/**
 * JavaScript stands still, or collects garbage without end, on both of two vipd nodes with Debian's keepalived between them: as
 * master, as backup, as both at once, while a reload is under way. The pacer goes on; on one of them the kernel has noted what
 * came meanwhile, on the other it is read before a timer is believed: no advert is missed and nobody takes over. Afterwards a dead master is noticed as ever.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Capture, readPcap } from './capture.ts';
import { nowS, sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { field, describe as fieldsOf } from './frames.ts';
import { Lab } from './lab.ts';
import { HOST, pairTopology } from './pair.ts';

const PATIENCE_MS = 15_000;
/** What a loaded machine may do to a thread that is not blocked. */
const MOST_LATE_S = 0.4;
const EXTRA = 120;

/** VRID, advertisement interval in seconds, priorities; a and c are vipd, b is keepalived. */
const ROUTERS = [
  { vrid: 51, version: 2, intervalS: 1, a: 200, b: 150, c: 100 },
  { vrid: 52, version: 3, intervalS: 0.5, a: 150, b: 200, c: 100 },
  { vrid: 53, version: 3, intervalS: 0.2, a: 100, b: 0, c: 200 },
] as const;
const MASTERS = { 51: 'a', 52: 'b', 53: 'c' } as const;
type Node = 'a' | 'b' | 'c';
const vipOf = (vrid: number): string => `192.0.2.${vrid + 50}`;

const folder = mkdtempSync(join(tmpdir(), 'vipd-blocked-'));
const BLOCKER = pathToFileURL(join(CHECKOUT, 'build/test/netns/blocker.js')).href;
const daemons = new Map<Node, Daemon>();
let lab: Lab;

/** `extra`: instances more, on the other interface, so that a reload has something to do. */
function conf(node: Node, extra = 0): string {
  const path = join(folder, `${node}.conf`);
  const block = (name: string, iface: string, vrid: number, priority: number, more: string): string =>
    `vrrp_instance ${name} {\ninterface ${iface}\nvirtual_router_id ${vrid}\npriority ${priority}\n${more}}\n`;
  const routers = ROUTERS.filter((r) => r[node] > 0).map((r) =>
    block(
      `V_${r.vrid}`,
      'eth0',
      r.vrid,
      r[node],
      `version ${r.version}\nadvert_int ${r.intervalS}\nvirtual_ipaddress {\n${vipOf(r.vrid)}\n}\n`,
    ),
  );
  const more = Array.from({ length: extra }, (_, i) =>
    block(`E_${i}`, 'eth1', 100 + i, 100, `virtual_ipaddress {\n10.${HOST[node]}.0.${i}\n}\n`),
  );
  writeFileSync(path, [...routers, ...more].join(''));
  return path;
}

const log = (node: Node): string => readFileSync(join(folder, `${node}.log`), 'utf8');
const holders = (): string => ROUTERS.map((r) => lab.addresses.holders(vipOf(r.vrid))).join(' ');
const WHOLE = Object.values(MASTERS).join(' ');

/** 'block 5000' or 'churn 3000', on a vipd node; seen within 20 ms. */
function order(node: 'a' | 'c', what: string): void {
  const path = join(folder, `${node}.order`);
  writeFileSync(`${path}.new`, what);
  renameSync(`${path}.new`, path);
}

before(async () => {
  lab = await Lab.open('vj', pairTopology('abc', true), folder);
  for (const node of ['a', 'b', 'c'] as const) {
    const env = `env NODE_OPTIONS='--import ${BLOCKER}' VIPD_TEST_BLOCK=${join(folder, `${node}.order`)}`;
    const liveness = node === 'a' ? 'kernel' : 'process';
    const command =
      node === 'b' ? COMMANDS.keepalived : `${env} ${COMMANDS.vipd} --lease 30 --liveness ${liveness}`;
    daemons.set(node, lab.start(node, command, conf(node), join(folder, `${node}.log`)));
  }
  assert.ok(await until(() => holders() === WHOLE, PATIENCE_MS), `${holders()}\n${log('a')}`);
  await sleepMs(1000);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The longest time between two adverts of a router, from its master. */
function longestGapS(capture: Capture, vrid: keyof typeof MASTERS): number {
  const from = `192.0.2.${HOST[MASTERS[vrid]]}`;
  const atS = readPcap(capture.file).flatMap((p) => {
    const fields = fieldsOf(p.bytes);
    return fields !== undefined && field(fields, 'vrrp.vrid') === vrid && field(fields, 'ip.src') === from
      ? [p.atS]
      : [];
  });
  assert.ok(atS.length > 1, `${atS.length} adverts of VRID ${vrid}`);
  return atS.slice(1).reduce((most, s, i) => Math.max(most, s - (atS[i] as number)), 0);
}

let number = 0;
/** Nothing moves, and no advert of a vipd master is missed, from before `act` until `ms` later. */
async function nobodyMoves(ms: number, act: () => void): Promise<string> {
  const capture = await lab.capture(join(folder, `${number++}.pcap`), 'br0', 'ip proto 112');
  const sinceS = nowS();
  act();
  await sleepMs(ms);
  await capture.stop();
  const moved = lab.addresses.events.filter(
    (e) => e.atS > sinceS && ROUTERS.some((r) => vipOf(r.vrid) === e.address),
  );
  assert.deepEqual(moved, [], `${log('a').slice(-2000)}\n${log('c').slice(-2000)}`);
  assert.equal(holders(), WHOLE);
  const late = ([51, 53] as const).map(
    (vrid) => longestGapS(capture, vrid) - (ROUTERS.find((r) => r.vrid === vrid)?.intervalS ?? 0),
  );
  for (const s of late) assert.ok(s < MOST_LATE_S, `an advert was ${s} s late`);
  return `adverts at most ${(Math.max(...late) * 1000).toFixed(1)} ms late`;
}

describe('JavaScript that stands still', () => {
  const both = (what: string) => (): void => {
    for (const node of ['a', 'c'] as const) order(node, what);
  };
  it('0.5 s on both vipd nodes', async (t) => t.diagnostic(await nobodyMoves(2500, both('block 500'))));
  it('5 s on both', async (t) => {
    t.diagnostic(await nobodyMoves(6500, both('block 5000')));
    // With the kernel's watch a has no timer that could be late.
    assert.match(log('c'), /served [0-9.]+ s late/, 'it was not blocked');
  });
  it('before and in the middle of reloads that add and take away instances', async (t) => {
    t.diagnostic(
      await nobodyMoves(6000, () => {
        for (const node of ['a', 'c'] as const) conf(node, EXTRA);
        order('a', 'block 1500');
        for (const node of ['a', 'c'] as const) daemons.get(node)?.signal('SIGHUP');
        // The reload has begun by then on c, and on a when it wakes.
        setTimeout(() => order('c', 'block 2000'), 60);
        setTimeout(() => {
          conf('a');
          daemons.get('a')?.signal('SIGHUP');
          setTimeout(() => order('a', 'block 1000'), 30);
        }, 3000);
      }),
    );
    assert.match(log('c'), /Reload: .*E_0/);
    assert.ok(
      await until(() => /removed.*E_0|E_0.*removed/.test(log('a')), PATIENCE_MS),
      log('a').slice(-2000),
    );
  });
  it('garbage collection without end on both', async (t) =>
    t.diagnostic(await nobodyMoves(4000, both('churn 3000'))));
  it('and a master that dies is noticed as ever', async () => {
    const diedS = await daemons.get('b')?.kill9();
    assert.ok(await until(() => lab.addresses.has('a', vipOf(52)), 6000, 5), log('a').slice(-2000));
    const tookS = (lab.addresses.lastChangeS('a', vipOf(52), true) ?? Number.NaN) - (diedS ?? Number.NaN);
    // 3 x 0.5 s and the skew of priority 150.
    assert.ok(tookS > 0.9 && tookS < 3, `a took over after ${tookS} s`);
    for (const node of ['a', 'c'] as const) assert.ok(!/lost|hung/.test(log(node)), log(node).slice(-2000));
  });
});
