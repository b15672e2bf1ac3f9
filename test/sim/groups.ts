/**
 * Three nodes with a sync group over two segments that tracks a file, a process and a third interface, run by the real core
 * in virtual time under seeded faults, and what must hold.
 *
 * At every instant, on every node that runs: both members are master or neither is (agreement within the group), and neither
 * is while a link of the group is down, the file holds a FAULT or the process does not run.
 *
 * After the last fault (links up, processes running, numbers in files that are no FAULT, no split, all nodes up), with `down`
 * the longest Master_Down_Interval of any node: whoever is lower may take over first, by `down`, and the highest one `down`
 * after its own timer last began, an interval later. A member that is ready alone begins anew while the other is not (B17),
 * which is `down` once more. So by 3 down + 2 intervals all is decided:
 * on both segments one master, the same node, nobody has a higher priority, both addresses are on it and on nobody else,
 * and nothing changes any more.
 */
import { prng } from '../../src/base/prng.ts';
import { macs } from '../../src/io/mac.ts';
import type { Node } from '../../src/whatif/node.ts';
import { World } from '../../src/whatif/world.ts';
import { loadNode } from '../unit/whatif/support.ts';

const S = 1_000_000;
const FILE = '/run/load';
const DOWN_US = 4 * S;
const DECIDED_US = 3 * DOWN_US + 2 * S;
const STABLE_US = 5 * S;
const LOOK_US = 50_000;
const VIPS = ['c0000264', 'c6336464'] as const; // 192.0.2.100 on eth0, 198.51.100.100 on eth1

const text = (priority: number, groupWeight: number): string => `
track_file load {
    file ${FILE}
}
vrrp_track_process daemon {
    process daemon
}
vrrp_sync_group G {
    group {
        V1
        V2
    }
    track_file {
        load weight 1
    }
    track_process {
        daemon
    }
    track_interface {
        eth2 weight ${groupWeight}
    }
}
vrrp_instance V1 {
    interface eth0
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        192.0.2.100/24
    }
}
vrrp_instance V2 {
    interface eth1
    virtual_router_id 52
    priority ${priority}
    virtual_ipaddress {
        198.51.100.100/24
    }
}
`;

type Random = () => number;
const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

function build(seed: number, random: Random): World {
  const priorities = random() < 0.3 ? [100, 100, 100] : [0, 1, 2].map(() => between(random, 60, 190));
  const weight = pick(random, [0, -30, 20]);
  const nodes = priorities.map((priority, id) => ({
    name: `n${id}`,
    config: loadNode(text(priority, weight), `n${id}`).config,
    interfaces: ['eth0', 'eth1', 'eth2'].map((name, i) => ({
      name,
      segment: name,
      addresses: [Uint8Array.of(10, i, 0, id + 1)],
    })),
  }));
  return new World({ nodes, routers: [], notSimulated: [], notes: [], macs }, seed);
}

/** Something breaks, or what was broken is mended. */
function fault(world: World, random: Random): void {
  const node = pick(random, world.nodes);
  pick(random, [
    () => node.host.setCarrier(pick(random, ['eth0', 'eth1', 'eth2']), random() < 0.5),
    () => node.writeFile(FILE, pick(random, ['-254', '0', '', String(between(random, -80, 80)), '999'])),
    () => node.setProcesses('daemon', between(random, 0, 1)),
    () => (node.alive ? node.crash() : node.start()),
    () => (node.alive ? node.stop() : node.start()),
    () => {
      world.split = random() < 0.3;
    },
  ])();
}

function mend(world: World, random: Random): void {
  world.split = false;
  world.pass(2 * S); // who was stopping has stopped
  for (const node of world.nodes) {
    for (const name of ['eth0', 'eth1', 'eth2']) node.host.setCarrier(name, true);
    node.writeFile(FILE, String(between(random, -50, 50)));
    node.setProcesses('daemon', 1);
    if (!node.alive) node.start();
  }
}

const mastersOf = (node: Node): readonly string[] =>
  node
    .instances()
    .filter((i) => i.state === 'master')
    .map((i) => i.name);

/** What forbids mastership, a moment after it happened. */
function brokenOn(node: Node): string | undefined {
  if (node.host.files.texts.get(FILE) === '-254') return 'the file holds -254';
  if (node.host.processes.counts.get('daemon') === 0) return 'the process does not run';
  const groupLinks = node.config.groups[0]?.trackInterfaces[0]?.weight === 0 ? ['eth2'] : [];
  return ['eth0', 'eth1', ...groupLinks].find((name) => node.host.hasCarrier(name) === false);
}

/** Passes the time in small steps; the first instant at which a group was torn apart. */
function pass(world: World, us: number, problems: string[]): void {
  for (let done = 0; done < us; done += LOOK_US) {
    if (!world.pass(Math.min(LOOK_US, us - done)))
      problems.push('storm: the nodes answer each other without end');
    for (const node of world.nodes) {
      const masters = mastersOf(node);
      if (masters.length === 0 || problems.length > 0) continue;
      const where = `${node.name} at ${world.agenda.nowUs}`;
      if (masters.length === 1) problems.push(`group: only ${masters.join()} is master on ${where}`);
      const broken = brokenOn(node);
      if (broken !== undefined) problems.push(`fault: ${broken}, and still master on ${where}`);
    }
  }
}

function judge(world: World): string[] {
  const out: string[] = [];
  const masters = world.nodes.filter((n) => mastersOf(n).length > 0);
  const [master] = masters;
  if (master === undefined || masters.length > 1 || mastersOf(master).length !== 2)
    return [
      `agreement: masters are ${world.nodes.map((n) => `${n.name}:[${mastersOf(n).join()}]`).join(' ')}`,
    ];
  const priority = (n: Node): number => n.instances()[0]?.effectivePriority ?? 0;
  for (const n of world.nodes) {
    if (priority(n) > priority(master))
      out.push(`agreement: ${master.name} is master with ${priority(master)}, ${n.name} has ${priority(n)}`);
    for (const [i, vip] of VIPS.entries())
      if (n.host.answersFor(`eth${i}`, vip) !== (n === master))
        out.push(`address: ${n.name} ${n === master ? 'lacks' : 'holds'} that of eth${i}`);
    const base = Number(n.config.instances[0]?.priority);
    const expected = Math.min(254, Math.max(1, base + Number(n.host.files.texts.get(FILE)) + weightOf(n)));
    if (priority(n) !== expected) out.push(`priority: ${n.name} has ${priority(n)}, the sum is ${expected}`);
  }
  return out;
}

/** Of eth2, which is up. */
const weightOf = (n: Node): number => Math.max(0, n.config.groups[0]?.trackInterfaces[0]?.weight ?? 0);

export type GroupOutcome = { readonly problems: readonly string[]; readonly transitions: number };

export function groupChaos(seed: number): GroupOutcome {
  const random = prng(seed * 104_729 + 3);
  for (let i = 0; i < 4; i++) random();
  const world = build(seed, random);
  const problems: string[] = [];
  let transitions = 0;
  world.onChange = () => transitions++;
  for (const node of world.nodes) {
    node.writeFile(FILE, '0');
    node.start(random());
    pass(world, between(random, 0, S), problems);
  }
  for (let i = between(random, 3, 14); i > 0; i--) {
    pass(world, between(random, 0, 3 * S), problems);
    fault(world, random);
  }
  mend(world, random);
  pass(world, DECIDED_US, problems);
  problems.push(...judge(world));
  const decided = world.nodes.map(mastersOf).join(';');
  const before = transitions;
  pass(world, STABLE_US, problems);
  if (world.nodes.map(mastersOf).join(';') !== decided || transitions !== before)
    problems.push(`stability: ${decided} became ${world.nodes.map(mastersOf).join(';')}`);
  return { problems, transitions };
}
