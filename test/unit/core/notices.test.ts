/** What core tells the outside, when, and in which order relative to the notify scripts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncGroupConfig } from '../../../src/config/config.ts';
import type { Notice } from '../../../src/ports/notice.ts';
import { advert, config, instanceConfig, link, S, script, vip, World } from './fakes.ts';

const PLACE = { file: 'test.conf', line: 1, col: 1 };
const command = (name: string) => ({ argv: [`/${name}`], text: `/${name}`, place: PLACE });
const group: SyncGroupConfig = {
  name: 'G',
  members: ['VI_1', 'VI_2'],
  notify: {},
  trackScripts: [],
  trackInterfaces: [],
  trackFiles: [],
  trackProcesses: [],
  trackBfd: [],
  trackingWeight: false,
  smtpAlert: false,
  place: PLACE,
};

function line(n: Notice): string {
  switch (n.type) {
    case 'instance':
      return `${n.config.name} ${n.previous}>${n.state} ${n.priority} ${n.reason} ${n.peer}`.trim();
    case 'group':
      return `${n.config.name} ${n.previous}>${n.state}`;
    case 'priority':
      return `${n.config.name} ${n.state} ${n.previousPriority}>${n.priority}`;
    case 'lower-priority-received':
      return `${n.config.name} rx-lower ${n.priority} ${n.peer}`;
    case 'rejected':
      return `${n.config.name} rejected ${n.reason} ${n.peer}`;
    case 'reloaded':
      return ['reloaded', ...n.instances.map((i) => `${i.config.name}=${i.state}/${i.priority}`)].join(' ');
    default:
      return n.type;
  }
}

/** The notices since the last call. */
const heard = (w: World): string[] => w.notices.splice(0).map(line);
const NO_FINDINGS = { errors: 0, warnings: 0 };

describe('core/notices', () => {
  it('a life: started, BACKUP, MASTER, lower priority, BACKUP, STOP, stopped', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.pass(4 * S);
    w.hear(advert(50));
    w.hear(advert(200));
    w.core.stop(() => undefined);
    assert.deepEqual(heard(w), [
      'started',
      'VI_1 INIT>BACKUP 100 start',
      'VI_1 BACKUP>MASTER 100 master-silent',
      'VI_1 rx-lower 100 192.0.2.20',
      'VI_1 MASTER>BACKUP 100 higher-priority 192.0.2.20',
      'VI_1 BACKUP>STOP 100 stop 192.0.2.20',
      'stopped',
    ]);
  });

  it('comes after the scripts of the same event were launched', () => {
    const notify = { master: command('m'), any: command('n'), masterRxLowerPri: command('l') };
    const w = new World(config([instanceConfig({ notify })]));
    w.start();
    w.pass(4 * S);
    w.hear(advert(50));
    assert.equal(w.notices.length, 4);
    assert.deepEqual(w.hooksBeforeNotice, [0, 1, 3, 4]);
  });

  it('a master that lingers is told as MASTER until its addresses are gone', () => {
    const w = new World(config([instanceConfig()]), true);
    w.start();
    w.pass(4 * S);
    heard(w);
    w.core.stop(() => undefined);
    assert.deepEqual(heard(w), []);
    w.pass(2 * S);
    assert.deepEqual(heard(w), ['VI_1 MASTER>STOP 100 stop', 'stopped']);
  });

  it('a priority that changes, in MASTER and BACKUP only', () => {
    const trackInterfaces = [{ interface: 'eth1', weight: -30, reverse: false }];
    const w = new World(config([instanceConfig({ trackInterfaces })]));
    w.start();
    heard(w);
    w.setLink(link('eth1', 3, false));
    w.pass(4 * S);
    w.setLink(link('eth1', 3));
    w.setLink(link('eth0', 2, false));
    w.setLink(link('eth1', 3, false));
    assert.deepEqual(heard(w), [
      'VI_1 BACKUP 100>70',
      'VI_1 BACKUP>MASTER 70 master-silent',
      'VI_1 MASTER 70>100',
      'VI_1 MASTER>FAULT 100 fault',
    ]);
  });

  it('a refused advert, with the reason', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    heard(w);
    w.hear(advert(200, { interval: 2 * S }));
    assert.deepEqual(heard(w), ['VI_1 rejected interval 192.0.2.20']);
  });
});

describe('core/notices of a fault at the start', () => {
  const RESULT = { exitCode: 1, timedOut: false, inconclusive: false, durationUs: 1, output: '', detail: '' };
  const tracked = instanceConfig({
    trackScripts: [{ script: 'chk', weight: 0, reverse: false }],
    notify: { fault: command('f') },
  });
  const begin = (): World => {
    const w = new World(config([tracked], { scripts: [script('chk')] }));
    w.start();
    w.pass(0);
    assert.deepEqual(heard(w), ['started']);
    return w;
  };
  it('a script without its first result is told to nobody; its failure is', () => {
    const w = begin();
    for (let i = 0; i < 2; i++) {
      w.core.onScriptResult({ ...RESULT, script: 'chk', ok: false });
      w.pass(S);
    }
    assert.deepEqual(heard(w), ['VI_1 INIT>FAULT 100 fault']);
    assert.deepEqual(
      w.hooks.map((h) => h.what),
      ['notify_fault'],
    );
  });
  it('its success is BACKUP', () => {
    const w = begin();
    w.core.onScriptResult({ ...RESULT, script: 'chk', ok: true, exitCode: 0 });
    assert.deepEqual(heard(w), ['VI_1 FAULT>BACKUP 100 fault-cleared']);
  });
});

describe('core/notices of groups and reloads', () => {
  it('a group after its members, but first at the start, and last of all at a stop', () => {
    const second = instanceConfig({ name: 'VI_2', interface: 'eth1', vrid: 52, vips: [vip(101, 'eth1')] });
    const third = instanceConfig({ name: 'VI_3', vrid: 53, vips: [vip(102)] });
    const w = new World(config([instanceConfig(), second, third], { groups: [group] }), false);
    w.start();
    w.pass(8 * S);
    w.core.stop(() => undefined);
    w.pass(8 * S);
    const told = heard(w).map((line) => line.split(' ').slice(0, 2).join(' '));
    assert.deepEqual(told, [
      'started',
      'G INIT>BACKUP',
      'VI_1 INIT>BACKUP',
      'VI_2 INIT>BACKUP',
      'VI_3 INIT>BACKUP',
      'VI_1 BACKUP>MASTER',
      'VI_2 BACKUP>MASTER',
      'G BACKUP>MASTER',
      'VI_3 BACKUP>MASTER',
      'VI_1 MASTER>STOP',
      'VI_2 MASTER>STOP',
      'VI_3 MASTER>STOP',
      'G MASTER>STOP',
      'stopped',
    ]);
  });

  it('a group with a member in fault at the start is told FAULT', () => {
    const second = instanceConfig({ name: 'VI_2', interface: 'nowhere', vrid: 52, vips: [vip(101)] });
    const w = new World(config([instanceConfig(), second], { groups: [group] }));
    w.start();
    assert.deepEqual(
      heard(w).filter((line) => line.startsWith('G ')),
      ['G INIT>FAULT'],
    );
  });

  it('a reload tells what it removed, with notify_deleted as DELETED, and then all states', () => {
    for (const notifyDeleted of [false, true]) {
      const gone = instanceConfig({ name: 'VI_2', vrid: 52, vips: [vip(101)], notifyDeleted });
      const w = new World(config([instanceConfig(), gone]));
      w.start();
      heard(w);
      w.core.reload(config([instanceConfig()]), NO_FINDINGS);
      assert.deepEqual(heard(w), [
        `VI_2 BACKUP>${notifyDeleted ? 'DELETED' : 'FAULT'} 100 stop`,
        'reloaded VI_1=BACKUP/100',
      ]);
    }
  });
});
