/**
 * Reload of a large unchanged file while adverts go out every 100 ms: none may be missed, because the file is read and
 * applied in slices between the turns of the event loop. Two reloads at once become two, a stop ends one at once.
 *
 * VIPD_RELOAD_INSTANCES (250, 500, … 2000) makes it larger than a test needs.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, type TestContext } from 'node:test';
import { instancesText, interfacesFor, lvsText } from '../../bench/config-files.ts';
import { readPcap } from './capture.ts';
import { sleepMs, until } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { describe as fieldsOf } from './frames.ts';
import { Lab, type Topology } from './lab.ts';

const INSTANCES = Number(process.env['VIPD_RELOAD_INSTANCES'] ?? 100);
const INTERFACES = interfacesFor(INSTANCES);
/** Services that are read and not served here: what makes reading the file long. */
const [SERVICES, SERVERS] = [500, 8000];
const INTERVAL_MS = 100;
const RELOADS = 3;
/** What else runs on this machine delays adverts too: the same daemon left alone shows by how much. */
const QUIET_MS = 2000;
const NOISE_MS = 30;

const folder = mkdtempSync(join(tmpdir(), 'vipd-reload-'));
const conf = join(folder, 'large.conf');
const log = join(folder, 'a.log');
const logged = (text: string): number => readFileSync(log, 'utf8').split(text).length - 1;
let lab: Lab;

function topology(): Topology {
  const numbers = Array.from({ length: INTERFACES }, (_, i) => i);
  return {
    bridges: numbers.map((i) => `br${i}`),
    nodes: [
      {
        name: 'a',
        interfaces: numbers.map((i) => ({
          name: `vb${i}`,
          bridge: `br${i}`,
          mac: `02:00:00:00:0${i}:0a`,
          addresses: [`192.0.${i + 2}.10/24`],
        })),
      },
    ],
  };
}

before(async () => {
  const instances = instancesText(0, INSTANCES, { advertInt: '0.1', version: 3, priority: 200 });
  writeFileSync(conf, `${instances}\n${lvsText(SERVICES, SERVERS)}`);
  lab = await Lab.open('vr', topology(), folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

async function started(): Promise<Daemon> {
  const daemon = lab.start('a', COMMANDS.vipd, conf, log);
  const masters = (): boolean => logged('Entering MASTER STATE') >= INSTANCES;
  assert.ok(
    await until(masters, 20_000, 50),
    `not all are master:\n${readFileSync(log, 'utf8').slice(-2000)}`,
  );
  return daemon;
}

/** Milliseconds between neighbouring adverts of each virtual router, all in one list. */
function gapsOf(file: string): number[] {
  const last = new Map<unknown, number>();
  const gaps: number[] = [];
  for (const packet of readPcap(file)) {
    const vrrp = fieldsOf(packet.bytes)?.['vrrp'] as { vrid: number } | undefined;
    if (vrrp === undefined) continue;
    const before = last.get(vrrp.vrid);
    if (before !== undefined) gaps.push((packet.atS - before) * 1000);
    last.set(vrrp.vrid, packet.atS);
  }
  assert.ok(last.size > 0, 'no advert was seen');
  return gaps.sort((x, y) => x - y);
}

async function reloads(daemon: Daemon): Promise<void> {
  for (let i = 1; i <= RELOADS; i++) {
    daemon.signal('SIGHUP');
    assert.ok(
      await until(() => logged('Reload: nothing changed') === i, 20_000, 20),
      'the reload does not end',
    );
    await sleepMs(300);
  }
}

/** The longest time between two adverts of one virtual router of vb0 while `during` runs, ms. */
async function longestGap(what: string, during: () => Promise<unknown>, t: TestContext): Promise<number> {
  const file = join(folder, `${what}.pcap`);
  const capture = await lab.capture(file, 'br0', 'ip proto 112');
  await during();
  await capture.stop();
  const gaps = gapsOf(file);
  const at = (part: number): string => (gaps[Math.floor((gaps.length - 1) * part)] ?? 0).toFixed(1);
  t.diagnostic(
    `${what}: ${INSTANCES} instances, ${gaps.length} gaps: median ${at(0.5)} ms, 99.9 % ${at(0.999)} ms, longest ${at(1)} ms`,
  );
  return gaps.at(-1) ?? 0;
}

it('no advert is missed while a large unchanged file is reloaded', async (t) => {
  const daemon = await started();
  await sleepMs(1000);
  const quiet = await longestGap('quiet', () => sleepMs(QUIET_MS), t);
  const longest = await longestGap('reloading', () => reloads(daemon), t);
  const allowed = Math.max(2 * INTERVAL_MS, quiet + NOISE_MS);
  assert.ok(longest < allowed, `an advert came ${longest.toFixed(1)} ms after the one before it`);

  // The second one is asked for while the first is under way.
  const before = logged('Reload: nothing changed');
  daemon.signal('SIGHUP');
  await sleepMs(30);
  daemon.signal('SIGHUP');
  assert.ok(
    await until(() => logged('Reload: nothing changed') === before + 2, 20_000, 20),
    'one reload got lost',
  );

  daemon.signal('SIGHUP');
  await until(() => logged('Reloading ') === RELOADS + 3, 2000, 5);
  const stopMs = performance.now();
  daemon.signal('SIGTERM');
  assert.ok(await until(() => logged('Stopping (SIGTERM)') === 1, 5000, 5));
  t.diagnostic(`stop heard after ${(performance.now() - stopMs).toFixed(0)} ms`);
  await daemon.ended();
  assert.equal(daemon.ending, 0);
  assert.equal(logged('Reload: nothing changed'), before + 2, 'the stop waited for the reload');
});
