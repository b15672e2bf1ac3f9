/** Tracked files at work: what a number does to an instance, and to whom. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrackFileConfig } from '../../../src/config/track-config.ts';
import { config, instanceConfig, S, script, World } from './fakes.ts';
import { groupConfig } from './group-config.ts';

const FILE = '/run/load';
const file = (change: Partial<TrackFileConfig> = {}): TrackFileConfig => ({
  name: 'tf',
  file: FILE,
  weight: 1,
  reverse: false,
  place: { file: 'test.conf', line: 3, col: 1 },
  ...change,
});
const RESULT = {
  script: 'chk',
  ok: true,
  exitCode: 0,
  timedOut: false,
  inconclusive: false,
  durationUs: 1000,
  output: '',
  detail: '',
};
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
    const group = groupConfig(['A', 'B'], tracks);
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

  it('begins in FAULT together: nobody is BACKUP for a moment', () => {
    const g = groupConfig(['A', 'B']);
    const any = { argv: ['/n'], text: '/n', place: g.place };
    const member = (name: string, vrid: number, more = {}) =>
      instanceConfig({ name, vrid, notify: { any }, ...more });
    const w = new World(
      config([member('A', 51), member('B', 52, tracks)], { trackFiles: [file()], groups: [g] }),
    );
    w.files.texts.set(FILE, '-254');
    w.start();
    const hooks = w.done.filter((d) => d.startsWith('hook'));
    assert.ok(!hooks.some((h) => h.includes('BACKUP')), hooks.join());
    assert.equal(hooks.filter((h) => h.includes('FAULT')).length, 2);
    write(w, '0');
    assert.deepEqual(
      w.core.snapshot().instances.map((i) => i.state),
      ['backup', 'backup'],
    );
  });

  it('is silent as long as a script has not ended once', () => {
    const group = groupConfig(['A', 'B'], {
      notify: { any: { argv: ['/g'], text: '/g', place: { file: 'test.conf', line: 1, col: 1 } } },
    });
    const scripted = instanceConfig({
      name: 'B',
      vrid: 52,
      trackScripts: [{ script: 'chk', weight: 0, reverse: false }],
    });
    const told = (w: World) => w.hooks.map((h) => h.extraArgv.join(' '));
    const made = () =>
      new World(
        config([instanceConfig({ name: 'A' }), scripted], { scripts: [script('chk')], groups: [group] }),
      );
    const bad = made();
    bad.start();
    bad.pass(1);
    assert.deepEqual(told(bad), []);
    bad.core.onScriptResult({ ...RESULT, ok: false, exitCode: 1 });
    assert.deepEqual(told(bad), ['GROUP G FAULT 0']);
    const good = made();
    good.start();
    good.pass(1);
    good.core.onScriptResult(RESULT);
    assert.deepEqual(told(good), ['GROUP G BACKUP 0']);
  });
});
