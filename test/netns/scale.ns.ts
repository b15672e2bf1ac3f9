/**
 * Many virtual routers: all 255 VRIDs of one interface, and 1,000 instances on four interfaces. They come up, elect one
 * master each, and fail over when that node dies. How long it takes is told, not judged (bench/ does that).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nowS, sleepMs } from './clock.ts';
import { CHECKOUT, COMMANDS, type Daemon } from './daemon.ts';
import { Lab, type Topology } from './lab.ts';

const NODES = { a: 10, b: 20 } as const;
const PRIORITY = { a: 200, b: 100 } as const;
type Node = keyof typeof NODES;
/** A loaded machine is slow, a broken one never gets there. */
const WAIT_MS = 60_000;

const topology: Topology = {
  bridges: ['br0', 'br1', 'br2', 'br3'],
  nodes: (['a', 'b'] as const).map((name) => ({
    name,
    interfaces: [0, 1, 2, 3].map((i) => ({
      name: `eth${i}`,
      bridge: `br${i}`,
      mac: `02:00:00:00:0${i}:0${name}`,
      addresses: [`172.20.${i}.${NODES[name]}/24`],
    })),
  })),
};

const folder = mkdtempSync(join(tmpdir(), 'vipd-scale-'));
let lab: Lab;
before(async () => {
  lab = await Lab.open('vx', topology, folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const vipOf = (iface: number, vrid: number): string => `10.${iface}.0.${vrid}`;

/** `perInterface` virtual routers with one address each on the first `interfaces` interfaces. */
function conf(node: Node, interfaces: number, perInterface: number): string {
  const out: string[] = [];
  for (let i = 0; i < interfaces; i++)
    for (let vrid = 1; vrid <= perInterface; vrid++)
      out.push(
        `vrrp_instance V_${i}_${vrid} {\ninterface eth${i}\nvirtual_router_id ${vrid}\npriority ${PRIORITY[node]}\n` +
          `virtual_ipaddress {\n${vipOf(i, vrid)}/32\n}\n}\n`,
      );
  const path = join(folder, `${node}-${interfaces}-${perInterface}.conf`);
  writeFileSync(path, out.join(''));
  return path;
}

/** How many of our virtual addresses the kernel of `node` has. */
async function held(node: Node): Promise<number> {
  const { text } = await lab.sh(node, "ip -o -4 addr show | awk '$4 ~ /^10[.]/' | wc -l");
  return Number(text.trim());
}

/** Seconds until `node` holds `count`; asked every 100 ms. */
async function until(node: Node, count: number): Promise<number> {
  const beganS = nowS();
  for (;;) {
    const have = await held(node);
    const s = nowS() - beganS;
    if (have === count) return s;
    assert.ok(s * 1000 < WAIT_MS, `${node} holds ${have} of ${count} after ${s} s`);
    await sleepMs(100);
  }
}

async function electsAndFailsOver(interfaces: number, perInterface: number): Promise<string> {
  const count = interfaces * perInterface;
  const start = (node: Node): Daemon =>
    lab.start(
      node,
      COMMANDS.vipd.replace('-D', ''),
      conf(node, interfaces, perInterface),
      join(folder, `${node}.log`),
    );
  const a = start('a');
  const electedS = await until('a', count);
  const b = start('b');
  const socket = `${b.runFolder}/main.vipd/vipd.sock`;
  const backups = async (): Promise<number> => {
    const { text } = await lab.sh('b', `${CHECKOUT}/bin/vipd status --json --socket ${socket}`);
    return text.match(/"state": ?"backup"/g)?.length ?? 0;
  };
  const beganS = nowS();
  while ((await backups()) < count) {
    assert.ok(nowS() - beganS < WAIT_MS / 1000, readFileSync(join(folder, 'b.log'), 'utf8').slice(-2000));
    await sleepMs(200);
  }
  // Longer than the Master_Down_Interval: the backups hear every one of the masters.
  await sleepMs(5000);
  assert.deepEqual([await held('a'), await held('b')], [count, 0], 'a backup took over from a living master');
  await a.kill9();
  const failedOverS = await until('b', count);
  b.signal('SIGTERM');
  assert.ok(await b.ended(WAIT_MS));
  assert.equal(b.ending, 0, readFileSync(join(folder, 'b.log'), 'utf8').slice(-2000));
  assert.equal(await held('b'), 0, 'addresses were left behind');
  await lab.sh('a', 'for i in 0 1 2 3; do ip -4 addr flush dev eth$i to 10.0.0.0/8; done');
  return `${count} instances: start to all addresses ${electedS.toFixed(1)} s, kill -9 to all addresses on the other node ${failedOverS.toFixed(1)} s`;
}

describe('scale', () => {
  it('255 VRIDs on one interface', async (t) => t.diagnostic(await electsAndFailsOver(1, 255)));
  it('1,000 instances on four interfaces', async (t) => t.diagnostic(await electsAndFailsOver(4, 250)));
});
