/**
 * Values of tracked files, processes and BFD sessions, as the data dump of keepalived 2.2.7 shows them, and what
 * becomes of lists in owners and groups.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Config } from '../../../src/config/config.ts';
import { codes, configOf, instance, interfaces, load } from './support.ts';

const machine = { interfaces: interfaces('eth0', 'eth1', 'eth2') };
const block = (name: string, lines: string): string => `${name} {\n${lines}\n}\n`;
const second = instance('')
  .replace('VI_1', 'VI_2')
  .replace('eth0', 'eth1')
  .replace(' 51', ' 52')
  .replace('2.1/', '2.2/');

function config(text: string): Config {
  return configOf(load(text, machine));
}

const file = (lines: string) => {
  const [f] = config(
    block('track_file F', `file "/run/f"\n${lines}`) + instance(block('track_file', 'F')),
  ).trackFiles;
  return [f?.file, f?.weight, f?.reverse, f?.init?.value, f?.init?.overwrite];
};

it('trackers/track_file', () => {
  assert.deepEqual(file(''), ['/run/f', 1, false, undefined, undefined]);
  assert.deepEqual(file('weight 3 reverse\ninit_file 5 overwrite'), ['/run/f', 3, true, 5, true]);
  assert.deepEqual(file('weight 1\nweight 6'), ['/run/f', 6, false, undefined, undefined]);
  assert.deepEqual(file('weight 5\nweight 6'), ['/run/f', 5, false, undefined, undefined]);
  assert.deepEqual(file('weight 255'), ['/run/f', 1, false, undefined, undefined]);
  assert.deepEqual(file('init_file'), ['/run/f', 1, false, 0, false]);
  assert.deepEqual(file('init_file 300'), ['/run/f', 1, false, 300, false]);
  assert.deepEqual(file('init_file 5x'), ['/run/f', 1, false, 0, false]);
});

const processOf = (lines: string) => {
  const text = block('vrrp_track_process P', lines) + instance(block('track_process', 'P'));
  const { place: _place, name: _name, ...rest } = config(text).trackProcesses[0] ?? { place: 0, name: 0 };
  return rest;
};
const PLAIN = {
  process: 'foo',
  parameters: [],
  match: 'none',
  fullCommand: false,
  weight: 0,
  reverse: false,
  quorum: 1,
  forkDelayUs: 0,
  terminateDelayUs: 0,
};

it('trackers/vrrp_track_process', () => {
  assert.deepEqual(processOf('process foo'), PLAIN);
  assert.deepEqual(
    processOf('process foo a "b c"\nquorum 2\nquorum_max 5\ndelay 2\nfork_delay 3\nweight 3 reverse'),
    {
      ...PLAIN,
      parameters: ['a', 'b c'],
      match: 'exact',
      fullCommand: true,
      weight: 3,
      reverse: true,
      quorum: 2,
      quorumMax: 5,
      forkDelayUs: 3_000_000,
      terminateDelayUs: 2_000_000,
    },
  );
  assert.deepEqual(processOf('process foo\nparam_match initial'), {
    ...PLAIN,
    match: 'initial',
    fullCommand: true,
  });
  assert.deepEqual(processOf('process foo\nparam_match'), { ...PLAIN, match: 'exact', fullCommand: true });
  assert.deepEqual(processOf('process foo\nfull_command'), { ...PLAIN, fullCommand: true });
  assert.deepEqual(processOf('process foo\nfork_delay 3\ndelay 0.5'), {
    ...PLAIN,
    forkDelayUs: 500_000,
    terminateDelayUs: 500_000,
  });
});

it('trackers/quorum and quorum_max are compared as they are read', () => {
  const quorums = (lines: string) => {
    const p = processOf(`process foo\n${lines}`) as { quorum?: number; quorumMax?: number };
    return [p.quorum, p.quorumMax];
  };
  assert.deepEqual(quorums('quorum 5\nquorum_max 3'), [5, undefined]);
  assert.deepEqual(quorums('quorum_max 3\nquorum 5'), [1, 3]);
  assert.deepEqual(quorums('quorum 1\nquorum_max 0'), [1, 0]);
  assert.deepEqual(quorums('quorum 2\nquorum_max 0'), [2, undefined]);
});

it('trackers/bfd_instance', () => {
  const lines = `neighbor_ip 192.168.0.9/24\nsource_ip 192.168.0.1\nmin_rx 20.5\nmin_tx 30\nidle_tx 2000\nmultiplier 7
ttl 5\nmax_hops 9\npassive\nweight 5 reverse\nvrrp\nmultihop`;
  const [b, six] = config(
    block('bfd_instance B', lines) +
      block('bfd_instance C', 'neighbour_ip 2001:db8::9\nmax_hops -1') +
      instance(''),
  ).bfdInstances;
  const { place: _b, ...full } = b ?? { place: 0 };
  assert.deepEqual(full, {
    name: 'B',
    neighbor: Uint8Array.of(192, 168, 0, 9),
    source: Uint8Array.of(192, 168, 0, 1),
    minRxUs: 20_500,
    minTxUs: 30_000,
    idleTxUs: 2_000_000,
    multiplier: 7,
    passive: true,
    ttl: 5,
    maxHops: 5,
    multihop: true,
    weight: 5,
    reverse: true,
    forVrrp: true,
    forCheckers: false,
  });
  assert.deepEqual(
    [
      six?.neighbor.length,
      six?.minRxUs,
      six?.idleTxUs,
      six?.multiplier,
      six?.ttl,
      six?.maxHops,
      six?.forCheckers,
    ],
    [16, 10_000, 1_000_000, 5, 64, -1, true],
  );
});

it('trackers/weights of lists: own, else that of the definition', () => {
  const text =
    block('track_file F', 'file "/run/f"\nweight 7 reverse') +
    block('vrrp_track_process P', 'process foo\nweight 7') +
    block('bfd_instance B', 'neighbor_ip 192.168.0.9\nweight 7') +
    instance(
      block('track_file', 'F weight 5 noreverse') +
        block('track_process', 'P weight 0') +
        block('track_bfd', 'B'),
    );
  const [i] = config(text).instances;
  assert.deepEqual(
    [i?.trackFiles, i?.trackProcesses, i?.trackBfd],
    [
      [{ name: 'F', weight: 5, reverse: false }],
      [{ name: 'P', weight: 0, reverse: false }],
      [{ name: 'B', weight: 7, reverse: false }],
    ],
  );
});

it('trackers/an unknown word behind the weight costs files and sessions the line, processes not', () => {
  const text =
    block('track_file F', 'file "/run/f"') +
    block('vrrp_track_process P', 'process foo') +
    block('bfd_instance B', 'neighbor_ip 192.168.0.9') +
    instance(['file {\nF', 'process {\nP', 'bfd {\nB'].map((l) => `track_${l} weight 5 x\n}`).join('\n'));
  const [i] = config(text).instances;
  assert.deepEqual(
    [i?.trackFiles, i?.trackProcesses, i?.trackBfd],
    [[], [{ name: 'P', weight: 5, reverse: false }], []],
  );
});

it('trackers/owners and group members: files of weight 1 fault, others with a weight go, processes stay', () => {
  const definitions =
    block('track_file F', 'file "/run/f"') +
    block('track_file G', 'file "/run/g"\nweight 2') +
    block('vrrp_track_process P', 'process foo\nweight 2') +
    block('bfd_instance B', 'neighbor_ip 192.168.0.9\nweight 2');
  const lists = block('track_file', 'F\nG') + block('track_process', 'P') + block('track_bfd', 'B');
  const group = (more: string) => block('vrrp_sync_group S', `group {\nVI_1 VI_2\n}\n${more}`);
  const tracked = (text: string) => {
    const [i] = config(text).instances;
    return [i?.trackFiles, i?.trackProcesses, i?.trackBfd].map((l) =>
      l?.map((t) => `${t.name} ${t.weight}`).join(),
    );
  };
  const limited = ['F 0', 'P 2', ''];
  assert.deepEqual(tracked(definitions + instance(`state MASTER\npriority 255\n${lists}`)), limited);
  assert.deepEqual(tracked(definitions + instance(lists) + second + group('')), limited);
  const free = definitions + instance(lists) + second + group('sync_group_tracking_weight');
  assert.deepEqual(tracked(free), ['F 1,G 2', 'P 2', 'B 2']);
  const owned = definitions + instance('state MASTER\npriority 255') + second + group(lists);
  const [s] = config(owned).groups;
  assert.deepEqual(
    [s?.trackFiles, s?.trackProcesses, s?.trackBfd].map((l) => l?.map((t) => `${t.name} ${t.weight}`).join()),
    ['F 0,G 0', 'P 0', 'B 0'],
  );
  assert.deepEqual(
    codes(load(owned, machine)).map((c) => c.slice(0, 6)),
    Array(4).fill('KA0813'),
  );
});

it('trackers/what nobody tracks is not there; sessions are', () => {
  const text =
    block('track_file F', 'file "/run/f"') +
    block('vrrp_track_process P', 'process foo') +
    block('bfd_instance B', 'neighbor_ip 192.168.0.9') +
    instance('');
  const { trackFiles, trackProcesses, bfdInstances } = config(text);
  assert.deepEqual([trackFiles.length, trackProcesses.length, bfdInstances.length], [0, 0, 1]);
  assert.deepEqual(load(text, machine).diagnostics, []);
});

it('trackers/the first definition of a name holds', () => {
  const two = block('track_file F', 'file "/run/1"') + block('track_file F', 'file "/run/2"');
  assert.deepEqual(
    config(two + instance(block('track_file', 'F'))).trackFiles.map((f) => f.file),
    ['/run/1'],
  );
});

it('trackers/a session for checkers alone is not found by instances', () => {
  const text =
    block('bfd_instance B', 'neighbor_ip 192.168.0.9\nchecker') + instance(block('track_bfd', 'B'));
  assert.deepEqual(codes(load(text, machine)), ['KA0810 10']);
});
