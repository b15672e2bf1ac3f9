/**
 * The what-if simulator against reality: two daemons on veth suffer the faults that `vipd whatif` foretold for the same
 * files. The winner must be the one foretold, and the time within what its phases span, give or take a start of a process.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { macs } from '../../src/io/mac.ts';
import { runTrial, type Trial } from '../../src/whatif/experiment.ts';
import type { Fault } from '../../src/whatif/fault.ts';
import { type Plan, planPair } from '../../src/whatif/plan.ts';
import { asNodeEnvironment } from '../../src/whatif-tool.ts';
import { nowS, sleepMs } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
/** Of a take-over: timers that ring late on a busy machine, netlink, `ip monitor`. */
const TOLERANCE_S = 0.5;
/** A daemon that starts adds the start of its process, a link that comes up the kernel's carrier delay. */
const START_S = 1.5;
const folder = mkdtempSync(join(tmpdir(), 'vipd-foretold-'));
let lab: Lab;
let plan: Plan;
let a: Daemon;

const okFile = (node: string): string => `/tmp/vrrp-lab/${node}.ok`;

function conf(node: string, priority: number): string {
  const path = join(folder, `${node}.conf`);
  writeFileSync(
    path,
    `global_defs {
    script_user root
}
vrrp_script chk {
    script "/usr/bin/test -e ${okFile(node)}"
    interval 1
    weight -60
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority ${priority}
    track_script {
        chk
    }
    virtual_ipaddress {
        ${VIP}/24
    }
}
`,
  );
  return path;
}

const startA = (): Daemon => lab.start('a', COMMANDS.vipd, join(folder, 'a.conf'));

before(async () => {
  lab = await Lab.open('wi', pairTopology('ab', false), folder);
  const files = [conf('a', 150), conf('b', 100)] as const;
  const [one, two] = files.map((file) => loadConfig(file, asNodeEnvironment('')).config);
  assert.ok(one !== undefined && two !== undefined);
  plan = planPair(['a', 'b'], one, two, macs);
  for (const node of ['a', 'b']) await lab.sh(node, `touch ${okFile(node)}`);
  a = startA();
  lab.start('b', COMMANDS.vipd, files[1]);
  assert.ok(await lab.waitAddress('a', VIP, true, 8000), 'a does not become master');
  await sleepMs(1500);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** When `node` got the address, seconds after `sinceS`. */
async function gotAfter(node: string, sinceS: number): Promise<number> {
  const end = performance.now() + 12_000;
  while (performance.now() < end) {
    const event = lab.addresses.events.find(
      (e) => e.node === node && e.address === VIP && e.present && e.atS >= sinceS,
    );
    if (event !== undefined) return event.atS - sinceS;
    await sleepMs(20);
  }
  throw new Error(`${node} does not get ${VIP}`);
}

function compare(
  what: string,
  outcome: Trial['struck'][number] | undefined,
  node: string,
  tookS: number,
  slackS: number,
): void {
  assert.ok(outcome);
  const foretold = outcome.takeoverS;
  assert.deepEqual(outcome.after, [node], `${what}: another winner was foretold`);
  assert.ok(foretold !== null, `${what}: no takeover was foretold`);
  console.log(`${what}: foretold ${foretold.min}..${foretold.max} s, took ${tookS.toFixed(3)} s`);
  assert.ok(
    tookS >= foretold.min - TOLERANCE_S && tookS <= foretold.max + TOLERANCE_S + slackS,
    `${what}: ${tookS.toFixed(3)} s is not within ${foretold.min}..${foretold.max} s`,
  );
}

type Deed = {
  readonly fault: Fault;
  readonly strike: () => Promise<unknown>;
  readonly takeBack: () => Promise<unknown>;
  readonly returnSlackS: number;
};

const DEEDS: readonly Deed[] = [
  {
    fault: { type: 'stop', nodes: [0] },
    strike: async () => a.signal('SIGTERM'),
    takeBack: async () => {
      a = startA();
    },
    returnSlackS: START_S,
  },
  {
    fault: { type: 'crash', nodes: [0] },
    strike: () => a.kill9(),
    takeBack: async () => {
      a = startA();
    },
    returnSlackS: START_S,
  },
  {
    fault: { type: 'script-fails', nodes: [0], script: 'chk' },
    strike: () => lab.sh('a', `rm ${okFile('a')}`),
    takeBack: () => lab.sh('a', `touch ${okFile('a')}`),
    returnSlackS: 0,
  },
  {
    fault: { type: 'link-down', nodes: [0], interface: 'eth0' },
    strike: () => lab.sh('a', 'ip link set eth0 down'),
    takeBack: () => lab.sh('a', 'ip link set eth0 up'),
    returnSlackS: START_S,
  },
];

for (const deed of DEEDS)
  it(`foretold: ${deed.fault.type}`, async () => {
    const trial = runTrial(plan, deed.fault, 15);
    const struckS = nowS();
    await deed.strike();
    compare(deed.fault.type, trial.struck[0], 'b', await gotAfter('b', struckS), 0);
    await sleepMs(2500);
    if (deed.fault.type === 'stop') await a.ended();
    const backS = nowS();
    await deed.takeBack();
    compare(`${deed.fault.type}, back`, trial.back[0], 'a', await gotAfter('a', backS), deed.returnSlackS);
    await sleepMs(1500);
    assert.equal(lab.addresses.holders(VIP), 'a');
  });
