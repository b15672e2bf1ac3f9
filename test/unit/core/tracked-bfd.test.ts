/** 'track_bfd': sessions move priorities and put instances and groups into FAULT. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SyncGroupConfig } from '../../../src/config/config.ts';
import { config, instanceConfig, World } from './fakes.ts';

const tracked = (name: string, weight: number, reverse = false) => ({ name, weight, reverse });

/** The session comes up or goes down. */
function turn(w: World, name: string, up: boolean): void {
  if (up) w.bfdUp.add(name);
  else w.bfdUp.delete(name);
  w.core.onBfdChange(name);
}
const look = (w: World): string =>
  w.core
    .snapshot()
    .instances.map((i) => `${i.name} ${i.state} ${i.effectivePriority}`)
    .join(', ');

it('weights: + while up, - while down, reverse with the sign flipped', () => {
  const trackBfd = [tracked('plus', 20), tracked('minus', -30), tracked('back', 5, true)];
  const w = new World(config([instanceConfig({ trackBfd })]));
  w.start();
  assert.equal(look(w), 'VI_1 backup 70');
  turn(w, 'plus', true);
  turn(w, 'minus', true);
  assert.equal(look(w), 'VI_1 backup 120');
  turn(w, 'back', true);
  assert.equal(look(w), 'VI_1 backup 115');
  turn(w, 'plus', false);
  assert.equal(look(w), 'VI_1 backup 95');
  assert.ok(w.log.includes('info VRRP_Instance(VI_1) Tracked BFD instance plus is DOWN'));
});

it('weight 0: FAULT until the session is up, and at once when it is up no more', () => {
  const w = new World(config([instanceConfig({ trackBfd: [tracked('path', 0)] })]));
  w.start();
  assert.equal(look(w), 'VI_1 fault 100');
  turn(w, 'path', true);
  assert.equal(look(w), 'VI_1 backup 100');
  turn(w, 'path', false);
  assert.equal(look(w), 'VI_1 fault 100');
  turn(w, 'other', true);
  assert.equal(look(w), 'VI_1 fault 100');
});

it('a list of the group counts for each member', () => {
  const second = instanceConfig({ name: 'VI_2', vrid: 52 });
  const group: SyncGroupConfig = {
    name: 'G',
    members: ['VI_1', 'VI_2'],
    trackInterfaces: [],
    trackScripts: [],
    trackFiles: [],
    trackProcesses: [],
    trackBfd: [tracked('path', 0)],
    notify: {},
    trackingWeight: false,
    smtpAlert: false,
    place: { file: 'test.conf', line: 1, col: 1 },
  };
  const w = new World(config([instanceConfig(), second], { groups: [group] }));
  w.start();
  assert.equal(look(w), 'VI_1 fault 100, VI_2 fault 100');
  turn(w, 'path', true);
  assert.equal(look(w), 'VI_1 backup 100, VI_2 backup 100');
});
