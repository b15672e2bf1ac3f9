/** Tracked files at work: what a number does to an instance, and to whom. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrackFileConfig } from '../../../src/config/track-config.ts';
import { config, instanceConfig, S, World } from './fakes.ts';

const FILE = '/run/load';
const file = (change: Partial<TrackFileConfig> = {}): TrackFileConfig => ({
  name: 'tf',
  file: FILE,
  weight: 1,
  reverse: false,
  place: { file: 'test.conf', line: 3, col: 1 },
  ...change,
});
const tracks = { trackFiles: [{ name: 'tf', weight: 1, reverse: false }] };

function world(change: Partial<TrackFileConfig> = {}, instance = tracks): World {
  return new World(config([instanceConfig(instance)], { trackFiles: [file(change)] }));
}

function write(w: World, text: string): void {
  w.files.texts.set(FILE, text);
  w.core.onTrackFile(FILE);
}

describe('core/files', () => {
  it('a number moves the priority of the advert, clamped to 1..254', () => {
    const w = world();
    w.start();
    w.pass(4 * S);
    assert.equal(w.state(), 'master');
    for (const [text, priority] of [
      ['-20', 80],
      ['253', 254],
      ['-253', 1],
      ['99999999999', 1],
      ['', 100],
    ] as const) {
      write(w, text);
      w.pass(S);
      assert.equal(w.sent.at(-1)?.priority, priority, text);
    }
    assert.equal(w.log.filter((l) => l.includes('does not fit')).length, 1);
  });

  it('-254 is a FAULT, and the end of it the way back', () => {
    const w = world();
    w.start();
    w.pass(4 * S);
    write(w, '-254');
    assert.equal(w.state(), 'fault');
    assert.equal(w.sent.at(-1)?.priority, 0);
    const [seen] = w.core.snapshot().instances;
    assert.deepEqual(seen?.faults, [{ what: 'file tf', detail: '/run/load holds -254' }]);
    assert.deepEqual(seen?.tracked.at(-1), {
      what: 'file tf',
      weight: 1,
      reverse: false,
      state: '-254',
      adds: 0,
      faults: true,
    });
    write(w, '-253');
    assert.equal(w.state(), 'backup');
    assert.equal(w.core.snapshot().instances[0]?.effectivePriority, 1);
  });

  it('is read before the start, after init_file', () => {
    const w = world({ init: { value: -30, overwrite: false } });
    w.start();
    assert.equal(w.core.snapshot().instances[0]?.effectivePriority, 70);
    assert.equal(w.files.texts.get(FILE), '-30\n');
    assert.deepEqual(w.files.followed, [FILE]);
  });

  it('a reload reads the files anew and writes none', () => {
    const w = world({ init: { value: 5, overwrite: true } });
    w.start();
    w.files.texts.set(FILE, '7'); // a change that was not told
    const next = config([instanceConfig(tracks)], {
      trackFiles: [file({ weight: 1, init: { value: 9, overwrite: true } })],
    });
    w.core.reload(next, { errors: 0, warnings: 0 });
    assert.equal(w.core.snapshot().instances[0]?.effectivePriority, 107);
    w.core.reload(config([instanceConfig()]), { errors: 0, warnings: 0 });
    assert.equal(w.core.snapshot().instances[0]?.effectivePriority, 100);
    assert.deepEqual(w.files.followed, []);
  });
});

describe('core/files of a sync group', () => {
  it('counts for every member when the group tracks it', () => {
    const group = {
      name: 'G',
      members: ['A', 'B'],
      notify: {},
      trackScripts: [],
      trackInterfaces: [],
      trackProcesses: [],
      trackBfd: [],
      trackingWeight: false,
      smtpAlert: false,
      place: { file: 'test.conf', line: 9, col: 1 },
      ...tracks,
    };
    const w = new World(
      config([instanceConfig({ name: 'A' }), instanceConfig({ name: 'B', vrid: 52 })], {
        trackFiles: [file()],
        groups: [group],
      }),
    );
    w.start();
    write(w, '11');
    assert.deepEqual(
      w.core.snapshot().instances.map((i) => i.effectivePriority),
      [111, 111],
    );
    write(w, '-254');
    assert.deepEqual(
      w.core.snapshot().instances.map((i) => i.state),
      ['fault', 'fault'],
    );
  });
});
